"""Downloading a model from the hub: the real command and the hub's real client, against a local
server that behaves like the hub."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from benchmarks.random_svd import write_random_svd
from mti_backend.models.download import SOURCES, files_of
from mti_backend.models.text_to_video import TextToVideoModel
from tests.tiny_text_to_video import make_tiny_text_to_video

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[2]
TOKEN = "hf_an_account_that_accepted"
FILES = files_of("svd")
OTHER_COMMITS = ("0" * 40, "6963642a64dbefa93663d1ecebb4ceda2d9ecb28")


class Hub(ThreadingHTTPServer):
    """A server with one model, sending at most `rate` bytes per second."""

    daemon_threads = True

    def __init__(self, folder: Path, name: str = "svd", license: bool = True) -> None:
        """folder: Of the model's files. license: Whether only TOKEN may fetch them."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder, self.rate, self.refusal = folder, 0, 0
        self.name, self.license, self.commits = name, license, OTHER_COMMITS
        self.ranges: list[str] = []
        self.sent = 0


class Handler(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer(with_body=False)

    def do_GET(self) -> None:
        self.answer(with_body=True)

    def answer(self, with_body: bool) -> None:
        hub = self.server
        if hub.license and self.headers.get("Authorization") != f"Bearer {TOKEN}" or hub.refusal:
            self.send_response(hub.refusal or 401)
            if hub.refusal < 500:
                self.send_header("X-Error-Code", "GatedRepo")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if self.path.startswith("/api/models/"):
            return self.answer_commits()
        path, commit = self.found()
        if path is None or not path.is_file():
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        data, asked = path.read_bytes(), self.headers.get("Range", "")
        first = int(asked.removeprefix("bytes=").partition("-")[0]) if with_body and asked else 0
        self.send_response(206 if first else 200)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Content-Length", str(len(data) - first))
        if first:
            hub.ranges.append(asked)
            self.send_header("Content-Range", f"bytes {first}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if with_body:
            self.send_body(data[first:])

    def found(self) -> tuple[Path | None, str]:
        """The file that is asked for, of the pinned commit of a repository, and that commit."""
        for source in SOURCES[self.server.name]:
            commit = source.revision
            if len(commit) < 40:
                commit = next(c for c in self.server.commits if c.startswith(commit))
            prefix = f"/{source.repository}/resolve/{commit}/"
            if self.path.startswith(prefix):
                return self.server.folder / source.folder / self.path.removeprefix(prefix), commit
        return None, ""

    def answer_commits(self) -> None:
        """The commits of a repository, as the hub lists them."""
        about = {"title": "", "message": "", "date": "2024-08-01T00:00:00.000Z", "authors": []}
        data = json.dumps([{"id": commit, **about} for commit in self.server.commits]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def send_body(self, data: bytes) -> None:
        hub, part = self.server, 256 * 1024
        for start in range(0, len(data), part):
            try:
                self.wfile.write(data[start : start + part])
            except OSError:  # the client was killed
                return
            hub.sent += len(data[start : start + part])
            if hub.rate:
                time.sleep(part / hub.rate)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_random_svd(tmp_path_factory.mktemp("hub") / "svd", "tiny")


@pytest.fixture
def hub(weights: Path) -> Iterator[Hub]:
    with running(Hub(weights)) as server:
        yield server


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    thread = threading.Thread(target=hub.serve_forever, daemon=True)
    thread.start()
    yield hub
    hub.shutdown()
    thread.join()
    hub.server_close()


def command(hub: Hub, models: Path, home: Path, token: str = TOKEN) -> subprocess.Popen[str]:
    host, port = hub.server_address[:2]
    environment = {
        **os.environ, "HF_ENDPOINT": f"http://{host!s}:{port}", "HF_HOME": str(home),
        "HF_TOKEN": token, "MTI_MODELS_DIR": str(models),
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "mti_backend", "download", hub.name],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_a_killed_download_goes_on_where_it_was(hub: Hub, weights: Path, tmp_path: Path) -> None:
    hub.rate = 8 * 2**20
    process = command(hub, tmp_path / "models", tmp_path / "home")
    total = sum((weights / name).stat().st_size for name in FILES)
    while hub.sent < 0.8 * total and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    folder = tmp_path / "models" / "svd"
    assert not (folder / "model_index.json").exists()  # an incomplete model must not look complete
    half, hub.rate = hub.sent, 0
    code, out, err = finished(command(hub, tmp_path / "models", tmp_path / "home"))
    assert code == 0, err
    assert hub.ranges and hub.sent - half < 0.75 * total
    assert f"{total / 1e9:.2f} of {total / 1e9:.2f} GB" in out and str(folder) in out
    for name in FILES:
        assert (folder / name).read_bytes() == (weights / name).read_bytes()
    again = hub.sent
    assert finished(command(hub, tmp_path / "models", tmp_path / "home"))[0] == 0
    assert hub.sent == again  # nothing is downloaded twice


def test_what_was_fetched_is_a_model(hub: Hub, tmp_path: Path) -> None:
    code, _, err = finished(command(hub, tmp_path / "models", tmp_path / "home"))
    assert code == 0, err
    from mti_backend.models import load_model

    model = load_model("svd", folder=tmp_path / "models" / "svd")
    assert model.num_frames == 14 and len(model.inflation) == 2 * 10


def text_to_video(name: str, folder: Path) -> Path:
    """A tiny model whose files have the hub's names."""
    make_tiny_text_to_video(name, folder)
    for wanted in files_of(name):
        path = folder / wanted
        plain = path.with_name(path.name.replace(".fp16.", "."))
        if plain != path:
            plain.rename(path)
        elif not path.exists():  # the tiny tokenizer has fewer files
            path.write_text("{}")
    return folder


@pytest.mark.parametrize(("name", "frames"), [("animatediff", 16), ("zeroscope", 24)])
def test_a_text_to_video_model_is_fetched_without_a_token(
    tmp_path: Path, name: str, frames: int
) -> None:
    """Of two repositories, or of a commit of which only the beginning is pinned."""
    there = text_to_video(name, tmp_path / "hub")
    with running(Hub(there, name, license=False)) as hub:
        hub.commits += ("1f35e3d" + "a" * 33,)
        code, _, err = finished(command(hub, tmp_path / "models", tmp_path / "home", token=""))
        assert code == 0, err
        again = hub.sent
        assert finished(command(hub, tmp_path / "models", tmp_path / "home", token=""))[0] == 0
        assert hub.sent == again
    from mti_backend.models import load_text_to_video

    model = load_text_to_video(name, folder=tmp_path / "models" / name)
    assert isinstance(model, TextToVideoModel) and model.num_frames == frames


@pytest.mark.parametrize("commits", [(), ("1f35e3d" + "a" * 33, "1f35e3d" + "b" * 33)])
def test_a_pinned_commit_that_is_gone_or_ambiguous_is_refused(
    tmp_path: Path, commits: tuple[str, ...]
) -> None:
    there = text_to_video("zeroscope", tmp_path / "hub")
    with running(Hub(there, "zeroscope", license=False)) as hub:
        hub.commits += commits
        code, _, err = finished(command(hub, tmp_path / "models", tmp_path / "home", token=""))
    assert code == 2 and "no longer has the pinned commit 1f35e3d" in err
    assert not (tmp_path / "models" / "zeroscope").exists()


@pytest.mark.parametrize(
    ("token", "refusal", "sentence"),
    [
        ("", 0, "set HF_TOKEN to a token"),
        ("hf_unknown", 0, "requires a valid access token"),
        (TOKEN, 403, "account of this token has not accepted the license"),
        (TOKEN, 503, "The hub answered with status 503"),
    ],
)
def test_a_refusal_is_one_sentence(
    hub: Hub, tmp_path: Path, token: str, refusal: int, sentence: str
) -> None:
    hub.refusal = refusal
    code, _, err = finished(command(hub, tmp_path / "models", tmp_path / "home", token))
    assert code == 2 and sentence in err and "Traceback" not in err
    assert len(err.strip().splitlines()) == 1


def test_what_is_damaged_on_its_way_is_not_kept(hub: Hub, weights: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    assert finished(command(hub, models, tmp_path / "home"))[0] == 0
    path = models / "svd" / "unet" / "diffusion_pytorch_model.fp16.safetensors"
    etag = hashlib.sha256(path.read_bytes()).hexdigest()
    path.rename(path.with_name(f"{path.name}.{etag[:16]}.incomplete"))
    half = path.with_name(f"{path.name}.{etag[:16]}.incomplete")
    half.write_bytes(b"x" * 1000)
    code, _, err = finished(command(hub, models, tmp_path / "home"))
    assert code == 2 and "was damaged during the download" in err and not half.exists()
    assert finished(command(hub, models, tmp_path / "home"))[0] == 0
    assert hashlib.sha256(path.read_bytes()).hexdigest() == etag


def test_a_hub_that_is_not_there(hub: Hub, tmp_path: Path) -> None:
    process = command(hub, tmp_path / "models", tmp_path / "home")
    process.kill()
    process.communicate()
    hub.shutdown()
    hub.server_close()
    code, _, err = finished(command(hub, tmp_path / "models", tmp_path / "home"))
    assert code == 2 and "cannot be reached" in err and "Traceback" not in err


def test_a_full_disk_is_told_before_anything_is_fetched(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the check; a disk cannot be filled safely here."""
    import shutil

    from mti_addon.wire.errors import DiskFull
    from mti_backend.models import download as module

    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda place: usage._replace(free=2 * 10**9))
    with pytest.raises(DiskFull, match="svd needs 4.5 GB more, and 2.0 GB are free"):
        module._check_disk(tmp_path / "models" / "svd", "svd", 4_509_188_849)
    assert not (tmp_path / "models").exists()

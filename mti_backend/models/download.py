"""Downloads models from the hub: pinned, resumable, into a plain folder each. Imports the hub's
client lazily.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mti_addon.wire import codec
from mti_addon.wire.errors import BadRequest, DiskFull, ModelMissing, MtiError
from mti_addon.wire.events import Failed
from mti_addon.wire.files import os_error, replace
from mti_addon.wire.problem import Problem

_SPARE = 500_000_000
"""Bytes to leave free on the disk."""


@dataclass(frozen=True)
class Source:
    """Files of a repository on the hub at a fixed commit."""

    repository: str
    revision: str
    """The commit; or, if it is shorter than 40 digits, how it begins."""
    files: tuple[str, ...]
    folder: str = ""
    """Where they belong in the model's folder."""

    def commit(self, token: str | None) -> str:
        """The whole commit; the hub is asked if only its beginning is known. Raises ModelMissing
        if the repository has none or several that begin so."""
        if len(self.revision) == 40:
            return self.revision
        from huggingface_hub import HfApi

        commits = HfApi(token=token).list_repo_commits(self.repository)
        found = [c.commit_id for c in commits if c.commit_id.startswith(self.revision)]
        if len(found) != 1:
            raise ModelMissing(
                Problem(
                    "commit_gone",
                    "{repository} no longer has the pinned commit {revision}.",
                    "Update the extension, or copy the model into the models folder.",
                    {"repository": self.repository, "revision": self.revision},
                )
            )
        return found[0]


# Half-precision weights, as they are used, where there are such. The index comes last: a folder
# that has it is complete.
_INDEX = "model_index.json"
_SVD_FILES = (
    "feature_extractor/preprocessor_config.json",
    "scheduler/scheduler_config.json",
    "unet/config.json",
    "vae/config.json",
    "image_encoder/config.json",
    "vae/diffusion_pytorch_model.fp16.safetensors",
    "image_encoder/model.fp16.safetensors",
    "unet/diffusion_pytorch_model.fp16.safetensors",
    _INDEX,
)


def _text_to_video_files(variant: str) -> tuple[str, ...]:
    tokenizer = ("merges.txt", "special_tokens_map.json", "tokenizer_config.json", "vocab.json")
    return (
        *(f"tokenizer/{name}" for name in tokenizer),
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "vae/config.json",
        "text_encoder/config.json",
        f"vae/diffusion_pytorch_model{variant}.safetensors",
        f"text_encoder/model{variant}.safetensors",
        f"unet/diffusion_pytorch_model{variant}.safetensors",
        _INDEX,
    )


SOURCES: dict[str, tuple[Source, ...]] = {
    "svd": (
        Source(
            "stabilityai/stable-video-diffusion-img2vid",
            "9cf024d5bfa8f56622af86c884f26a52f6676f2e",
            _SVD_FILES,
        ),
    ),
    "svd-xt": (
        Source(
            "stabilityai/stable-video-diffusion-img2vid-xt",
            "9e43909513c6714f1bc78bcb44d96e733cd242aa",
            _SVD_FILES,
        ),
    ),
    "animatediff": (
        Source(
            "guoyww/animatediff-motion-adapter-v1-5-3",
            "2e8139b1d1269fd8a21deb96ad19455e187692eb",
            ("config.json", "diffusion_pytorch_model.safetensors"),
            folder="motion_adapter",
        ),
        Source(
            "stable-diffusion-v1-5/stable-diffusion-v1-5",
            "451f4fe16113bff5a5d2269ed5ad43b0592e9a14",
            _text_to_video_files(".fp16"),
        ),
    ),
    # its weights are in half precision, under the names of single precision
    "zeroscope": (Source("cerspense/zeroscope_v2_576w", "1f35e3d", _text_to_video_files("")),),
}


def files_of(name: str) -> tuple[str, ...]:
    """The files of a model in its folder, in the order of their download."""
    return tuple(
        f"{source.folder}/{file}" if source.folder else file
        for source in SOURCES[name]
        for file in source.files
    )


def download(
    name: str,
    folder: Path,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    token: str | None = None,
) -> Path:
    """Download a model's files into `folder`; existing files are kept, partial downloads resumed.

    Args:
        name: One of SOURCES. on_progress: Called with (bytes present, total bytes); an exception
            it raises stops the download, which the next call resumes.
        token: Access token of an account that has accepted the model's license; by default the
            environment's ($HF_TOKEN) or the one stored by the hub's own login.
    Raises BadRequest for a name that is not on the hub, DiskFull before anything is downloaded,
    ModelMissing if the hub refuses or cannot be reached.
    """
    if name not in SOURCES:
        raise BadRequest(f"{name} is not on the hub; {', '.join(SOURCES)} are.")
    from huggingface_hub.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # hides retries that succeed
    try:
        files = [file for source in SOURCES[name] for file in _files(source, folder, token)]
        total, there = (sum(f.size for f in files), sum(f.there for f in files))
        _check_disk(folder, name, total - there)
        progress = _Progress(on_progress, total, there)
        for file in files:
            file.fetch(progress, token)
    except MtiError:
        raise
    except Exception as error:
        raise _explained(error, name, SOURCES[name][-1], folder) from error
    on_progress(total, total)
    return folder


def _files(source: Source, folder: Path, token: str | None) -> list[_File]:
    commit, place = source.commit(token), folder / source.folder
    return [_File.find(source.repository, commit, name, place, token) for name in source.files]


@dataclass(frozen=True)
class _File:
    """One file on the hub and its destination; a partial download is stored beside it, named after
    the content's hash."""

    url: str
    path: Path
    size: int
    etag: str

    @classmethod
    def find(
        cls, repository: str, commit: str, name: str, folder: Path, token: str | None
    ) -> _File:
        from huggingface_hub import get_hf_file_metadata, hf_hub_url

        url = hf_hub_url(repository, name, revision=commit)
        about = get_hf_file_metadata(url, token=token)
        return cls(about.location, folder / name, int(about.size or 0), str(about.etag))

    @property
    def half(self) -> Path:
        return self.path.with_name(f"{self.path.name}.{self.etag[:16]}.incomplete")

    @property
    def there(self) -> int:
        """Bytes already on disk."""
        for path in (self.path, self.half):
            if path.is_file() and path.stat().st_size <= self.size:
                return path.stat().st_size
        return 0

    def fetch(self, progress: _Progress, token: str | None) -> None:
        """Download the missing part. The client's public function would restart after a kill; the
        one used here does not."""
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils._headers import build_hf_headers

        if self.path.is_file() and self.path.stat().st_size == self.size:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A redirect leads to another host with a signed URL, which must not receive the token.
        at_home = urlsplit(self.url).netloc == urlsplit(_endpoint()).netloc
        headers = build_hf_headers(token=token if at_home else False)
        with open(self.half, "ab") as stream:
            http_get(
                self.url, stream, resume_size=stream.tell(), headers=headers,
                expected_size=self.size, tqdm_class=progress.bar(),
            )  # fmt: skip
            stream.flush()
            os.fsync(stream.fileno())
        if len(self.etag) == 64 and _sha256(self.half) != self.etag:
            self.half.unlink()
            raise ModelMissing(
                Problem(
                    "download_damaged",
                    "{name} was damaged during the download.",
                    "Download it again.",
                    {"name": self.path.name},
                )
            )
        replace(self.half, self.path)


def _endpoint() -> str:
    from huggingface_hub import constants

    return str(constants.ENDPOINT)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _Progress:
    """Sums the progress of all files."""

    def __init__(self, tell: Callable[[int, int], None], total: int, done: int) -> None:
        self.tell, self.total, self.done = tell, total, done

    def bar(self) -> type[Any]:
        """A stand-in for the tqdm class that the hub's client uses for each file."""
        progress = self

        class Bar:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                """Bytes already present, `initial`, are counted elsewhere."""

            def update(self, count: int = 1) -> None:
                progress.done += count
                progress.tell(min(progress.done, progress.total), progress.total)

            def __enter__(self) -> Bar:
                return self

            def __exit__(self, *exception: object) -> None:
                pass

            def close(self) -> None:
                pass

        return Bar


def _check_disk(folder: Path, name: str, missing: int) -> None:
    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    free = shutil.disk_usage(place).free
    if missing + _SPARE > free:
        raise DiskFull(
            Problem(
                "no_space_for_model",
                "{name} needs {missing:.1f} GB more, and {free:.1f} GB are free in {folder}.",
                "Free some space, or choose a models folder on another disk.",
                {
                    "name": name,
                    "missing": missing / 1e9,
                    "free": free / 1e9,
                    "folder": place,
                },
            ),
        )


def _explained(error: Exception, name: str, source: Source, folder: Path) -> MtiError:
    """Convert an exception of the hub's client to an error with one sentence."""
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError | errors.RepositoryNotFoundError):
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status == 403:
            return ModelMissing(
                Problem(
                    "license_not_accepted",
                    "The account of this token has not accepted the license of {repository}.",
                    "Accept it on the model's page on the hub, then download again.",
                    {"repository": source.repository},
                ),
            )
        return ModelMissing(
            Problem(
                "hub_without_token",
                "The hub requires a valid access token for {repository}.",
                (
                    "Accept the license on the model's page on the hub, and set "
                    "HF_TOKEN to a token of that account."
                ),
                {"repository": source.repository},
            ),
        )
    if isinstance(error, errors.HfHubHTTPError):
        code = getattr(error.response, "status_code", "?")
        return ModelMissing(
            Problem(
                "hub_answered",
                "The hub answered with status {status} for {repository}.",
                "Try again later; files already downloaded are kept.",
                {"status": str(code), "repository": source.repository},
            )
        )
    known = os_error(error, folder) if isinstance(error, OSError) else None
    return known or ModelMissing(
        Problem(
            "hub_out_of_reach",
            "The hub cannot be reached, or the connection was lost while downloading {name}.",
            "Download again; files already downloaded are kept.",
            {"name": name},
        ),
    )


def main(argv: list[str]) -> int:
    """The command `download`. Returns the exit code."""
    import argparse
    import sys

    from . import MODELS_DIR_VARIABLE

    parser = argparse.ArgumentParser(
        prog="mti_backend download",
        description="Download a model from the hub. Stop with Ctrl-C; run again to resume. The "
        "drafts come with the backend: there is nothing to download.",
    )
    parser.add_argument("model", choices=SOURCES)
    parser.add_argument(
        "--models",
        type=Path,
        default=os.environ.get(MODELS_DIR_VARIABLE),
        help=f"the models folder; the model goes to NAME/ (default: ${MODELS_DIR_VARIABLE})",
    )
    parser.add_argument(
        "--json", action="store_true", help="print progress as one line of JSON per second"
    )
    options = parser.parse_args(argv)
    if options.models is None:
        parser.error(f"give --models FOLDER, or set {MODELS_DIR_VARIABLE}")
    folder = Path(options.models) / options.model
    try:
        download(options.model, folder, _Printed(options.json))
    except MtiError as error:
        if options.json:
            print(json.dumps({"failed": codec.to_dict(Failed.of(error))}), flush=True)
        print(f"mti: {error.problem}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("Stopped; run the same command to resume.", file=sys.stderr)
        return 130
    print(f"{options.model} is in {folder}")
    return 0


class _Printed:
    """Prints a line every second: amount, rate and remaining time."""

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        self._begun = self._said = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._first is None:
            self._first = done
        now = time.monotonic()
        if now - self._said < 1 and done < total:
            return
        self._said = now
        rate = (done - self._first) / max(now - self._begun, 1e-3)
        if self._as_json:
            seconds = (total - done) / rate if rate else -1
            print(json.dumps({"done": done, "total": total, "seconds_left": seconds}), flush=True)
            return
        left = f", {(total - done) / rate:.0f} s left" if rate else ""
        print(f"{done / 1e9:.2f} of {total / 1e9:.2f} GB, {rate / 1e6:.1f} MB/s{left}", flush=True)

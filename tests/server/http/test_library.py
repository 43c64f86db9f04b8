"""The studio's library: published for all, withdrawn by whoever published it."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from mti_addon.wire.library import About, export_to, save_motion
from mti_addon.wire.library.motion_file import read_motion_file
from mti_addon.wire.request import Request
from tests.fake_runner.mti_backend.__main__ import main as fake_runner
from tests.server.serving import PNG, Client
from tests.wire.examples import make_request


@pytest.fixture(scope="module")
def motion_file(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A .motion file of a motion that a fake runner has learned."""
    root = tmp_path_factory.mktemp("motion")
    return make_motion(root, "real wave", ("hello", "arm"))


def make_motion(root: Path, name: str, tags: tuple[str, ...]) -> bytes:
    import contextlib
    import os

    request: Request = make_request("learn", name=name)
    pictures = {each: PNG for each in request.input_names()}
    from mti_addon.wire.job import create_job

    job = create_job(root / "spool", request, pictures)
    with contextlib.redirect_stdout(io.StringIO()):
        os.environ["MTI_FAKE"] = "real"
        try:
            import sys

            stdin, sys.stdin = sys.stdin, io.StringIO()
            try:
                assert fake_runner("run", str(job.path)) == 0
            finally:
                sys.stdin = stdin
        finally:
            del os.environ["MTI_FAKE"]
    motion = save_motion(job, root / "library", About(tags=tags, author="Anna"))
    target = root / "wave.motion"
    export_to(motion, target)
    return target.read_bytes()


def test_a_motion_is_published_found_and_taken(
    anna: Client, ben: Client, motion_file: bytes, tmp_path: Path
) -> None:
    sha256 = anna.upload(motion_file)
    published = anna.post("/v1/library", {"sha256": sha256})
    assert published.status == 201
    motion = published.json
    assert (motion["name"], motion["kind"], motion["tags"]) == (
        "real wave",
        "body",
        ["hello", "arm"],
    )
    assert (motion["author"], motion["engines"]) == ("Anna", ["draft"])
    assert anna.post("/v1/library", {"sha256": sha256}).status == 200  # once is enough
    for query, found in {"": 1, "WAVE hello": 1, "anna": 1, "jump": 0, "wave&kind=face": 0}.items():
        told = ben.get(f"/v1/library?query={query.replace(' ', '%20')}").json
        assert (len(told["motions"]), told["next"]) == (found, None), query
    taken = ben.get(f"/v1/library/{motion['id']}/motion")
    assert taken.data == motion_file
    (tmp_path / "taken.motion").write_bytes(taken.data)
    assert read_motion_file(tmp_path / "taken.motion")[0].name == "real wave"
    thumbnail = ben.get(f"/v1/library/{motion['id']}/thumbnail")
    assert (thumbnail.data, thumbnail.headers["Content-Type"]) == (PNG, "image/png")
    # ben has not uploaded it, and cannot publish or withdraw it
    assert ben.post("/v1/library", {"sha256": sha256}).code == "blob_missing"
    assert ben.ask("DELETE", f"/v1/library/{motion['id']}").status == 404
    assert anna.ask("DELETE", f"/v1/library/{motion['id']}").status == 204
    assert ben.get(f"/v1/library/{motion['id']}/motion").status == 404
    assert ben.get("/v1/library").json["motions"] == []


def bomb(original: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("preset.json", b" " * 200_000_000)
    return stream.getvalue()


def climbing(original: bytes) -> bytes:
    stream = io.BytesIO(original)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("../../server.db", b"x")
    return stream.getvalue()


def truncated(original: bytes) -> bytes:
    return original[:-100]


def changed(original: bytes) -> bytes:
    at = original.index(b"mti-motion-2") + 300
    return original[:at] + b"\xff\xff\xc0\x7f" + original[at + 4 :]


@pytest.mark.parametrize("spoil", [bomb, climbing, truncated, changed])
def test_a_hostile_motion_is_refused(
    anna: Client, server: object, motion_file: bytes, spoil: object
) -> None:
    assert callable(spoil)
    sha256 = anna.upload(spoil(motion_file))
    answer = anna.post("/v1/library", {"sha256": sha256})
    assert answer.status == 422 and answer.json["error"]["sentence"]
    assert anna.get("/v1/library").json["motions"] == []


@pytest.mark.parametrize("query", ["kind=monster", "kind=body'--", "kind=%00"])
def test_odd_kinds_are_refused(anna: Client, query: str) -> None:
    assert anna.get(f"/v1/library?{query}").status == 422


def test_a_search_is_only_text(anna: Client) -> None:
    for query in ("%25", "'%3B%20DROP%20TABLE%20motions", "%22", "x" * 5000, "%F0%9F%98%80"):
        assert anna.get(f"/v1/library?query={query}&after={'f' * 40}").status == 200


def test_pages_follow_each_other(tmp_path: Path) -> None:
    from dataclasses import replace

    from mti_backend.server.store import motions, users
    from mti_backend.server.store.database import connect, prepare

    db = connect(tmp_path / "server.db")
    prepare(db, tmp_path / "server.db")
    owner = users.user_of(db, users.invite(db, "anna", 1))
    assert owner is not None
    first = motions.Published(
        *("", owner.id, "", "", 1, "f", "n", "body", "[]", "", "[]", "n", 0.0)
    )
    for number in range(250):
        motions.add(db, replace(first, id=f"{number:032x}", motion=str(number)))
    found: list[str] = []
    while len(page := motions.search(db, "", "", found[-1] if found else "")) > 0:
        found += [each.id for each in page]
    assert found == [f"{number:032x}" for number in range(250)]

"""output/ is replaced completely or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_addon.wire.errors import Busy, NotWritable
from mti_addon.wire.files import TEMP_PREFIX
from mti_addon.wire.job import JobFolder
from mti_backend.job import output
from mti_backend.job.output import new_output


@pytest.fixture
def job(tmp_path: Path) -> JobFolder:
    return JobFolder(tmp_path)


def write(job: JobFolder, **files: str) -> None:
    with new_output(job, contextlib.nullcontext) as folder:
        for name, text in files.items():
            (folder / name).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_has_a_manifest_that_fits(job: JobFolder) -> None:
    write(job, a="1", b="2")
    assert job.verify_output() == ("a", "b")
    assert names(job.path) == ["output"]


def test_the_old_one_is_replaced_whole(job: JobFolder) -> None:
    write(job, a="1", b="2")
    write(job, c="3")
    assert names(job.output_dir) == ["c", "manifest.json"]
    assert names(job.path) == ["output"]


def test_a_failure_leaves_the_old_one(job: JobFolder) -> None:
    write(job, a="1")
    with pytest.raises(ValueError), new_output(job, contextlib.nullcontext) as folder:
        (folder / "half").write_text("2")
        raise ValueError
    assert names(job.output_dir) == ["a", "manifest.json"]
    assert names(job.path) == ["output"]


def test_a_swap_that_is_refused_leaves_the_old_one(job: JobFolder) -> None:
    write(job, a="1")

    @contextlib.contextmanager
    def refused() -> Iterator[None]:
        raise Busy("Another runner has taken this job over.")
        yield

    with pytest.raises(Busy), new_output(job, refused) as folder:
        (folder / "b").write_text("2")
    assert names(job.output_dir) == ["a", "manifest.json"]


def test_a_swap_that_fails_is_a_sentence(job: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr(output, "replace", locked)
    with pytest.raises(NotWritable, match="output") as caught:
        write(job, a="1")
    assert caught.value.hint
    assert names(job.path) == []


def test_what_a_killed_runner_left_is_swept_and_nothing_else(job: JobFolder) -> None:
    for name in (".output-77", ".output-77-old"):
        (job.path / name).mkdir()
        (job.path / name / "half").write_text("")
    (job.path / f"{TEMP_PREFIX}abc-owner.json").write_text("")
    (job.path / f"{TEMP_PREFIX}abc-launched.json").write_text("the client is writing this now")
    (job.path / f"{TEMP_PREFIX}old-launched.json").write_text("its client was killed")
    os.utime(job.path / f"{TEMP_PREFIX}old-launched.json", (0, 0))
    output.sweep(job)
    assert names(job.path) == [f"{TEMP_PREFIX}abc-launched.json"]

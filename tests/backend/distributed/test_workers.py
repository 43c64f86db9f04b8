"""Splitting a batch among workers. With real processes: tests/e2e/test_workers.py."""

from __future__ import annotations

import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from mti_addon.wire.job import JobFolder
from mti_backend.distributed import worker_pool
from mti_backend.distributed.worker_group import WorkerGroup
from mti_backend.distributed.worker_pool import WorkerPool


@pytest.mark.parametrize("count", [1, 2, 3, 5])
@pytest.mark.parametrize("batch", [5, 6, 7, 64])
def test_every_clip_is_somebody_s_and_nobody_has_two_more(batch: int, count: int) -> None:
    shares = [list(range(batch))[WorkerGroup(rank, count).rows(batch)] for rank in range(count)]
    assert [clip for share in shares for clip in share] == list(range(batch))
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 1 and min(sizes) > 0


@pytest.mark.parametrize("trouble", ["no folder", "a folder that cannot be written"])
def test_workers_that_cannot_meet_are_done_without(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    trouble: str,
) -> None:
    def folder(prefix: str) -> str:
        if trouble == "no folder":
            raise OSError(errno.ENOSPC, "No space left on device")
        (tmp_path / "store").mkdir()  # a folder where the file should be
        return str(tmp_path)

    monkeypatch.setattr(worker_pool.tempfile, "mkdtemp", folder)
    session = SimpleNamespace(devices=["cpu", "cpu"], job=JobFolder(tmp_path / "job"))
    with WorkerPool(session, 4) as workers:  # type: ignore[arg-type]
        assert workers.join() is None
    assert "Learning continues with cpu alone: " in capfd.readouterr().out

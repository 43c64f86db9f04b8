"""Worker process: computes its share of every batch for the runner that started it. Imports torch
and models.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

from mti_addon.wire.job import JobFolder
from mti_addon.wire.process import process_identity

from .worker_group import WorkerLost, join, open_store, ready_key

_LEADER_SECONDS = 1.0


def _end_with(leader: int, folder: Path) -> threading.Thread:
    """Start and return a thread that exits this process when the leader process ends.

    A killed leader leaves the store's file behind, so waiting for it there would last until the
    timeout.
    """
    started = process_identity(leader)

    def watch() -> None:
        while started is not None and process_identity(leader) == started:
            time.sleep(_LEADER_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    watcher = threading.Thread(target=watch, name="leader", daemon=True)
    watcher.start()
    return watcher


def work(path: Path, rank: int, count: int, folder: Path, device: str) -> None:
    """Load what the leader has loaded, then answer its calls until it ends. Raises WorkerLost."""
    from ..device import fix_threads
    from ..job.inputs import read_inputs
    from ..method.motion_textual_inversion.optimization import Inversion
    from ..models import load_model

    job = JobFolder(path)
    request = job.request()
    fix_threads(None)
    references = read_inputs(job, request).references
    assert references is not None
    model = load_model(request.settings.model, device)
    inversion = Inversion.of_request(model, request, references)
    inversion.prepare()
    store = open_store(folder, count)
    store.set(ready_key(rank), "1")
    inversion.group = join(store, rank, count)
    with model.unet_alone() if inversion.augmented_clips.variants else nullcontext():
        inversion.answer_leader()


def main(argv: Sequence[str] | None = None) -> int:
    """Run `python -m mti_backend.distributed.worker JOB RANK COUNT FOLDER DEVICE LEADER`.

    Started by a runner only; LEADER is its process ID."""
    parser = argparse.ArgumentParser(prog="mti_backend.distributed.worker")
    parser.add_argument("job", type=Path)
    for name in ("rank", "count"):
        parser.add_argument(name, type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("device")
    parser.add_argument("leader", type=int)
    options = parser.parse_args(argv)
    watcher = _end_with(options.leader, options.folder)
    with suppress(WorkerLost):  # the leader has ended, and its job with it
        work(options.job, options.rank, options.count, options.folder, options.device)
    watcher.join(2 * _LEADER_SECONDS)  # cleans up if the leader was killed
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Sends the inputs of a job, each once, and goes on where it was cut off; wire and stdlib only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ....wire.contents import read_verified
from ....wire.errors import StudioError
from ....wire.job import JobFolder
from ....wire.problem import Problem
from ....wire.remote.messages import MAX_BLOB_BYTES
from .api import Api

PART_BYTES = 2**20
"""What is lost at most when the connection breaks."""

Tell = Callable[[int, int], None]
"""Called with the bytes that have arrived, and all of them."""


def upload_inputs(api: Api, job: JobFolder, inputs: Mapping[str, str], tell: Tell) -> None:
    """Send each input that the server lacks. Raises StudioError, UnreadableInput."""
    names = {sha256: name for name, sha256 in inputs.items()}  # each content once
    sizes = {sha: (job.inputs / name).stat().st_size for sha, name in names.items()}
    total, done = sum(sizes.values()), 0
    for sha256, name in names.items():
        if sizes[sha256] > MAX_BLOB_BYTES:
            raise _too_large(name)
        if not api.has_blob(sha256):
            data = read_verified(job.path, f"inputs/{name}", sha256)
            before = done

            def arrived(count: int, before: int = before) -> None:
                tell(before + count, total)

            upload_blob(api, sha256, data, arrived)
        done += sizes[sha256]
        tell(done, total)


def upload_blob(
    api: Api, sha256: str, data: bytes, arrived: Callable[[int], None] = lambda _count: None
) -> None:
    """Send one file in parts. Raises StudioError, Unreachable."""
    total = len(data)
    if total <= PART_BYTES:
        api.put_blob(sha256, data, 0, total)
        return
    begin = api.received(sha256)
    begin = 0 if begin >= total else begin
    while begin < total:
        part = data[begin : begin + PART_BYTES]
        api.put_blob(sha256, part, begin, total)
        begin += len(part)
        arrived(begin)


def _too_large(name: str) -> StudioError:
    return StudioError(
        Problem(
            "input_too_large_for_studio",
            "{name} is larger than {most} MiB, which is the most that the studio's server takes.",
            "Choose a smaller image, or this machine.",
            {"name": name, "most": MAX_BLOB_BYTES >> 20},
        )
    )

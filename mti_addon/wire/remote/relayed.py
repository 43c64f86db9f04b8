"""How far a relay has come, by what is in `events.jsonl` itself; stdlib only.

Nothing else is remembered: a note beside the file could be older or newer than it after a crash.
"""

from __future__ import annotations

from .. import codec
from ..errors import BadRequest
from ..job import JobFolder


def last_server_seq(job: JobFolder, since: int = 0) -> int:
    """Return the highest `server_seq` of the events after local `since`; 0 if there is none."""
    last = 0
    try:
        lines = job.events_file.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return 0
    for line in lines:
        try:
            record = codec.loads(line, "The event")
            if record["seq"] > since:
                last = max(last, record.get("server_seq", 0))
        except (BadRequest, KeyError, TypeError, AttributeError):
            break  # no reader gets past it, and the relay cuts it off
    return last

"""Relays that are killed at random moments: `python -m tests.client.remote.kill_rounds KILLS`.

Each job is relayed by one process after another, each killed with SIGKILL at a random moment of
the phase whose turn it is, until one comes to the end. The clock starts with the phase, not with
the process: on a busy machine Python alone takes a second to start. Then the job must be as if
none had been killed: one job on the server, every input sent once, every event once and in order,
the results whole.
"""

from __future__ import annotations

import argparse
import collections
import json
import math
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from mti_addon.client.jobs.launch import reap
from mti_addon.client.remote.start import start_relay
from mti_addon.client.remote.studio import StudioFolder
from mti_addon.wire import JobFolder, create_job
from mti_addon.wire.events import Done, EventReader
from mti_addon.wire.owner import process_identity
from mti_addon.wire.remote.note import read_remote
from tests.client.remote.conftest import pair, remote
from tests.client.remote.studio_server import StudioServer, serving
from tests.wire.examples import ROOT, make_request

DELAY = 0.008
"""Seconds that the server takes for every request, so that a kill falls into each phase."""
PHASES = {"start": 0.6, "upload": 0.3, "follow": 0.05, "download": 0.2}
"""What a relay does one after the other, and until how many seconds after its first request there
it is killed: about as long as the phase takes."""
KILLS = ("start", "upload", "upload", "follow", "download", "download")
"""When the relays of one job are killed; a relay that comes to none of these moments ends it."""


def kill_rounds(folder: Path, kills: int, seed: int = 0) -> dict[str, int]:
    """Kill relays until there were so many kills; return how many fell into which phase."""
    rng, phases = random.Random(seed), collections.Counter[str]()
    with serving(folder / "server") as server:
        server.mode, server.fault = "real", _is_slow
        studio = pair(StudioFolder(folder / "studio"), server)
        while phases.total() < kills:
            job = remote(_job(folder / "spool", rng), server)
            server.log.clear()
            for wanted in KILLS:
                phase = _relay_until(job, studio, server, wanted, rng)
                if phase is None:
                    break
                phases[phase] += 1
            else:
                assert _relay_until(job, studio, server, "", rng) is None
            check(job, server)
    return dict(phases)


def _job(spool: Path, rng: random.Random) -> JobFolder:
    """A job whose inputs no other job has."""
    request = make_request()
    inputs: dict[str, bytes | Path] = {name: rng.randbytes(500) for name in request.input_names()}
    return create_job(spool, request, inputs)


def _is_slow(_handler: object) -> bool:
    time.sleep(DELAY)
    return False


def _relay_until(
    job: JobFolder, studio: StudioFolder, server: StudioServer, wanted: str, rng: random.Random
) -> str | None:
    """Start a relay, and kill it at a random moment after it came to the phase `wanted`; return
    the phase that it was in, or None if it had ended."""
    asked = len(server.log)
    pid = start_relay(job, studio, ROOT, sys.executable)
    moment = math.inf
    while time.monotonic() < moment:
        works = wanted == "start" or len(server.log) > asked
        if works and moment == math.inf and phase_of(job) == wanted:
            moment = time.monotonic() + rng.uniform(0, PHASES[wanted])
        reap()
        if process_identity(pid) is None:
            assert isinstance(job.finished(), Done), job.log_file.read_text()
            return None
        time.sleep(0.005)
    os.kill(pid, signal.SIGKILL)
    while process_identity(pid) is not None:
        reap()
        time.sleep(0.005)
    return phase_of(job)


def phase_of(job: JobFolder) -> str:
    """What the relay was doing, by what is in the folder."""
    found = [event for _, _, event in EventReader(job.events_file).read_new()]
    note = read_remote(job)
    assert note is not None
    if not found:
        return "start"
    if isinstance(found[-1], Done):
        return "end"
    if not note.job:
        return "upload"
    return "download" if (job.path / ".tmp-download").exists() else "follow"


def check(job: JobFolder, server: StudioServer) -> None:
    """Raise AssertionError unless the job is as if nothing had been killed."""
    note = read_remote(job)
    assert note is not None and not note.again and note.attempt == 1
    created = [path for method, path, status in server.log if (method, status) == ("POST", 201)]
    assert created == ["/v1/jobs"], created
    assert server.keys()[job.path.name]["job"] == note.job
    sent = [path for method, path, status in server.log if (method, status) == ("PUT", 201)]
    wanted = {f"/v1/blobs/{sha256}" for sha256 in job.request().inputs.values()}
    assert len(wanted) > 10 and sorted(sent) == sorted(wanted)
    lines = [json.loads(line) for line in job.events_file.read_text().splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    numbers = [line["server_seq"] for line in lines if "server_seq" in line]
    assert numbers == list(range(1, len(server.lines(note.job)) + 1)), numbers
    assert [line["event"] for line in lines].count("done") == 1 and lines[-1]["event"] == "done"
    assert job.manifest() == server.folder(note.job).manifest() and job.verify_output()
    assert not list(job.path.glob(".tmp-download"))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", type=int, nargs="?", default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mti-kills-") as folder:
        print(kill_rounds(Path(folder), options.kills, options.seed))


if __name__ == "__main__":
    main()

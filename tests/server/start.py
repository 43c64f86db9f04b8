"""A real server whose runners are tests/fake_runner, so that jobs take moments and no model.

python -m tests.server.start DATA [--port N] [--slots N] [--real] [--tls] [--quota NAME=VALUE]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mti_addon.wire.errors import MtiError
from mti_backend.server.config import Config, Limits
from mti_backend.server.execution.runner import ROOT, Runner
from mti_backend.server.run import serve
from mti_backend.server.store import database
from tests.fake_runner import FAKE


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--slots", type=int, default=2)
    parser.add_argument("--real", action="store_true")
    parser.add_argument("--idle", type=float, default=0.0)
    parser.add_argument("--name", action="append", default=[])
    parser.add_argument("--proxy", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--fake", default="", help="how all runners behave")
    parser.add_argument("--steps", default="20")
    parser.add_argument("--pause", default="0.5")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--newer", metavar="SQL", help="be a version with other tables")
    options = parser.parse_args()
    if options.newer:
        database.MIGRATIONS = (*database.MIGRATIONS, options.newer)
    extra = {"MTI_FAKE_STEPS": options.steps, "MTI_FAKE_PAUSE": options.pause}
    if options.fake:
        extra["MTI_FAKE"] = options.fake
    path = (ROOT,) if options.real else (FAKE, ROOT)
    limits = {
        name: int(value) for name, _, value in (each.partition("=") for each in options.limit)
    }
    config = Config(
        data=options.data,
        host=options.host,
        port=options.port,
        tls=options.tls,
        proxy=options.proxy,
        names=tuple(options.name),
        devices=("cpu",) * options.slots,
        runner=Runner(path=path, idle_seconds=options.idle, extra=extra),
        limits=Limits(**limits),
    )
    try:
        return serve(config)
    except MtiError as error:
        print(f"mti: {error.problem}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())

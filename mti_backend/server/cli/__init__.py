"""python -m mti_backend serve: runs the server, and manages its users and backups.

serve [--data DIR] [--port N] ...            run it
serve invite | users | revoke | limit ...    its users
serve backup FILE | restore FILE             its data
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mti_addon.wire.errors import BackendMissing, MtiError
from mti_addon.wire.problem import Problem

PROGRAM = "python -m mti_backend serve"
DATA_VARIABLE = "MTI_SERVER_DATA"
COMMANDS = ("run", "invite", "users", "revoke", "limit", "backup", "restore")


def main(argv: Sequence[str]) -> int:
    """Carry out one command line; returns its exit code, after printing what is wrong."""
    os.umask(0o077)  # everything that the server writes is its own
    arguments = list(argv)
    if not any(each in COMMANDS or each in ("-h", "--help") for each in arguments[:1]):
        arguments.insert(0, "run")
    try:
        options = _parser().parse_args(arguments)
        return int(options.action(options))
    except MtiError as error:
        print(f"mti: {error.problem}", file=sys.stderr)
        return error.exit_code
    except ModuleNotFoundError as error:
        missing = BackendMissing(
            Problem(
                "server_package_missing",
                "The server needs the package {package}.",
                "Install the packages of requirements-server.lock.",
                {"package": str(error.name)},
            )
        )
        print(f"mti: {missing.problem}", file=sys.stderr)
        return missing.exit_code


def default_data() -> Path:
    """Return the server's data folder: $MTI_SERVER_DATA, or one in the user's data folder."""
    if chosen := os.environ.get(DATA_VARIABLE):
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "motion-textual-inversion" / "server"


def _parser() -> argparse.ArgumentParser:
    from . import backup, people, start  # what they need may not be installed

    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__.splitlines()[0])
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        *("--data",),
        type=Path,
        default=default_data(),
        help=f"the server's data folder (default: ${DATA_VARIABLE}, or %(default)s)",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    start.add_options(commands, common)
    people.add_options(commands, common)
    backup.add_options(commands, common)
    return parser

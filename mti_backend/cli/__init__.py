"""The command line of the motion library: learn, apply, edit, list, show, export, import.

It needs neither Blender nor the add-on, only `mti_addon.wire`; but `learn` starts Blender on a
.blend file. Each command is a module with NAME, HELP, `add_options` and `run`; what computes is
imported only by those that compute.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mti_addon.wire.errors import BadRequest, Cancelled, Internal, MtiError
from mti_addon.wire.files import os_error
from mti_addon.wire.problem import Problem

from ..failures import as_mti_error
from . import apply, edit, export, import_files, learn, list_motions, show
from .report import Report

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

COMMANDS = {
    module.NAME: module for module in (learn, apply, edit, list_motions, show, export, import_files)
}


def add_commands(commands: _SubParsersAction[ArgumentParser]) -> None:
    """Add all commands to a command line's parser."""
    for module in COMMANDS.values():
        module.add_options(commands.add_parser(module.NAME, help=module.HELP))


def run(options: argparse.Namespace) -> int:
    """Carry out the command that was parsed; returns its exit code, after reporting any error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # names may have letters that the terminal lacks
            stream.reconfigure(errors="replace")
    report = Report(options.json, getattr(options, "quiet", False))
    try:
        return _run(options, report)
    finally:
        report.close()


def _run(options: argparse.Namespace, report: Report) -> int:
    command: Any = COMMANDS[options.command]
    try:
        code: int = command.run(options, report)
        sys.stdout.flush()
        return code
    except MtiError as error:
        return report.failed(error)
    except KeyboardInterrupt:
        report.screen.note("Stopped. The same command continues from here.")
        report.stopped()
        return Cancelled.exit_code
    except BrokenPipeError:  # such as by `list | head`
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return report.failed(_of_the_system(error))
    except Exception as error:
        return report.failed(_fault(error))


def _of_the_system(error: OSError) -> MtiError:
    """Such as a full disk, or a file where a folder should be."""
    path = Path(str(error.filename or "A file"))
    what = "{path} cannot be used ({reason})."
    values = {"path": str(path), "reason": error.strerror or str(error)}
    return os_error(error, path) or BadRequest(Problem("path_unusable", what, "", values))


def _fault(error: Exception) -> MtiError:
    """The error for any other exception; the traceback of an unexpected one is printed."""
    known = as_mti_error(error)
    if not isinstance(known, Internal):
        return known
    return Internal("This command has a fault.", "Please report it with the lines above.")

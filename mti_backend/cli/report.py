"""The end of a command that computes: its exit code, and with --json one object on stdout. Imports
the standard library and wire only, and what computes only when a job is to run.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mti_addon.wire.errors import EXIT_DONE, Cancelled, MtiError

from .output import complain, error_json, json_text
from .places import work_folder
from .progress import Screen

if TYPE_CHECKING:
    from .running import Jobs


class Report:
    """Collects what a command has done, and reports it once, whatever ends the command."""

    def __init__(self, as_json: bool, quiet: bool = False) -> None:
        self._as_json = as_json
        self._told = False
        self.screen = Screen(quiet)
        self.so_far: dict[str, Any] = {}
        """What the JSON contains if the command does not end in order."""
        try:
            out = os.dup(sys.stdout.fileno())
        except (OSError, ValueError):  # there is none
            out = os.open(os.devnull, os.O_WRONLY)
        # stdout itself leads to a job's log while the job runs
        self._out = open(out, "w", encoding="ascii")

    def jobs(self) -> Jobs:
        """What runs the jobs of the command."""
        from .running import Jobs

        return Jobs(work_folder(), self.screen, self.stopped)

    def done(self, result: dict[str, Any], code: int = EXIT_DONE) -> int:
        """Report the end; returns the exit code."""
        self._tell(result | {"exit_code": code})
        return code

    def failed(self, error: MtiError) -> int:
        """Report an error; returns its exit code."""
        self.screen.clear()
        if not isinstance(error, Cancelled):  # it was told when it was asked for
            complain(error)
        return self.done(self.so_far | {"error": error_json(error)}, error.exit_code)

    def stopped(self) -> None:
        """Report that the command was stopped. It may end at any moment after this, so that nothing
        is reported later."""
        error = Cancelled("The command was stopped.", "The same command continues from here.")
        self._tell(self.so_far | {"error": error_json(error), "exit_code": Cancelled.exit_code})

    def _tell(self, result: dict[str, Any]) -> None:
        if self._told:
            return
        self._told = True
        if self._as_json:
            with suppress(BrokenPipeError):
                print(json_text(result), file=self._out, flush=True)

    def close(self) -> None:
        """Close the copies of stdout and stderr."""
        self.screen.close()
        with suppress(OSError):
            self._out.close()

"""How an operator fails, or may not begin: one sentence to the animator, and nothing changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..wire import MtiError
from ..wire.problem import Problem
from . import glance, polling, progress
from .problems import ProblemError
from .translations import sentences

MAKE_SURE = "Make sure that its folder is there and can be written."
Execute = Callable[[Any, Any], set[str]]


def set_poll_message(cls: Any, problem: Problem | None) -> bool:
    """What poll() gives; a problem becomes the reason of the greyed button."""
    if problem:
        cls.poll_message_set(sentences(problem))
    return problem is None


def reports_errors(execute: Execute) -> Execute:
    """Wrap execute(self, context): what an animator can mend is reported, and ends as CANCELLED.

    Any other error is a fault of the add-on and goes through, with its traceback.
    """

    @functools.wraps(execute)
    def guarded(self: Any, context: Any) -> set[str]:
        try:
            try:
                with progress.shown(context.window_manager):
                    done = execute(self, context)
            finally:
                glance.look_again()
        except (MtiError, ProblemError) as error:
            problem = error.problem
        except OSError as error:
            problem = _file_problem(error)
        else:
            polling.remember_error(None)
            return done
        polling.remember_error(problem)
        self.report({"ERROR"}, sentences(problem))
        return {"CANCELLED"}

    return guarded


def _file_problem(error: OSError) -> Problem:
    reason = error.strerror or str(error)
    if not error.filename:
        return Problem(
            "add_on_file_error",
            "{reason}: a file of the add-on.",
            MAKE_SURE,
            {"reason": reason},
        )
    values = {"reason": reason, "path": error.filename}
    return Problem("file_error", "{reason}: {path}.", MAKE_SURE, values)

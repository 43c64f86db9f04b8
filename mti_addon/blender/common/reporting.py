"""How operators fail or are disabled: one message to the animator, and nothing changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...wire import MtiError
from ...wire.problem import Problem
from ..translations import sentences
from . import file_cache, panels, pointer_progress
from .problems import ProblemError

MAKE_SURE = "Make sure that its folder exists and is writable."
Execute = Callable[[Any, Any], set[str]]
Invoke = Callable[[Any, Any, Any], set[str]]


def set_poll_message(cls: Any, problem: Problem | None) -> bool:
    """Return the result of poll(), with the problem as the disabled button's tooltip."""
    if problem:
        cls.poll_message_set(sentences(problem))
    return problem is None


def reports_errors(execute: Execute) -> Execute:
    """Wrap execute(self, context) to report fixable errors and return CANCELLED.

    Any other error is a bug in the add-on and propagates with its traceback.
    """

    @functools.wraps(execute)
    def guarded(self: Any, context: Any) -> set[str]:
        return _guarded(self, context, lambda: execute(self, context))

    return guarded


def invoke_reports_errors(invoke: Invoke) -> Invoke:
    """Wrap invoke(self, context, event) in the same way."""

    @functools.wraps(invoke)
    def guarded(self: Any, context: Any, event: Any) -> set[str]:
        return _guarded(self, context, lambda: invoke(self, context, event))

    return guarded


def _guarded(operator: Any, context: Any, run: Callable[[], set[str]]) -> set[str]:
    try:
        try:
            with pointer_progress.shown(context.window_manager):
                done = run()
        finally:
            file_cache.refresh()
    except (MtiError, ProblemError) as error:
        problem = error.problem
    except OSError as error:
        problem = _file_problem(error)
    else:
        panels.remember_error(None)
        return done
    panels.remember_error(problem)
    operator.report({"ERROR"}, sentences(problem))
    return {"CANCELLED"}


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

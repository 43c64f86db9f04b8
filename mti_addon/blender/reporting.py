"""How an operator fails, or may not begin: one sentence to the animator, and nothing changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..wire import MtiError
from . import glance, polling, progress
from .capture import CaptureError
from .problems import TargetError
from .translations import sentences, translated

Execute = Callable[[Any, Any], set[str]]


def set_poll_message(cls: Any, problem: str) -> bool:
    """What poll() gives; a problem becomes the reason of the greyed button."""
    if problem:
        cls.poll_message_set(translated(problem))
    return not problem


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
        except MtiError as error:
            message, hint = error.message, error.hint
        except (CaptureError, TargetError) as error:
            message, hint = error.problem
        except OSError as error:
            place = error.filename or translated("a file of the add-on")
            message = f"{error.strerror or error}: {place}."
            hint = "Make sure that its folder is there and can be written."
        else:
            polling.remember_error("", "")
            return done
        polling.remember_error(message, hint)
        self.report({"ERROR"}, sentences(message, hint))
        return {"CANCELLED"}

    return guarded

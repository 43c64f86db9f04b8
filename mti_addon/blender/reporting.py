"""How an operator fails: one sentence to the animator, kept in the panel, and nothing changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..wire import MtiError
from . import polling
from .capture import CaptureError
from .target import TargetError
from .translations import sentences, translated

Execute = Callable[[Any, Any], set[str]]


def telling(execute: Execute) -> Execute:
    """Wrap execute(self, context): what an animator can mend is reported, and ends as CANCELLED.

    Any other error is a fault of the add-on and goes through, with its traceback.
    """

    @functools.wraps(execute)
    def guarded(self: Any, context: Any) -> set[str]:
        try:
            done = execute(self, context)
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

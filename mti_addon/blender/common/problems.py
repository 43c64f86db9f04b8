"""Errors of capturing and targets. Imports no bpy."""

from __future__ import annotations

from typing import Any

from ...wire.problem import Problem


class ProblemError(Exception):
    """A problem that the animator can fix; `problem` holds the message and its remedy."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class CaptureError(ProblemError):
    """The scene cannot be captured."""


class TargetError(ProblemError):
    """There is no target image."""


LEAVE_EDIT_MODE = Problem("leave_edit_mode", "Leave Edit Mode first")


def edit_mode_problem(context: Any) -> Problem | None:
    """Return why nothing can be added or keyed now: it needs Object Mode or Pose Mode."""
    active = context.view_layer.objects.active
    allowed = active is None or active.mode in ("OBJECT", "POSE")
    return None if allowed else LEAVE_EDIT_MODE

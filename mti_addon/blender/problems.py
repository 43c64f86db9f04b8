"""How capturing and targets fail. Imports no bpy."""

from __future__ import annotations

from ..wire.problem import Problem


class ProblemError(Exception):
    """What the animator can mend; `problem` says what is wrong, and what to do about it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


class CaptureError(ProblemError):
    """The scene cannot be captured."""


class TargetError(ProblemError):
    """There is no target picture."""

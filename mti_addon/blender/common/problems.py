"""Errors of capturing and targets. Imports no bpy."""

from __future__ import annotations

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

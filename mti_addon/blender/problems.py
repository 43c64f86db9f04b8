"""How capturing and targets fail: one sentence, and one piece of advice. Imports no bpy."""

from __future__ import annotations

from ..motion import Problem


class CaptureError(Exception):
    """The scene cannot be captured; `problem` has one sentence and one piece of advice."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    @classmethod
    def of(cls, message: str, hint: str) -> CaptureError:
        """The error of these two sentences."""
        return cls(Problem(message, hint))


class TargetError(Exception):
    """There is no target picture; `problem` has one sentence and one piece of advice."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

"""What a runner asks of a method: one object a job. Imports the standard library and wire only, so
that a missing package can be reported.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mti_addon.wire.errors import MtiError
from mti_addon.wire.problem import Problem
from mti_addon.wire.request import Request
from mti_addon.wire.settings import Settings

from ..job.session import Session
from ..method.learned_motion import LearnedMotion

if TYPE_CHECKING:
    from .takes import Take


class LearningStopped(Exception):
    """Learning cannot go on. `motion` is the last that was good, and is kept; `error` says why."""

    def __init__(self, motion: LearnedMotion, error: MtiError) -> None:
        super().__init__(error.message)
        self.motion, self.error = motion, error


class Method(ABC):
    """One job's work, in the order of its calls: `read_inputs`, `use`, then `learn` or `given`, and
    `apply`. `settings` may be changed by a plan before `use`."""

    def __init__(self, session: Session, request: Request) -> None:
        self.session, self.job, self.request = session, session.job, request
        self.settings: Settings = request.settings
        self.reconstruction: float | None = None
        """Motion gain of the learned motion on the reference itself."""
        self.warning: Problem | None = None
        self.early: Mapping[int, Path] = {}
        """Files of the motion after fewer iterations, if the method keeps some."""

    @abstractmethod
    def read_inputs(self) -> None:
        """Read and check the inputs before the model is loaded. Raises UnreadableInput,
        BadEmbedding, BadRequest."""

    @abstractmethod
    def use(self, model: Any) -> None:
        """Take the model that was loaded. Raises BadRequest, WrongModel for what it cannot do,
        before anything is computed."""

    @abstractmethod
    def learn(self, fps: float) -> LearnedMotion:
        """Learn from the references, captured at `fps` frames per second. Raises LearningStopped,
        Cancelled."""

    def after_learning(self, motion: LearnedMotion) -> None:  # noqa: B027  # most do nothing
        """Judge a motion that was learned, after it was published."""

    @abstractmethod
    def given(self) -> LearnedMotion:
        """The motion that the inputs bring."""

    @abstractmethod
    def apply(self, motion: LearnedMotion) -> list[Take]:
        """Apply a motion, with every seed. Raises Cancelled."""

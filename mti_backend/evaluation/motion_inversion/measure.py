"""Measures the rows of one pair. Imports torch, the method and the models."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from mti_addon.wire.motion_inversion import Loss

from ...frames import to_pictures
from ...method.motion_inversion.motion import Motion
from ...method.motion_inversion.optimization import MotionInversion
from ...method.motion_inversion.sampling import sample
from ...method.motion_inversion.settings import LearningSettings, PlayingSettings
from ...models.text_to_video import TextToVideoModel
from ..store import Store, result_key
from .colour_tracks import colour_track, track_correlation
from .judge import Judge
from .pairs import Pair
from .rows import Row

Result = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Settings common to all rows. inversion_steps: of the reference's DDIM inversion. judge: the
    steps that the judge was trained for."""

    learning: LearningSettings
    playing: PlayingSettings
    inversion_steps: int
    judge: int


class Bench:
    """Learns and plays on one model, and keeps every result in a store."""

    def __init__(self, model: TextToVideoModel, judge: Judge, plan: Plan, store: Store) -> None:
        self.model, self.judge, self.plan, self.store = model, judge, plan, store

    def measure(
        self, pair: Pair, rows: Sequence[Row], tell: Callable[[str], None] = print
    ) -> list[Result]:
        """The rows' results; those that are stored already are read."""
        learned: dict[Loss, tuple[Motion, float]] = {}
        results = []
        for row in rows:
            key = self.key(row)
            result = self.store.read(pair.name, row.key, key)
            if result is None:
                result = self._measured(pair, row, key, learned)
                tell(_line(pair, result))
            results.append(result)
        return results

    def key(self, row: Row) -> str:
        """What a stored result has to agree in."""
        return result_key(
            method="motion-inversion", model=self.model.identity, row=asdict(row),
            plan=asdict(self.plan),
        )  # fmt: skip

    def _measured(
        self, pair: Pair, row: Row, key: str, learned: dict[Loss, tuple[Motion, float]]
    ) -> Result:
        learning = 0.0
        motion = None
        if row.kind == "motion":
            if row.loss not in learned:
                learned[row.loss] = self.learn(pair, row)
            motion, learning = learned[row.loss]
        begun = time.monotonic()
        clip = self.clip(pair, row, motion)
        seconds = time.monotonic() - begun
        result = {
            "key": key, "pair": pair.index, "motion": pair.motion, "row": row.key,
            **figures(clip, pair, self.judge),
            "learn_seconds": learning, "play_seconds": seconds,
        }  # fmt: skip
        self.store.write_clip(pair.name, row.key, to_pictures(clip))
        self.store.write_clip(pair.name, "reference", to_pictures(pair.reference))
        self.store.write_figures(pair.name, row.key, result)
        return result

    def learn(self, pair: Pair, row: Row) -> tuple[Motion, float]:
        """The pair's motion, and the seconds it took."""
        begun = time.monotonic()
        settings = row.learning(self.plan.learning)
        caption = pair.reference_caption.text()
        with MotionInversion(self.model, pair.reference, caption, settings) as inversion:
            inversion.invert_reference(self.plan.inversion_steps)
            for _ in range(settings.iterations):
                inversion.step()
            return inversion.motion(), time.monotonic() - begun

    def clip(self, pair: Pair, row: Row, motion: Motion | None) -> Tensor:
        """What the row shows: (F, 3, 64, 64) in [-1, 1]."""
        if row.kind == "answer":
            return pair.answer
        if motion is not None and row.part == "v":
            zero = {name: torch.zeros_like(m) for name, m in motion.qk.items()}
            motion = replace(motion, qk=zero)
        prompt = pair.words if row.kind == "words" else pair.prompt
        settings = replace(row.settings(self.plan.playing), seed=pair.index)
        return sample(self.model, motion, prompt.text(), settings)


def figures(clip: Tensor, pair: Pair, judge: Judge) -> dict[str, float]:
    """The columns of a clip: see docs/evaluation.md."""
    prompt, seen = pair.prompt, pair.reference_caption
    verdict = judge.verdict(clip)
    track = colour_track(clip, str(prompt.colour), str(prompt.background))
    return {
        "track_correlation": track_correlation(pair.track, track),
        "subject_right": float(verdict.subject == prompt.subject),
        "colour_right": float(verdict.colour == prompt.colour),
        "leakage": verdict.leaked(seen.subject, str(seen.colour)),
    }


def _line(pair: Pair, result: Result) -> str:
    told = ", ".join(f"{key} {result[key]:.2f}" for key in COLUMNS)
    return f"{pair.name}, {result['row']}: {told}"


COLUMNS = {
    "track_correlation": "track correlation", "subject_right": "subject right",
    "colour_right": "color right", "leakage": "leakage",
}  # fmt: skip
"""Columns by key, with their titles; the first is reported as a median, the others as means."""

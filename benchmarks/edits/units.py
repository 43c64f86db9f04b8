"""The trials of each kind of edit, and what is measured in them. Imports torch and the models."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows
from mti_backend.draft.procedural.motions import FRAMES
from mti_backend.draft.procedural.named import NAMED
from mti_backend.models.token_layout import TokenLayout

from .measure import Lab, amplitude

RAW = tuple(k / 8 for k in range(13))
"""Interpolation factors from the first frame's tokens, 0..1.5."""
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
COMPARED = (0.5, 1.0, 1.5)
"""Strengths at which the clip is also compared with the right answer."""
TIMES: dict[str, MotionPart] = {
    "as learned": MotionPart(),
    "speed 50 %": MotionPart(speed=0.5),
    "speed 200 %, hold": MotionPart(speed=2.0),
    "speed 200 %, loop": MotionPart(speed=2.0, after_end="loop"),
    "speed 200 %, bounce": MotionPart(speed=2.0, after_end="bounce"),
    "trim to 30-80 %": MotionPart(start=0.3, end=0.8),
    "reverse": MotionPart(reverse=True),
}
WEIGHTS = (0.25, 0.5, 0.75)
SEAMS = (0.0, 0.2, 0.4)
PAIRS = (
    ("wave", "squat"), ("walk", "wave"), ("kick", "bow"),
    ("squat", "bow"), ("run", "walk"), ("nod", "squat"),
)  # fmt: skip
_UNKNOWN = TokenLayout()


@dataclass(frozen=True)
class Unit:
    """One group of trials: its name, which is also its file's, and what measures it."""

    name: str
    measure: Callable[[Lab], dict[str, Any]]


def units(kinds: set[str], motions: int, targets: int, pairs: int) -> Iterator[Unit]:
    """The units of the wanted kinds: strength, time, blend, chain."""
    names = list(NAMED)
    for target in range(targets):
        for m in range(motions):
            place = f"{names[m]}-{target}"
            if "strength" in kinds:
                yield Unit(f"strength-{place}", lambda lab, m=m, t=target: _strength(lab, m, t))
            if "time" in kinds:
                yield Unit(f"time-{place}", lambda lab, m=m, t=target: _time(lab, m, t))
        for first, second in PAIRS[:pairs]:
            both = (names.index(first), names.index(second))
            for kind, measure in (("blend", _blend), ("chain", _chain)):
                if kind in kinds:
                    yield Unit(
                        f"{kind}-{first}-{second}-{target}",
                        lambda lab, f=measure, b=both, t=target: f(lab, b, t),
                    )


def one(part: MotionPart) -> MotionEdit:
    """The edit of a single motion."""
    return MotionEdit(parts=(part,))


def chained(seam: float) -> MotionEdit:
    """Two motions in succession, each in full in its share of the clip."""
    edit = MotionEdit("chain", seam, (MotionPart(), MotionPart()))
    speeds = [1 / (end - start) for start, end in chain_windows(edit)]
    return replace(edit, parts=tuple(MotionPart(speed=speed) for speed in speeds))


def _strength(lab: Lab, motion: int, target: int) -> dict[str, Any]:
    """Amplitude by interpolation factor and by strength, and gain against the scaled motion."""
    whole = lab.trial([motion], AS_LEARNED, target)
    moving = whole.moving()
    ours = amplitude(whole.paths(whole.embedding()), moving)
    true = amplitude(whole.true_paths(), moving)
    result: dict[str, Any] = {"motion": lab.names[motion], "learned": ours, "raw": [], "points": []}
    for factor in RAW:
        trial = replace(whole, edit=one(MotionPart(strength=factor)))
        found = amplitude(trial.paths(trial.embedding(engine="")), moving)
        result["raw"].append({"factor": factor, "amplitude": found / ours})
    for strength in STRENGTHS:
        trial = lab.trial([motion], one(MotionPart(strength=strength)), target)
        point = {
            "strength": strength,
            "amplitude": amplitude(trial.paths(trial.embedding()), moving) / ours,
            "true_amplitude": amplitude(trial.true_paths(), moving) / true,
        }
        if strength in COMPARED:
            point["gain"] = trial.gain(trial.embedding())
            point["bound"] = trial.gain(trial.true_embedding())
            point["unedited"] = trial.gain(lab.learned(motion))
        result["points"].append(point)
    return result


def _time(lab: Lab, motion: int, target: int) -> dict[str, Any]:
    """Gain of each change of time; for reverse, also on a target in the motion's first pose."""
    rows: dict[str, Any] = {}
    for name, part in TIMES.items():
        trial = lab.trial([motion], one(part), target)
        rows[name] = {
            "gain": trial.gain(trial.embedding()),
            "bound": trial.gain(trial.true_embedding()),
            "unedited": trial.gain(lab.learned(motion)),
            "without_layout": trial.gain(trial.embedding(_UNKNOWN)),
        }
    reverse = lab.trial([motion], one(TIMES["reverse"]), target)
    other = lab.trial([motion], AS_LEARNED, target)
    return {
        "motion": lab.names[motion],
        "rows": rows,
        "reverse": _first_step(reverse.paths(reverse.embedding()), reverse.moving())
        | {"from_other_pose": _first_step(
            replace(reverse, answer=other.answer).paths(reverse.embedding()), other.moving()
        )},
    }  # fmt: skip


def _first_step(paths: Tensor, moving: Tensor) -> dict[str, float]:
    """Root mean square step of the limbs, in frame widths: the first, and the largest later one."""
    seen = moving & ~paths.isnan().any(-1).any(0)
    if not seen.any():
        return {}
    steps = paths[:, seen].diff(dim=0).square().sum(-1).mean(1).sqrt()
    return {"first": float(steps[0]), "later": float(steps[1:].max())}


def _blend(lab: Lab, both: tuple[int, int], target: int) -> dict[str, Any]:
    """Gain against the mean of the joint angles."""
    points = []
    for weight in WEIGHTS:
        parts = (MotionPart(weight=1 - weight), MotionPart(weight=weight))
        trial = lab.trial(both, MotionEdit("blend", parts=parts), target)
        points.append({
            "weight": weight,
            "gain": trial.gain(trial.embedding()),
            "bound": trial.gain(trial.true_embedding()),
            "first": trial.gain(lab.learned(both[0])),
            "second": trial.gain(lab.learned(both[1])),
        })  # fmt: skip
    return {"motions": [lab.names[m] for m in both], "points": points}


def _chain(lab: Lab, both: tuple[int, int], target: int) -> dict[str, Any]:
    """Gain against the chained joint angles, and how abruptly limbs change speed at the seam."""
    points = []
    for seam in SEAMS:
        trial = lab.trial(both, chained(seam), target)
        ours = trial.embedding()
        paths = trial.paths(ours)
        points.append({
            "seam": seam,
            "gain": trial.gain(ours),
            "bound": trial.gain(trial.true_embedding()),
            "first": trial.gain(lab.learned(both[0])),
            "without_layout": trial.gain(trial.embedding(_UNKNOWN)),
            "seam_jerk": _at_seam(paths, trial.moving()),
            "true_jerk": _at_seam(trial.true_paths(), trial.moving()),
        })  # fmt: skip
    return {"motions": [lab.names[m] for m in both], "points": points}


def _at_seam(paths: Tensor, moving: Tensor) -> dict[str, float]:
    """Largest speed, change of speed, and jerk of any limb within two frames of the middle of the
    clip, in frame widths per frame (squared, cubed)."""
    seen = moving & ~paths.isnan().any(-1).any(0)
    if not seen.any():
        return {}
    middle = (FRAMES - 1) / 2
    found, steps = {}, paths[:, seen]
    for order, name in enumerate(("speed", "acceleration", "jerk"), start=1):
        steps = steps.diff(dim=0)
        near = [k for k in range(len(steps)) if abs(k + order / 2 - middle) <= 2]
        found[name] = float(steps[near].norm(dim=-1).max())
    return found

"""Contact sheet of the draft's training data and of what is held out. Imports torch and PIL.

Bodies and motions are drawn as in training (training_clips.py); only the selection is fixed, so
that every kind is shown.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...contact_sheet import Pictures, in_two_columns
from ...frames import to_pictures
from ..procedural.body import SHAPES, Figures
from ..procedural.clips import Clips, make_clips
from ..procedural.figures import random_figures
from ..procedural.motions import INDEX, Motions, frame_times, random_motions
from ..procedural.named import named_motion
from .training_clips import framed

_CAMERA = [INDEX[name] for name in ("pan_x", "pan_y", "zoom", "roll")]
_MOVES = 0.02  # radians, figure heights, frame widths: smaller changes are not visible
_WHAT_MOVES = {  # an Example's motion: (the body moves, the camera moves)
    "body": (True, False), "camera": (False, True), "both": (True, True), "still": (False, False)
}  # fmt: skip
_SEED = 21
_SHOWN = slice(0, 14, 2)


@dataclass(frozen=True)
class Example:
    """One row of the sheet: arguments of `random_figures`, and the motion.

    motion: 'body' or 'camera' alone, 'both', 'still', or a name in NAMED.
    """

    caption: str
    look: str = "solid"
    kind: str = "human"
    shape: str = ""
    motion: str = "body"
    family: str = "train"
    backdrop: str = "train"


EXAMPLES = (
    Example("human, stick", "stick"),
    Example("human, stick", "stick"),
    Example("human, stick, camera moves too", "stick", motion="both"),
    Example("human, solid"),
    Example("human, solid"),
    Example("human, solid"),
    Example("human, solid, camera moves too", motion="both"),
    Example("human, solid, camera alone moves", motion="camera"),
    Example("human, solid, nothing moves", motion="still"),
    Example("quadruped, stick", "stick", "quadruped"),
    Example("quadruped, solid", kind="quadruped"),
    Example("quadruped, camera alone moves", kind="quadruped", motion="camera"),
    Example("face, stick", "stick", "face"),
    Example("face, solid", kind="face"),
    *(Example(f"object: {shape}", kind="object", shape=shape) for shape in SHAPES),
    Example("HELD OUT motion: jumping jack", motion="jumping_jack"),
    Example("HELD OUT proportions", family="held-out"),
    Example("HELD OUT backdrop", backdrop="held-out"),
    Example(
        "HELD OUT all three: kick", motion="kick", family="held-out", backdrop="held-out"
    ),
)  # fmt: skip


def show(file: Path) -> None:
    """Write the sheet as a PNG: two columns of clips, every second frame of each."""
    rows = [(example.caption, _pictures(example, i)) for i, example in enumerate(EXAMPLES)]
    sheet = in_two_columns(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, optimize=True)


def _pictures(example: Example, index: int) -> Pictures:
    """Every second frame, uint8 (7, S, S, 3)."""
    generator = torch.Generator().manual_seed(_SEED + 1000 * index)
    return to_pictures(draw_example(example, generator).pixels[0, _SHOWN])


def draw_example(example: Example, generator: torch.Generator) -> Clips:
    """The first clip drawn as in training that matches the example; (1, 14, 3, 128, 128)."""
    figures = _bodies(example, generator)
    return make_clips(figures, _motion(example, generator), frame_times(1))


def _bodies(example: Example, generator: torch.Generator) -> Figures:
    while True:
        figures = random_figures(
            1, generator, example.look, example.kind, example.family, example.backdrop
        )
        framed(figures, generator)
        if not example.shape or SHAPES[int(figures.shape)] == example.shape:
            return figures


def _motion(example: Example, generator: torch.Generator) -> Motions:
    if example.motion not in _WHAT_MOVES:
        return named_motion(example.motion)
    while True:
        motions = random_motions(1, generator)
        if what_moves(motions.values(frame_times(1))[0]) == _WHAT_MOVES[example.motion]:
            return motions


def what_moves(values: Tensor) -> tuple[bool, bool]:
    """Whether the body and whether the camera moves in channel values (C, T)."""
    changes = (values.amax(1) - values.amin(1)) > _MOVES
    camera = torch.zeros(len(changes), dtype=torch.bool)
    camera[_CAMERA] = True
    return bool(changes[~camera].any()), bool(changes[camera].any())

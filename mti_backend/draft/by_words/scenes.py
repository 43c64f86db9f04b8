"""Draws what a caption says: its subject in its color, doing that, there. Imports torch only."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ..procedural.clips import camera_of
from ..procedural.figures import Cast, Figures, random_figures
from ..procedural.motions import INDEX, Motions, frame_times
from ..procedural.pose import place
from ..procedural.render import draw, to_image
from .appearance import dress, paint_backgrounds, shape_animals
from .captions import (
    ACTIONS,
    ANIMALS,
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    PAPER,
    SUBJECTS,
    Caption,
    visible,
)
from .movers import FRAMES, LIMBS, motions_of

SIZE = 64
"""Side of a clip's frames in pixels."""
_CAST = {  # subject: stick, index into KINDS, index into SHAPES
    "person": (False, 0, 0), "robot": (False, 0, 0), "stick figure": (True, 0, 0),
    "dog": (False, 1, 0), "horse": (False, 1, 0), "face": (False, 3, 0),
    "ball": (False, 2, 0), "box": (False, 2, 1), "windmill": (False, 2, 2),
    "plant": (False, 2, 3), "pendulum": (False, 2, 4), "flag": (False, 2, 5),
}  # fmt: skip
_LARGER = {"face": 1.15, "dog": 1.1, "horse": 1.1, "box": 1.1, "pendulum": 1.15}


@dataclass(frozen=True)
class Scene:
    """What one clip shows. caption: everything in it, said or not; its subject, color and
    background are never None. mover: a name in movers.py; if it is in ACTIONS, the caption's."""

    caption: Caption
    mover: str


@dataclass
class Shown:
    """B clips of T frames.

    pixels: (B, T, 3, S, S) in [-1, 1]. tracks: (B, T, 2), the mean position of the figure's visible
    pixels, x right and y down, 0 .. 1; where none is visible, its body's middle. figure: bool
    (B, T, S, S).
    """

    pixels: Tensor
    tracks: Tensor
    figure: Tensor


def random_scenes(count: int, g: torch.Generator) -> list[Scene]:
    """Draw scenes for training: one mover of large amplitude or one camera move; one in ten is
    still."""
    return [_random_scene(torch.rand(8, generator=g).tolist()) for _ in range(count)]


def _random_scene(draw: list[float]) -> Scene:
    subject = _pick(SUBJECTS, draw[0])
    background = _pick(tuple(BACKGROUNDS), draw[1])
    colour = _pick(tuple(c for c in COLOURS if visible(c, background)), draw[2])
    if draw[3] < 0.1:
        return Scene(Caption(subject, colour, background), "still")
    if draw[3] < 0.3 and background not in PAPER:
        camera = _pick(CAMERAS, draw[4])
        return Scene(Caption(subject, colour, background, camera=camera), "still")
    if draw[5] < 0.6:
        action = _pick(ACTIONS[subject], draw[6])
        return Scene(Caption(subject, colour, background, action), action)
    mover = "wandering" if draw[5] < 0.85 else LIMBS
    return Scene(Caption(subject, colour, background), mover)


def said(scene: Scene, g: torch.Generator) -> str:
    """What a training caption says of a scene: nothing of the action or camera in half of them, of
    color and background in one of twelve each, and nothing at all in one of ten."""
    draw = torch.rand(4, generator=g).tolist()
    if draw[0] < 0.1:
        return ""
    unsaid = ["action", "camera"] if draw[1] < 0.5 else []
    unsaid += ["colour"] * (draw[2] < 1 / 12) + ["background"] * (draw[3] < 1 / 12)
    return scene.caption.without(*unsaid).text()


@torch.no_grad()
def show_scenes(
    scenes: list[Scene], g: torch.Generator, times: Tensor | None = None, size: int = SIZE
) -> Shown:
    """Draw scenes at times (B, T) in [0, 1]; by default a clip's FRAMES.

    Everything that captions leave open (proportions, place, size, speed) is drawn from `g`.
    """
    times = frame_times(len(scenes), FRAMES) if times is None else times
    subjects = [scene.caption.subject for scene in scenes]
    captions = [scene.caption for scene in scenes]
    cast = torch.tensor([_CAST[subject] for subject in subjects])
    figures = random_figures(len(scenes), g, cast=Cast(cast[:, 0].bool(), cast[:, 1], cast[:, 2]))
    shape_animals(figures, subjects, g)
    dress(figures, subjects, [str(c.colour) for c in captions], g)
    paint_backgrounds(figures.behind, [str(c.background) for c in captions], g)
    larger = torch.tensor([_LARGER.get(subject, 1.0) for subject in subjects])
    figures.height = larger * (0.42 + 0.18 * torch.rand(len(scenes), generator=g))
    for i, scene in enumerate(scenes):
        if scene.mover.startswith("walking") and scene.caption.subject in ANIMALS:
            figures.facing[i] = 0.4 if scene.mover.endswith("right") else -0.4
    motions = motions_of([s.mover for s in scenes], [c.camera for c in captions], figures.height, g)
    _centre(figures, motions, g)
    values = motions.values(times)
    ends = place(figures, values, motions.grounded)
    camera = camera_of(motions, times)
    drawing = draw(figures, ends, camera, size)
    figure = drawing.classes >= 0
    middles = to_image(ends[:, :, :1, :, :2].mean((2, 3)), camera)
    return Shown(2 * drawing.pixels - 1, _tracks(figure, middles), figure)


def _centre(figures: Figures, motions: Motions, g: torch.Generator) -> None:
    """Place figures so that the middle of their path is near the middle of the frame, in place."""
    count = len(figures.height)
    values = motions.values(frame_times(count, FRAMES))
    offsets = 0.12 * (torch.rand(2, count, generator=g) - 0.5)
    path = [values[:, INDEX[name]] * figures.height[:, None] for name in ("root_x", "root_y")]
    middle = [(each.amin(1) + each.amax(1)) / 2 for each in path]
    figures.centre = offsets[0] - middle[0]
    figures.ground = -figures.height / 2 + offsets[1] - middle[1]


def _tracks(figure: Tensor, otherwise: Tensor) -> Tensor:
    size = figure.shape[-1]
    axis = (torch.arange(size) + 0.5) / size
    weight = figure.float()
    count = weight.sum((2, 3))
    x = (weight * axis).sum((2, 3)) / count.clamp(min=1)
    y = (weight * axis[:, None]).sum((2, 3)) / count.clamp(min=1)
    return torch.where((count > 0)[..., None], torch.stack([x, y], -1), otherwise)


def _pick(choices: tuple[str, ...], draw: float) -> str:
    return choices[min(int(draw * len(choices)), len(choices) - 1)]

"""People, animals and objects: one motion moves them all, each in its own way."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from mti_backend.draft.procedural.body import KINDS, SHAPES, Figures
from mti_backend.draft.procedural.clips import make_clips
from mti_backend.draft.procedural.creatures import object_look, squash, sway
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import (
    CAMERA_CHANNELS,
    CHANNELS,
    FACE_CHANNELS,
    frame_times,
    random_motions,
)
from mti_backend.draft.procedural.pose import pose
from tests.draft.procedural.examples import each_channel, generator, held, on_plain_grey

PERFORMERS = ("human", "quadruped", "face", *SHAPES)
# Channels that do not affect an object: it leans with trunk, head and limbs, and squashes with
# bows, bent knees and forward reaches, but has no forearm to point with.
_NO_THING = {"elbow_l_forward", "elbow_r_forward"}
_OF_A_FACE = {"yaw", "lean_side", "lean_forward", "head_tilt", "head_nod", *FACE_CHANNELS}
_OF_ALL = {"root_x", "root_y", *CAMERA_CHANNELS}


def performer(name: str, count: int = 1, look: str = "solid", seed: int = 1) -> Figures:
    """`count` bodies of one kind or, for objects, of one shape."""
    kind = name if name in KINDS else "object"
    figures = random_figures(count, generator(seed), look, kind)
    if name in SHAPES:
        index = SHAPES.index(name)
        figures.shape[:] = index
        figures.radii, figures.square = object_look(index, figures.form)
    return figures


def driven(name: str) -> set[str]:
    if name == "face":
        return _OF_A_FACE | _OF_ALL
    return set(CHANNELS) - set(FACE_CHANNELS) - (_NO_THING if name in SHAPES else set())


@pytest.mark.parametrize("name", PERFORMERS)
def test_each_moves_with_its_channels_and_with_no_other(name: str) -> None:
    """Checked on images: each row moves one channel."""
    count = len(CHANNELS)
    figures = on_plain_grey(performer(name)).repeat(count)
    figures.height[:] = 0.7
    figures.ground[:] = -0.4
    figures.centre[:] = 0
    figures.facing[:] = 0.9 if name == "quadruped" else 0.2
    times = torch.tensor([0.0, 1.0]).expand(count, 2)
    pixels = make_clips(figures, each_channel(), times).pixels
    change = (pixels[:, 1] - pixels[:, 0]).abs().flatten(1).amax(1)
    moved = {CHANNELS[i] for i in (change > 0.1).nonzero()[:, 0].tolist()}
    still = {CHANNELS[i] for i in (change == 0).nonzero()[:, 0].tolist()}
    assert moved == driven(name), dict(zip(CHANNELS, change.tolist(), strict=True))
    assert still == set(CHANNELS) - driven(name)


@pytest.mark.parametrize("name", PERFORMERS)
@pytest.mark.parametrize("look", ["stick", "solid"])
def test_tokens_are_the_motions_alone(name: str, look: str) -> None:
    """Whoever performs it, whatever the proportions, position, size and facing."""
    count = 6
    motions, times = random_motions(count, generator(2)), frame_times(count)
    wanted = make_clips(random_figures(count, generator(3)), motions, times, 8).tokens
    for seed in (4, 5):
        figures = performer(name, count, look, seed)
        assert torch.equal(make_clips(figures, motions, times, 8).tokens, wanted)
    long_armed = random_figures(count, generator(6), family="held-out", backdrop="held-out")
    assert torch.equal(make_clips(long_armed, motions, times, 8).tokens, wanted)


def test_every_channel_is_in_the_tokens() -> None:
    """Every motion that can be drawn can be encoded."""
    times = torch.tensor([0.0, 1.0]).expand(len(CHANNELS), 2)
    figures = random_figures(len(CHANNELS), generator(7))
    tokens = make_clips(figures, each_channel(), times, 8).tokens
    change = (tokens[:, 1] - tokens[:, 0]).norm(dim=-1)
    assert (change > 0.3).all(), dict(zip(CHANNELS, change.tolist(), strict=True))


def placed(ends: Tensor) -> Tensor:
    """Parts that are near the image at all, bool (B, P), for ends (B, T, P, 2, 3)."""
    return (ends[..., :2].abs() < 5).flatten(3).all(-1).all(1)


@pytest.mark.parametrize("name", PERFORMERS)
def test_what_has_a_thickness_has_a_place(name: str) -> None:
    """An object's look and its pose have the same parts."""
    figures = performer(name, 20)
    figures.height[:] = 1
    still = replace(held(), grounded=torch.ones(20, dtype=torch.bool))
    ends = pose(figures, still, torch.zeros(20, 2)).ends
    there = (figures.radii > 0).any(-1)
    assert not (there & ~placed(ends)).any() and there.any(1).all()
    # a person without a skirt still has a hem, and a bald face the place of its hair
    if name not in ("human", "face"):
        assert torch.equal(there, placed(ends))
    assert ends.isfinite().all()


def test_a_thing_has_at_least_two_parts_and_forms_of_its_own() -> None:
    for index, shape in enumerate(SHAPES):
        form = torch.rand(5, 4, generator=generator(8))
        radii, square = object_look(index, form)
        assert ((radii > 0).any(-1).sum(1) >= 2).all(), shape
        assert len(radii.flatten(1).unique(dim=0)) == 5, shape
        assert not (square & (radii == 0).all(-1)).any(), shape


def test_an_animal_is_where_the_middle_of_its_trunk_is() -> None:
    """It stays where its motion puts it, and in the image, however it leans and turns."""
    figures = performer("quadruped", 30)
    motions, times = random_motions(30, generator(10)), frame_times(30)
    trunk = pose(figures, motions, times).ends[:, :, 0, :, 0].mean(-1)
    path = motions.values(times)[:, CHANNELS.index("root_x")] * figures.height[:, None]
    expected = figures.centre[:, None] + path
    torch.testing.assert_close(trunk, expected, rtol=0, atol=1e-5)


# (a motion's channels, how far a ball leans, how far it squashes)
_TOLD = {
    "a side step": ({"leg_r": 0.5}, 0.15, 0.0),
    "both legs apart": ({"leg_l": 0.5, "leg_r": 0.5}, 0.0, 0.0),
    "a stride": ({"leg_l_forward": -0.4, "leg_r_forward": 0.4}, 0.24, 0.0),
    "a tilted head": ({"head_tilt": -0.5}, -0.2, 0.0),
    "a turn": ({"yaw": 0.5}, 0.1, 0.0),
    "a nod": ({"head_nod": 0.5}, 0.0, 0.15),
    "bent knees": ({"knee_l": 1.0, "knee_r": 1.0}, 0.0, 0.24),
    "both arms ahead": ({"arm_l_forward": 1.0, "arm_r_forward": 1.0}, 0.0, 0.3),
    "arms in turns": ({"arm_l_forward": 1.0, "arm_r_forward": -1.0}, 0.0, 0.0),
    "both arms up": ({"arm_l": 1.0, "arm_r": 1.0}, 0.0, -0.2),
    "a deep bow": ({"lean_forward": 9.0}, 0.0, 0.5),
}


@pytest.mark.parametrize("motion", _TOLD)
def test_what_things_do_with_a_motion(motion: str) -> None:
    """Symmetric: mirrored, a motion leans to the other side."""
    channels, lean, low = _TOLD[motion]
    values = held(**channels).values(torch.zeros(1, 1))
    assert sway(values).item() == pytest.approx(lean, abs=1e-6)
    assert squash(values).item() == pytest.approx(low, abs=1e-6)
    sides = {"head_tilt": -1, "yaw": -1}
    swapped = {_mirrored(name): sides.get(name, 1) * v for name, v in channels.items()}
    values = held(**swapped).values(torch.zeros(1, 1))
    assert sway(values).item() == pytest.approx(-lean, abs=1e-6)
    assert squash(values).item() == pytest.approx(low, abs=1e-6)


def _mirrored(name: str) -> str:
    return name.replace("_l", "_*").replace("_r", "_l").replace("_*", "_r")


def test_animals_stand_on_the_ground() -> None:
    """The lowest foot of a standing animal is on the ground, however it bends its legs."""
    figures = performer("quadruped", 30)
    motions = random_motions(30, generator(9))
    motions.grounded[:] = True
    ends = pose(figures, motions, frame_times(30)).ends
    root = motions.values(frame_times(30))[:, CHANNELS.index("root_y")]
    feet = ends[:, :, (3, 5, 7, 9), 1, 1].amin(-1) - root * figures.height[:, None]
    torch.testing.assert_close(feet, figures.ground[:, None].expand_as(feet), rtol=0, atol=1e-5)

"""Clips show what their captions say."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.by_words.captions import (
    ACTIONS,
    BACKGROUNDS,
    CAMERAS,
    COLOURS,
    SUBJECTS,
    Caption,
    visible,
)
from mti_backend.draft.by_words.movers import FRAMES, HELD_OUT
from mti_backend.draft.by_words.scenes import Scene, Shown, random_scenes, said, show_scenes
from tests.draft.procedural.examples import generator


def shown(scene: Scene, seed: int = 0) -> Shown:
    return show_scenes([scene], generator(seed))


def moved(mover: str, subject: str = "dog", camera: str | None = None) -> torch.Tensor:
    """Movement of the figure's middle from the first to the last frame: x right, y down."""
    action = mover if mover in ACTIONS[subject] else None
    track = shown(Scene(Caption(subject, "red", "on sand", action, camera), mover)).tracks[0]
    return track[-1] - track[0]


def test_a_clip_has_16_frames_of_64_pixels() -> None:
    found = shown(Scene(Caption("ball", "red", "on sand"), "still"))
    assert found.pixels.shape == (1, FRAMES, 3, 64, 64) == (1, 16, 3, 64, 64)
    assert found.tracks.shape == (1, 16, 2) and found.figure.shape == (1, 16, 64, 64)
    assert -1 <= found.pixels.min() and found.pixels.max() <= 1


@pytest.mark.parametrize("subject", SUBJECTS)
def test_every_subject_has_its_colour_in_every_background(subject: str) -> None:
    """Of the pixels that are as colorful as the palette, most are nearest to the caption's."""
    palette = torch.tensor([*COLOURS.values()])
    for index, background in enumerate(BACKGROUNDS):
        fitting = [colour for colour in COLOURS if visible(colour, background)]
        colour = fitting[index % len(fitting)]
        found = shown(Scene(Caption(subject, colour, background), "still"), index)
        pixels = ((found.pixels[0] + 1) / 2).movedim(1, -1)[found.figure[0]]
        own = [*COLOURS].index(colour)
        share = (torch.cdist(pixels, palette).argmin(1) == own).float().mean()
        least = 0.25 if subject in ("face", "person", "plant", "pendulum") else 0.4
        assert share > least, (colour, background, float(share))
        assert 0.008 < found.figure.float().mean() < 0.4


def test_actions_go_where_they_say() -> None:
    for subject in SUBJECTS:
        assert moved("moving left", subject)[0] < -0.25 and moved("moving right", subject)[0] > 0.25
    for subject in ("person", "dog", "horse", "robot"):
        assert moved("walking left", subject)[0] < -0.2
        assert moved("walking right", subject)[0] > 0.2
    jumping = shown(Scene(Caption("box", "red", "on sand", "jumping"), "jumping")).tracks[0, :, 1]
    ups = ((jumping[1:-1] < jumping[:-2]) & (jumping[1:-1] <= jumping[2:])).sum()
    assert ups in (2, 3) and jumping.max() - jumping.min() > 0.1


@pytest.mark.parametrize(
    ("camera", "axis", "sign"),
    [("camera pans left", 0, 1), ("camera pans right", 0, -1),
     ("camera tilts up", 1, 1), ("camera tilts down", 1, -1)],
)  # fmt: skip
def test_a_camera_moves_everything_the_other_way(camera: str, axis: int, sign: int) -> None:
    assert sign * moved("still", camera=camera)[axis] > 0.15


def test_zooms_change_the_size() -> None:
    for camera, larger in (("camera zooms in", True), ("camera zooms out", False)):
        found = shown(Scene(Caption("box", "red", "on sand", camera=camera), "still"))
        area = found.figure[0].float().sum((1, 2))
        before, after = area[0], area[-1]
        assert after > 1.4 * before if larger else before > 1.4 * after


def test_a_still_scene_stands_still() -> None:
    pixels = shown(Scene(Caption("person", "red", "in a forest"), "still")).pixels[0]
    assert torch.equal(pixels[0], pixels[-1])


def test_whatever_moves_moves_in_every_clip() -> None:
    """Every word for an action changes pixels of every subject that can do it."""
    for subject in SUBJECTS:
        for action in ACTIONS[subject]:
            pixels = shown(Scene(Caption(subject, "red", "on sand", action), action)).pixels[0]
            assert (pixels - pixels[:1]).abs().amax((0, 1)).gt(0.3).float().mean() > 0.004, (
                subject, action
            )  # fmt: skip


def test_held_out_paths_are_never_drawn_in_training() -> None:
    scenes = random_scenes(600, generator(1))
    assert not {scene.mover for scene in scenes} & set(HELD_OUT)
    assert {scene.caption.subject for scene in scenes} == set(SUBJECTS)
    assert {scene.caption.camera for scene in scenes} == {None, *CAMERAS}
    for scene in scenes:
        assert visible(str(scene.caption.colour), str(scene.caption.background))
        assert scene.caption.action in (None, scene.mover)
    still = [s for s in scenes if s.mover == "still" and s.caption.camera is None]
    assert 0.07 < len(still) / len(scenes) < 0.13


def test_captions_leave_things_out_as_often_as_they_should() -> None:
    g = generator(2)
    scene = Scene(Caption("dog", "red", "on grass", "jumping"), "jumping")
    texts = [said(scene, g) for _ in range(2000)]
    share = {
        what: sum(word in text for text in texts) / len(texts)
        for what, word in (("action", "jumping"), ("colour", "red"), ("subject", "dog"))
    }
    assert share["action"] == pytest.approx(0.45, abs=0.04)
    assert share["colour"] == pytest.approx(0.825, abs=0.04)
    assert share["subject"] == pytest.approx(0.9, abs=0.03)
    assert texts.count("") == len(texts) - sum("dog" in text for text in texts)


def test_the_same_seed_draws_the_same() -> None:
    scenes = random_scenes(3, generator(4))
    assert scenes == random_scenes(3, generator(4)) != random_scenes(3, generator(5))
    one, two, other = (show_scenes(scenes, generator(seed)).pixels for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)

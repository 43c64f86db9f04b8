"""The named motions match their names, and are used for evaluation only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mti_backend import draft
from mti_backend.draft.procedural.body import PARTS
from mti_backend.draft.procedural.figures import random_figures
from mti_backend.draft.procedural.motions import CHANNELS, INDEX, frame_times, random_motions
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.draft.procedural.pose import directions, pose
from tests.draft.procedural.examples import generator

CAMERA = {"pan_x", "pan_y", "zoom", "roll"}


def curves(name: str) -> Tensor:
    """(C, 14)"""
    return named_motion(name).values(frame_times(1))[0]


def moving(name: str) -> set[str]:
    values = curves(name)
    active = values.amax(1) - values.amin(1) > 1e-3
    return {CHANNELS[i] for i in active.nonzero()}


def joint(name: str, which: str) -> Tensor:
    """(14, 3): path of one figure's joint."""
    figure = random_figures(1, generator(3), "solid")
    ends = pose(figure, named_motion(name), frame_times(1)).ends[0]
    part, side = next((i, p.index(which) - 1) for i, p in enumerate(PARTS) if which in p)
    return ends[:, part, side]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        named_motion("moonwalk")


@pytest.mark.parametrize("name", NAMED)
def test_every_one_moves_and_is_the_same_for_all_rows(name: str) -> None:
    values = curves(name)
    assert (values.amax(1) - values.amin(1)).max() > 0.3
    rows = named_motion(name).values(frame_times(3))
    assert torch.equal(rows, values.expand(3, -1, -1))
    assert named_motion(name).grounded.tolist() == [name != "jumping_jack"]


def test_only_what_the_name_says_moves() -> None:
    assert moving("wave") == {"arm_r", "elbow_r"}
    assert moving("nod") == {"head_nod"}
    assert moving("pan_walk") == moving("walk") | {"pan_x"}
    assert not any(moving(name) & CAMERA for name in set(NAMED) - {"pan_walk"})


def test_the_squat_goes_down_and_up_again() -> None:
    pelvis = joint("squat", "pelvis")[:, 1]
    assert pelvis.argmin().item() in (6, 7) and pelvis[0] - pelvis.min() > 0.08
    torch.testing.assert_close(pelvis[0], pelvis[-1], rtol=0, atol=1e-3)


def test_the_wave_ends_with_the_right_hand_up() -> None:
    wrist, shoulder = (joint("wave", j)[:, 1] for j in ("wrist_r", "shoulder_r"))
    assert wrist[0] < shoulder[0] and (wrist[5:] > shoulder[5:]).all()


def test_the_walk_travels_and_its_legs_swing_against_each_other() -> None:
    values = curves("walk")
    assert (values[INDEX["root_x"]].diff() > 0).all()
    legs = values[INDEX["leg_l_forward"]], values[INDEX["leg_r_forward"]]
    torch.testing.assert_close(legs[0], -legs[1])
    assert curves("run")[INDEX["knee_l"]].max() > values[INDEX["knee_l"]].max()


def test_the_crawl_goes_on_hands_and_knees() -> None:
    """Trunk roughly level, hands below the hips, knees on the ground, and moving forward."""
    pelvis, chest = joint("crawl", "pelvis"), joint("crawl", "chest")
    trunk = (chest - pelvis) / (chest - pelvis).norm(dim=-1, keepdim=True)
    assert (trunk[:, 1].abs() < 0.4).all() and (trunk[:, 0] > 0.5).all()
    for side in ("l", "r"):
        wrist, knee = joint("crawl", f"wrist_{side}"), joint("crawl", f"knee_{side}")
        assert (wrist[:, 1] < pelvis[:, 1]).all() and (knee[:, 1] < pelvis[:, 1]).all()
    assert (pelvis[:, 0].diff() > 0).all()
    assert pelvis[:, 1].max() < joint("walk", "pelvis")[:, 1].min() - 0.03


def test_training_cannot_draw_them() -> None:
    """No training module imports them, except the sheet that shows held-out examples."""
    folder = Path(draft.__path__[0])
    for path in folder.rglob("*.py"):
        if path.name not in ("named.py", "show.py"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            modules = {n.module for n in nodes if isinstance(n, ast.ImportFrom)}
            assert "named" not in modules, path.name


@pytest.fixture(scope="module")
def drawn() -> Tensor:
    """Bone directions of 2000 random motions, whatever pose they start from; (B, T, 12, 3)."""
    bones = directions(random_motions(2000, generator(11)).values(frame_times(2000)))
    return bones - bones[:, :1]


@pytest.mark.parametrize("name", NAMED)
def test_no_random_motion_comes_near(name: str, drawn: Tensor) -> None:
    """Even the nearest random motion moves differently."""
    wanted = directions(named_motion(name).values(frame_times(1)))
    distance = (drawn - (wanted - wanted[:, :1])).norm(dim=-1).amax((1, 2))
    # one whose bones all came within 0.3 of their lengths could be mistaken for it
    assert distance.min() > 0.3, f"{name}: {distance.min():.3f}"

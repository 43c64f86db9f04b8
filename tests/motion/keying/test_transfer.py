"""A motion on another figure with the same bones."""

from __future__ import annotations

import numpy as np
import pytest

from mti_addon.motion import Bone, plan_limbs
from mti_addon.motion.keying.figures import figure_of, rest_of
from mti_addon.motion.keying.solving import euler_xyz
from mti_addon.motion.keying.transfer import Target, fits_plan, transferred
from mti_addon.motion.starters.catalog import find_kind
from mti_addon.motion.starters.posing import Pose, Skeleton
from tests.motion.keying.posed import in_order, standing, starter


def target_of(rows):
    rest = rest_of(tuple(rows))
    height = float(np.ptp(np.concatenate([rest.matrices[:, :3, 3], rest.tails])[:, 2]))
    return Target(rest, np.tile(np.eye(3), (len(rest.names), 1, 1)), np.eye(3), height)


def longer(rows, bone, factor):
    """The same bones, one of them longer; those that it carries are moved along."""
    moved, found = {}, []
    for name, above, head, tail in rows:
        start = np.add(head, moved.get(above, 0.0))
        end = start + np.subtract(tail, head) * (factor if name == bone else 1.0)
        moved[name] = end - tail
        found.append((name, above, tuple(start), tuple(end)))
    return found


def directions(rows, posed):
    skeleton = Skeleton(rows)
    turns = np.stack([np.degrees(euler_xyz(posed.rotations[:, b])) for b in range(len(rows))])
    found = []
    for frame in range(posed.locations.shape[0]):
        pose = Pose({row[0]: tuple(turns[b, frame]) for b, row in enumerate(rows)},
                    tuple(posed.locations[frame, 0]))  # fmt: skip
        heads, tails = skeleton.ends(pose)
        found.append((tails - heads) / np.linalg.norm(tails - heads, axis=1, keepdims=True))
    return np.array(found)


def test_the_same_figure_does_the_same_wherever_it_stands():
    figure = figure_of(starter("STICK", 4, standing(70, (3, 1, 0), 2.0), first={}))
    posed = transferred(figure, target_of(figure.rows))
    own = figure.posed()
    assert np.allclose(posed.rotations, own.rotations, atol=1e-5)
    assert np.allclose(posed.locations, own.locations, atol=1e-4)


def test_other_proportions_turn_into_the_same_directions():
    rows = list(in_order(find_kind("STICK").rows))
    figure = figure_of(starter("STICK", 4, first={}))
    longer_legs = longer(rows, "thigh.L", 1.4)
    posed = transferred(figure, target_of(longer_legs))
    assert (posed.stretches == 1).all() and not posed.locations[:, 1:].any()
    own = directions(rows, figure.posed())
    assert np.abs(directions(longer_legs, posed) - own).max() < 1e-5


def test_twice_the_size_moves_twice_as_far():
    rows = list(in_order(find_kind("STICK").rows))
    figure = figure_of(starter("STICK", 4, first={}))
    large = [(n, p, tuple(np.multiply(2, h)), tuple(np.multiply(2, t))) for n, p, h, t in rows]
    posed, own = transferred(figure, target_of(large)), figure.posed()
    assert np.allclose(posed.locations, 2 * own.locations, atol=1e-4)
    assert np.allclose(posed.rotations, own.rotations, atol=1e-5)


@pytest.mark.parametrize("kind", ["QUADRUPED", "FACE"])
def test_other_figures_do_not_fit(kind):
    rows = list(in_order(find_kind(kind).rows))
    index = {row[0]: i for i, row in enumerate(rows)}
    plan = plan_limbs([Bone(n, index[p] if p else -1, h, t) for n, p, h, t in rows])
    assert fits_plan(starter(kind), plan)
    assert not fits_plan(starter("STICK"), plan)

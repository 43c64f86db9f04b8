"""Sixteen drawings of one motion: the first unchanged, none cropped, all of the same motion."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from mti_addon.motion import check_poses, draw, project, variations
from mti_addon.motion.drawing.raster import Look
from mti_addon.motion.variations import MOST, drawn_box
from tests.motion.figures import joint, squat, walk, wave

TAKES = {"wave": wave, "walk": walk, "squat": squat}


def _same(one, other):
    return (
        one.look == other.look
        and np.array_equal(one.poses.joints, other.poses.joints)
        and np.array_equal(one.poses.world_to_clip, other.poses.world_to_clip)
        and one.poses.radii == other.poses.radii
    )


@pytest.mark.parametrize("name", TAKES)
def test_the_first_is_what_was_seen(name):
    poses = TAKES[name]()
    first = variations(poses, 3, seed=5)[0]
    assert first.poses is poses
    assert np.array_equal(draw(*_still(first)), draw(poses)[:1])


def test_the_same_seed_gives_the_same_and_fewer_are_the_first_of_more():
    poses = walk()
    many, few, others = (variations(poses, k, seed) for k, seed in ((16, 1), (5, 1), (16, 2)))
    assert all(map(_same, many, few))
    assert not any(map(_same, many[1:], others[1:]))


@pytest.mark.parametrize("count", [0, -1, MOST + 1])
def test_other_counts_are_refused(count):
    with pytest.raises(ValueError, match="1 to 16"):
        variations(wave(), count, 0)


def _still(drawing, frames=(0,)):
    """A drawing of only some of its images, which is faster."""
    poses = drawing.poses
    some = list(frames)
    fewer = replace(poses, joints=poses.joints[some], world_to_clip=poses.world_to_clip[some])
    return drawing._replace(poses=fewer)


@pytest.mark.parametrize("size", [(64, 64), (128, 72), (72, 128)])
@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
@pytest.mark.parametrize("name", TAKES)
def test_nothing_is_cut_off(name, kind, size):
    poses = TAKES[name](kind=kind, size=size)
    for seed in range(8):
        for drawing in variations(poses, MOST, seed):
            low, high = drawn_box(drawing.poses)
            assert low.min() >= 1 and (high <= np.array(size) - 1).all()


@pytest.mark.parametrize("name", TAKES)
def test_the_edges_of_the_pictures_hold_nothing_but_background(name):
    for drawing in variations(TAKES[name](), MOST, 0):
        pictures = draw(*_still(drawing, (0, 4, 8, 13)))
        edges = (pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1])
        assert all((edge == drawing.look.background).all() for edge in edges)


def test_what_was_cut_off_is_cut_off_no_further():
    """A figure shown without its feet on purpose, walking out of the image."""
    poses = walk()
    lower = replace(poses, joints=poses.joints + np.array([0.8, 0, -1.2], np.float32))
    (left, top), (right, bottom) = drawn_box(lower)
    assert right > 64 and bottom > 64
    for drawn, _ in variations(lower, MOST, 0)[1:]:
        box = drawn_box(drawn)
        assert box[0].min() >= 0 and top >= 0 and left >= 0
        assert (box[1] <= np.array([right, bottom]) + 0.01).all()


def test_the_box_is_where_the_ink_is():
    poses = walk()
    ink = (draw(poses) != Look().background).any((0, 3))
    (rows,), (columns,) = ink.any(1).nonzero(), ink.any(0).nonzero()
    (left, top), (right, bottom) = drawn_box(poses)
    assert np.allclose((left, top), (columns[0], rows[0]), atol=1.5)
    assert np.allclose((right, bottom), (columns[-1] + 1, rows[-1] + 1), atol=1.5)


@pytest.mark.parametrize("name", TAKES)
def test_it_stays_the_same_motion(name):
    """Bones keep their world directions up to the camera's small motion, and their timing."""
    poses = TAKES[name]()
    pairs = [("upper_arm.R", 0, 1), ("forearm.R", 0, 1), ("thigh.L", 0, 1), ("shin.R", 0, 1)]

    def directions(of):
        pixels, _ = project(of.joints, of.world_to_clip, of.size)
        bones = np.stack([pixels[:, joint(n, b)] - pixels[:, joint(n, a)] for n, a, b in pairs])
        return bones / of.size[0]

    before = directions(poses)
    for drawn, _ in variations(poses, MOST, 3)[1:]:
        after = directions(drawn)
        cosine = (
            (before * after).sum(-1)
            / np.linalg.norm(before, axis=-1)
            / np.linalg.norm(after, axis=-1)
        )
        clear = np.linalg.norm(before, axis=-1) > 0.05  # except those that point at the camera
        assert cosine[clear].min() > np.cos(np.radians(25))
        assert check_poses(drawn) is None


def test_the_drawings_differ_in_size_place_body_and_look():
    poses = wave()
    drawings = variations(poses, MOST, 0)
    boxes = np.array([drawn_box(drawn) for drawn, _ in drawings])
    extents, middles = boxes[:, 1] - boxes[:, 0], boxes.mean(1)
    assert np.ptp(extents[:, 1]) > 12 and np.ptp(middles[:, 0]) > 8 and np.ptp(middles[:, 1]) > 4
    arm, leg = (
        [
            np.linalg.norm(d.poses.joints[0, joint(b, 1)] - d.poses.joints[0, joint(b, 0)])
            for d in drawings
        ]
        for b in ("upper_arm.R", "thigh.L")
    )
    ratios = np.array(arm) / np.array(leg)
    assert ratios.max() / ratios.min() > 1.3
    assert len({look.background for _, look in drawings}) == MOST
    dark = [sum(look.background) < 3 * 64 for _, look in drawings]
    assert 3 <= sum(dark) <= 5
    ink = [int((draw(*_still(d)) != d.look.background).any(-1).sum()) for d in drawings]
    assert max(ink) > 2.5 * min(ink)  # from thin sticks to solid bodies


def test_the_camera_s_own_move_is_kept():
    """A still figure and a camera that moves sideways: it crosses each drawing in the same way."""
    poses = wave(pan=lambda t: 0.3 * t)
    hips = joint("hips", 0)
    path = project(poses.joints, poses.world_to_clip, poses.size)[0][:, hips, 0]
    assert np.ptp(path) > 5
    for drawn, _ in variations(poses, 8, 1)[1:]:
        other = project(drawn.joints, drawn.world_to_clip, drawn.size)[0][:, hips, 0]
        share = (other - other[0]) / (path[-1] - path[0])
        even = (path - path[0]) / (path[-1] - path[0])
        assert share[-1] > 0.4
        assert np.allclose(share / share[-1], even, atol=0.03)


def test_a_figure_that_passes_the_camera_is_drawn_as_it_is_seen():
    poses = wave()
    near = replace(poses, joints=poses.joints - np.array([0, 5.6, 0], np.float32))
    assert drawn_box(near) is None
    drawings = variations(near, 4, 0)
    assert all(np.array_equal(drawn.joints, near.joints) for drawn, _ in drawings)
    assert len({draw(*_still(drawing)).tobytes() for drawing in drawings}) == 4


def test_loose_bones_are_drawn_without_other_proportions():
    loose = replace(wave(), parents=())
    for drawing in variations(loose, MOST, 0)[1:]:
        assert np.array_equal(drawing.poses.joints, loose.joints)
        assert (draw(*_still(drawing)) != drawing.look.background).any()
        assert max(drawing.poses.radii) < 3 * max(loose.radii)


def test_sixteen_are_planned_in_no_time():
    poses = walk()
    variations(poses, 2, 0)
    began = time.process_time()
    variations(poses, MOST, 1)
    assert time.process_time() - began < 1.0

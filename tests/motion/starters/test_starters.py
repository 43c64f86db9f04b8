"""Starter motions: few keys, feet on the floor, natural joint angles, closed loops."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from mti_addon.motion.starters.catalog import KINDS, find_kind, find_starter
from mti_addon.motion.starters.face import face
from mti_addon.motion.starters.keys import SHIFT, STRETCH, TURN
from mti_addon.motion.starters.posing import Pose, Skeleton
from tests.motion.curves import pose_at

ALL = [(kind, starter) for kind in KINDS for starter in kind.motions]
GROUND = 0.02
AIRBORNE = {"JUMPING_JACK", "RUN", "JUMP", "TROT"}


@functools.cache
def made(starter, fps=24):
    """A motion, created once for all tests."""
    return starter.make(fps)


def both(values):
    return pytest.mark.parametrize(
        ("kind", "starter"), values, ids=[f"{k.name}-{s.name}" for k, s in values]
    )


def ends(kind, motion, step=0.5):
    """Heads and tails (F, B, 3) over the whole motion."""
    skeleton = Skeleton(kind.rows)
    frames = np.arange(0, motion.frames + 1e-6, step)
    found = [skeleton.ends(pose_at(motion, frame)) for frame in frames]
    return np.array([f[0] for f in found]), np.array([f[1] for f in found])


def test_there_are_enough_of_them():
    assert len(find_kind("STICK").motions) >= 22
    assert {s.name for s in find_kind("QUADRUPED").motions} == {"WALK", "TROT"}
    assert {s.name for s in find_kind("FACE").motions} == {"TALK", "SMILE", "NOD"}
    for kind in KINDS:
        assert len({s.name for s in kind.motions}) == len(kind.motions)
        assert all(s.description and not s.description.endswith(".") for s in kind.motions)
    with pytest.raises(KeyError):
        find_starter(find_kind("FACE"), "WALK")


@both(ALL)
@pytest.mark.parametrize("fps", [12, 23.976, 60])
def test_about_two_seconds_of_few_keys_on_whole_frames(kind, starter, fps):
    motion = made(starter, fps)
    assert 1.5 <= motion.frames / fps <= 2.7
    names = {row[0] for row in kind.rows}
    for track in motion.tracks:
        frames = [key[0] for key in track.keys]
        assert track.bone in names and track.path in (TURN, SHIFT, STRETCH)
        assert frames == sorted(set(frames)) and all(isinstance(frame, int) for frame in frames)
        assert 1 <= len(frames) <= 13 and frames[0] >= 0 and frames[-1] <= motion.frames + 1
        assert np.isfinite([key[1] for key in track.keys]).all()
    assert len({(t.bone, t.path, t.index) for t in motion.tracks}) == len(motion.tracks)


@both(ALL)
def test_it_moves_and_joints_stay_in_range(kind, starter):
    motion = made(starter)
    _, tails = ends(kind, motion)
    assert np.ptp(tails, axis=0).max() > 0.04
    for track in motion.tracks:
        values = [key[1] for key in track.keys]
        if track.path == TURN and not track.goes_on:
            assert max(np.abs(values)) <= 165, track
        if kind.name == "STICK" and track.path == TURN and track.index == 0:
            knee, elbow = track.bone[:4] == "shin", track.bone[:7] == "forearm"
            assert not knee or max(values) < 4, track  # knees bend backward
            assert not elbow or min(values) > -4, track  # elbows bend forward
        if track.path == STRETCH:
            assert 0.05 < min(values) and max(values) < 2


@both([pair for pair in ALL if pair[0].name != "FACE"])
def test_feet_do_not_sink_and_stand_when_they_should(kind, starter):
    heads, tails = ends(kind, made(starter))
    lowest = np.minimum(heads[..., 2], tails[..., 2]).min(1)
    assert lowest.min() > -0.01
    if starter.name not in AIRBORNE:
        assert lowest.max() < GROUND + 0.015


def toes(kind, motion, feet, step=0.5):
    _, tails = ends(kind, motion, step)
    return tails[:, [[row[0] for row in kind.rows].index(foot) for foot in feet]]


STANDING = [
    *((name, "LR") for name in (
        "SQUAT", "BOW", "CHEER", "RAISE_ARMS", "WAVE_BOTH", "SIDE_STRETCH", "LUNGE", "SIDE_LUNGE",
        "DANCE", "POINT")),
    ("BALANCE", "L"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sides"), STANDING)
def test_feet_stay_where_they_stand(name, sides):
    kind = find_kind("STICK")
    places = toes(kind, made(find_starter(kind, name)), [f"foot.{side}" for side in sides])
    assert np.ptp(places, axis=0).max() < 0.015


@pytest.mark.parametrize("name", ["WALK_ACROSS", "TURN_AROUND", "SIDE_STEP"])
def test_a_foot_on_the_ground_does_not_slide(name):
    """A toe that is down for three consecutive half frames moves less than 4 mm in the middle
    one."""
    kind = find_kind("STICK")
    places = toes(kind, made(find_starter(kind, name)), ("foot.L", "foot.R"))
    down = places[..., 2] < GROUND + 0.004
    stands = down[:-2] & down[1:-1] & down[2:]
    assert stands.mean() > 0.3
    way = np.linalg.norm(places[2:, :, :2] - places[:-2, :, :2], axis=2)
    assert way[stands].max() < 0.03 and np.median(way[stands]) < 0.008


@pytest.mark.parametrize(
    ("name", "later"),
    [("CHEER", 0), ("RAISE_ARMS", 0), ("SIDE_STEP", 24), ("SIDE_LUNGE", 24), ("DANCE", 12)],
)
def test_one_side_does_what_the_other_does_then_or_later(name, later):
    """Half a cycle later, at 24 frames per second, and mirrored."""
    kind = find_kind("STICK")
    motion, names = made(find_starter(kind, name)), [row[0] for row in kind.rows]
    other = [names.index(n[:-1] + {"L": "R", "R": "L"}[n[-1]] if "." in n else n) for n in names]
    heads, tails = ends(kind, motion, 1.0)
    middle = (heads[:, 0, 0].min() + heads[:, 0, 0].max()) / 2  # a side step ends beside its start
    for points in (heads[:-1] - (middle, 0, 0), tails[:-1] - (middle, 0, 0)):
        mirrored = points[:, other] * (-1, 1, 1)
        assert np.abs(np.roll(mirrored, later, axis=0) - points).max() < 0.005


def test_a_walk_goes_somewhere_and_a_walk_in_place_does_not():
    kind = find_kind("STICK")
    ways = []
    for name in ("WALK_ACROSS", "WALK"):
        heads, _ = ends(kind, made(find_starter(kind, name)))
        ways.append(heads[-1, 0] - heads[0, 0])
    assert ways[0][1] < -1.5 and abs(ways[1][1]) < 0.01  # it faces -Y


@pytest.mark.parametrize("fps", [24, 30])
@both([pair for pair in ALL if made(pair[1]).cycle])
def test_what_repeats_itself_closes(kind, starter, fps):
    motion = made(starter, fps)
    assert motion.frames % motion.cycle == 0
    for track in motion.tracks:
        if track.goes_on or len(track.keys) == 1:
            continue
        assert (track.keys[0][0], track.keys[-1][0]) == (0, motion.cycle), track
        assert track.keys[0][1] == pytest.approx(track.keys[-1][1], abs=0.3)


def test_most_of_them_repeat_themselves():
    still = {f"{k.name} {s.name}" for k, s in ALL if not made(s).cycle}
    assert still == {"STICK WAVE", "FACE SMILE"}


def test_lips_meet_at_the_corners_while_the_jaw_opens():
    kind = find_kind("FACE")
    motion = made(find_starter(kind, "TALK"))
    skeleton = Skeleton(face())
    opened = []
    for frame in (key[0] for key in motion.tracks[0].keys):
        pose = pose_at(motion, frame)
        pose.turns.pop("head", None)
        heads, tails = skeleton.ends(pose)
        stretch = {
            t.bone: dict(t.keys)[frame]
            for t in motion.tracks
            if t.path == STRETCH and t.bone.startswith("lip")
        }
        for side in "LR":
            upper, lower = skeleton.place[f"lip.T.{side}"], skeleton.place[f"lip.B.{side}"]
            end = heads[lower] + stretch[f"lip.B.{side}"] * (tails[lower] - heads[lower])
            assert np.abs((end - tails[upper])[[0, 2]]).max() < 0.02
        opened.append(heads[skeleton.place["lip.T.L"], 2] - heads[skeleton.place["lip.B.L"], 2])
    assert max(opened) > 0.1 and min(opened) < 0.05


def test_a_leg_reaches_where_its_foot_shall_stand():
    kind = find_kind("STICK")
    skeleton = Skeleton(kind.rows)
    leg = ["thigh.L", "shin.L", "foot.L"]
    rows = {row[0]: row for row in kind.rows}
    ankle, toe = np.array(rows["foot.L"][2]), np.array(rows["foot.L"][3])
    for aside, forward, up in ((0, 0.2, 0.0), (0.15, -0.2, 0.1), (-0.05, 0.3, 0.3)):
        at = np.array([aside, -forward, up])
        bent = {"thigh.L": (20, 0, 0), "shin.L": (-40, 0, 0), "hips": (10, 15, 0)}
        pose = Pose(bent, (0, -0.1, 0))
        solved = skeleton.planted(pose, leg, ankle + at, toe + at)
        heads, tails = skeleton.ends(Pose({**pose.turns, **solved}, pose.root))
        foot = skeleton.place["foot.L"]
        assert np.abs(heads[foot] - ankle - at).max() < 2e-3
        assert np.abs(tails[foot] - toe - at).max() < 2e-3
        assert solved["shin.L"][0] < 0
    far = skeleton.planted(pose, leg, ankle + [0, 0, -2], toe + [0, 0, -2])
    assert np.isfinite(list(far.values())).all()

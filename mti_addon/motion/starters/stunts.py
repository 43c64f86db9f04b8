"""Motions on the spot: squat, jump, kick, bow, turn. Imports numpy and stdlib only.

Feet that stand stay in place (`standing`).
"""

from __future__ import annotations

from collections.abc import Mapping

from .figure import WAVE, WAVE_SECONDS
from .gaits import LEG
from .keys import TURN, Keys, Motion, mirrored, smooth
from .posing import Pose
from .standing import BENT, HIPS, SECONDS, STICK, Foot, apart, foot_ends, stand, turned


def wave(fps: float) -> Motion:
    """The right arm goes up and the forearm swings, twice."""
    frames = round(WAVE_SECONDS * fps) - 1
    keys = Keys()
    for bone, values in WAVE.items():
        outwards = -1 if bone.endswith(".R") else 1
        for time, degrees in values:
            keys.set(bone, TURN, 2, round(time * frames), outwards * degrees)
    return keys.motion(frames)


def jumping_jack(fps: float) -> Motion:
    """Out and in once per second."""
    step = max(1, round(0.25 * fps))
    keys = Keys()
    for phase, (out, up, pitch) in enumerate(
        ((0.0, 0.0, 0.0), (0.5, 0.10, 35.0), (1.0, 0.0, 0.0), (0.5, 0.10, 35.0), (0.0, 0.0, 0.0))
    ):
        hips = (0, 0, up - 0.02 - 0.075 * out)
        stand(keys, phase * step, hips, {}, *apart(0.34 * out - 0.05, up, pitch))
        if phase % 2 == 0:
            keys.turn(phase * step, mirrored({"upper_arm.L": (0.0, 0.0, 10 + 150 * out)}))
    keys.turn(0, mirrored({"forearm.L": (6.0, 0.0, 8.0)}))
    return keys.motion(8 * step, 4 * step)


def squat(fps: float) -> Motion:
    """Down, arms to the front, and up."""
    keys = Keys()
    for seconds in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0):
        deep = smooth(1 - abs(seconds - 1))
        frame = round(seconds * fps)
        stand(keys, frame, (0, 0.16 * deep, -0.36 * deep), {HIPS: (24.0 * deep, 0.0, 0.0)})
    for seconds, deep in ((0, 0.0), (1, 1.0), (2, 0.0)):
        arms = {"upper_arm.L": (112 * deep, 0.0, 0.0), "spine": (14 * deep, 0.0, 0.0)}
        keys.turn(round(seconds * fps), {**mirrored(arms), "neck": (-24 * deep, 0.0, 0.0)})
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def jump(fps: float) -> Motion:
    """Crouch, jump up, and land softly."""
    keys = Keys()
    ground = (  # seconds, hips up, hips back, lean, heels up
        (0.0, 0.0, 0.0, 0.0, 0.0), (0.1, -0.05, 0.02, 4.0, 0.0),
        (0.22, -0.16, 0.06, 14.0, 0.0), (0.42, -0.30, 0.14, 30.0, 0.0),
        (0.56, -0.10, 0.04, 12.0, 12.0), (0.64, 0.06, 0.0, 0.0, 45.0),
        (1.12, 0.05, 0.0, 0.0, 40.0), (1.2, -0.06, 0.02, 6.0, 8.0), (1.34, -0.24, 0.11, 24.0, 0.0),
        (1.6, -0.12, 0.05, 10.0, 0.0), (1.82, -0.03, 0.01, 3.0, 0.0), (2.0, 0.0, 0.0, 0.0, 0.0),
    )  # fmt: skip
    for seconds, up, back, lean, heels in ground:
        frame = round(seconds * fps)
        stand(keys, frame, (0, back, up), {HIPS: (lean, 0.0, 0.0)}, *apart(0.0, 0.0, heels))
    top = round(0.88 * fps)
    keys.shift(top, HIPS, STICK.local_shift((0.0, 0.0, 0.36)))
    legs = {"thigh.L": (22.0, 0.0, 0.0), "shin.L": (-44.0, 0.0, 0.0), "foot.L": (-30.0, 0.0, 0.0)}
    keys.turn(top, {**mirrored(legs), HIPS: (0.0, 0.0, 0.0)})
    arms = {0.0: 0.0, 0.42: -50.0, 0.72: 150.0, 0.95: 140.0, 1.34: 20.0, 2.0: 0.0}
    for bone in ("upper_arm.L", "upper_arm.R"):
        keys.curve(bone, 0, arms, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def kick(fps: float) -> Motion:
    """The right foot swings back, then to the front, chest high."""
    keys = Keys()
    for seconds, share in ((0.0, 0.0), (0.25, 0.6), (0.5, 1.0), (0.9, 1.0), (1.4, 1.0), (2.0, 0.0)):
        root = (0.09 * share, 0.0, -0.03 * share)
        stand(keys, round(seconds * fps), root, {}, right=None)
    right: Mapping[str, Mapping[float, float]] = {
        "thigh.R": {0: 0, 0.25: 8, 0.5: -32, 0.9: 92, 1.05: 88, 1.4: 30, 1.7: 20, 2: 0},
        "shin.R": {
            0: 0,
            0.25: -46,
            0.5: -66,
            0.72: -78,
            0.9: -4,
            1.05: -12,
            1.4: -70,
            1.7: -44,
            2: 0,
        },
        "foot.R": {0: 0, 0.25: 12, 0.5: -25, 0.9: -20, 1.4: 4, 2: 0},
        "spine": {0: 0, 0.5: 12, 0.9: -14, 1.4: 2, 2: 0},
        "upper_arm.L": {0: 0, 0.5: -35, 0.9: 62, 1.4: 10, 2: 0},
        "upper_arm.R": {0: 0, 0.5: 40, 0.9: -48, 1.4: -8, 2: 0},
    }
    for bone, values in right.items():
        keys.curve(bone, 0, values, fps)
    for bone, out in (("upper_arm.L", 40), ("upper_arm.R", -40)):
        keys.curve(bone, 2, {0: 0, 0.5: out / 2, 0.9: out, 1.4: out / 2, 2: 0}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def bow(fps: float) -> Motion:
    """Down to the waist, a short hold, and up."""
    keys = Keys()
    for seconds in (0.0, 0.3, 0.55, 0.8, 1.15, 1.45, 1.7, 2.0):
        deep = smooth(seconds / 0.8) if seconds < 1 else smooth((2 - seconds) / 0.85)
        frame = round(seconds * fps)
        stand(keys, frame, (0, 0.12 * deep, -0.015 * deep), {HIPS: (38 * deep, 0.0, 0.0)})
    for seconds, deep in ((0.0, 0.0), (0.8, 1.0), (1.15, 1.0), (2.0, 0.0)):
        lean = {"spine": (26 * deep, 0.0, 0.0), "chest": (20 * deep, 0.0, 0.0)}
        arms = mirrored({"upper_arm.L": (60 * deep, 0.0, 0.0)})
        keys.turn(round(seconds * fps), {**lean, **arms, "neck": (22 * deep, 0.0, 0.0)})
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def nod(fps: float) -> Motion:
    """Yes, twice."""
    keys = Keys()
    down = {0: 0, 0.3: 30, 0.65: -10, 1.0: 28, 1.35: -6, 2: 0}
    keys.curve("head", 0, down, fps)
    keys.curve("neck", 0, down, fps)
    keys.curve("chest", 0, {seconds: 0.4 * value for seconds, value in down.items()}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def shake_head(fps: float) -> Motion:
    """No, twice; the neck leans a little, since a ball would not show the rotation."""
    keys = Keys()
    aside = {0: 0, 0.3: 1.0, 0.7: -1.0, 1.1: 0.9, 1.5: -0.7, 2: 0}
    keys.curve("head", 1, {seconds: 40 * value for seconds, value in aside.items()}, fps)
    keys.curve("head", 2, {seconds: 22 * value for seconds, value in aside.items()}, fps)
    keys.curve("neck", 1, {seconds: 18 * value for seconds, value in aside.items()}, fps)
    keys.curve("neck", 2, {seconds: 28 * value for seconds, value in aside.items()}, fps)
    return keys.motion(round(SECONDS * fps), round(SECONDS * fps))


def turn_around(fps: float) -> Motion:
    """Once around in four steps with each foot; the other foot stays planted."""
    step = max(1, round(SECONDS / 16 * fps))
    cycle = 4 * step  # a quarter of the turn, after which everything but the hips repeats
    keys = Keys()
    for phase in range(5):
        yaw = 90 * phase / 4
        pose = Pose({HIPS: (0.0, yaw, 0.0), **mirrored(BENT)}, STICK.local_shift((0, 0, -0.03)))
        for side, start in (("L", 0), ("R", 2)):
            since = (phase - start) % 4  # 0 to 2: planted; 2 to 4: moving
            ahead = 22.5 - 22.5 * since if since <= 2 else 0.0
            aside = -0.04 if side == "L" else 0.04
            ankle, toe = foot_ends(side, Foot(aside, 0.0, 0.06 if since == 3 else 0.0))
            about = turned(yaw + ahead)
            leg = [f"{bone}.{side}" for bone in LEG]
            keys.turn(phase * step, STICK.planted(pose, leg, about @ ankle, about @ toe))
        keys.shift(phase * step, HIPS, pose.root)
    keys.steady(HIPS, TURN, 1, 16 * step, (0.0, 360.0))
    keys.turn(0, mirrored({"upper_arm.L": (0.0, 0.0, 12.0)}))
    return keys.motion(16 * step, cycle)

"""The catalog of figures and their starter motions. Imports no numpy."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from . import actions, exercises, expressions, gaits, stunts
from .expressions import FACE
from .gaits import make_gait
from .keys import Starter
from .posing import Row, Skeleton
from .quadruped import quadruped
from .standing import STICK

QUADRUPED = Skeleton(quadruped())
SIDE, THREE_QUARTERS, HALFWAY, SLIGHTLY = 90.0, 60.0, 45.0, 30.0


class Kind(NamedTuple):
    """A figure."""

    name: str
    label: str
    description: str
    rows: tuple[Row, ...]
    motions: tuple[Starter, ...]


STICK_MOTIONS = (
    Starter("WAVE", "Wave", "The right arm goes up and waves", 0, stunts.wave),
    Starter("JUMPING_JACK", "Jumping Jack", "Arms and legs out and in", 0, stunts.jumping_jack),
    Starter("SQUAT", "Squat", "Down and up again", THREE_QUARTERS, stunts.squat),
    Starter(
        "WALK", "Walk in Place", "Two steps with each leg, as on a treadmill", SIDE,
        partial(make_gait, STICK, gaits.WALK),
    ),
    Starter(
        "WALK_ACROSS", "Walk Across", "Two steps with each leg, through the frame", SIDE,
        partial(make_gait, STICK, gaits.WALK_ACROSS),
    ),
    Starter(
        "RUN", "Run", "Three steps with each leg, as on a treadmill", SIDE,
        partial(make_gait, STICK, gaits.RUN),
    ),
    Starter("JUMP", "Jump", "Jump up and land softly", SLIGHTLY, stunts.jump),
    Starter("KICK", "Kick", "The right foot swings to the front", HALFWAY, stunts.kick),
    Starter("BOW", "Bow", "Bend at the waist and straighten up", THREE_QUARTERS, stunts.bow),
    Starter("NOD", "Nod", "Yes, twice", SLIGHTLY, stunts.nod),
    Starter("SHAKE_HEAD", "Shake Head", "No, twice", 0, stunts.shake_head),
    Starter("TURN_AROUND", "Turn Around", "One full turn in place", 0, stunts.turn_around),
    Starter("CHEER", "Cheer", "Both arms go up, with a little bounce", 0, exercises.cheer),
    Starter("RAISE_ARMS", "Raise Arms", "Both arms out, up, and down", 0, exercises.raise_arms),
    Starter("WAVE_BOTH", "Wave Both Arms", "Both arms go up and wave", 0, exercises.wave_both),
    Starter(
        "SIDE_STRETCH", "Side Stretch", "To one side with the other arm up, and to the other", 0,
        exercises.side_stretch,
    ),
    Starter("BALANCE", "Balance", "On one leg, with both arms out", 0, exercises.balance),
    Starter("SIDE_STEP", "Side Step", "A wide step to the left, and back", 0, actions.side_step),
    Starter("LUNGE", "Lunge", "Down and up, with one foot far in front", HALFWAY, actions.lunge),
    Starter(
        "SIDE_LUNGE", "Side Lunge", "Deep onto the left leg, and onto the right", 0,
        actions.side_lunge,
    ),
    Starter("DANCE", "Dance", "From side to side, one arm up and the other down", 0, actions.dance),
    Starter("POINT", "Point", "The right arm points to the side", 0, exercises.point),
)  # fmt: skip
QUADRUPED_MOTIONS = (
    Starter(
        "WALK", "Walk", "One leg after the other, as on a treadmill", SIDE,
        partial(make_gait, QUADRUPED, gaits.FOUR_LEGGED_WALK),
    ),
    Starter(
        "TROT", "Trot", "Two legs at a time, as on a treadmill", SIDE,
        partial(make_gait, QUADRUPED, gaits.FOUR_LEGGED_TROT),
    ),
)  # fmt: skip
FACE_MOTIONS = (
    Starter("TALK", "Talk", "Jaw and lips move as in speech", 0, expressions.talk),
    Starter("SMILE", "Smile", "A smile appears and stays", 0, expressions.smile),
    Starter("NOD", "Nod", "Yes, twice", 0, expressions.nod),
)
KINDS = (
    Kind("STICK", "Stick Figure", "A person", STICK.rows, STICK_MOTIONS),
    Kind("QUADRUPED", "Quadruped", "An animal on four legs", QUADRUPED.rows, QUADRUPED_MOTIONS),
    Kind("FACE", "Face", "A head with brows, eyes and a mouth", FACE.rows, FACE_MOTIONS),
)


def find_kind(name: str) -> Kind:
    """Return the figure with this name. Raises KeyError if there is none."""
    return {kind.name: kind for kind in KINDS}[name]


def find_starter(kind: Kind, name: str) -> Starter:
    """Return a figure's motion by name. Raises KeyError if there is none."""
    return {starter.name: starter for starter in kind.motions}[name]

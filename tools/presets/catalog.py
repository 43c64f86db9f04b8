"""What the shipped library contains: names, kinds, tags and notes. Imports the add-on's catalog of
starter motions, stdlib otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mti_addon.motion.starters.catalog import KINDS as FIGURES
from mti_addon.wire.library import About, Kind

ROOT = Path(__file__).resolve().parents[2]
PRESETS = ROOT / "presets"
AUTHOR = "The Motion Textual Inversion developers"
LICENSE = "GPL-3.0-or-later"
MOST_BYTES = 15_000_000
"""Size of the whole library: it is part of the extension's zip."""
STARTER, OBJECT, CAMERA = "STARTER", "OBJECT", "CAMERA"


@dataclass(frozen=True)
class Wanted:
    """A motion of the shipped library."""

    name: str
    kind: Kind
    tags: tuple[str, ...]
    notes: str
    source: str
    """STARTER, or the source that Blender captures: OBJECT or CAMERA."""
    figure: str = ""
    """The starter's figure in the add-on's catalog, and its motion."""
    motion: str = ""
    iterations: int = 0
    """Of learning, if the draft does not know the poses; 0: as the panel's Balanced quality."""

    @property
    def slug(self) -> str:
        """Return the name of its folder."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.casefold()).strip("-")

    @property
    def about(self) -> About:
        """Return what is saved with it."""
        return About(self.kind, self.tags, AUTHOR, LICENSE, self.notes)

    @property
    def framing(self) -> str:
        """Return what the engine sees of a target, as the panel chooses it for the source."""
        return "WHOLE" if self.source == CAMERA else "AUTO"


_BEST = 150
"""Iterations of the panel's Best quality on the draft, for motions that need it."""
_KIND_OF: dict[str, Kind] = {"STICK": "body", "QUADRUPED": "animal", "FACE": "face"}
_NAMED = {"STICK": "{}", "QUADRUPED": "Quadruped {}", "FACE": "Face {}"}
_TAGS = {
    "STICK WAVE": ("greeting", "arm"),
    "STICK JUMPING_JACK": ("exercise", "arms", "legs", "loop"),
    "STICK SQUAT": ("exercise", "legs"),
    "STICK WALK": ("locomotion", "side view", "loop"),
    "STICK WALK_ACROSS": ("locomotion", "side view"),
    "STICK RUN": ("locomotion", "side view", "loop"),
    "STICK JUMP": ("exercise", "legs"),
    "STICK KICK": ("sport", "leg", "side view"),
    "STICK BOW": ("greeting",),
    "STICK NOD": ("gesture", "head"),
    "STICK SHAKE_HEAD": ("gesture", "head"),
    "STICK TURN_AROUND": ("turn",),
    "STICK CHEER": ("gesture", "arms"),
    "STICK RAISE_ARMS": ("exercise", "arms"),
    "STICK WAVE_BOTH": ("greeting", "arms"),
    "STICK SIDE_STRETCH": ("exercise", "arms", "loop"),
    "STICK BALANCE": ("exercise", "arms", "leg"),
    "STICK SIDE_STEP": ("locomotion", "legs", "loop"),
    "STICK LUNGE": ("exercise", "legs"),
    "STICK SIDE_LUNGE": ("exercise", "legs", "loop"),
    "STICK DANCE": ("dance", "arms", "legs", "loop"),
    "STICK POINT": ("gesture", "arm"),
    "QUADRUPED WALK": ("locomotion", "side view", "loop"),
    "QUADRUPED TROT": ("locomotion", "side view", "loop"),
    "FACE TALK": ("speech", "mouth"),
    "FACE SMILE": ("expression", "mouth"),
    "FACE NOD": ("gesture", "head"),
}


def _starters() -> tuple[Wanted, ...]:
    return tuple(
        Wanted(
            _NAMED[figure.name].format(starter.label),
            _KIND_OF[figure.name],
            _TAGS[f"{figure.name} {starter.name}"],
            f"{starter.description}.",
            STARTER,
            figure.name,
            starter.name,
        )
        for figure in FIGURES
        for starter in figure.motions
    )


OBJECTS = (
    Wanted("Bounce", "object", ("loop",), "Twice up and down, with squash and stretch.", OBJECT),
    Wanted("Sway", "object", ("loop",), "Leans to the right and to the left.", OBJECT),
    Wanted(
        "Spin",
        "object",
        ("turn", "loop"),
        "Once around, like a propeller.",
        OBJECT,
        iterations=_BEST,
    ),
    Wanted("Fall", "object", ("drop",), "Drops to the ground and bounces a little.", OBJECT),
)
CAMERAS = (
    Wanted("Pan", "camera", ("turn",), "The camera turns to the right.", CAMERA),
    Wanted("Zoom", "camera", ("lens",), "The lens zooms in.", CAMERA),
    Wanted("Orbit", "camera", ("turn",), "The camera circles around what it looks at.", CAMERA),
    Wanted("Crane", "camera", ("up",), "The camera rises, and keeps looking ahead.", CAMERA),
)
LIBRARY = (*_starters(), *OBJECTS, *CAMERAS)


def chosen(names: list[str]) -> list[Wanted]:
    """Return the motions of these names or folder names; all if there are none.

    Raises ValueError for a name that is not in the library.
    """
    found = [each for each in LIBRARY if not names or {each.name, each.slug} & set(names)]
    known = {name for each in found for name in (each.name, each.slug)}
    if unknown := sorted(set(names) - known):
        raise ValueError(f"not in the library: {', '.join(unknown)}")
    return found

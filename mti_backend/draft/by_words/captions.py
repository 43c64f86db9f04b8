"""The grammar of the captions: what can be drawn, and how it is said. Imports nothing heavy.

    a red dog jumping on grass, camera pans left
    a person in blue at night

A caption knows what it says, so whether a clip shows it can be checked.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.86, 0.11, 0.12), "orange": (0.97, 0.5, 0.05), "yellow": (0.97, 0.87, 0.1),
    "green": (0.08, 0.58, 0.2), "blue": (0.1, 0.25, 0.88), "purple": (0.56, 0.14, 0.72),
    "black": (0.05, 0.05, 0.06), "white": (0.96, 0.96, 0.97),
}  # fmt: skip
"""RGB in [0, 1]."""

PEOPLE = ("person", "robot", "stick figure")
ANIMALS = ("dog", "horse")
THINGS = ("ball", "box", "windmill", "plant", "pendulum", "flag")
FACE = "face"
SUBJECTS = (*PEOPLE, *ANIMALS, *THINGS, FACE)

BACKGROUNDS: dict[str, tuple[str, ...]] = {
    "on white paper": ("white",),
    "on gray paper": (),
    "in snow": ("white",),
    "on grass": ("green",),
    "on sand": ("yellow", "white"),
    "at night": ("black", "blue"),
    "in a forest": ("green", "black"),
    "at sunset": ("orange", "purple"),
}
"""Backgrounds, and the colors of subjects that could not be seen in front of each."""
PAPER = ("on white paper", "on gray paper")
"""Without any texture by which a camera's move could be seen."""

_ANYBODY = ("moving left", "moving right", "jumping")
_WALKING = ("walking left", "walking right")
ACTIONS: dict[str, tuple[str, ...]] = (
    {
        subject: (*_ANYBODY, *_WALKING, "swaying", "waving", "bowing", "squatting")
        for subject in PEOPLE
    }
    | {subject: (*_ANYBODY, *_WALKING, "nodding") for subject in ANIMALS}
    | {subject: (*_ANYBODY, "swaying") for subject in THINGS}
    | {FACE: (*_ANYBODY, "swaying", "nodding")}
)
"""What each subject can do, in words."""
CAMERAS = (
    "camera pans left", "camera pans right", "camera tilts up", "camera tilts down",
    "camera zooms in", "camera zooms out",
)  # fmt: skip


@dataclass(frozen=True)
class Caption:
    """One caption. A field that is None is not said, though it is still drawn somehow.

    subject: one of SUBJECTS. colour: one of COLOURS, of the subject or its clothes. background: one
    of BACKGROUNDS. action: one of ACTIONS[subject]. camera: one of CAMERAS.
    """

    subject: str
    colour: str | None = None
    background: str | None = None
    action: str | None = None
    camera: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a word that is not in the grammar."""
        known = {
            "subject": SUBJECTS,
            "colour": tuple(COLOURS),
            "background": tuple(BACKGROUNDS),
            "action": ACTIONS.get(self.subject, ()),
            "camera": CAMERAS,
        }
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and value not in known[field.name]:
                raise ValueError(f"{value!r} is no {field.name} of {self.subject}")

    def text(self) -> str:
        """The caption in words."""
        if self.colour is None:
            words = [f"a {self.subject}"]
        elif self.subject == "person":
            words = [f"a person in {self.colour}"]
        else:
            words = [f"a{'n' * (self.colour == 'orange')} {self.colour} {self.subject}"]
        words += [part for part in (self.action, self.background) if part]
        return " ".join(words) + (f", {self.camera}" if self.camera else "")

    def without(self, *names: str) -> "Caption":
        """The caption that leaves these fields out."""
        unsaid: dict[str, Any] = dict.fromkeys(names)
        return replace(self, **unsaid)


def visible(colour: str, background: str) -> bool:
    """Whether a subject of this color can be seen in front of this background."""
    return colour not in BACKGROUNDS[background]


def words() -> list[str]:
    """Every word and sign of the grammar, sorted."""
    phrases = [*SUBJECTS, *COLOURS, *BACKGROUNDS, *CAMERAS]
    phrases += [action for actions in ACTIONS.values() for action in actions]
    return sorted({*" ".join([*phrases, "a an in ,"]).split()})

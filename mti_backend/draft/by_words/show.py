"""Contact sheet of the text-to-video draft's training clips with their captions. Imports PIL."""

from pathlib import Path

import torch

from ...contact_sheet import in_two_columns
from ...frames import to_pictures
from .captions import ACTIONS, BACKGROUNDS, CAMERAS, COLOURS, SUBJECTS, Caption, visible
from .movers import HELD_OUT, LIMBS
from .scenes import Scene, show_scenes

_SEED = 31
_SHOWN = slice(0, 16, 2)


def examples() -> list[Scene]:
    """Every subject, color, background, action and camera's words at least once."""
    found = [*_actions(), *_cameras()]
    others = [("wandering", "flag"), (LIMBS, "stick figure"), ("still", "plant")]
    others += [(name, SUBJECTS[2 * i + 1]) for i, name in enumerate(HELD_OUT)]
    found += [Scene(Caption(s, "purple", "on grass"), mover) for mover, s in others]
    shown = {scene.caption.subject for scene in found}
    missing = [subject for subject in SUBJECTS if subject not in shown]
    return found + [Scene(Caption(s, "blue", "in snow", "jumping"), "jumping") for s in missing]


def _actions() -> list[Scene]:
    """Each action, by different subjects in different colors and places."""
    actions = [*dict.fromkeys(action for each in ACTIONS.values() for action in each)]
    places, colours = [*BACKGROUNDS], [*COLOURS]
    found = []
    for i, action in enumerate(actions):
        background = places[i % len(places)]
        turned = colours[(3 * i + i // 8 + 6) % len(colours) :] + colours
        colour = next(colour for colour in turned if visible(colour, background))
        subject = next(
            s for s in (*SUBJECTS[i % len(SUBJECTS) :], *SUBJECTS) if action in ACTIONS[s]
        )
        found.append(Scene(Caption(subject, colour, background, action), action))
    return found


def _cameras() -> list[Scene]:
    """Each move of the camera, in front of two backgrounds in turn."""
    found = []
    for i, camera in enumerate(CAMERAS):
        subject, place = SUBJECTS[(5 * i) % len(SUBJECTS)], ("on sand", "in a forest")[i % 2]
        found.append(Scene(Caption(subject, "red", place, camera=camera), "still"))
    return found


def show(file: Path) -> None:
    """Write the sheet as a PNG: two columns of clips, every second frame of each."""
    rows = []
    for i, scene in enumerate(examples()):
        clip = show_scenes([scene], torch.Generator().manual_seed(_SEED + i)).pixels[0, _SHOWN]
        unsaid = (
            "" if scene.caption.action or scene.caption.camera else f"   (unsaid: {scene.mover})"
        )
        held_out = "HELD OUT " if scene.mover in HELD_OUT else ""
        rows.append((f"{held_out}{scene.caption.text()}{unsaid}", to_pictures(clip)))
    sheet = in_two_columns(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, optimize=True)

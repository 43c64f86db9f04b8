"""Contact sheet of the text-to-video draft's training clips with their captions. Imports PIL."""

from pathlib import Path

import torch
from PIL import Image

from ...contact_sheet import contact_sheet
from ...frames import to_pictures
from .captions import ACTIONS, BACKGROUNDS, CAMERAS, COLOURS, SUBJECTS, Caption, visible
from .movers import HELD_OUT, LIMBS
from .scenes import Scene, show_scenes

_SEED = 31
_SHOWN = slice(0, 16, 2)


def examples() -> list[Scene]:
    """Every subject, color, background, action and camera's words at least once."""
    actions = [*dict.fromkeys(action for each in ACTIONS.values() for action in each)]
    cameras: list[str | None] = [*CAMERAS]
    found = []
    for i in range(max(len(SUBJECTS), len(actions)) + len(CAMERAS)):
        background = [*BACKGROUNDS][i % len(BACKGROUNDS)]
        fitting = [colour for colour in COLOURS if visible(colour, background)]
        colour = fitting[i % len(fitting)]
        if i >= max(len(SUBJECTS), len(actions)):
            subject, background = (
                SUBJECTS[(5 * i) % len(SUBJECTS)],
                ("on sand", "in a forest")[i % 2],
            )
            caption = Caption(subject, "red", background, camera=cameras.pop(0))
            found.append(Scene(caption, "still"))
            continue
        action = actions[i] if i < len(actions) else "jumping"
        subject = next(
            s for s in (*SUBJECTS[i % len(SUBJECTS) :], *SUBJECTS) if action in ACTIONS[s]
        )
        found.append(Scene(Caption(subject, colour, background, action), action))
    others = [("wandering", "flag"), (LIMBS, "stick figure"), ("still", "plant")]
    others += [(name, SUBJECTS[2 * i + 1]) for i, name in enumerate(HELD_OUT)]
    found += [Scene(Caption(s, "purple", "on grass"), mover) for mover, s in others]
    shown = {scene.caption.subject for scene in found}
    missing = [subject for subject in SUBJECTS if subject not in shown]
    return found + [Scene(Caption(s, "blue", "in snow", "jumping"), "jumping") for s in missing]


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
    half = (len(rows) + 1) // 2
    columns = [contact_sheet(part) for part in (rows[:half], rows[half:])]
    gap = 8
    width = sum(column.width for column in columns) + gap
    sheet = Image.new("RGB", (width, max(column.height for column in columns)), "white")
    sheet.paste(columns[0], (0, 0))
    sheet.paste(columns[1], (columns[0].width + gap, 0))
    file.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(file, optimize=True)

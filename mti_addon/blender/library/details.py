"""The chosen motion: its moving picture, what is known of it, and what can be done with it."""

from __future__ import annotations

from typing import Any

from ...client.library import Entry
from ...client.setup.engines import LABELS, WORDS
from ..common import addon
from ..common.drawing import (
    BOX_EDGES,
    ICON,
    UNIT,
    beginning_in,
    button,
    own_words,
    paragraph,
    room,
    scale_of,
)
from ..queue.rows import draw_bar, draw_stop
from ..translations import OWN, translated
from . import grid, playing, saving
from .properties import KINDS

PICTURE, BESIDE = 7.0, 5.5
"""Side of the chosen motion's picture, in UNITs, alone and beside text."""
LEAST_TEXT = 110
"""Width for text beside the picture, at UI scale 1."""
MOST_NOTES = 200
PLAYED = "Applied from a text prompt"
KEYED = (
    ("mti.edit_motion", "Edit in Scene", "GREASEPENCIL"),
    ("mti.pose_motion", "Apply to Figure", "ARMATURE_DATA"),
)
"""Operator, text and icon of what a motion with poses is keyed by."""
NAMES = {each[0]: each[1] for each in KINDS}
ICONS = {each[0]: each[3] for each in KINDS}


def draw_chosen(context: Any, box: Any, entry: Entry) -> None:
    """Draw the motion that is chosen; in a wide sidebar, text stands beside its picture."""
    _draw_name(context, box, entry)
    icon = playing.icon(context, entry) or grid.picture_of(entry)
    scale = scale_of(context)
    width = room(context) - BOX_EDGES * scale
    side = BESIDE * UNIT * scale
    if width - side < LEAST_TEXT * scale:
        box.template_icon(icon_value=icon, scale=PICTURE)
        _draw_facts(context, box, entry, 0)
    else:
        parts = box.split(factor=side / width)
        parts.template_icon(icon_value=icon, scale=BESIDE)
        _draw_facts(context, parts.column(), entry, BESIDE * UNIT)
    _draw_engines(context, box, entry)


def _draw_facts(context: Any, layout: Any, entry: Entry, beside: float) -> None:
    column = layout.column(align=True)
    for line in facts(entry):
        own_words(context, column, line, "NONE", boxed=True, beside=beside)


def facts(entry: Entry) -> list[str]:
    """Return what is known of a motion, line by line."""
    from bpy.app import translations

    kind = translations.pgettext_iface(NAMES[entry.kind], OWN)
    seconds = entry.num_frames / entry.fps
    lines = [translated("{}, {:.1f} s, {} images", kind, seconds, entry.num_frames)]
    learned = [_quality(LABELS[model], gain.reconstruction) for model, gain in entry.models.items()]
    lines.append(translated("Learned with {}", ", ".join(learned)) if learned else "")
    lines.append(translated(PLAYED) if any(name in WORDS for name in entry.models) else "")
    lines.append(translated("Tags: {}", ", ".join(entry.tags)) if entry.tags else "")
    by = ", ".join(part for part in (entry.author, entry.license) if part)
    lines.append(translated("By {}", by) if entry.author else by)
    notes = " ".join(entry.notes.split())
    lines.append(notes if len(notes) <= MOST_NOTES else notes[:MOST_NOTES].rstrip() + "…")
    return [line for line in lines if line]


def _quality(engine: str, gain: float | None) -> str:
    return engine if gain is None else translated("{} (gain {:.2f})", engine, gain)


def _draw_name(context: Any, box: Any, entry: Entry) -> None:
    """Draw the name, whether it is a favorite, and the menu."""
    row = box.row(align=True)
    scale = scale_of(context)
    width = room(context) - (BOX_EDGES + 2 * UNIT + 1.5 * ICON) * scale
    name = beginning_in(context, entry.name, width)
    row.label(text=name, icon=ICONS[entry.kind], translate=False)
    star = "SOLO_ON" if entry.favorite else "SOLO_OFF"
    mark = row.operator("mti.favorite_motion", text="", icon=star, emboss=False)
    mark.folder = str(entry.folder)
    row.menu("MTI_MT_library_motion", text="", icon="DOWNARROW_HLT")


def _draw_engines(context: Any, box: Any, entry: Entry) -> None:
    """Draw the chosen engine, and how to learn the motion for it."""
    engine = addon.chosen_engine()
    if entry.has_poses:
        for name, text, icon in KEYED:
            button(context, box, name, text, icon, boxed=True).motion = entry.id
    if engine in entry.models:
        return
    row = saving.job_learning(entry)
    if row is not None and row.request is not None and row.request.settings.model == engine:
        line = box.row(align=True)
        draw_bar(context, line, row)
        draw_stop(line, row)
        return
    text = translated("Not learned for {} yet", LABELS[engine])
    paragraph(context, box, text, "INFO", boxed=True)
    text = translated("Learn for {}", LABELS[engine])
    learn = button(context, box, "mti.learn_motion", text, "PLAY", boxed=True, short="Learn")
    learn.folder = str(entry.folder)

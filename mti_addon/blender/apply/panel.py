"""The Apply panel: the motion, its target, and how the target will be sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...client.setup.engines import LABELS
from ...motion import fitted
from ...wire import Settings
from ...workflow.motions import KnownMotion
from ...workflow.words import is_by_words, played
from ..common.drawing import button, field, paragraph
from ..library import shown
from ..queue.rows import draw_status
from ..setup.costs import draw_resolution, estimate
from ..setup.engines import chosen_settings
from ..studio.drawing import draw_place
from ..translations import sentences, translated
from . import preview
from .changes import changed_since_preview
from .current import current_motion, motion_problem, newer_motion, shapes_sent
from .edit_panel import draw_edit
from .sources import size_of, target_problem
from .words import chosen_playing
from .words_panel import draw_words


def draw_apply(context: Any, layout: Any) -> None:
    """Draw the motion, its target or prompts, seed and takes."""
    props = context.scene.mti
    column = layout.column()
    motion = current_motion(context.scene)
    _draw_motion(context, column, motion)
    settings = motion.settings if motion else chosen_settings()
    if motion is not None and is_by_words(settings):
        draw_words(context, layout, motion)
    else:
        draw_edit(context, layout)
        _draw_target(context, layout.column())
        _draw_fit(context, layout, settings)
    column = layout.column()
    field(context, column, props, "seed")
    field(context, column, props, "takes")
    if settings.keeps_size:
        field(context, column, props, "in_between")
    draw_resolution(context, column, settings)
    draw_place(context, layout.column())
    button(context, layout, "mti.apply", "Apply", "PLAY")
    draw_status(context, layout, False, estimate(_planned(props, settings), True, learns=False))


def _planned(props: Any, settings: Settings) -> Settings:
    """Return the settings the panel would request, as far as the time depends on them."""
    if is_by_words(settings):
        return played(settings, chosen_playing(props), props.seed, props.takes)
    return replace(settings, sampling=replace(settings.sampling, takes=props.takes))


def _draw_motion(context: Any, column: Any, motion: KnownMotion | None) -> None:
    """Draw the motion that is applied, a click on which finds another; or why there is none."""
    entry = shown.chosen(context.scene)
    if motion is not None:
        text = f"{motion.name} ({LABELS[motion.settings.model]})"
        button(context, column, "mti.find_motion", text, "ACTION", short=motion.name)
    else:
        text = entry.name if entry is not None else translated("Choose a Motion")
        button(context, column, "mti.find_motion", text, "ACTION", short="Choose")
        paragraph(context, column, sentences(motion_problem(context.scene)), "INFO")
    newer = newer_motion(context.scene)
    if newer is not None:
        text = translated("Use Newer: {}", newer.name)
        use = button(context, column, "mti.use_motion", text, "FILE_REFRESH", short=newer.name)
        use.motion = newer.label
    elif motion is not None and not context.scene.mti.motion:
        paragraph(context, column, translated("Using Latest: {}", motion.name), "NONE")


def _draw_target(context: Any, column: Any) -> None:
    props = context.scene.mti
    field(context, column, props, "target", above=True)
    if props.target == "RENDER":
        field(context, column, props, "target_scene")
        field(context, column, props, "target_engine")
    elif props.target == "IMAGE":
        field(context, column, props, "target_image")
    elif props.target == "DATABLOCK":
        field(context, column, props, "target_datablock")
    problem = target_problem(context)
    if problem:
        paragraph(context, column, sentences(problem), "ERROR")


def _draw_fit(context: Any, layout: Any, settings: Settings) -> None:
    """Draw the crop or pad choice, its effect, and a thumbnail of what will be sent."""
    props, shape = context.scene.mti, settings.target_size
    if shape is None:
        field(context, layout, props, "framing")
    else:
        field(context, layout, props, "fit", expand=True)
    button(context, layout, "mti.show_target", "Preview Target", "HIDE_OFF", short="Preview")
    if about := preview.about(props.target_shown):
        if icon := preview.icon(props.target_shown):
            layout.template_icon(icon_value=icon, scale=6)
        if changed := changed_since_preview(context, shapes_sent(context)):
            paragraph(context, layout, changed, "INFO")
        for line in about:
            paragraph(context, layout, line, "NONE")
    elif shape is not None and (size := size_of(context)) is not None:
        paragraph(context, layout, fit_text(size, shape, props.fit), "NONE")


def fit_text(size: tuple[int, int], shape: tuple[int, int], how: Any) -> str:
    """Return text such as '1920 x 1080 to 64 x 64: 44 % is cut off'."""
    about = fitted(size, shape, how)
    text = translated("{} x {} to {} x {}", *size, *shape)
    if about.kept < 1:
        return text + translated(": {:.0%} is cut off", 1 - about.kept)
    if about.padded:
        left, top, right, bottom = about.box
        added = 1 - (right - left) * (bottom - top)
        return text + translated(": {:.0%} is added around it", added)
    return text

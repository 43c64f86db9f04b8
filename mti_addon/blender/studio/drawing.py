"""Draw the studio on the preferences page, and the choice of where jobs run in the tab."""

from __future__ import annotations

from typing import Any

from ...client.setup.engines import LABELS
from ...wire.durations import clock
from ..common import addon
from ..common.drawing import field, paragraph
from ..translations import OWN, sentences, translated
from . import place, watch


def draw_studio(context: Any, layout: Any) -> None:
    """Draw the paired studio and its engines, or the button to pair one."""
    header, body = layout.panel("mti_prefs_studio", default_closed=False)
    header.label(text="Studio")
    if not body:
        return
    watch.notice()
    address = place.address()
    if address:
        text = translated("Paired with {}", address)
        body.label(text=text, icon="CHECKMARK", translate=False)
        if problem := place.offline_problem(address):
            paragraph(context, body, sentences(problem), "INTERNET_OFFLINE")
    else:
        paragraph(context, body, "Jobs can also run on a studio's server", "INFO")
    row = body.row()
    if address:
        row.operator("mti.test_studio", icon="FILE_REFRESH")
        row.operator("mti.forget_studio", icon="TRASH")
    else:
        row.operator("mti.pair_studio", icon="LINKED")
    _draw_task(context, body, "test" if address else "pair")
    if address:
        for name, label in LABELS.items():
            _draw_engine(context, body, name, label)


def _draw_task(context: Any, layout: Any, kind: str) -> None:
    """Draw what came of the last pairing or test, in one sentence."""
    state = watch.states.get(kind)
    if kind == "test" and state is None:
        state = watch.states.get("pair")
    if state is None or state.phase == "none":
        return
    if state.phase == "running":
        paragraph(context, layout, sentences(state.said), "TIME")
    elif state.error is not None:
        paragraph(context, layout, sentences(state.error.said), "ERROR")
    elif state.phase == "dead":
        paragraph(context, layout, "It stopped unexpectedly. Try again.", "ERROR")
    else:
        paragraph(context, layout, sentences(state.said), "CHECKMARK")


def _draw_engine(context: Any, layout: Any, name: str, label: str) -> None:
    """Draw an engine's state, queue, and the usual time of a job."""
    state, box = place.engine(name), layout.box()
    icon = "CHECKMARK" if state.ready else "QUESTION" if state.condition == "unknown" else "DOT"
    box.label(text=label, icon=icon, text_ctxt=OWN)
    paragraph(context, box, sentences(state.said), "NONE", boxed=True)
    learn, apply = place.seconds(name, True, False), place.seconds(name, False, True)
    if state.ready and learn is not None and apply is not None:
        text = translated("Learning takes about {}, applying {}", clock(learn), clock(apply))
        paragraph(context, box, text, "NONE", boxed=True)


def draw_place(context: Any, layout: Any) -> None:
    """Draw where jobs run; nothing without a studio, where there is no choice."""
    if not place.address():
        return
    watch.notice()
    field(context, layout, addon.preferences(), "place")

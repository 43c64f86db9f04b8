"""What has changed since a target was previewed, as of the last check."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import bpy

from ..scene.dependencies import known
from ..scene.watch import Looker
from . import state

_previews: dict[tuple[int, str], bool] = {}
"""(scene, previewed target) -> whether its content was unchanged at the last check."""


def changed_since_preview(context: Any, shapes: Collection[state.Shape | None]) -> str:
    """Return a sentence on what has changed in the scene since its target was previewed.

    `shapes`: the shapes it could be sent in. Choices in the panel are compared as they are now, the
    content as of the last check. Empty if nothing has changed.
    """
    props = context.scene.mti
    if not props.target_shown:
        return ""
    if known.at_once:
        _look(context)
    same = _previews.get((context.scene.session_uid, props.target_shown), True)
    return state.changed_since(context, props.target_shown_of, shapes, same)


def _look(context: Any, _in_hand: bool = False) -> None:
    scene, props = context.scene, context.scene.mti
    if props.target_shown:
        same = state.is_same(context, props.target_shown_of)
        _previews[scene.session_uid, props.target_shown] = same


def _any_shown() -> bool:
    """Return whether any scene has a preview.

    Changes made at another frame only show at the target's frame.
    """
    return any(scene.mti.target_shown for scene in bpy.data.scenes)


LOOKER = Looker(_look, _previews, _previews.clear, _any_shown)

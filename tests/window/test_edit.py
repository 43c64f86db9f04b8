"""Edit Motion in a real window: closed at first, opened with the mouse, and used by Apply."""

from __future__ import annotations

import os
from pathlib import Path

from tests.window.desktop import Desktop, Window

SHIPPED = "wave (draft, wave)"
NUMBERS = f"""
props = bpy.context.scene.mti
props.motion = "{SHIPPED}"
props.edit_strength, props.edit_reverse, props.edit_combine = 60, True, "chain"
props.edit_second = "{SHIPPED}"
bpy.ops.ed.undo_push(message="Edit")
"""


def place_of(window: Window, name: str) -> tuple[int, int] | None:
    """Where a property's field is in the tab, or None."""
    x, y = window.ask("buttons", f"mti.{name}").get(f"mti.{name}", (0, 0))
    return (x, y) if x else None


def open_edit(window: Window) -> None:
    """Click the header of the sub-panel, which is below the motion."""
    place = place_of(window, "motion")
    assert place is not None
    for below in range(20, 120, 8):
        if place_of(window, "edit_strength") is not None:
            return
        window.ask("press", place[0] - 40, place[1] - below)
    raise AssertionError("the sub-panel has not opened")


def test_the_sub_panel_opens_and_reset_can_be_undone(desktop: Desktop, window: Window) -> None:
    window.run(NUMBERS)
    window.ask("scroll", "WHEELDOWNMOUSE", 6)
    assert place_of(window, "edit_strength") is None
    if pictures := os.environ.get("MTI_WINDOW_PICTURES"):
        desktop.picture(Path(pictures) / "edit_closed.png")
    open_edit(window)
    if pictures := os.environ.get("MTI_WINDOW_PICTURES"):
        desktop.picture(Path(pictures) / "edit_motion.png")
    window.click("mti.reset_edit")
    assert window.run("result = bpy.context.scene.mti.edit_strength") == 100
    window.run("bpy.ops.ed.undo()")
    window.until("round(bpy.context.scene.mti.edit_strength) == 60", 30)

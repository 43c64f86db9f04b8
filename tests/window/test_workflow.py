"""From the first click to the strip, with the mouse, in a real window."""

from __future__ import annotations

import os
from pathlib import Path

from tests.window.desktop import Desktop, Window

STRIPS = "[s.name for s in bpy.context.scene.sequence_editor_create().strips]"
JOBS = """
from bl_ext.user_default.mti.mti_addon.blender import polling
result = [[row.request.name, row.state.phase, row.state.step] for row in polling.jobs.rows]
"""
PICTURES = os.environ.get("MTI_WINDOW_PICTURES")
"""Where to leave pictures of the screen, for people; empty: nowhere."""


def picture(desktop: Desktop, name: str) -> None:
    if PICTURES:
        desktop.picture(Path(PICTURES) / f"{name}.png")


def phases(window: Window) -> list[str]:
    return [phase for _, phase, _ in window.run(JOBS)]


def wait_for_phase(window: Window, phase: str, count: int = 1) -> None:
    from tests.window.desktop import wait_for

    wait_for(lambda: phases(window).count(phase) >= count, 240, f"{count} {phase}", pause=0.3)


def test_a_figure_is_added_learned_and_applied(desktop: Desktop, window: Window) -> None:
    window.click("mti.add_stick_figure")
    assert window.run("result = bpy.context.object.type") == "ARMATURE"
    window.run("bpy.context.scene.frame_end = 48; bpy.context.scene.mti.iterations = 6")
    window.click("mti.capture")
    picture(desktop, "captured")
    window.click("mti.learn")
    wait_for_phase(window, "done")
    window.click("mti.apply")
    wait_for_phase(window, "done", 2)
    picture(desktop, "applied")
    window.click("mti.import_result")
    assert len(window.run(f"result = {STRIPS}")) == 1

"""Edit Motion in a real window: opened with the mouse, sketched, chained, and reset."""

from __future__ import annotations

import time

from tests.motion.figures import squatting, walking, waving
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for
from tests.window.test_library import screen, use
from tests.window.test_workflow import picture
from tests.wire.library.drawn import drawn_motion

NUMBERS = """
props = bpy.context.scene.mti
bpy.ops.mti.pick_motion(folder={second!r})
second = props.motion
bpy.ops.mti.pick_motion(folder={first!r})
props.edit_strength, props.edit_reverse, props.edit_combine = 60, True, "chain"
props.edit_second = second
bpy.ops.ed.undo_push(message="Edit")
"""
SKETCHED = f"""
import importlib
playing = importlib.import_module("{ADDON}.mti_addon.blender.common.playing")
player = playing._players.get("edit")
result = player.clip.count if player is not None and player.is_ready and player.icon() else 0
"""


HEADER = 26
"""Pixels from the motion's button down to the header of the sub-panel."""


def test_the_sub_panel_sketches_the_edit_and_reset_can_be_undone(
    desktop: Desktop, window: Window
) -> None:
    own = desktop.folder / "library"
    first, second = (drawn_motion(own, n, m) for n, m in (("Wave", waving), ("Squat", squatting)))
    use(window, own)
    window.run(NUMBERS.format(first=str(first.folder), second=str(second.folder)))
    x, y = window.ask("find", "bpy.ops.mti.find_motion(")
    window.ask("press", x - 40, y - HEADER)
    window.ask("scroll", "WHEELDOWNMOUSE", 11)
    window.ask("press", 2, 2)  # the mouse is away, so that no button is lit
    wait_for(lambda: window.run(SKETCHED) == 14, 30, "the sketch", 0.5)
    picture(desktop, "edit_motion")
    before = screen(desktop, "before")
    moved = 0
    for number in range(20):
        moved = int((screen(desktop, f"after-{number}") != before).any(axis=2).sum())
        if moved > 50:
            break
        time.sleep(0.2)
    assert moved > 50
    window.click("mti.reset_edit")
    assert window.run("result = bpy.context.scene.mti.edit_strength") == 100
    window.run("bpy.ops.ed.undo()")
    window.until("round(bpy.context.scene.mti.edit_strength) == 60", 30)


LABELS = """
props = bpy.context.scene.mti
result = [each.rpartition(" (")[0] for each in
          (props.edit_second, *(further.motion for further in props.edit_further))]
"""
THIRD = """
props = bpy.context.scene.mti
first = props.motion
bpy.ops.mti.pick_motion(folder={third!r})
props.edit_further[0].motion, props.motion = props.motion, first
bpy.ops.ed.undo_push(message="Third")
"""


def test_a_chain_of_three_is_built_moved_and_undone_with_the_mouse(
    desktop: Desktop, window: Window
) -> None:
    own = desktop.folder / "library"
    moves = (("Wave", waving), ("Squat", squatting), ("Walk", walking))
    first, second, third = (str(drawn_motion(own, *each).folder) for each in moves)
    use(window, own)
    window.run(NUMBERS.format(first=first, second=second))
    x, y = window.ask("find", "bpy.ops.mti.find_motion(")
    window.ask("press", x - 40, y - HEADER)
    window.click("mti.add_to_chain")
    window.until("len(bpy.context.scene.mti.edit_further) == 1", 30)
    window.run(THIRD.format(third=third))
    press_icon(window, "bpy.ops.mti.move_in_chain(number=2")  # down, which is right of up
    wait_for(lambda: window.run(LABELS) == ["Walk", "Squat"], 30, "the order", 0.2)
    window.run("bpy.ops.ed.undo()")
    wait_for(lambda: window.run(LABELS) == ["Squat", "Walk"], 30, "the order before", 0.2)
    window.ask("scroll", "WHEELDOWNMOUSE", 13)
    window.ask("press", 2, 2)
    wait_for(lambda: window.run(SKETCHED) == 14, 30, "the sketch", 0.5)
    picture(desktop, "edit_chain")
    press_icon(window, "bpy.ops.mti.remove_from_chain(number=2")
    wait_for(lambda: window.run(LABELS) == ["Walk"], 30, "the second is left out", 0.2)


def press_icon(window: Window, wanted: str) -> None:
    window.ask("press", *window.ask("find", wanted, True))

"""The library in a real window, by mouse: found, played, renamed, deleted, saved, dropped."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np

from mti_addon.motion import decode_png
from mti_addon.wire.library import export_to, read_library, read_motion
from tests.motion.figures import squatting, walking, waving
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for
from tests.window.test_panel import BROWSER
from tests.window.test_workflow import figure, picture, wait_for_phase
from tests.wire.library.drawn import drawn_motion

LIBRARY = f"__import__('{ADDON}.mti_addon.blender.library.motions', fromlist=['x']).library()"
SHOWN = f"""
from {ADDON}.mti_addon.blender.library import shown
result = [entry.name for entry in shown.found(bpy.context.window_manager.mti)]
"""
CHOSEN = "bpy.context.scene.mti.motion"
SIDEBAR = """
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
region = next(r for r in area.regions if r.type == "UI")
result = [region.x, region.y, region.width, region.height]
"""
PLACES = """
areas = {area.type: area for area in bpy.context.window_manager.windows[0].screen.areas}
files = next(r for r in areas["FILE_BROWSER"].regions if r.type == "WINDOW")
place = areas.get("VIEW_3D") or areas["SEQUENCE_EDITOR"]
view = next(r for r in place.regions if r.type == "WINDOW")
result = [files.x + 13, files.y + files.height - 32,  # its icon: names cannot always be dragged
          view.x + view.width // 3, view.y + view.height // 2]
"""
FIRST, PICTURE, NAME = 70, 55, 95
"""Pixels from the sidebar's left edge to the first picture; from the search down to it, and to its
name."""


def use(window: Window, own: Path) -> None:
    """The own library is in this folder, and nothing else is shown."""
    window.run(
        f"bpy.context.preferences.addons['{ADDON}'].preferences.library_folder = {str(own)!r}\n"
        "bpy.context.window_manager.mti.library_origin = 'own'"
    )
    window.until(f"{LIBRARY}.is_complete and len({LIBRARY}.entries())")


def names(own: Path) -> list[str]:
    return sorted(motion.preset.name for motion in read_library(own)[0])


def screen(desktop: Desktop, name: str) -> Any:
    """Pixels of the whole screen, (H, W, 3)."""
    path = desktop.picture(desktop.folder / f"{name}.png")
    return decode_png(path.read_bytes())[..., :3].astype(int)


def first_name(desktop: Desktop, window: Window) -> tuple[int, int]:
    """Where the screen's mouse is on the name of the first motion."""
    left, low, _width, high = window.run(SIDEBAR)
    for y in range(low + high // 2, low, -14):
        desktop.mouse(left + FIRST, y)
        if window.ask("under").startswith("bpy.ops.mti.pick_motion("):
            return left + FIRST, y
    raise AssertionError("no motion is seen")


def chosen(window: Window, name: str) -> None:
    window.until(f"{CHOSEN}.startswith({name!r})", 30)


def test_a_motion_is_found_chosen_played_and_deleted(desktop: Desktop, window: Window) -> None:
    own = desktop.folder / "library"
    for name, move in (("Squat", squatting), ("Walk", walking), ("Wave", waving)):
        drawn_motion(own, name, move)
    use(window, own)
    # typing finds, key by key
    x, y = window.ask("find", "mti.library_search")
    window.ask("press", x, y)
    window.ask("write", "wa")
    assert window.run(SHOWN) == ["Walk", "Wave"]
    window.ask("write", "v", "RET")
    assert window.run(SHOWN) == ["Wave"]
    # a click on its picture chooses it
    left, _below, width, _high = window.run(SIDEBAR)
    window.ask("press", left + FIRST, y - PICTURE)
    chosen(window, "Wave")
    # it moves, and nothing else does
    window.run("bpy.ops.mti.clear_library_search()")
    window.ask("scroll", "WHEELDOWNMOUSE", 12)
    window.ask("press", 2, 2)  # the mouse is away, so that no button is lit
    time.sleep(2.0)
    picture(desktop, "library")
    before = screen(desktop, "a")
    for number in range(20):
        differ = np.argwhere((screen(desktop, f"b{number}") != before).any(axis=2))
        if len(differ):
            break
    assert len(differ) > 50
    (top, first), (bottom, last) = differ.min(0), differ.max(0)
    assert left <= first and last < left + width and bottom - top < 150 and last - first < 150
    # deleted by Blender's search, and restored by the button beside it
    window.ask("key", "F3")
    time.sleep(5.0)  # all menus are read first
    window.ask("write", "delete motion")
    picture(desktop, "search")
    window.ask("write", "", "RET")
    wait_for(lambda: names(own) == ["Squat", "Walk"], 30, "two motions", 0.5)
    window.click("mti.restore_motion")
    wait_for(lambda: names(own) == ["Squat", "Walk", "Wave"], 30, "the motion", 0.5)


def test_what_was_learned_is_saved_by_its_button(desktop: Desktop, window: Window) -> None:
    own = desktop.folder / "library"
    figure(window, 6)
    window.run(
        f"bpy.context.preferences.addons['{ADDON}'].preferences.library_folder = {str(own)!r}"
    )
    window.run("bpy.ops.mti.learn()")
    wait_for_phase(window, "done")
    window.click("mti.save_to_library")
    picture(desktop, "save")
    window.ask("write", "", "RET")
    wait_for(lambda: own.is_dir() and len(names(own)) == 1, 30, "the saved motion", 0.5)
    (motion,) = read_library(own)[0]
    assert motion.preset.has_poses and len(motion.preset.references) == 14
    chosen(window, motion.preset.name)


def test_a_motion_is_renamed_deleted_and_brought_back(desktop: Desktop) -> None:
    """With the screen's mouse and keyboard: simulated clicks are never double clicks."""
    own = desktop.folder / "library"
    drawn_motion(own, "Wave", waving)
    with desktop.blender(simulated=False) as window:
        window.ask("open")
        use(window, own)
        window.run("bpy.context.preferences.inputs.mouse_double_click_time = 1000")  # slow drawing
        desktop.mouse(*first_name(desktop, window), clicks=2)
        time.sleep(2.0)
        picture(desktop, "rename")
        desktop.run(["xdotool", "type", "--delay", "60", "hello"])
        desktop.run(["xdotool", "key", "Return", "sleep", "0.5", "key", "Return"])
        wait_for(lambda: names(own) == ["hello"], 30, "another name", 0.5)
        chosen(window, "hello")
        # the last entry of the menu of a right click deletes it, and Ctrl Z brings it back
        desktop.mouse(*first_name(desktop, window), clicks=1, button=3)
        time.sleep(1.5)
        picture(desktop, "context_menu")
        desktop.run(["xdotool", "key", "End", "sleep", "0.5", "key", "Return"])
        wait_for(lambda: names(own) == [], 30, "no motion", 0.5)
        view = window.run(VIEW)
        desktop.keys(*view, "ctrl+z")
        wait_for(lambda: names(own) == ["hello"], 30, "the motion again", 0.5)


VIEW = """
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
region = next(r for r in area.regions if r.type == "WINDOW")
result = [region.x + region.width // 4, region.y + region.height // 2]
"""
SEQUENCER = """
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
area.type = "SEQUENCE_EDITOR"
area.spaces.active.view_type = "SEQUENCER"
"""


def test_a_file_that_is_dropped_is_imported(desktop: Desktop) -> None:
    own, folder = desktop.folder / "library", desktop.folder / "files"
    drawn_motion(own, "Wave", waving)
    second = desktop.folder / "more files"
    sent = drawn_motion(desktop.folder / "other", "Sent", squatting)
    more = drawn_motion(desktop.folder / "other", "More", walking)
    for place, motion in ((folder, sent), (second, more)):
        place.mkdir()
        export_to(motion, place / f"{motion.folder.name}.motion")
    with desktop.blender(simulated=False) as window:
        window.ask("open")
        use(window, own)
        wait_for(lambda: window.run(BROWSER.format(folder=str(folder))), 30, "a browser", 0.5)

        def dropped(name: str) -> bool:
            x, y, to_x, to_y = window.run(PLACES)
            desktop.mouse(x + 27, y, clicks=1)  # a file that is not active is selected only
            time.sleep(1.0)
            desktop.drag(x, y, to_x, to_y)
            time.sleep(2.0)
            return name in names(own)

        wait_for(lambda: dropped("Sent"), 60, "the dropped motion")
        picture(desktop, "dropped")
        assert read_motion(own / "sent").preset.id == sent.preset.id
        chosen(window, "Sent")
        window.run(SEQUENCER)
        wait_for(lambda: window.run(BROWSER.format(folder=str(second))), 30, "a browser", 0.5)
        time.sleep(1.0)
        wait_for(lambda: dropped("More"), 60, "the motion dropped on the sequencer")
        picture(desktop, "dropped_sequencer")
        assert read_motion(own / "more").preset.id == more.preset.id
        chosen(window, "More")

"""Motions in Blender's own Asset Browser and asset shelf, with a real mouse."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mti_addon.motion import decode_png
from mti_addon.motion.drawing.raster import PALETTE
from tests.window.conftest import ADDON
from tests.window.desktop import ROOT, Desktop, Window, wait_for

pytestmark = pytest.mark.wide
PICTURES = os.environ.get("MTI_WINDOW_PICTURES")
MOTIONS = (
    ("STICK", "KICK", "body", "Kick"),
    ("STICK", "JUMPING_JACK", "body", "Jumping Jack"),
    ("QUADRUPED", "TROT", "animal", "Trot"),
    *((("STICK", "WALK", "body", "Walk"), ("FACE", "SMILE", "face", "Smile")) if PICTURES else ()),
)
SAVE = f"""
import sys, importlib
sys.path.insert(0, {str(ROOT)!r})
from tests.blender.library.shelving import add_figure, save
ext = lambda name: importlib.import_module("{ADDON}.mti_addon." + name)
folder = ext("blender.common.addon").library_folder()
bpy.data.objects.remove(bpy.data.objects["Cube"])
for figure, starter, kind, name in {{motions!r}}:
    thing = add_figure(figure, starter)
    bpy.ops.mti.add_camera()
    save(ext, folder, name, kind=kind, tags=("starter",), author="Ada", license="CC0-1.0")
    bpy.data.objects.remove(thing)
for action in bpy.data.actions[:]:
    bpy.data.actions.remove(action)
bpy.data.objects.remove(bpy.data.objects["Framing Camera"])
bpy.ops.wm.save_as_mainfile(filepath={{path!r}})
bpy.ops.ed.undo_push(message="Open")
"""

LIBRARY = "'Motions' in bpy.context.preferences.filepaths.asset_libraries"
SPLIT = """
window = bpy.context.window_manager.windows[0]
area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
region = next(r for r in area.regions if r.type == "WINDOW")
with bpy.context.temp_override(window=window, area=area, region=region):
    bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.42)
"""
BROWSE = """
window = bpy.context.window_manager.windows[0]
area = min((a for a in window.screen.areas if a.type in ("VIEW_3D", "FILE_BROWSER")),
           key=lambda a: a.y)
area.ui_type = "ASSETS"
params = area.spaces.active.params
result = params is not None
if result:
    params.asset_library_reference, params.display_size = "Motions", 112
"""
PLACES = """
areas = bpy.context.window_manager.windows[0].screen.areas
result = {}
for area in areas:
    for region in area.regions:
        if area.type in ("VIEW_3D", "FILE_BROWSER"):
            box = region.x, region.y, region.width, region.height
            result[area.type + " " + region.type] = box
"""
SHELF = """
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
area.spaces.active.show_region_asset_shelf = True
"""
EDIT = f"""
import importlib
motions = importlib.import_module("{ADDON}.mti_addon.blender.library.motions")
motions.library().refresh()
kick = next(entry for entry in motions.library().entries() if entry.name == "Kick")
w = bpy.context.window_manager.windows[0]
area = next(area for area in w.screen.areas if area.type == "VIEW_3D")
region = next(region for region in area.regions if region.type == "WINDOW")
with bpy.context.temp_override(window=w, area=area, region=region):
    bpy.ops.mti.edit_motion("EXEC_DEFAULT", True, motion=kick.id)
    bpy.context.scene.frame_set(20)
    bpy.ops.object.mode_set(mode="POSE")
    bpy.ops.pose.select_all(action="SELECT")
    bpy.ops.view3d.view_selected()
    bpy.ops.mti.capture()
next(a for a in w.screen.areas if a.type == "DOPESHEET_EDITOR").ui_type = "DOPESHEET"
"""
FIGURES = """
result = {o.name: o.animation_data.action.name.split(".")[0] for o in bpy.data.objects if o.pose}
"""


def save_motions(desktop: Desktop, window: Window, motions: tuple[Any, ...] = MOTIONS) -> None:
    """Have them in the library, and no others; and an open file with only a camera and a light."""
    for included in desktop.folder.glob("home/blender/extensions/*/mti/presets/*/"):
        shutil.rmtree(included)
    path = str(desktop.folder / "shot.blend")
    window.run(SAVE.replace("{path!r}", repr(path)).replace("{motions!r}", repr(motions)))


def kept(desktop: Desktop, name: str) -> np.ndarray:
    """What is on the screen (H, W, 3); kept as a picture if a folder for them is named."""
    path = desktop.picture(desktop.folder / f"{name}.png")
    if PICTURES:
        shutil.copy(path, Path(PICTURES) / f"{name}.png")
    return decode_png(path.read_bytes())[..., :3]


def within(screen: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    x, y, width, height = box
    bottom = screen.shape[0] - y
    return screen[bottom - height : bottom, x : x + width]


def limbs(pixels: np.ndarray) -> int:
    """How many of the colors of limbs are to be seen."""
    colors = [PALETTE[part] for part in ("left_arm", "right_arm", "left_leg", "right_leg")]
    near = [np.abs(pixels.astype(int) - color).max(-1) < 12 for color in colors]
    return sum(bool(each.sum() > 20) for each in near)


def box_of(window: Window, name: str) -> tuple[int, int, int, int]:
    """Where an editor's region is: left, bottom, width, height."""
    x, y, width, height = window.run(PLACES)[name]
    return x, y, width, height


def middle(window: Window, name: str) -> tuple[int, int]:
    x, y, width, height = box_of(window, name)
    return x + width // 2, y + height // 2


def tile(window: Window, number: int) -> tuple[int, int]:
    """The middle of an asset's picture, in Blender's coordinates."""
    x, y, _, height = box_of(window, "FILE_BROWSER WINDOW")
    return x + 60 + 112 * number, y + height - 60


def test_motions_are_assets_that_move_figures(desktop: Desktop) -> None:
    """One session, since each takes its time: the browser, a double click, drops, the shelf."""
    with desktop.blender(simulated=False) as window:
        window.ask("open")
        save_motions(desktop, window)
        window.until(LIBRARY, 120)
        # the process that has built the library has not touched the file
        assert window.run("result = bpy.data.is_dirty, len(bpy.data.actions)") == [False, 0]
        window.run(SPLIT)
        time.sleep(0.5)
        wait_for(lambda: window.run(BROWSE), 30, "an asset browser", 0.5)
        use_browser(desktop, window)
        use_shelf(desktop, window)
        assert "Traceback" not in window.log.read_text(errors="replace")


def double_click(
    desktop: Desktop, place: tuple[int, int], there: Callable[[], bool], what: str
) -> None:
    """Until it has worked: while other programs are busy, the second click may come too late."""
    for _ in range(4):
        desktop.mouse(*place, clicks=2)
        with suppress(AssertionError):
            return wait_for(there, 10, what, 0.5)
    raise AssertionError(what)


def use_browser(desktop: Desktop, window: Window) -> None:
    def figures() -> dict[str, str]:
        found: dict[str, str] = window.run(FIGURES)
        return found

    def pictures() -> bool:
        return limbs(within(kept(desktop, "assets"), box_of(window, "FILE_BROWSER WINDOW"))) == 4

    wait_for(pictures, 30, "the motions' pictures", 0.5)
    # by catalog and name: the animal, then the bodies
    double_click(
        desktop, tile(window, 1), lambda: "Jumping Jack" in figures(), "a figure that is added"
    )
    double_click(
        desktop, tile(window, 2), lambda: figures() == {"Jumping Jack": "Kick"}, "it is keyed anew"
    )
    view, sidebar = (middle(window, f"VIEW_3D {region}") for region in ("WINDOW", "UI"))
    desktop.keys(*view, "ctrl+z")
    wait_for(lambda: figures() == {"Jumping Jack": "Jumping Jack"}, 30, "undo in one step", 0.5)
    desktop.drag(*tile(window, 2), *view)
    wait_for(lambda: figures() == {"Jumping Jack": "Kick"}, 30, "a drop in the viewport", 0.5)
    desktop.drag(*tile(window, 1), *view)
    wait_for(lambda: figures() == {"Jumping Jack": "Jumping Jack"}, 30, "a second drop", 0.5)
    desktop.drag(*tile(window, 0), *sidebar)
    x, y = tile(window, 1)
    desktop.drag(x, y - 200, *view)  # nothing but a box that selects
    time.sleep(2)
    assert figures() == {"Jumping Jack": "Jumping Jack"}
    kept(desktop, "assets_dropped")
    desktop.mouse(*tile(window, 2), button=3, clicks=1)
    time.sleep(1)
    kept(desktop, "assets_menu")
    desktop.keys(*view, "Escape")


def use_shelf(desktop: Desktop, window: Window) -> None:
    window.run("bpy.data.objects.remove(bpy.data.objects['Jumping Jack'])")
    window.run(SHELF)

    def shown() -> bool:
        box = box_of(window, "VIEW_3D ASSET_SHELF")
        return box[3] > 50 and limbs(within(kept(desktop, "assets_shelf"), box)) == 4

    wait_for(shown, 30, "the motions on the shelf", 0.5)
    x, y, _, height = box_of(window, "VIEW_3D ASSET_SHELF")
    first, second = ((x + at, y + height // 2) for at in (114, 192))
    desktop.drag(*first, *middle(window, "VIEW_3D WINDOW"))
    wait_for(lambda: len(window.run(FIGURES)) == 1, 30, "a drop from the shelf", 0.5)
    desktop.drag(*second, desktop.size[0] - 100, 300)  # no viewport
    time.sleep(1)
    assert window.run(FIGURES) == {"Jumping Jack": "Jumping Jack"}
    desktop.mouse(*second, clicks=1)
    wait_for(lambda: window.run(FIGURES) == {"Jumping Jack": "Kick"}, 30, "a click", 0.5)


def test_edit_brings_the_figure_back(desktop: Desktop, window: Window) -> None:
    save_motions(desktop, window, MOTIONS[:1])
    window.run(EDIT)
    time.sleep(2)
    screen = kept(desktop, "edit")
    assert window.run(FIGURES) == {"Kick": "Kick"}
    assert window.run("result = list(bpy.context.object.animation_data.action.frame_range)") == [
        1, 48,
    ]  # fmt: skip
    # selected bones, and their keys below
    view = within(screen, box_of(window, "VIEW_3D WINDOW"))
    assert (np.abs(view.astype(int) - (112, 184, 224)).max(-1) < 30).sum() > 2000

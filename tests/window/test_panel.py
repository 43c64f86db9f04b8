"""The tab in a real window: what drawing it touches, and what is dropped on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mti_addon.motion import encode_png
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for

FIGURE = "bpy.ops.mti.add_stick_figure(); bpy.ops.mti.add_camera(); bpy.ops.mti.capture()"
WATCH = f"""
import sys
bpy.app.driver_namespace["opened"] = opened = []
def audit(event, arguments):
    if event in ("open", "os.listdir", "os.scandir") and bpy.app.driver_namespace.get("drawing"):
        opened.append(str(arguments[0]))
sys.addaudithook(audit)
from {ADDON}.mti_addon.blender import tab
draw = tab._MotionPanel.draw
def watched(self, context):
    bpy.app.driver_namespace["drawn"] = bpy.app.driver_namespace.get("drawn", 0) + 1
    bpy.app.driver_namespace["drawing"] = True
    try:
        draw(self, context)
    finally:
        bpy.app.driver_namespace["drawing"] = False
tab._MotionPanel.draw = watched
"""
REDRAW = "[a.tag_redraw() for a in bpy.context.window_manager.windows[0].screen.areas]"
DRAWN = "bpy.app.driver_namespace.get('drawn', 0)"
BROWSER = """
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas
            if a.type in ("PROPERTIES", "FILE_BROWSER"))
area.type = "FILE_BROWSER"
area.spaces.active.show_region_toolbar = False
params = area.spaces.active.params
if params is not None:
    params.directory, params.display_type = {folder!r}.encode(), "LIST_VERTICAL"
area.tag_redraw()
result = params is not None
"""
PLACES = """
areas = {area.type: area for area in bpy.context.window_manager.windows[0].screen.areas}
files = next(r for r in areas["FILE_BROWSER"].regions if r.type == "WINDOW")
tab = next(r for r in areas["VIEW_3D"].regions if r.type == "UI")
result = [files.x + 40, files.y + files.height - 32,
          tab.x + tab.width // 2 - 20, tab.y + tab.height // 2]
"""


def test_drawing_the_tab_reads_no_file(desktop: Desktop, window: Window) -> None:
    window.run(FIGURE)
    window.run(WATCH)

    def drawn() -> int:
        before: int = window.run(f"result = {DRAWN}")
        for _ in range(5):
            window.run(REDRAW)
        window.until(f"{DRAWN} > {before}")
        found: int = window.run(f"result = {DRAWN}")
        return found

    first = drawn()  # what nobody has asked for yet is looked at once
    window.run("bpy.app.driver_namespace['opened'].clear()")
    assert drawn() > first
    assert window.run("result = bpy.app.driver_namespace['opened']") == []


def test_an_image_that_is_dropped_on_the_tab_is_the_target(
    desktop: Desktop, window: Window
) -> None:
    folder = desktop.folder / "images"
    folder.mkdir()
    (folder / "photo.png").write_bytes(encode_png(np.full((64, 64, 3), 90, np.uint8)))
    wait_for(lambda: window.run(BROWSER.format(folder=str(folder))), 30, "a file browser", 0.5)
    window.ask("key", "ESC")
    window.ask("drag", *window.run(PLACES))
    window.until("bpy.context.scene.mti.target == 'IMAGE'", 30)
    assert Path(window.run("result = bpy.context.scene.mti.target_image")).name == "photo.png"
    assert "IMAGE" not in window.run("result = [o.empty_display_type for o in bpy.data.objects]")


def test_the_status_bar_is_drawn_again_as_a_job_goes_on(desktop: Desktop, window: Window) -> None:
    """Nobody can tag it: it is no area of the screen."""
    window.run("""
bpy.app.driver_namespace["bar"] = 0
def count(self, context):
    bpy.app.driver_namespace["bar"] += 1
bpy.types.STATUSBAR_HT_header.append(count)
""")
    before = window.run("result = bpy.app.driver_namespace['bar']")
    window.run(f"from {ADDON}.mti_addon.blender.common import panels; panels.redraw()")
    window.until(f"bpy.app.driver_namespace['bar'] > {before}", 30)

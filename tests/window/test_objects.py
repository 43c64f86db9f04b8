"""What the viewport shows of a result: an empty looks up its picture in its own way, and late."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from mti_addon.motion import decode_png, encode_png, picture_of_each_frame
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for

pytestmark = pytest.mark.wide

PICTURES, LENGTH = 14, 48
GO_TO = """
window = bpy.context.window_manager.windows[0]
with bpy.context.temp_override(window=window):
    bpy.ops.screen.frame_offset(delta={frame} - bpy.context.scene.frame_current)
"""
"""As a key or the timeline does it."""


def write_pictures(folder: Path) -> None:
    """Each has a white bar from the left that is wider than the one before."""
    folder.mkdir()
    for i in range(PICTURES):
        picture = np.full((64, 64, 3), (20 + 15 * i, 120, 40), np.uint8)
        picture[:, : 4 * i + 4] = 255
        (folder / f"{i + 1:04d}.png").write_bytes(encode_png(picture))


def white_share(screen: Path) -> float:
    """Of the picture in the middle of the viewport; -1 if there is none."""
    whole = decode_png(screen.read_bytes())
    width = whole.shape[1]
    pixels = whole[280:580, width // 10 : width * 48 // 100, :3].astype(int)  # left of the sidebar
    white = pixels.min(-1) > 240
    coloured = pixels.max(-1) - pixels.min(-1) > 40
    widths = (white | coloured).sum(1)
    rows = widths == np.median(widths[widths > 20]) if (widths > 20).any() else widths < 0
    return float(white[rows].sum() / widths[rows].sum()) if rows.any() else -1.0


@pytest.mark.slow
def test_an_empty_shows_the_right_picture_at_once(desktop: Desktop, window: Window) -> None:
    folder = desktop.folder / "pictures"
    write_pictures(folder)
    window.run(f"""
from pathlib import Path
from {ADDON}.mti_addon.blender.results import objects as result_objects
from {ADDON}.mti_addon.workflow import kept_results as results
folder = Path({str(folder)!r})
bpy.data.objects.remove(bpy.data.objects["Cube"])
bpy.context.view_layer.update()
names = tuple(path.name for path in sorted(folder.glob("*.png")))
place = results.spread(results.Result(folder, names, None), {LENGTH})
image = result_objects.load_sequence(str(place / "0001.png"), "result")
result_objects.add_empty(bpy.context, image, (64, 64), 1, {LENGTH})
w = bpy.context.window_manager.windows[0]
area = next(area for area in w.screen.areas if area.type == "VIEW_3D")
region = next(region for region in area.regions if region.type == "WINDOW")
with bpy.context.temp_override(window=w, area=area, region=region):
    bpy.ops.view3d.view_axis(type="FRONT")
    area.spaces.active.region_3d.view_distance /= 2  # its outline would be much of a small picture
""")
    order = picture_of_each_frame(PICTURES, LENGTH)
    for frame in (1, 5, 9, 12, 20, 40, 60):
        if frame > 1:  # the first is shown as it was added
            window.run(GO_TO.format(frame=frame))
        expected = (order[min(frame, LENGTH) - 1] + 1) / 16

        def right(frame: int = frame, expected: float = expected) -> bool:
            shown = white_share(desktop.picture(desktop.folder / f"at-{frame}.png"))
            return abs(shown - expected) < 0.04  # its outline counts as coloured; a step is 0.06

        time.sleep(0.5)
        wait_for(right, 15, f"the picture of frame {frame}", pause=0.5)

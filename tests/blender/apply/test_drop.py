"""An image that is dropped on the tab is the target; tests/window drops one with the mouse."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest


@pytest.fixture
def image(ext, tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(ext("motion").encode_png(np.full((64, 64, 3), 90, np.uint8)))
    return path


def test_a_dropped_image_is_the_target(captured, polling, image, ext, tmp_path):
    assert bpy.ops.mti.drop_target(filepath=str(image)) == {"FINISHED"}
    mti = bpy.context.scene.mti
    assert (mti.target, mti.target_image) == ("IMAGE", str(image))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.mti.drop_target(filepath=str(image))
    assert mti.target_image == "//photo.png"
    made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert made.note.source == "//photo.png" and made.note.size == (64, 64)


@pytest.mark.parametrize("path", ["", "/none/photo.png"])
def test_what_is_not_there_changes_nothing(captured, polling, path):
    with pytest.raises(RuntimeError, match="The image file does not exist"):
        bpy.ops.mti.drop_target(filepath=path)
    assert bpy.context.scene.mti.target != "IMAGE"


@pytest.mark.parametrize(
    ("area", "region", "tab", "expected"),
    [
        ("VIEW_3D", "UI", "Motion", True),
        ("SEQUENCE_EDITOR", "UI", "Motion", True),
        ("VIEW_3D", "WINDOW", "Motion", False),  # there Blender makes an empty of it
        ("VIEW_3D", "UI", "Item", False),
        ("IMAGE_EDITOR", "UI", "Motion", False),
    ],
)
def test_it_is_offered_over_the_tab_only(scene, ext, area, region, tab, expected):
    handler = ext("blender.apply.drop").MTI_FH_target
    context = SimpleNamespace(
        area=SimpleNamespace(type=area),
        region=SimpleNamespace(type=region, active_panel_category=tab),
    )
    assert handler.poll_drop(context) is expected
    assert not handler.poll_drop(SimpleNamespace(area=None, region=None))
    assert {".png", ".jpg", ".exr"} <= set(handler.bl_file_extensions.split(";"))

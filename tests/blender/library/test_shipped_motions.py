"""The included motions in Blender: shown, found, keyed again, and captured again."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

ONE_OF_EACH = ("Walk in Place", "Quadruped Trot", "Face Talk", "Bounce", "Orbit")


@pytest.fixture
def included(motions):
    """name -> what the library knows of an included motion."""
    motions.library().refresh()
    return {e.name: e for e in motions.library().entries() if e.origin == "shipped"}


def test_all_are_in_the_library_with_picture_and_preview(included):
    assert len(included) >= 24
    assert {e.kind for e in included.values()} == {"body", "animal", "face", "object", "camera"}
    for entry in included.values():
        assert entry.license and entry.notes and entry.has_poses
        assert entry.has_thumbnail and entry.num_references == 14
        assert entry.has_preview == ("draft" in entry.models)


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_one_of_each_kind_is_keyed_again_and_captured_alike(included, ext, name):
    entry = included[name]
    bpy.ops.wm.read_homefile(use_empty=True)  # a camera over objects would be rendered
    assert bpy.ops.mti.edit_motion(motion=entry.id) == {"FINISHED"}
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("workflow.captures").load_capture(
        ext("blender.common.addon").captures_folder(), bpy.context.scene.mti.capture
    )
    decode = ext("motion").decode_png
    shown = sorted((entry.folder / "reference").glob("*.png"))
    for path, then in zip(capture.pictures(), shown, strict=True):
        now = decode(path.read_bytes()).astype(int)
        assert np.abs(now - decode(then.read_bytes())).mean() < 0.5

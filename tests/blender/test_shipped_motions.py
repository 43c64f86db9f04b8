"""The shipped motions are what Blender captures today: the starters, the keyed box, the camera."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tools.presets.catalog import LIBRARY, PRESETS, Wanted


@pytest.mark.once
@pytest.mark.parametrize("wanted", LIBRARY, ids=lambda wanted: wanted.slug)
def test_its_poses_are_those_of_its_scene(wanted: Wanted, enabled, ext):
    from tools.presets import scenes

    scenes.build(wanted)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    captures, folder = ext("workflow.captures"), ext("blender.common.addon").captures_folder()
    capture = captures.load_capture(folder, bpy.context.scene.mti.capture)
    assert capture.about.notes == ()  # nothing that the animator would be warned about
    poses = capture.poses()
    shipped = type(poses).from_json((PRESETS / wanted.slug / "poses.json").read_bytes())
    assert shipped.limbs == poses.limbs and shipped.parts == poses.parts
    # float32, and Blender's versions round differently
    assert np.allclose(shipped.joints, poses.joints, atol=1e-4)
    assert np.allclose(shipped.world_to_clip, poses.world_to_clip, atol=1e-4)
    assert np.allclose(shipped.radii, poses.radii, rtol=1e-4)
    assert (shipped.fps, shipped.size) == (pytest.approx(poses.fps), poses.size)

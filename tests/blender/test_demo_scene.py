"""The demo's scenes: a wave in view, and a character like those that the draft model knows."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from demo import scene as demo


def test_the_motion_scene_can_be_captured(scene, ext):
    built = demo.build_motion_scene()
    motion = ext("motion")
    assert (built.frame_start, built.frame_end, built.render.fps) == (1, 48, 24)
    assert bpy.ops.mti.capture() == {"FINISHED"}
    poses = ext("blender.sketch.capture").poses_from_scene(
        bpy.context, "ARMATURE", 1, 48, 14, (64, 64)
    )
    assert motion.check_poses(poses) is None and motion.warnings_about(poses) == []
    pictures = motion.draw(poses)
    background = np.array(motion.Look().background)
    drawn = (np.abs(pictures.astype(int) - background).max(-1) > 30).any(0)
    rows, columns = np.nonzero(drawn.any(1))[0], np.nonzero(drawn.any(0))[0]
    assert 40 <= np.ptp(rows) <= 58 and columns.min() > 1 and columns.max() < 62


@pytest.mark.once
@pytest.mark.parametrize("workbench", [True, False])
def test_the_target_is_a_centred_character_of_80_percent_height(scene, ext, workbench, monkeypatch):
    target, motion = ext("blender.scene.picture"), ext("motion")
    if workbench and not target.workbench_works():
        pytest.skip("Workbench cannot draw here")
    monkeypatch.setattr(target, "workbench_works", lambda: workbench)
    built = demo.build_target_scene()
    picture = motion.decode_png(target.render_target(built, "PREVIEW"))[..., :3].astype(int)
    small = picture.reshape(64, 8, 64, 8, 3).mean((1, 3))
    edge = small[:, [0, 1, -2, -1]].mean(1, keepdims=True)
    figure = np.abs(small - edge).max(-1) > 25
    rows, columns = np.nonzero(figure.any(1))[0], np.nonzero(figure.any(0))[0]
    assert (rows.max() - rows.min() + 1) / 64 == pytest.approx(0.80, abs=0.03)
    assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(32, abs=1)
    background = small[~figure]
    assert background.min() > 150  # light, softly graded
    assert 2 < np.ptp(edge[:, 0].mean(-1)) < 60
    for part, row, column in (("torso", 28, 32), ("arm.R", 26, 25), ("leg.L", 48, 35)):
        wanted = np.array(demo.COLORS[part]) * 255
        assert np.abs(small[row, column] - wanted).max() < 70, (part, small[row, column])

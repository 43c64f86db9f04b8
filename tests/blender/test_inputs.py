"""Scenes as other people build them (inputs.py): the frames that are found, and what is captured.

The truth is how each scene was made, and, as a check of that, where Blender itself shows a change
when all frames are played.
"""

from __future__ import annotations

import math

import bpy
import numpy as np
import pytest

from tests.blender import inputs

SLACK = 2
"""Frames at either end in which what has begun or has not ended yet is too slow to be seen."""


@pytest.fixture
def level(scene):
    """The factory scene with a level camera before the origin."""
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (math.pi / 2, 0, 0)
    handlers = list(bpy.app.handlers.frame_change_pre)
    yield scene
    bpy.app.handlers.frame_change_pre[:] = handlers


def _pictures(ext, capture):
    return np.stack([ext("motion").decode_png(p.read_bytes()) for p in capture.pictures()])


def _captured(scene, ext):
    folder = ext("blender.addon").captures_folder()
    return ext("blender.captures").load_capture(folder, scene.mti.capture)


@pytest.mark.parametrize("name", inputs.INPUTS)
def test_what_moves_is_captured_while_it_moves(level, ext, name):
    expected = inputs.INPUTS[name](level)
    bpy.context.view_layer.update()
    level.mti.source = expected.source
    if expected.span is None:
        with pytest.raises(RuntimeError, match=expected.says):
            bpy.ops.mti.capture()
        assert level.mti.capture == ""
        return
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = _captured(level, ext)
    info, notes = capture.about.info, " ".join(capture.about.notes)
    found = info.frame_start, info.frame_end
    assert max(abs(a - b) for a, b in zip(found, expected.span, strict=True)) <= SLACK, found
    assert expected.says in notes and "has no keys" not in notes
    assert "stands still" not in notes
    if not expected.says:
        pictures = _pictures(ext, capture)
        assert ext("motion.checks").longest_still(pictures) <= 3, notes

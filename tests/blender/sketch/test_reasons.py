"""Why something cannot be captured: the true reason, where it is, and what to do about it."""

from __future__ import annotations

import bpy
import pytest


def _why(scene):
    before = scene.mti.capture
    with pytest.raises(RuntimeError) as told:
        bpy.ops.mti.capture()
    assert scene.mti.capture == before
    return str(told.value)


@pytest.fixture
def kept_in(figure, scene):
    """The figure in the collection Inner, which is in Outer; gives the two layer collections."""
    outer, inner = bpy.data.collections.new("Outer"), bpy.data.collections.new("Inner")
    scene.collection.children.link(outer)
    outer.children.link(inner)
    inner.objects.link(figure)
    scene.collection.objects.unlink(figure)
    layer = bpy.context.view_layer.layer_collection.children["Outer"]
    return layer, layer.children["Inner"]


def test_an_excluded_collection(kept_in, scene):
    kept_in[1].exclude = True
    assert "in the collection Inner, which is excluded from this view layer" in _why(scene)


def test_a_collection_in_an_excluded_one(kept_in, scene):
    kept_in[0].exclude = True
    assert "in the collection Outer, which is excluded" in _why(scene)


def test_a_disabled_collection(kept_in, scene):
    bpy.data.collections["Outer"].hide_viewport = True
    text = _why(scene)
    assert "in the collection Outer, which is disabled in viewports" in text
    assert "screen icon" in text


def test_a_collection_that_is_only_hidden_does_no_harm(kept_in, scene):
    kept_in[1].hide_viewport = True
    assert bpy.ops.mti.capture() == {"FINISHED"}


def test_excluded_here_but_also_somewhere_else(kept_in, figure, scene):
    kept_in[1].exclude = True
    scene.collection.objects.link(figure)
    bpy.context.view_layer.update()
    assert bpy.ops.mti.capture() == {"FINISHED"}


def test_a_disabled_object(figure, scene):
    figure.hide_viewport = True
    assert "Stick Figure is disabled in the viewport" in _why(scene)


@pytest.mark.parametrize("rate", [(2000, 1.0), (24, 0.01), (1, 200.0)])
def test_a_frame_rate_that_cannot_be_written_down(figure, scene, rate):
    scene.render.fps, scene.render.fps_base = rate
    problem = "Motions can only be captured at 0.01 to 1000 frames per second"
    assert problem in _why(scene)
    scene.mti.source = "CAMERA"
    assert problem in _why(scene)


@pytest.mark.parametrize("rate", [(1000, 1.0), (1, 99.0)])
def test_the_fastest_and_the_slowest_frame_rate(figure, scene, ext, rate):
    scene.render.fps, scene.render.fps_base = rate
    assert bpy.ops.mti.capture() == {"FINISHED"}
    assert ext("blender.sketch.current").current_capture(scene) is not None


def test_whatever_is_captured_can_be_read_back(figure, scene, ext):
    """Names of 255 bytes, with line breaks, in the source and in the notes."""
    figure.name = figure.animation_data.action.name = "walk\n\t" + "あ" * 80
    scene.mti.frame_range_mode, scene.mti.frame_start, scene.mti.frame_end = "CUSTOM", -100, 300
    assert bpy.ops.mti.capture() == {"FINISHED"}
    capture = ext("blender.sketch.current").current_capture(scene)
    assert capture is not None and capture.about.source.startswith("walk")
    assert "\n" not in scene.mti.name and scene.mti.name.startswith("walk")


def test_a_capture_that_could_not_be_read_back_is_not_written(ext, tmp_path):
    import numpy as np

    captures, wire, errors = ext("workflow.captures"), ext("wire"), ext("wire.errors")
    info = wire.CaptureInfo(5000.0, 1, 24, (64, 64), False)
    about = captures.CaptureFile("draft", 14, (64, 64), "x", (), info)
    with pytest.raises(errors.BadRequest, match="fps"):
        captures.save_capture(tmp_path, np.zeros((14, 64, 64, 3), np.uint8), about)
    assert list(tmp_path.iterdir()) == []


def test_rates_of_movies_are_looked_at_too(scene, ext):
    shots = ext("blender.sketch.reference")
    problem = shots.rate_problem(4000.0)
    assert "not at 4000" in problem.message and problem.hint
    assert shots.rate_problem(23.976) is None

"""What is captured and sent leaves alone: the Render Result, and settings that Blender cannot show.

The engine of an add-on that is not enabled, and a display or a view that the color configuration
lacks, read as something else, and could not be written back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.blender.scene.test_shot_targets import look
from tests.blender.sequencer import media_inputs
from tests.blender.sketch import inputs

MAKE = """
import bpy, sys
scene = bpy.context.scene
scene.name, scene.render.engine, scene.cycles.samples = "Studio", "CYCLES", 1
scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
scene.render.resolution_x, scene.render.resolution_y = 96, 54
scene.display_settings.display_device = sys.argv[2]
scene.view_settings.view_transform = "Film"
bpy.data.libraries.write(sys.argv[1], {scene})
"""
READ = """
import bpy, sys
with bpy.data.libraries.load(sys.argv[1]) as (source, wanted):
    wanted.scenes = source.scenes
shown = wanted.scenes[0]
print("found", shown.display_settings.display_device, "/", shown.view_settings.view_transform)
"""


@pytest.fixture
def still(shot, f12, tmp_path, ext):
    """still(): the animator sees the same two renders as before."""
    image, cube = bpy.data.images["Render Result"], bpy.data.objects["Cube"]
    seen = {}
    for index, height in ((2, 2), (0, 0)):
        image.render_slots.active_index, cube.location.z = index, height
        seen[index] = f12(shot)
    cube.location.z = -1

    def still():
        assert image.render_slots.active_index == 0
        for index, picture in seen.items():
            image.render_slots.active_index = index
            assert (look(tmp_path, ext, shot) == picture).all()
        image.render_slots.active_index = 0

    return still


@pytest.fixture
def movie(shot, media):
    """A strip of a movie in the shot."""
    strips = shot.sequence_editor_create().strips
    strip = strips.new_movie(
        name="movie", filepath=str(media / "m12.mp4"), channel=1, frame_start=1, fit_method="FIT"
    )
    shot.sequence_editor.active_strip = strip
    return media / "m12.mp4"


@pytest.mark.usefixtures("coarse")
@pytest.mark.parametrize("source", ["CAMERA", "FILE", "STRIP"])
def test_a_capture_leaves_the_render_result_alone(shot, still, movie, ext, source):
    shot.mti.source, shot.mti.file = source, str(movie)
    inputs.key(shot.camera, "location", (1, (7, -7, 5)), (20, (8, -7, 5)))
    for _ in range(2):
        shots = ext("blender.sketch.reference").take_shot(bpy.context, 14, (64, 64))
        assert len(shots.pictures) == 14
        still()


@pytest.mark.parametrize("target", ["FRAME", "STRIP", "IMAGE", "DATABLOCK"])
def test_a_target_leaves_the_render_result_alone(shot, still, movie, sent, tmp_path, target):
    """An image of floats, which is seen through the scene's view."""
    path = media_inputs.write(tmp_path / "sky.exr", media_inputs.pixels(3, 8), "OPEN_EXR")
    shot.mti.target, shot.mti.target_image = target, str(path)
    shot.mti.target_datablock = bpy.data.images.load(str(path))
    for _ in range(2):
        sent()
        still()


@pytest.mark.once
def test_the_engine_of_an_add_on_that_is_not_enabled_stays_in_a_fresh_render(shot, sent, ext):
    """F12 renders with EEVEE then; so does the target, where EEVEE can draw.

    Once: without a GPU each version compiles EEVEE's shaders for 20 s, and test_shot_targets.py
    shows for all versions that such an engine stays."""

    class Other(bpy.types.RenderEngine):
        bl_idname, bl_label = "OTHER", "Other"

    bpy.utils.register_class(Other)
    shot.render.engine = "OTHER"
    bpy.utils.unregister_class(Other)
    shot.render.resolution_x, shot.render.resolution_y = 32, 18
    shot.eevee.taa_render_samples = 1
    target, works = ext("blender.scene.picture"), ext("blender.scene.picture").workbench_works()
    try:
        if works:
            picture, _ = sent()
            assert picture.shape[:2] == (18, 32) and np.ptp(picture[..., :3]) > 20
        else:
            with pytest.raises(target.TargetError, match="needs OpenGL"):
                sent()
    finally:
        bpy.utils.register_class(Other)
        kept = shot.render.engine
        shot.render.engine = "CYCLES"
        bpy.utils.unregister_class(Other)
    assert kept == "OTHER"


@pytest.fixture
def studio(tmp_path):
    """studio(script, ...): what a Blender with a studio's own color configuration says, whose
    displays have these names."""
    names = {}

    def said(script, *arguments):
        text = Path(__file__).with_name("studio.ocio").read_text()
        for name, other in names.items():
            text = text.replace(name, other)
        (tmp_path / "studio.ocio").write_text(text)
        done = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            env=os.environ | {"OCIO": str(tmp_path / "studio.ocio")},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if line.startswith("found ")]

    said.names = names
    return said


@pytest.fixture
def appended(scene, studio, tmp_path):
    """appended(device): the studio's scene, made for this display device, in the window of a
    Blender that does not know its view. It must be the same to the studio afterwards."""
    found = []

    def appended(device):
        path = tmp_path / "studio.blend"
        studio(MAKE, path, device)
        with bpy.data.libraries.load(str(path)) as (source, wanted):
            wanted.scenes = source.scenes
        found[:] = wanted.scenes[0], device
        bpy.context.window_manager.windows[0].scene = found[0]
        assert found[0].view_settings.view_transform == ""
        found[0].mti.target, found[0].mti.fit = "RENDER", "PAD"
        return found[0]

    yield appended
    bpy.data.libraries.write(str(tmp_path / "kept.blend"), {found[0]})
    assert studio(READ, tmp_path / "kept.blend") == [f"found {found[1]} / Film"]


@pytest.mark.parametrize("target", ["RENDER", "RESULT"])
@pytest.mark.parametrize("device", ["P3 - Display", "sRGB", "Display P3"])
def test_what_the_color_configuration_lacks_is_told(
    appended, studio, shot, f12, ext, target, device
):
    """The display and the view, or the view alone. Blender itself crashes there."""
    f12(shot)
    if device != "P3 - Display":
        studio.names.update({"sRGB - Display": "sRGB", "P3 - Display": "Display P3"})
    lacking = appended(device)
    known = device if device != "P3 - Display" else ""
    assert lacking.display_settings.display_device == known
    lacking.mti.target, lacking.mti.target_engine = target, "SCENE"
    error = ext("blender.scene.picture").TargetError
    with pytest.raises(error, match="Studio uses a display or view that") as told:
        ext("blender.apply.sources").make_target(bpy.context, (64, 64))
    assert "Color Management" in told.value.problem.hint
    assert lacking.display_settings.display_device == known


def test_what_is_not_seen_through_the_view_is_as_ever(appended, ext, tmp_path):
    lacking = appended("P3 - Display")
    names = [tmp_path / f"n_{i:02d}.png" for i in range(14)]
    for i, name in enumerate(names):
        media_inputs.write(name, media_inputs.pixels(i, 14))
    strip = lacking.sequence_editor_create().strips.new_image(
        name="n", filepath=str(names[0]), channel=1, frame_start=1, fit_method="STRETCH"
    )
    for name in names[1:]:
        strip.elements.append(name.name)
    lacking.sequence_editor.active_strip = strip
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = lacking
    lacking.frame_set(7)
    sources, motion = ext("blender.apply.sources"), ext("motion")
    lacking.mti.target, lacking.mti.fit = "STRIP", "CROP"
    made = motion.decode_png(sources.make_target(bpy.context, (64, 64)).png).astype(int)
    red = round(255 * (0.1 + 0.8 * 6 / 13))
    assert np.abs(made[..., 0] - red).mean() < 3
    lacking.mti.target, lacking.mti.target_engine = "RENDER", "PREVIEW"
    assert motion.decode_png(sources.make_target(bpy.context, (64, 64)).png).std() > 3
    notes = ext("blender.sequencer.strip_colors").keep_colors(lacking, strip, set_view=False)
    assert "is not in Blender's color configuration" in notes

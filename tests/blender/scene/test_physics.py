"""What is known of simulations that Blender keeps: particles, paint and fluids."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

from tests.blender.sketch import inputs


def _lacking(ext, scene, thing, last=20):
    found = ext("blender.scene.dependencies").moving(scene, [thing])
    return found.physics_problem(last)


def test_particles_that_were_played(scene, ext):
    thing = inputs.cube()
    settings = inputs.particles(thing)
    assert _lacking(ext, scene, thing).message == "Cube is moved by physics that were never played."
    inputs.played(scene, 20)
    assert _lacking(ext, scene, thing) is None
    assert ext("blender.scene.dependencies").moving(scene, [thing]).played.span == (1, 20)
    assert not ext("blender.scene.dependencies").moving(scene, [thing]).as_drawn().played.moves
    settings.normal_factor = 3
    bpy.context.view_layer.update()
    assert _lacking(ext, scene, thing) is not None


def test_frames_that_were_left_out(scene, ext):
    """Blender keeps what it guesses then, and says so."""
    thing = inputs.cube()
    inputs.particles(thing)
    for frame in (1, 2, 3, 4, 12, 20):
        scene.frame_set(frame)
    assert "up to frame" in _lacking(ext, scene, thing).message


def test_particles_that_were_baked(scene, ext):
    thing = inputs.cube()
    inputs.particles(thing)
    with bpy.context.temp_override(point_cache=thing.particle_systems[0].point_cache):
        bpy.ops.ptcache.bake(bake=True)
    assert _lacking(ext, scene, thing) is None


def test_hair_moves_only_where_it_is_simulated(scene, ext):
    thing = inputs.cube()
    settings = inputs.particles(thing)
    settings.type = "HAIR"
    assert ext("blender.scene.dependencies").moving(scene, [thing]).caches == ()
    thing.particle_systems[0].use_hair_dynamics = True
    assert "never played" in _lacking(ext, scene, thing).message


def test_particles_that_are_hidden_move_nothing(scene, ext):
    thing = inputs.cube()
    inputs.particles(thing)
    thing.modifiers[0].show_viewport = False
    assert ext("blender.scene.dependencies").moving(scene, [thing]).caches == ()


@pytest.mark.parametrize("baked", [True, False], ids=["baked", "played"])
def test_waves_that_are_kept_beside_the_file(scene, ext, tmp_path, baked):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "water.blend"))
    scene = bpy.context.scene
    grid = inputs.water(scene)
    hint = _lacking(ext, scene, grid).hint
    assert hint == "Bake the simulation, or play it from frame 1, then capture."
    cache = grid.modifiers[0].canvas_settings.canvas_surfaces[0].point_cache
    if baked:
        with bpy.context.temp_override(point_cache=cache):
            bpy.ops.ptcache.bake(bake=True)
    else:
        inputs.played(scene, 12)
        assert "up to frame 12," in _lacking(ext, scene, grid).message
        inputs.played(scene, 20)
    assert _lacking(ext, scene, grid) is None
    scene.camera.location, scene.camera.rotation_euler = (0, -7, 1), (1.5707963, 0, 0)
    scene.mti.source = "OBJECT"
    assert bpy.ops.mti.capture() == {"FINISHED"}


def test_fluids(staged, tmp_path):
    """In a process of its own: the bpy of PyPI has half of Mantaflow, which ends it in the end."""
    command = [
        sys.executable,
        "-m",
        "tests.blender.scene.fluids",
        str(staged),
        str(tmp_path / "cache"),
    ]
    root = Path(__file__).resolve().parents[3]
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(tmp_path / "user"), "PYTHONPATH": str(root)
    }  # fmt: skip
    result = subprocess.run(
        command, env=environment, cwd=root, capture_output=True, text=True, timeout=120
    )
    told = dict(line.split(": ", 1) for line in result.stdout.splitlines() if ": " in line)
    never = "Cube is moved by physics that were never played."
    assert told["liquid"] == told["capture of a liquid"] == never, result.stdout + result.stderr
    assert told["mesh up to 17"] == (
        "Cube is moved by physics that were only played up to frame 17, not to 30."
    )
    assert told["up to 17 only"] == told["without a mesh"] == "None"
    assert told["flow"] == "()"
    assert told["smoke"] == (
        "Cube itself does not move, and its particles, smoke or paint are not drawn."
    )

"""What is said of fluids, in a process of its own: `python -m tests.blender.scene.fluids`, with the
staged folder and the cache.

Nothing is simulated, which only a whole Blender can: the files are empty ones, named as Blender
5.2 names those that it bakes and those that it keeps while a fluid is played.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from tests.blender.sequencer.lost_media import _extension

NAMES = {"data": "fluid_data_{:04d}.vdb", "mesh": "fluid_mesh_{:04d}.bobj.gz"}


def main(staged: str, cache: Path) -> None:
    """Say it, a line for each."""
    import bpy

    ext = _extension(staged)
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    thing = bpy.context.view_layer.objects.active = scene.objects["Cube"]
    moving = ext("blender.scene.dependencies").moving
    scene.mti.source = "OBJECT"

    def say(what: str, problem: Any) -> None:
        print(f"{what}: {getattr(problem, 'message', problem)}")

    def capture() -> Any:
        shots = ext("blender.sketch.reference")
        try:
            return shots.take_shot(bpy.context, 14, (64, 64))
        except shots.CaptureError as error:
            return error.problem

    fluid = thing.modifiers.new("Fluid", "FLUID")
    fluid.fluid_type = "FLOW"
    say("flow", moving(scene, [thing]).caches)
    fluid.fluid_type = "DOMAIN"
    settings = fluid.domain_settings
    settings.cache_frame_start, settings.cache_frame_end = 5, 30
    settings.domain_type, settings.use_mesh = "LIQUID", True
    settings.cache_directory = str(cache)
    say("liquid", moving(scene, [thing]).physics_problem(90))
    say("capture of a liquid", capture())
    for part, frames in (("data", range(5, 31)), ("mesh", (*range(5, 18), 25))):
        (cache / part).mkdir(parents=True, exist_ok=True)
        for frame in frames:
            (cache / part / NAMES[part].format(frame)).touch()
    say("mesh up to 17", moving(scene, [thing]).physics_problem(90))
    say("up to 17 only", moving(scene, [thing]).physics_problem(17))
    settings.use_mesh = False
    say("without a mesh", moving(scene, [thing]).physics_problem(90))
    settings.domain_type = "GAS"
    say("smoke", ext("blender.sketch.sources").span_warnings(bpy.context)[0])


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
    sys.stdout.flush()
    os._exit(0)

"""Motions in a library as an animator gets them there: captured, learned by a job, saved.

Only the learning is left out: the job's tokens are zeros.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

from tests.wire.library.examples import tokens

FIGURES = {"STICK": "motion", "QUADRUPED": "quadruped_motion", "FACE": "face_motion"}
"""Figure -> the property of its operator that names its motion."""


def add_figure(kind: str, motion: str) -> Any:
    """A starter figure, as its operator adds it."""
    assert bpy.ops.mti.add_stick_figure(figure=kind, **{FIGURES[kind]: motion}) == {"FINISHED"}
    return bpy.context.object


def level(scene: Any) -> Any:
    """The scene's camera looks straight at what is at the origin."""
    scene.camera.location, scene.camera.rotation_euler = (0, -8, 1), (1.5707963, 0, 0)
    bpy.context.view_layer.update()
    return scene


def save(
    ext: Callable[[str], ModuleType], folder: Path, name: str, kind: str = "body", **about: Any
) -> Any:
    """Capture the scene, and save it in the library `folder`; the saved motion."""
    assert bpy.ops.mti.capture() == {"FINISHED"}
    captures, jobs = ext("workflow.captures"), ext("workflow.job_requests")
    scene, library = bpy.context.scene, ext("wire.library")
    capture = captures.load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    options = jobs.LearnOptions(name=name, iterations=1, seed=0, flip_safe=False, variations=1)
    job = jobs.create_learn_job(folder.parent / "spool", capture, options, None)
    job.output_dir.mkdir()
    job.output_motion.write_bytes(tokens())
    job.manifest_file.write_text(ext("wire.job").manifest_of(job.output_dir).to_json())
    events = ext("wire.events")
    job.events_file.write_text(events.encode(events.Done({}), 1, 1.0) + "\n")
    return library.save_motion(job, folder, library.About(kind=kind, **about))

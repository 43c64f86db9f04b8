"""Buttons that start a job: learn a motion, apply one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from .. import client
from ..wire import JobFolder, MtiError, Settings
from . import addon, polling
from .captures import Capture, load_capture
from .motions import KnownMotion, find_motion
from .orders import LearnOptions, apply_order, learn_order
from .reporting import telling
from .target import read_target, render_target


class MTI_OT_learn(bpy.types.Operator):
    """Learn the captured motion, in the background"""

    bl_idname = "mti.learn"
    bl_label = "Learn"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a capture for the chosen engine, and a backend."""
        problem = addon.backend_problem() or _capture_problem(context)
        if not problem and context.scene.mti.also_apply:
            problem = _target_problem(context)
        if problem:
            cls.poll_message_set(problem)
        return not problem

    @telling
    def execute(self, context: Any) -> set[str]:
        """Write the job and start the backend on it."""
        props = context.scene.mti
        capture = current_capture(context.scene)
        assert capture is not None  # poll() has seen it
        size = _size(Settings.for_model(capture.about.model))
        target = _target(context, size) if props.also_apply else None
        options = LearnOptions(
            props.name, props.iterations, props.seed, props.flip_safe, props.variations
        )
        _start(learn_order(addon.jobs_folder(), capture, options, target))
        self.report({"INFO"}, f"Learning {options.name}")
        return {"FINISHED"}


class MTI_OT_apply(bpy.types.Operator):
    """Apply a learned motion to the target picture, in the background"""

    bl_idname = "mti.apply"
    bl_label = "Apply"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be a motion, a target and a backend."""
        problem = addon.backend_problem() or _target_problem(context)
        if not problem and current_motion(context.scene) is None:
            chosen = context.scene.mti.motion
            problem = f"There is no motion {chosen}" if chosen else "Learn a motion, or choose one"
        if problem:
            cls.poll_message_set(problem)
        return not problem

    @telling
    def execute(self, context: Any) -> set[str]:
        """Render or read the target, write the job and start the backend on it."""
        motion = current_motion(context.scene)
        assert motion is not None  # poll() has seen it
        target = _target(context, _size(motion.settings))
        _start(apply_order(addon.jobs_folder(), motion, target, context.scene.mti.seed))
        self.report({"INFO"}, f"Applying {motion.name}")
        return {"FINISHED"}


def current_capture(scene: Any) -> Capture | None:
    """The scene's capture, if it is still there."""
    return load_capture(addon.captures_folder(), scene.mti.capture)


def current_motion(scene: Any) -> KnownMotion | None:
    """The motion chosen in the scene, or the one that was learned last."""
    return find_motion(scene.mti.motion, polling.jobs, addon.presets_folder())


def _capture_problem(context: Any) -> str:
    capture = current_capture(context.scene)
    if capture is None:
        return "Capture a motion first"
    engine = addon.preferences().engine
    if capture.about.model != engine:
        return f"Captured for the engine {capture.about.model}: capture again for {engine}"
    return ""


def _target_problem(context: Any) -> str:
    props = context.scene.mti
    if props.target == "IMAGE":
        if not props.target_image:
            return "Choose the target picture first"
        path = bpy.path.abspath(props.target_image)
        return "" if Path(path).is_file() else f"The target picture is missing: {path}"
    scene = props.target_scene or context.scene
    return "" if scene.camera else f"The scene {scene.name} has no camera to render with"


def _target(context: Any, size: tuple[int, int]) -> bytes:
    """The target as a PNG file's bytes."""
    props = context.scene.mti
    if props.target == "IMAGE":
        return read_target(Path(bpy.path.abspath(props.target_image)))
    return render_target(props.target_scene or context.scene, size, props.target_engine)


def _size(settings: Settings) -> tuple[int, int]:
    return settings.width, settings.height


def _start(job: JobFolder) -> None:
    """Start the backend on a new job; a job that cannot be started is not left behind."""
    try:
        client.launch(
            addon.backend_python(), addon.EXTENSION_ROOT, job, addon.backend_environment()
        )
    except MtiError:
        client.remove(job)
        raise
    finally:
        polling.start()

"""The process that captures the actions of a .blend file: a background Blender of the command line.

Of the extension it only needs the settings of a scene. It is not enabled, and the user's own files
and preferences are not read.

    blender --background --python-expr "from ...capture_actions import main; main()" -- FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import bpy

from ..wire.capture_folder import ActionCapture, CaptureFolder, CapturePlan, CaptureTask
from ..wire.errors import BadRequest, Internal, MtiError, UnreadableInput
from ..wire.events import Failed
from ..wire.problem import Problem
from ..workflow.job_requests import LearnOptions
from .apply.edit_properties import MTI_PG_chained_motion
from .apply.words_properties import MTI_PG_prompt
from .common.problems import CaptureError
from .learn import actions
from .learn.many import Planned, create_job
from .properties import MTI_PG_scene

SETTINGS_OF_A_SCENE: tuple[type, ...] = (MTI_PG_prompt, MTI_PG_chained_motion, MTI_PG_scene)
DRIVER = "Driver"
"""How Blender's note of a script that it has not run begins, if that was a driver's."""
UNREADABLE = "{name} is not a .blend file that Blender {version} can read ({reason})."
TRY_TO_OPEN = "Open it in Blender; if that works, save it again."
NEWER = "{name} was saved by Blender {saved}, and Blender {version} may lose parts of it."
NO_ARMATURE = "There is no armature in the scene {scene} of {name}."
OTHER_SCENE = "Save the file with the scene open that has the armature, or add one."
NO_ACTION = "{name} has no action that moves bones of an armature in its scene {scene}."
KEY_ONE = "Key an armature in Pose Mode, and save the file."
DRIVERS_OFF = "{name} has drivers with scripts. They are not run, so what they drive does not move."
FAULT = "{action} could not be captured because of an internal error ({reason})."


def main(arguments: list[str] | None = None) -> int:
    """Capture the actions for the folder in the arguments; return the exit code."""
    given = sys.argv if arguments is None else arguments
    folder = CaptureFolder(Path(given[-1]).resolve())
    try:
        with _settings_of_scenes():
            _capture(folder, folder.task())
    except MtiError as error:
        folder.write_failed(error)
        return error.exit_code
    return 0


@contextmanager
def _settings_of_scenes() -> Iterator[None]:
    """Have scenes their settings, those that are saved in the file included.

    A class that is still registered when the process ends makes Blender 4.5 hang.
    """
    for cls in SETTINGS_OF_A_SCENE:
        bpy.utils.register_class(cls)
    bpy.types.Scene.mti = bpy.props.PointerProperty(type=MTI_PG_scene)
    try:
        yield
    finally:
        del bpy.types.Scene.mti
        for cls in reversed(SETTINGS_OF_A_SCENE):
            bpy.utils.unregister_class(cls)


def _capture(folder: CaptureFolder, task: CaptureTask) -> None:
    """Capture what an earlier process has not; those that cannot be captured are noted.

    Raises UnreadableInput, BadRequest, DiskFull, NotWritable.
    """
    name = Path(task.file).name
    _open(task.file, name)
    planned = _planned(bpy.context, task, name)
    folder.write_plan(CapturePlan(tuple(each.title for each in planned), _notices(name)))
    for number, each in enumerate(planned):
        if folder.action(number) is None:
            folder.write_action(number, _captured(folder, task, each))


def _open(file: str, name: str) -> None:
    """Open the file, without running its scripts. Raises UnreadableInput."""
    version = _version(bpy.app.version)
    try:
        bpy.ops.wm.open_mainfile(filepath=file, use_scripts=False)
    except RuntimeError as error:
        reason = str(error).partition(": ")[2].strip()  # without the word for an error
        values = {"name": name, "version": version, "reason": reason}
        raise UnreadableInput(
            Problem("blend_unreadable", UNREADABLE, TRY_TO_OPEN, values)
        ) from error
    if bpy.data.version[:2] > bpy.app.version[:2]:
        values = {"name": name, "saved": _version(bpy.data.version), "version": version}
        hint = "Choose Blender {saved} or newer with --blender."
        raise UnreadableInput(Problem("blend_newer", NEWER, hint, values))


def _version(numbers: tuple[int, ...]) -> str:
    return "{}.{}".format(*numbers)


def _planned(context: Any, task: CaptureTask, name: str) -> list[Planned]:
    """Return what becomes a motion. Raises BadRequest if that is nothing."""
    values = {"name": name, "scene": context.scene.name}
    armatures = actions.armatures_of(context)
    if not armatures:
        raise BadRequest(Problem("blend_without_armature", NO_ARMATURE, OTHER_SCENE, values))
    planned = actions.planned(context, armatures, task.settings, task.kind)
    if not planned:
        raise BadRequest(Problem("blend_without_action", NO_ACTION, KEY_ONE, values))
    return planned


def _notices(name: str) -> tuple[str, ...]:
    if not bpy.app.autoexec_fail_message.startswith(DRIVER):
        return ()
    return (str(Problem("drivers_not_run", DRIVERS_OFF, values={"name": name})),)


def _captured(folder: CaptureFolder, task: CaptureTask, planned: Planned) -> ActionCapture:
    """Capture one action, and write its job."""
    try:
        shot = planned.capture()
        job = create_job(folder.path, planned, shot, task.settings, _options(task, planned.name))
    except CaptureError as error:
        return ActionCapture(failed=Failed.of(BadRequest(error.problem)))
    except MtiError as error:
        return ActionCapture(failed=Failed.of(error))
    except Exception as error:  # what is wrong with one action may not be with the others
        reason = f"{type(error).__name__}: {error}"
        values = {"action": planned.name, "reason": reason}
        fault = Problem("action_fault", FAULT, "Please report it.", values)
        return ActionCapture(failed=Failed.of(Internal(fault)))
    return ActionCapture(job.path.name, tuple(map(str, shot.warnings)))


def _options(task: CaptureTask, name: str) -> LearnOptions:
    """Return the options of the command line, which are in its settings already."""
    settings = task.settings
    words = settings.motion_inversion
    return LearnOptions(
        name,
        iterations=0,
        seed=settings.inversion.seed if words is None else words.learning.seed,
        flip_safe=task.flip_safe,
        variations=1,
        takes=settings.takes,
        caption="" if words is None else words.caption,
    )

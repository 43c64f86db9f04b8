"""Learn a motion of the library for another engine, from its poses or images. Imports no bpy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..client.library import Entry
from ..motion import PoseSequence, decode_png, draw, encode_png, fit_picture
from ..motion.resampling import averaged
from ..wire import JobFolder, Settings
from ..wire.contents import read_verified
from ..wire.errors import BadRequest, UnreadableInput
from ..wire.library import Motion
from ..wire.motion_inversion import View
from ..wire.problem import Problem
from ..wire.settings import ModelName
from .job_requests import LearnOptions, create_learn_job_from, learn_inputs
from .keeping import Keep
from .motion_poses import captured_poses
from .progress import steps
from .words import caption_of_kind, is_by_words

Pictures = NDArray[np.uint8]


def can_learn(entry: Entry, model: ModelName) -> bool:
    """Return whether a model can learn a motion that it has not learned yet."""
    return model not in entry.models and cannot_learn(entry) is None


def cannot_learn(entry: Entry) -> Problem | None:
    """Return why no engine can learn a motion of the library."""
    values = {"name": entry.name}
    if entry.is_edited:
        what = "{name} was made of other motions, and is not learned itself."
        hint = "Learn the motions that it was made of."
        return Problem("edited_motion_not_learned", what, hint, values)
    if not entry.has_poses and not entry.num_references:
        what = "{name} has neither poses nor images to learn it from."
        return Problem("motion_without_images", what, "Capture the motion again.", values)
    return None


def create_relearn_job(
    root: Path, motion: Motion, settings: Settings, options: LearnOptions
) -> JobFolder:
    """Write a job that learns a motion of a library for the engine of `settings`.

    Raises BadRequest, UnreadableInput, DiskFull, NotWritable; nothing is left behind then.
    """
    preset = motion.preset
    count, size, poses = settings.num_frames, settings.size, None
    if preset.has_poses:
        poses = shaped(captured_poses(motion), count, size)
    pictures = _images(motion, count, size) if poses is None else list(draw(poses))
    camera = preset.kind == "camera"
    options = replace(options, framing="WHOLE" if camera else "AUTO", playing=None)
    if is_by_words(settings):
        caption = caption_of_kind(preset.kind, preset.name, settings.model)
        view: View = "camera" if camera else "object"
        options = replace(options, variations=1, caption=caption, view=view)
    inputs = learn_inputs(map(encode_png, pictures), poses, options)
    return create_learn_job_from(root, settings, options, inputs, preset.capture)


def kept_in(motion: Motion) -> Keep:
    """Return that what a job learns is added to a motion of a library when it is done."""
    return Keep(folder=str(motion.folder), motion=motion.preset.id)


def shaped(poses: PoseSequence, count: int, size: tuple[int, int]) -> PoseSequence:
    """Return the same motion in `count` images of (width, height) pixels.

    All that was in the image stays in it, and keeps its proportions.
    """
    before, after = poses.size[0] / poses.size[1], size[0] / size[1]
    scale = np.diag([min(1.0, before / after), min(1.0, after / before), 1.0, 1.0])
    clips = scale.astype(np.float32) @ _resampled(poses.world_to_clip, count)
    seconds = (poses.frames - 1) / poses.fps
    return replace(
        poses,
        joints=_resampled(poses.joints, count),
        world_to_clip=clips,
        fps=(count - 1) / seconds if seconds else poses.fps,
        size=size,
    )


def _resampled(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Interpolate values (F, ...) linearly to (count, ...), both ends included."""
    if len(values) == count:
        return values
    places = np.linspace(0, len(values) - 1, count)
    low = np.minimum(places.astype(int), max(0, len(values) - 2))
    high = np.minimum(low + 1, len(values) - 1)
    share = (places - low).reshape(-1, *[1] * (values.ndim - 1))
    return np.asarray(values[low] * (1 - share) + values[high] * share, np.float32)


def _images(motion: Motion, count: int, size: tuple[int, int]) -> list[Pictures]:
    """Read the captured images of a motion, cropped and scaled to (width, height) pixels.

    Raises BadRequest if there are none, UnreadableInput.
    """
    preset, names = motion.preset, motion.preset.references
    if not names:
        what = "{name} has neither poses nor images to learn it from."
        hint = "Capture the motion again."
        raise BadRequest(Problem("motion_without_images", what, hint, {"name": preset.name}))
    chosen = np.linspace(0, len(names) - 1, count).round().astype(int)
    return [_image(motion, names[i], size) for i in steps(chosen.tolist())]


def _image(motion: Motion, name: str, size: tuple[int, int]) -> Pictures:
    data = read_verified(motion.folder, name, motion.preset.files[name])
    try:
        picture = decode_png(data)
    except ValueError as error:
        what, hint = "The image {name} cannot be read.", "Capture the motion again."
        raise UnreadableInput(
            Problem("reference_unreadable", what, hint, {"name": name})
        ) from error
    if picture.shape[2] < 3:  # gray
        picture = np.repeat(picture[..., :1], 3, axis=2)
    cropped, _ = fit_picture(picture[..., :3], size, "CROP")
    opaque = np.dstack([cropped, np.full(cropped.shape[:2], 255, np.uint8)])
    height, width = cropped.shape[:2]
    return averaged(opaque, (0, 0, width, height), size, over=True)

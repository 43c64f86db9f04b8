"""The shipped library's folder: what is in it, whether it is up to date, and replacing a motion.

Imports the wire, the add-on's captures, and torch for the warning.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mti_addon.wire import JobFolder, Settings, files
from mti_addon.wire.errors import MtiError
from mti_addon.wire.library import Motion, Quality, add_motion, read_library, save_motion
from mti_addon.wire.library.preset import PREVIEW, THUMBNAIL, Preset, update_preset, verify_preset
from mti_addon.wire.request import POSES, reference_name
from mti_addon.workflow.captures import POSES_FILE, Capture
from mti_backend.metrics.ranking import warning

from .catalog import LIBRARY, MOST_BYTES, PRESETS, Wanted

DIGITS = 4
"""Of the measured figures."""


def find(wanted: Wanted) -> Motion | None:
    """Return a motion's folder in the library; None if there is none that can be read."""
    folder = PRESETS / wanted.slug
    return next((motion for motion in read_library(PRESETS)[0] if motion.folder == folder), None)


def is_current(motion: Motion | None, capture: Capture, settings: Settings, model: str) -> bool:
    """Return whether a motion is what was captured, learned with these settings on this model."""
    if motion is None:
        return False
    preset, learned = motion.preset, motion.preset.embeddings.get("draft")
    same = learned is not None and learned.model == model and learned.settings == settings
    if not same or learned is None or learned.quality.motion_gain is None:
        return False
    if warning("draft", learned.quality.reconstruction, learned.quality.motion_gain):
        return False
    paths = {reference_name(i + 1): path for i, path in enumerate(capture.pictures())}
    paths[POSES] = capture.path / POSES_FILE
    if any(preset.files.get(name) != files.sha256_file(path) for name, path in paths.items()):
        return False
    try:
        verify_preset(motion.folder, preset)
    except MtiError:
        return False
    return True


def put(wanted: Wanted, job: JobFolder, gain: float, drawn: float | None, work: Path) -> Motion:
    """Save what a job has learned, with its figures, in place of the motion's older folder.

    What Blender would warn about is not shipped as learned, unless it does well on held-out
    targets: such a motion is saved with its poses and images alone, so that an engine that can play
    it learns it from them.

    `work`: a folder on the same disk, in which it is written first.
    """
    shutil.rmtree(work, ignore_errors=True)
    made = save_motion(job, work, wanted.about)
    learned = made.preset.embeddings["draft"]
    old = learned.quality
    if warning("draft", old.reconstruction, gain):
        return _moved_in(wanted, _unlearned(made, work))
    quality = Quality(
        reconstruction=_rounded(old.reconstruction),
        motion_gain=_rounded(gain),
        loss=_rounded(old.loss),
        drawn=_rounded(drawn),
    )
    preset = replace(made.preset, embeddings={"draft": replace(learned, quality=quality)})
    update_preset(made.folder, preset)
    return _moved_in(wanted, Motion(made.folder, preset))


def _unlearned(made: Motion, work: Path) -> Motion:
    """Return a copy in `work` without what was learned, and without the preview that shows it."""
    preset = made.preset
    dropped = {PREVIEW, *(name for each in preset.embeddings.values() for name in each.files)}
    contents: dict[str, bytes | Path] = {
        name: made.folder / name for name in preset.files if name not in dropped
    }
    return add_motion(work, replace(preset, id="", embeddings={}, files={}), contents)


def _moved_in(wanted: Wanted, made: Motion) -> Motion:
    """Put a motion in its place in the library, instead of what was there."""
    place = PRESETS / wanted.slug
    for motion in read_library(PRESETS)[0]:
        if made.preset.id == motion.preset.id or motion.folder == place:
            files.remove_folder(motion.folder)
    files.replace(made.folder, place)
    return Motion(place, made.preset)


def describe(motion: Motion, wanted: Wanted) -> Motion:
    """Bring a motion's name, kind, tags and notes up to date, without learning it again."""
    preset = _described(motion.preset, wanted)
    if preset != motion.preset:
        update_preset(motion.folder, preset)
    return Motion(motion.folder, preset)


def _described(preset: Preset, wanted: Wanted) -> Preset:
    about = wanted.about
    return replace(
        preset,
        name=wanted.name,
        kind=about.kind,
        tags=about.tags,
        author=about.author,
        license=about.license,
        notes=about.notes,
    )


def remove_others() -> list[str]:
    """Remove the folders of motions that are no longer in the catalog; return their names."""
    slugs = {wanted.slug for wanted in LIBRARY}
    others = [path for path in PRESETS.iterdir() if path.is_dir() and path.name not in slugs]
    for path in others:
        files.remove_folder(path)
    return sorted(path.name for path in others)


def problems(model: str, warned: Sequence[str] = ()) -> list[str]:
    """Return what is wrong with the shipped library, one sentence each; none if it is complete.

    `model`: identity of the shipped draft. `warned`: names of the motions that it warns about.
    """
    found, unreadable = read_library(PRESETS)
    texts = [f"{path.name}: {error.problem}" for path, error in unreadable.items()]
    by_slug = {motion.folder.name: motion for motion in found}
    for wanted in LIBRARY:
        motion = by_slug.pop(wanted.slug, None)
        texts += [f"{wanted.name}: {text}" for text in _problems(motion, wanted, model)]
    texts += [f"{slug} is not in the catalog." for slug in by_slug]
    texts += [f"{name} was learned badly." for name in warned]
    size = sum(path.stat().st_size for path in PRESETS.rglob("*") if path.is_file())
    if size > MOST_BYTES:
        texts.append(f"The library has {size / 1e6:.1f} MB, more than {MOST_BYTES / 1e6:.0f}.")
    return texts


def _problems(motion: Motion | None, wanted: Wanted, model: str) -> list[str]:
    if motion is None:
        return ["is missing."]
    preset, texts = motion.preset, []
    learned = preset.embeddings.get("draft")
    if learned is None:
        pass  # the draft plays it too badly to be shipped as learned
    elif learned.model != model:
        texts.append("was not learned on the shipped draft.")
    elif None in (learned.quality.reconstruction, learned.quality.motion_gain):
        texts.append("was not measured.")
    if not (preset.has_poses and preset.references and THUMBNAIL in preset.files):
        texts.append("lacks poses, reference images or a thumbnail.")
    if preset != _described(preset, wanted):
        texts.append("is not described as in the catalog.")
    try:
        verify_preset(motion.folder, preset)
    except MtiError as error:
        texts.append(str(error.problem))
    return texts


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)

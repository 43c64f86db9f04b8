"""Icons of the panels: as many as are shown, however long Blender runs."""

from __future__ import annotations

import contextlib
import gc
from dataclasses import replace

import bpy.utils.previews
import numpy as np
import pytest

from tests.blender.queue.following import learn, wait

MANY = 300


def icons() -> int:
    """How many previews this process holds."""
    kind = bpy.utils.previews.ImagePreviewCollection
    count = 0
    for each in gc.get_objects():
        with contextlib.suppress(ReferenceError):  # of what Blender has removed meanwhile
            count += len(each) if isinstance(each, kind) else 0
    return count


@pytest.fixture
def png(ext):
    return ext("motion").encode_png(np.zeros((8, 8, 3), np.uint8))


@pytest.fixture
def running(captured, polling):
    learn(polling, captured, "slow")
    row = wait(polling, lambda row: row.state.step >= 3)
    yield row
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, lambda row: not row.active)


def test_each_preview_of_a_job_takes_the_place_of_the_one_before(running, polling, ext, png):
    """One comes every quarter of a minute, in a file of its own."""
    job_pictures, row, before = ext("blender.queue.pictures"), running, icons()
    (row.folder.path / "live").mkdir()
    for number in range(20):
        name = f"live/{number:06d}.png"
        (row.folder.path / name).write_bytes(png)
        job_pictures.live_icon(replace(row, state=replace(row.state, preview=name)))
    assert icons() <= before + 1


def test_a_job_that_has_ended_leaves_no_icon_of_its_course(captured, polling, ext, png):
    job_pictures, before = ext("blender.queue.pictures"), icons()
    learn(polling, captured, "slow")
    row = wait(polling, lambda row: row.state.step >= 3)
    (row.folder.path / "live").mkdir()
    (row.folder.path / "live" / "1.png").write_bytes(png)
    job_pictures.live_icon(replace(row, state=replace(row.state, preview="live/1.png")))
    assert icons() > before  # its curve, and the preview
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, lambda row: not row.active)
    assert icons() == before


def test_however_many_files_are_looked_at_few_are_kept(captured, ext, png, tmp_path):
    """Takes of all jobs, captures and previews of targets, one after the other."""
    captures, addon = ext("workflow.captures"), ext("blender.common.addon")
    preview, pictures = ext("blender.apply.preview"), ext("blender.common.icons")
    capture = captures.load_capture(addon.captures_folder(), captured.mti.capture)
    for number in range(MANY):
        place = preview.folder() / f"{number:032x}"
        place.mkdir(parents=True)
        (place / preview.PICTURE).write_bytes(png)
        preview.icon(place.name)
        folder = tmp_path / f"{number}"
        folder.mkdir()
        (folder / "sheet.png").write_bytes(png)
        pictures.icon_of(replace(capture, path=folder))
    assert icons() < MANY


def test_nothing_is_kept_of_an_extension_that_is_disabled(captured, ext, png, tmp_path):
    pictures = ext("blender.common.icons")
    (tmp_path / "1.png").write_bytes(png)
    pictures.file_icon(tmp_path / "1.png")
    assert icons() > 0
    pictures.forget()
    ext("blender.queue.pictures").forget()
    assert icons() == 0

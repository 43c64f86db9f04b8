"""A finished motion may be called otherwise; its request stays as it is."""

from __future__ import annotations

import bpy
import pytest

from tests.blender.queue.following import ended, learn, wait
from tests.blender.test_panels import Layout

pytestmark = pytest.mark.once


@pytest.fixture
def learned(captured, polling):
    """A finished motion."""
    learn(polling, captured, "wave")
    row = wait(polling, ended)
    assert row.state.phase == "done"
    return row


def _rename(row, name):
    return bpy.ops.mti.rename_job(job=row.folder.path.name, name=name)


def test_a_motion_is_renamed_everywhere_and_for_good(learned, captured, polling, ext):
    jobs = ext("blender.apply.operators")
    before = jobs.current_motion(captured)
    captured.mti.motion = before.label
    written = learned.folder.request_file.read_bytes()
    assert _rename(learned, " 左手 / wave ") == {"FINISHED"}
    assert polling.jobs.rows[0].request.name == "左手 / wave"
    assert polling.jobs.rows[0].state.phase == "done"
    assert learned.folder.request_file.read_bytes() == written
    motion = jobs.current_motion(captured)
    assert motion.name == "左手 / wave" and motion.files == before.files, "chosen by its old name"
    polling.jobs.forget()
    polling.start()
    row = wait(polling, lambda row: row.state.phase == "done")
    assert row.request.name == "左手 / wave"
    assert _rename(polling.jobs.rows[0], "Other") == {"FINISHED"}
    assert jobs.current_motion(captured).name == "Other"
    lists = ext("blender.common.lists")
    lists.fill()
    assert _rename(polling.jobs.rows[0], "Another") == {"FINISHED"}
    ext("blender.jobs.panel").draw_jobs(bpy.context, Layout())
    assert bpy.app.timers.is_registered(lists._tick), "what is drawn has another name by now"
    lists._tick()
    assert [item.name for item in bpy.context.window_manager.mti.jobs] == ["Another"]


@pytest.mark.parametrize("name", ["", "   ", "a\nb"])
def test_what_is_no_name(learned, polling, name):
    with pytest.raises(RuntimeError, match="name"):
        _rename(learned, name)
    assert polling.jobs.rows[0].request.name == "wave"
    assert not (learned.folder.path / "title.json").exists()


def test_a_damaged_title_is_passed_over(learned, polling):
    (learned.folder.path / "title.json").write_text('{"name": 7}')
    polling.jobs.read_again(learned.folder.path.name)
    assert polling.jobs.rows[0].request.name == "wave"


def test_a_renamed_job_is_still_followed(captured, polling):
    learn(polling, captured, "slow wave")
    row = wait(polling, lambda row: row.state.step > 0)
    assert _rename(row, "Later") == {"FINISHED"}
    assert polling.jobs.rows[0].state.step > 0
    bpy.ops.mti.cancel(job=row.folder.path.name)
    row = wait(polling, ended)
    assert row.state.phase == "cancelled" and row.request.name == "Later"

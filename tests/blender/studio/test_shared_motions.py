"""Motions over the wire in real Blender: shared with the studio, found there, taken from it."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import pytest

from tests.blender.queue.following import learn, wait
from tests.blender.studio.pairing import pair, until
from tests.blender.test_panels import Layout

pytestmark = pytest.mark.once


@pytest.fixture
def library(ext, captured, polling, prefs):
    """The library with one motion of its own, Wave."""
    learn(polling, captured, "real Wave")
    row = wait(polling, lambda row: row.state.phase == "done")
    assert bpy.ops.mti.save_to_library(job=row.request.job, name="Wave") == {"FINISHED"}
    motions = ext("blender.library.motions")
    motions.library().refresh()
    return motions.library()


def named(library, name):
    return [each for each in library.entries() if each.name == name and each.is_writable]


def panel(ext):
    layout = Layout()
    context = SimpleNamespace(
        window_manager=bpy.context.window_manager,
        preferences=bpy.context.preferences,
        region=SimpleNamespace(width=300),
    )
    ext("blender.library.studio_panel").draw_studio_motions(context, layout)
    return layout.lines


def test_a_motion_is_shared_found_and_taken(ext, library, watch, server, tmp_path, prefs):
    assert panel(ext) == [] and not bpy.ops.mti.browse_studio.poll()
    pair(watch, server)
    (mine,) = named(library, "Wave")
    assert bpy.ops.mti.publish_motion(folder=str(mine.folder)) == {"FINISHED"}
    until(watch, lambda: not watch.running("publish"))
    assert watch.states["publish"].phase == "done", watch.states
    assert bpy.ops.mti.browse_studio() == {"FINISHED"}
    until(watch, lambda: not watch.running("motions"))
    (found,) = ext("blender.library.studio").found()
    assert "[mti.take_motion]" in panel(ext) and found.name in panel(ext)
    prefs.library_folder = str(tmp_path / "another")  # as of somebody else
    library.refresh()
    assert bpy.ops.mti.take_motion(motion=found.id) == {"FINISHED"}
    until(watch, lambda: not watch.running("take"))
    again = ext("blender.library.motions").library()
    again.refresh()
    (taken,) = named(again, "Wave")
    assert taken.folder.parent == tmp_path / "another" and taken.id == mine.id
    incoming = ext("blender.studio.place").folder().path / "incoming"
    assert list(incoming.iterdir()) == []


def test_a_file_that_is_no_motion_is_not_added(ext, library, watch, server):
    pair(watch, server)
    (server.data / "library" / "bad.motion").write_bytes(b"PK no motion")
    before = len(library.entries())
    assert bpy.ops.mti.take_motion(motion="bad") == {"FINISHED"}
    until(watch, lambda: not watch.running("take"))
    assert ext("blender.common.panels").last_error is not None
    library.refresh()
    assert len(library.entries()) == before

"""A studio's server on loopback, and the module that watches what is asked of it."""

from __future__ import annotations

import bpy
import pytest

from tests.client.remote.studio_server import serving
from tests.fake_runner import end_runners


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path / "server") as running:
        running.mode = "real"
        yield running


@pytest.fixture
def watch(ext, prefs, tmp_path):
    """The watching module, with nothing paired; relays of the jobs folder are ended."""
    module, place = ext("blender.studio.watch"), ext("blender.studio.place")
    place.folder().forget()
    yield module
    end_runners(tmp_path / "jobs")
    module.stop()
    place.folder().forget()
    prefs.property_unset("place")
    bpy.context.preferences.system.use_online_access = False

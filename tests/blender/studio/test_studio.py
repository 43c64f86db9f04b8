"""The studio in real Blender: pairing, the choice of where jobs run, jobs there, deleting them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.queue.following import learn, wait
from tests.blender.studio.pairing import pair, until
from tests.blender.test_panels import Layout
from tests.client.remote.studio_server import TOKEN
from tests.fake_runner import end_runners


def page(ext):
    """What the studio's part of the preferences shows."""
    layout = Layout()
    region = SimpleNamespace(width=900)
    context = SimpleNamespace(preferences=bpy.context.preferences, region=region)
    ext("blender.studio.drawing").draw_studio(context, layout)
    return layout.lines


def test_a_studio_is_paired_tested_and_forgotten(scene, ext, prefs, watch, server):
    place = ext("blender.studio.place")
    lines = page(ext)
    assert "[mti.pair_studio]" in lines and "[mti.test_studio]" not in lines
    assert not bpy.ops.mti.test_studio.poll() and not bpy.ops.mti.forget_studio.poll()
    state = pair(watch, server)
    assert state.phase == "done", state
    address = f"127.0.0.1:{server.port}"
    assert place.address() == address and not place.at_studio()
    lines = page(ext)
    assert f"Paired with {address}" in lines and "[mti.forget_studio]" in lines
    assert "Ready at the studio: starts at once." in lines
    assert "Learning takes about 0:42, applying 0:06" in lines
    assert "SVD cannot be used at the studio: No GPU." in lines
    assert bpy.ops.mti.test_studio() == {"FINISHED"}
    until(watch, lambda: not watch.running("test"))
    said = f"Connected to {address} as anna, version 0.2.0: draft; jobs waiting: 0."
    assert said in page(ext)
    prefs.place = "STUDIO"
    assert place.at_studio()
    assert bpy.ops.mti.forget_studio() == {"FINISHED"}
    assert place.address() == "" and prefs.place == "HERE" and not place.folder().path.exists()


def test_the_pairing_string_is_kept_nowhere_but_in_the_private_file(
    scene, ext, prefs, watch, server, tmp_path
):
    assert pair(watch, server).phase == "done"
    place = ext("blender.studio.place")
    folder = place.folder()
    assert folder.credentials_file.stat().st_mode & 0o777 == 0o600
    blend = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend), compress=False)
    bpy.ops.wm.save_userpref()
    user = os.environ["BLENDER_USER_RESOURCES"]
    found = [blend, *(path for path in Path(user).rglob("*") if path.is_file())]
    holding = [path.name for path in found if TOKEN.encode() in path.read_bytes()]
    assert holding == ["credentials.json"]
    assert not bpy.ops.mti.pair_studio.get_rna_type().properties["pairing"].default
    assert bpy.ops.mti.pair_studio.get_rna_type().properties["pairing"].is_skip_save


@pytest.mark.parametrize(
    "text, sentence",
    [("mti1:here", "This is not a complete pairing string"), ("", "not a complete")],
)
def test_a_wrong_string_is_refused_at_once(scene, ext, prefs, watch, text, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.mti.pair_studio(pairing=text)
    assert not ext("blender.studio.place").folder().pending_file.exists()


def test_online_access_is_honoured_but_for_this_machine(scene, ext, prefs, watch, server):
    assert not bpy.app.online_access
    other = f"mti1:10.255.255.1:8765#{'0' * 64}#{TOKEN}"
    with pytest.raises(RuntimeError, match="Online access is off"):
        bpy.ops.mti.pair_studio(pairing=other)
    assert not ext("blender.studio.place").folder().pending_file.exists()
    place = ext("blender.studio.place")
    assert place.offline_problem("127.0.0.1:1") is None and place.offline_problem("[::1]:1") is None
    assert place.offline_problem("render:1").code in ("online_access_off", "offline_mode")
    assert pair(watch, server).phase == "done"


def test_a_job_runs_at_the_studio_beside_one_of_this_machine(
    captured, polling, ext, prefs, watch, server
):
    pair(watch, server)
    prefs.place = "STUDIO"
    prefs.python = ""  # no backend is needed here
    server.hold, server.places = True, [2]
    assert bpy.ops.mti.learn.poll()
    learn(polling, captured, "wave there")
    row = wait(polling, lambda row: row.state.stage == "queue")
    assert row.remote and row.at_work
    rows = ext("blender.queue.rows")
    assert rows.progress_text(row) == "Waiting at the studio, place 2, 0:12 left"
    server.release()
    row = wait(polling, lambda row: row.state.phase == "done")
    assert row.folder.output_motion.is_file() and row.folder.verify_output()
    assert [p for m, p, _ in server.log if m == "POST"] == ["/v1/jobs"]


@pytest.mark.once
def test_a_job_here_does_not_wait_for_one_there(captured, polling, ext, prefs, watch, server):
    pair(watch, server)
    server.hold = True
    prefs.place = "STUDIO"
    learn(polling, captured, "wave there")
    wait(polling, lambda row: row.state.phase == "running")
    prefs.place = "HERE"
    learn(polling, captured, "wave here")
    here = wait(polling, lambda row: row.state.phase == "done")
    assert here.request.name == "wave here" and not here.remote
    assert polling.jobs.rows[1].state.phase == "running"


@pytest.mark.once
def test_there_are_only_so_many_relays_at_once(
    captured, polling, ext, prefs, watch, server, monkeypatch
):
    pair(watch, server)
    prefs.place = "STUDIO"
    monkeypatch.setattr(ext("blender.queue.starting"), "MOST_RELAYS", 1)
    server.hold = True
    learn(polling, captured, "first")
    wait(polling, lambda row: row.state.stage == "queue")
    learn(polling, captured, "second")
    for _ in range(10):
        polling.poll()
    assert [row.state.phase for row in polling.jobs.rows] == ["waiting", "running"]
    server.release()
    wait(polling, lambda row: row.state.phase == "done")
    assert {row.state.phase for row in polling.jobs.rows} == {"done"}


def test_a_lost_studio_is_shown_instead_of_running(captured, polling, ext, prefs, watch, server):
    pair(watch, server)
    prefs.place = "STUDIO"
    server.mode = "slow"
    learn(polling, captured, "wave")
    wait(polling, lambda row: row.state.step >= 1)
    server.stop()
    row = wait(polling, lambda row: not row.state.online)
    rows, status = ext("blender.queue.rows"), ext("blender.status_bar").status
    told = "No connection to the studio, trying again"
    assert rows.phase_of(row) == (told, "INTERNET_OFFLINE") and rows.progress_text(row) == told
    assert status(polling.jobs.rows)[1] == told
    assert bpy.ops.mti.cancel(job=row.request.job) == {"FINISHED"}
    row = wait(polling, lambda row: row.state.phase == "cancelled")
    assert (
        len(ext("client.remote.outbox").pending_requests(ext("blender.studio.place").folder())) == 1
    )


@pytest.mark.once
def test_a_deleted_job_is_deleted_there_too(captured, polling, ext, prefs, watch, server):
    pair(watch, server)
    prefs.place = "STUDIO"
    learn(polling, captured, "wave")
    row = wait(polling, lambda row: row.state.phase == "done")
    (there,) = server.keys().values()
    assert server.folder(there["job"]).path.is_dir()
    assert bpy.ops.mti.remove_job(job=row.request.job) == {"FINISHED"}
    until(watch, lambda: not server.folder(there["job"]).path.exists())
    until(watch, lambda: not watch.running("refresh"))
    assert ext("client.remote.outbox").pending_requests(ext("blender.studio.place").folder()) == []


@pytest.mark.once
def test_a_relay_that_died_is_started_again_by_the_next_blender(
    captured, polling, ext, prefs, watch, server, tmp_path
):
    pair(watch, server)
    prefs.place = "STUDIO"
    server.hold = True
    learn(polling, captured, "wave")
    wait(polling, lambda row: row.state.stage == "queue")
    end_runners(tmp_path / "jobs")
    polling.stop()
    server.release()
    polling.start()
    row = wait(polling, lambda row: row.state.phase == "done")
    assert row.state.epoch == 2
    assert sys.executable  # the relay ran on Blender's own Python


def test_the_engine_s_state_and_time_are_those_of_where_it_runs(
    captured, ext, prefs, watch, server
):
    engines, costs = ext("blender.setup.engines"), ext("blender.setup.costs")
    pair(watch, server)
    settings = ext("wire").Settings.for_model("draft")
    assert str(engines.engine_state("draft").said).startswith("Ready (no GPU")
    prefs.place = "STUDIO"
    assert str(engines.engine_state("draft").said) == "Ready at the studio: starts at once."
    assert costs.estimate(settings, False).endswith("about 0:42")
    assert costs.estimate(settings, True, learns=False) == "about 0:06"
    prefs.engine = "svd"
    assert not bpy.ops.mti.learn.poll()
    assert engines.missing_problem("svd").code == "studio_engine_unusable"

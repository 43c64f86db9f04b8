"""The preferences' page and its buttons, with real tasks and real processes."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.test_panels import Layout
from tests.client.setup.wheels import make_wheel

pytestmark = pytest.mark.once


@pytest.fixture
def watch(ext, prefs, tmp_path, monkeypatch):
    """The watching module, with a backend folder and a models folder of its own."""
    monkeypatch.delenv("MTI_BACKEND_PYTHON", raising=False)
    monkeypatch.delenv("MTI_MODELS_DIR", raising=False)
    # this machine's own settings of pip must not help
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    prefs.backend_folder, prefs.models_folder = str(tmp_path / "backend"), str(tmp_path / "models")
    (tmp_path / "models").mkdir()
    module = ext("blender.setup.watch")
    module.start()
    yield module
    for name, state in module.states.items():
        if state.phase == "running":
            bpy.ops.mti.cancel_task(task=name)
    wait(module, lambda: not any(map(module.running, module.states)))
    module.stop()
    for name in ("backend_folder", "models_folder", "wheels_folder", "base_python", "hub_token"):
        setattr(prefs, name, "")
    bpy.context.preferences.system.use_online_access = False


def wait(watch, until, seconds=60):
    """What the timer does."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, watch.states
        watch.poll()
        time.sleep(0.02)


def page(prefs):
    layout = Layout()
    context = SimpleNamespace(
        scene=bpy.context.scene,
        preferences=bpy.context.preferences,
        region=SimpleNamespace(width=900),
    )
    names = ("jobs_folder", "engine", "size", "bl_rna")
    values = {name: getattr(prefs, name) for name in names}
    type(prefs).draw(SimpleNamespace(layout=layout, **values), context)
    return layout.lines


def text(prefs):
    return " ".join(page(prefs))


def test_nothing_is_set_up_yet(scene, prefs, watch):
    prefs.python = ""
    bpy.context.preferences.system.use_online_access = True
    lines = page(prefs)
    assert "The backend is not set up. Press Set Up the Backend in the preferences." in lines
    assert {"[mti.setup_backend]", "[mti.self_test]", "[mti.check_backend]"} <= set(lines)
    assert lines.count("[mti.download_model]") == 4 and "[mti.delete_model]" not in lines
    assert lines.count("Not installed (4.5 GB download).") == 2
    assert not bpy.ops.mti.self_test.poll() and not bpy.ops.mti.check_backend.poll()
    assert not bpy.ops.mti.move_models.poll()


def test_online_access_is_honoured(scene, prefs, watch, tmp_path):
    assert not bpy.app.online_access
    assert not bpy.ops.mti.setup_backend.poll() and not bpy.ops.mti.download_model.poll()
    with pytest.raises(RuntimeError, match="Online access is off"):
        bpy.ops.mti.setup_backend()
    prefs.python = ""
    # no text says to press a button that is grey; Blender's own button comes before it
    lines = page(prefs)
    allow = lines.index("[extensions.userpref_allow_online]")
    assert lines.index("Online access is off: allow it first") < allow
    assert allow < lines.index("[mti.setup_backend]") and "Press Set Up" not in text(prefs)
    assert "or choose a folder of wheels" in text(prefs)
    prefs.wheels_folder = str(tmp_path)
    assert bpy.ops.mti.setup_backend.poll()
    assert not bpy.ops.mti.download_model.poll()
    assert "or choose a folder of wheels" not in text(prefs)
    prefs.wheels_folder = ""
    bpy.context.preferences.system.use_online_access = True
    assert bpy.ops.mti.setup_backend.poll() and not bpy.ops.mti.download_model.poll()
    prefs.python = sys.executable  # it takes a backend to download
    assert bpy.ops.mti.download_model.poll()
    assert "[extensions.userpref_allow_online]" not in page(prefs)


def test_the_button_starts_the_set_up_and_a_missing_wheel_is_named(scene, prefs, watch, tmp_path):
    prefs.python = ""
    prefs.wheels_folder, prefs.base_python = str(tmp_path / "wheels"), sys.executable
    make_wheel(tmp_path / "wheels", "other")
    assert bpy.ops.mti.setup_backend() == {"FINISHED"}
    assert watch.running("setup") and "[mti.cancel_task]" in page(prefs)
    assert not bpy.ops.mti.setup_backend.poll()
    wait(watch, lambda: not watch.running("setup"))
    error = watch.states["setup"].error
    assert error and f"{prefs.wheels_folder}, has no wheel of torch==" in error.message
    assert "[mti.task_log]" in page(prefs)
    assert "The backend's environment is incomplete." in text(prefs)
    spec = json.loads((tmp_path / "backend/tasks/setup/task.json").read_text())
    assert spec["wheels"] == prefs.wheels_folder and spec["index"] == ""


def test_a_small_environment_is_made_and_used(scene, prefs, watch, ext, tmp_path):
    """With another list of packages than the backend's, which would take minutes."""
    prefs.python = ""
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "small")
    spec = watch.spec("setup", python=sys.executable, wheels=str(wheels))
    watch.begin_task(dataclasses.replace(spec, requirements=("small==1.0",), needed_bytes=1000))
    wait(watch, lambda: not watch.running("setup"))
    assert watch.states["setup"].phase == "done", watch.states
    addon = ext("blender.common.addon")
    assert addon.backend_python() == str(tmp_path / "backend/env/bin/python")
    # it lacks what this version's backend needs, and that is what is said
    assert f"was set up for version {addon.version()} of the add-on" in text(prefs)
    assert not bpy.ops.mti.self_test.poll() and bpy.ops.mti.check_backend.poll()


def test_cancel(scene, prefs, watch, tmp_path):
    prefs.wheels_folder, prefs.base_python = str(tmp_path / "wheels"), sys.executable
    (tmp_path / "wheels").mkdir()
    bpy.ops.mti.setup_backend()
    bpy.ops.mti.cancel_task(task="setup")
    wait(watch, lambda: not watch.running("setup"), 10)
    assert watch.states["setup"].phase == "cancelled"
    assert "Start it again to continue where it stopped." in text(prefs)


def test_self_test(scene, prefs, watch, ext, tmp_path, monkeypatch):
    """Through the job folder, with the fake runner as the backend."""
    known = ext("client").Timings(tmp_path / "timings.json")
    monkeypatch.setattr(ext("blender.queue.polling"), "timings", lambda: known)
    assert bpy.ops.mti.self_test() == {"FINISHED"}
    assert any(line.startswith("Self-Test: ") for line in page(prefs))
    wait(watch, lambda: watch.test_verdict[0])
    sentence, icon = watch.test_verdict
    assert sentence.startswith("Everything works: a motion was learned") and icon == "CHECKMARK"
    assert "14 images" in sentence and sentence in text(prefs)
    # from now on there is an idea of how long jobs take
    settings = ext("blender.setup.engines").chosen_settings()
    assert known.costs(settings)["learn"] == pytest.approx(40 / 12)
    # a Blender that is started later finds it by its folder, in as many looks as it takes
    watch.stop()
    wait(watch, lambda: watch.test_verdict[0])
    assert watch.test_verdict[0] == sentence


def test_a_self_test_that_fails_says_why(scene, prefs, watch, ext, monkeypatch):
    monkeypatch.setattr(ext("workflow.self_test"), "NAME", "fail test")
    bpy.ops.mti.self_test()
    wait(watch, lambda: watch.test_verdict[0])
    assert watch.test_verdict[1] == "ERROR" and "does not fit" in watch.test_verdict[0]


def test_the_self_test_s_figure_moves(ext, tmp_path):
    import numpy as np

    job = ext("workflow.self_test").create_self_test_job(tmp_path)
    decode = ext("motion").decode_png
    pictures = [decode(path.read_bytes()) for path in sorted(job.reference_dir.glob("*.png"))]
    target = decode(job.target_file.read_bytes())
    assert len(pictures) == 14 and {p.shape for p in pictures} == {(128, 128, 3)}
    moved = np.abs(pictures[0].astype(int) - pictures[-1]).max(-1) > 30
    assert 20 < moved.sum() < 500  # an arm, not the whole figure
    drawn = np.abs(target.astype(int) - target[0, 0]).max(-1) > 30
    assert 150 < drawn.sum() < 2000 and drawn.any(1).sum() > 40  # most of the picture's height


def model(folder, size=2_000_000, whole=True):
    (folder / "unet").mkdir(parents=True)
    (folder / "unet" / "weights").write_bytes(os.urandom(size))
    if whole:
        (folder / "model_index.json").write_text("{}")


def test_models_are_moved_and_deleted(scene, prefs, watch, tmp_path):
    model(tmp_path / "models" / "svd")
    assert "[mti.delete_model]" in page(prefs) and bpy.ops.mti.move_models.poll()
    weights = (tmp_path / "models/svd/unet/weights").read_bytes()
    bpy.context.preferences.is_dirty = False
    assert bpy.ops.mti.move_models("EXEC_DEFAULT", directory=str(tmp_path / "other"))
    wait(watch, lambda: not watch.running("move"))
    assert watch.states["move"].phase == "done", watch.states
    assert bpy.context.preferences.is_dirty  # or Blender would forget the new folder
    assert (tmp_path / "other/svd/unet/weights").read_bytes() == weights
    assert not (tmp_path / "models/svd").exists()
    assert prefs.models_folder.rstrip("/") == str(tmp_path / "other")
    prefs.models_folder = str(tmp_path / "models")  # it is not taken back
    watch.start()
    assert prefs.models_folder == str(tmp_path / "models")
    (tmp_path / "models").mkdir(exist_ok=True)
    watch.stop()  # Blender crashed before it saved its preferences
    watch.start()
    assert prefs.models_folder.rstrip("/") == str(tmp_path / "other")
    prefs.models_folder = str(tmp_path / "models")
    model(tmp_path / "models" / "svd-xt")  # there is something, so that somebody wants it there
    watch.stop()
    watch.start()
    assert prefs.models_folder == str(tmp_path / "models")
    prefs.models_folder = str(tmp_path / "other")
    assert bpy.ops.mti.delete_model("EXEC_DEFAULT", model="svd") == {"FINISHED"}
    wait(watch, lambda: not watch.running("delete"))
    assert not (tmp_path / "other/svd").exists()
    with pytest.raises(RuntimeError, match="is not installed"):
        bpy.ops.mti.delete_model("EXEC_DEFAULT", model="svd")


def test_a_models_folder_that_has_been_moved_away(scene, prefs, watch, tmp_path):
    prefs.models_folder = str(tmp_path / "gone")
    assert f"The models folder does not exist: {tmp_path / 'gone'}" in text(prefs)
    assert not bpy.ops.mti.self_test.poll()


def test_the_token_is_kept_in_no_file(scene, prefs, watch, tmp_path):
    prefs.hub_token = " hf_secret "
    assert prefs.hub_token == "hf_secret"
    user = Path(os.environ["BLENDER_USER_RESOURCES"])
    bpy.ops.wm.save_userpref()
    saved = list(user.rglob("userpref.blend"))
    assert saved and not [path for path in saved if b"hf_secret" in path.read_bytes()]
    bpy.context.preferences.system.use_online_access = True
    assert bpy.ops.mti.download_model(model="svd") == {"FINISHED"}
    wait(watch, lambda: not watch.running("download-svd"))
    assert watch.states["download-svd"].phase == "failed"  # the tests' runner knows no download
    written = [path for path in (tmp_path / "backend").rglob("*") if path.is_file()]
    assert written and not [path for path in written if b"hf_secret" in path.read_bytes()]


def test_engines_have_their_sentences(scene, prefs, watch, ext, tmp_path):
    engines = ext("blender.setup.engines")
    assert engines.engine_state("draft").ready
    began = time.perf_counter()
    for _ in range(20):
        states = engines.engine_states()
    assert (time.perf_counter() - began) / 20 < 0.005
    assert states["svd"].sentence == "Not installed (4.5 GB download)."
    prefs.python = str(tmp_path / "nothing")
    assert "is missing" in engines.engine_state("svd").sentence


def test_models_by_words_say_their_licenses_and_what_to_do(scene, prefs, watch, tmp_path):
    lines = page(prefs)
    first = lines.index("AnimateDiff")
    assert "[mti.download_model]" in lines[first : first + 3]
    said = " ".join(lines[first:])
    assert said.index("May be used commercially") < said.index("Not for commercial use")
    assert "Not installed (3.8 GB download)" in said and "Not installed (3.7 GB download)" in said
    assert lines.count("[wm.url_open]") == 3
    prefs.method = "motion-inversion"
    lines = page(prefs)
    assert "<words_engine>" in lines and "<words_size>" in lines and "<engine>" not in lines
    (tmp_path / "models" / "animatediff" / "unet").mkdir(parents=True)
    (tmp_path / "models" / "animatediff" / "unet" / "config.json").write_text("{}")
    assert "animatediff lacks vae, text_encoder, tokenizer" in text(prefs)


def test_a_look_is_short(scene, prefs, watch, ext, tmp_path):
    """The timer's budget is 20 ms."""
    folder = ext("blender.common.addon").backend_folder()
    failed = ext("wire.events").Failed("a", "b", "c")
    state = ext("client.setup.folder").SetupTaskState("failed", error=failed)
    for name in watch.SETUP_TASKS:
        task = folder.task(name)
        task.path.mkdir(parents=True)
        task.write_state(state)
    times = []
    for _ in range(30):
        began = time.thread_time()  # other programs do not count
        watch.poll()
        times.append(time.thread_time() - began)
    assert sorted(times)[15] < 0.020
    assert len(watch.states) == len(watch.SETUP_TASKS)


def test_a_backend_that_was_never_asked_is_asked(scene, prefs, watch, ext, tmp_path):
    program = tmp_path / "asked"
    program.write_text("#!/bin/sh\necho capabilities is not known here; exit 2\n")
    program.chmod(0o755)
    prefs.python = str(program)
    assert watch.ask_if_stale() and watch.running("check")
    wait(watch, lambda: not watch.running("check"))
    assert "does not start" in text(prefs) and not bpy.ops.mti.self_test.poll()
    assert not watch.ask_if_stale()  # the answer is kept
    capabilities = ext("blender.setup.engines").capabilities()
    assert (
        capabilities.python == str(program)
        and capabilities.version == ext("blender.common.addon").version()
    )


def test_the_command_can_be_pasted_into_a_terminal(scene, prefs, watch, ext, tmp_path):
    """As it is, but for a folder of wheels that is not there: the packages are half a gigabyte."""
    command = ext("blender.setup.tasks").command_for("setup")
    assert str(tmp_path / "backend") in command
    done = subprocess.run(
        f"{command} --wheels {shlex.quote(str(tmp_path / 'none'))}",
        shell=True, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and "The folder of wheels does not exist" in done.stdout
    command = ext("blender.setup.tasks").command_for("svd")
    assert "-m mti_backend download svd --models" in command
    assert bpy.ops.mti.copy_command(what="setup") == {"FINISHED"}

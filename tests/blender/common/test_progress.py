"""What takes long in an operator shows how far it is: Blender draws nothing else meanwhile."""

from __future__ import annotations

import ast
from pathlib import Path

import bpy
import pytest

from tests.blender.queue.following import ended, learn, wait
from tests.blender.translations.texts import ROOT

pytestmark = pytest.mark.once


class Manager:
    """What the window manager is asked for, in order."""

    def __init__(self):
        self.told = []

    def progress_begin(self, low, high):
        assert (low, high) == (0, 100)
        self.told.append("begin")

    def progress_update(self, value):
        self.told.append(value)

    def progress_end(self):
        self.told.append("end")


@pytest.fixture
def shown(ext, monkeypatch):
    """The manager that every operator finds, as soon as anything is told."""
    progress, reporting, manager = (
        ext("blender.common.pointer_progress"),
        ext("blender.common.reporting"),
        Manager(),
    )
    monkeypatch.setattr(progress, "AFTER_SECONDS", 0)
    real = progress.shown
    monkeypatch.setattr(reporting.pointer_progress, "shown", lambda _manager: real(manager))
    return manager.told


def parts(told):
    """[(how many, the last)] of each rise from 0, between begin and end."""
    assert told[0] == "begin" and told[-1] == "end" and told.count("begin") == 1
    found = []
    for value in told[1:-1]:
        if not found or value < found[-1][-1]:
            found.append([])
        found[-1].append(value)
    return [(len(values), values[-1]) for values in found]


@pytest.mark.usefixtures("coarse")
def test_capturing_counts_its_frames(figure, scene, prefs, shown):
    bpy.ops.mti.capture()
    assert max(count for count, last in parts(shown) if last == 100) > 14
    del shown[:]
    scene.mti.source = "CAMERA"  # which renders each
    for frame, x in ((1, 0.0), (24, 2.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    bpy.ops.mti.capture()
    assert (15, 100) in parts(shown)


def test_learning_counts_the_drawings_and_the_files(captured, polling, shown):
    captured.mti.variations = 16
    learn(polling, captured)
    told = parts(shown)
    assert (16, 100) in told, told  # 15 drawings more, and the end
    assert told[-1] == (16 * 14 + 1, 100)  # and the poses
    wait(polling, ended)


def test_an_error_ends_it(figure, scene, prefs, shown, ext, monkeypatch):
    shots = ext("blender.sketch.operators")

    def broken(*_all):
        raise OSError(28, "No space left", "/disk")

    monkeypatch.setattr(shots, "save_capture", broken)
    with pytest.raises(RuntimeError, match="No space left"):
        bpy.ops.mti.capture()
    assert shown[-1] == "end"
    assert ext("workflow.progress")._show is None


def test_results_that_are_copied_and_deleted_are_counted(captured, polling, shown, tmp_path):
    captured.mti.also_apply, captured.mti.result_folder = True, str(tmp_path / "kept")
    learn(polling, captured)
    row = wait(polling, ended)
    del shown[:]
    bpy.ops.mti.import_result(job=row.request.job)
    assert (15, 100) in parts(shown)


def test_what_is_done_at_once_shows_nothing(ext):
    """A pointer that flickers is worse than a short wait."""
    manager, steps = Manager(), ext("workflow.progress")
    with ext("blender.common.pointer_progress").shown(manager):
        assert list(steps.steps([1, 2, 3])) == [1, 2, 3]
    assert manager.told == []
    assert list(steps.steps([1])) == [1]  # nobody is told, outside of an operator


def test_every_operator_shows_it():
    """They all run inside of the one wrapper that does."""
    without = []
    for path in Path(ROOT / "mti_addon" / "blender").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "execute":
                wrapped = any(isinstance(d, ast.Name) and d.id == "reports_errors"
                              for d in node.decorator_list)  # fmt: skip
                without += [] if wrapped else [f"{path.stem}:{node.lineno}"]
    # this one takes a notice away, and no time
    assert [name for name in without if not name.startswith("status_bar")] == []

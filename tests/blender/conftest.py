"""Runs the staged extension in real, headless Blender, under its real name bl_ext.mti_dev.mti.

Only collected by a Python that has bpy: `.venv/bpy-X/bin/python -m pytest tests/blender`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PACKAGE = "bl_ext.mti_dev.mti"

if importlib.util.find_spec("bpy") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    # before the first `import bpy`, or Blender would use the settings of whoever runs the tests
    _user = tempfile.TemporaryDirectory(prefix="mti-bpy-")
    os.environ["BLENDER_USER_RESOURCES"] = _user.name
    import bpy  # addon_utils can only be imported after it


_STATUS = pytest.StashKey[int]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Everything here needs bpy. The newest Blender runs all of it; the older ones run every test
    that is not marked `once`, and share a test's cases among them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.bpy)
    older = _older_blenders()
    mine = bpy.app.version[:2] if "bpy" in sys.modules else None
    if mine not in older:
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if not item.get_closest_marker("once"):
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    first, step = older.index(mine), len(older)
    kept = {
        item
        for test in cases.values()
        for item in (test[first::step] if len(test) >= step else test)
    }
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def _older_blenders() -> list[tuple[int, ...]]:
    """The versions of the environments that are set up, without the newest."""
    pythons = (ROOT / ".venv").glob("bpy-*/bin/python")
    names = [python.parents[1].name.removeprefix("bpy-") for python in pythons]
    return sorted(tuple(map(int, name.split("."))) for name in names)[:-1]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep how it ended."""
    session.config.stash[_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave without Blender's destructors: a class that is still registered then hangs 4.5 for
    ever, and Rigify leaves those of the rigs that it has generated. Ours are unregistered before,
    by `enabled`."""
    if _STATUS in config.stash and "bpy" in sys.modules:
        _user.cleanup()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash[_STATUS])


def _stage(build: Path) -> Path:
    spec = importlib.util.spec_from_file_location("mti_stage", ROOT / "tools" / "stage.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder: Path = module.stage(ROOT, build)
    return folder


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension as it is zipped."""
    return _stage(tmp_path_factory.mktemp("build"))


@pytest.fixture(scope="session")
def enabled(staged: Path) -> Iterator[str]:
    """The extension, enabled from a local repository; its package's name."""
    import addon_utils

    repos = bpy.context.preferences.extensions.repos
    repos.new(name="MTI Dev", module="mti_dev", custom_directory=str(staged.parent))
    assert addon_utils.enable(PACKAGE, default_set=True) is not None
    yield PACKAGE
    # a class that is still registered when the process ends hangs Blender 4.5 for ever
    addon_utils.disable(PACKAGE, default_set=True)


@pytest.fixture
def ext(enabled: str) -> Callable[[str], ModuleType]:
    """ext("blender.sequencer.strip"): a module of the enabled extension."""
    return lambda name: importlib.import_module(f"{enabled}.mti_addon.{name}")


@pytest.fixture
def one_size(ext: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft as an engine of one size, as SVD is: what it is sent is cropped or padded."""
    monkeypatch.setattr(ext("wire.settings").Settings, "keeps_size", False)


@pytest.fixture
def coarse(ext: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a camera sees is rendered at half its usual size, and in half the time."""
    picture = ext("blender.scene.picture")
    monkeypatch.setattr(picture, "SUPERSAMPLING", picture.SUPERSAMPLING // 2)


@pytest.fixture
def scene(enabled: str) -> Any:
    """Blender's factory scene (cube, camera, light), in a new file."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    # EEVEE, which is the factory scene's engine, takes minutes for a frame where there is no GPU,
    # and Workbench seconds for a large one
    bpy.context.scene.mti.target_engine = "PREVIEW"
    bpy.context.scene.render.resolution_percentage = 13
    return bpy.context.scene


@pytest.fixture
def figure(scene: Any) -> Any:
    """A waving stick figure at the origin, with a camera that sees all of it."""
    scene.camera.location, scene.camera.rotation_euler = (0, -6, 1), (1.5707963, 0, 0)
    scene.camera.data.lens = 60
    bpy.context.view_layer.update()
    assert bpy.ops.mti.add_stick_figure() == {"FINISHED"}
    return bpy.context.object


@pytest.fixture
def prefs(enabled: str, tmp_path: Path) -> Any:
    """The add-on's preferences: jobs in a temporary folder, the fake runner as backend."""
    from tests.fake_runner import FAKE, end_runners

    runner = tmp_path / "python"
    paths = f'PYTHONPATH="{FAKE}{os.pathsep}$PYTHONPATH"'
    runner.write_text(f'#!/bin/sh\n{paths} exec "{sys.executable}" "$@"\n')
    runner.chmod(0o755)
    preferences = bpy.context.preferences.addons[enabled].preferences
    preferences.jobs_folder = str(tmp_path / "jobs")
    preferences.library_folder = str(tmp_path / "own")
    preferences.python = str(runner)
    yield preferences
    end_runners(tmp_path / "jobs")
    # read again: a test may have disabled the extension, which frees what `preferences` points to
    preferences = bpy.context.preferences.addons[enabled].preferences
    for name in ("jobs_folder", "python", "library_folder", "studio_folder", "author", "license"):
        preferences.property_unset(name)
    for name in ("engine", "size", "library_order", "save_motions", "models_folder"):
        preferences.property_unset(name)
    for name in ("method", "words_engine", "words_size"):
        preferences.property_unset(name)


@pytest.fixture
def polling(ext: Callable[[str], ModuleType], prefs: Any) -> ModuleType:
    """The polling module, with the temporary jobs folder."""
    module = ext("blender.queue.polling")
    module.start()
    return module


@pytest.fixture(scope="session")
def capture_copy(enabled: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The scene of `captured`, kept from the first test that needs it."""
    from tests.blender.capture_copy import CaptureCopy

    return CaptureCopy(tmp_path_factory.mktemp("captured"), enabled)


@pytest.fixture
def captured(capture_copy: Any, request: pytest.FixtureRequest) -> Any:
    """A scene with a capture, ready to learn.

    It is captured once, and read again from a file for each further test: that takes a seventh of
    the time. A test that asks for `figure` or `scene` as well has its own capture, since reading a
    file frees what these point to.
    """
    own = not {"figure", "scene"}.isdisjoint(request.fixturenames)
    if own or not capture_copy.is_there:
        request.getfixturevalue("figure")
    else:
        capture_copy.restore()
    request.getfixturevalue("polling")
    if own or not capture_copy.is_there:
        assert bpy.ops.mti.capture() == {"FINISHED"}
        bpy.context.scene.mti.name = "wave"
    if not own and not capture_copy.is_there:
        capture_copy.keep()
    return bpy.context.scene


@pytest.fixture(scope="session")
def media(enabled: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two movies, m12.mp4 and m60.mp4, and their images."""
    from tests.blender.sequencer import media_inputs

    folder = tmp_path_factory.mktemp("media")
    media_inputs.write_movie(folder / "m12.mp4", 12, 28)
    media_inputs.write_movie(folder / "m60.mp4", 60, 70)
    return folder


@pytest.fixture
def stage(scene: Any, media: Path, tmp_path: Path) -> Any:
    """A scene to lay strips into, at its whole size."""
    from tests.blender.sequencer.media_inputs import Stage

    scene.render.resolution_percentage = 100
    return Stage(scene, media, tmp_path)


@pytest.fixture
def shot(scene: Any) -> Any:
    """A character before a floor, lit, in AgX, through its own camera; one sample of Cycles."""
    render = scene.render
    render.engine, scene.cycles.samples, scene.cycles.seed = "CYCLES", 1, 0
    scene.cycles.use_denoising = scene.cycles.use_adaptive_sampling = False
    render.resolution_x, render.resolution_y, render.resolution_percentage = 96, 54, 100
    scene.view_settings.view_transform = "AgX"
    scene.mti.target, scene.mti.target_engine, scene.mti.fit = "RENDER", "SCENE", "PAD"
    bpy.data.objects["Cube"].data.materials.append(_material("skin", (0.8, 0.2, 0.1)))
    bpy.data.objects["Cube"].data.materials.pop(index=0)
    bpy.ops.mesh.primitive_plane_add(size=30, location=(0, 0, -1))
    bpy.context.object.data.materials.append(_material("floor", (0.1, 0.4, 0.2)))
    return scene


def _material(name: str, color: tuple[float, float, float]) -> Any:
    material = bpy.data.materials.new(name)
    if material.node_tree is None:
        material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1)
    return material


@pytest.fixture
def f12(ext: Callable[[str], ModuleType], tmp_path: Path) -> Callable[[Any], Any]:
    """f12(scene) -> what the animator's own render shows, (H, W, 4), as an sRGB monitor does."""

    def f12(scene: Any) -> Any:
        image = scene.render.image_settings
        if hasattr(image, "media_type"):
            image.media_type = "IMAGE"
        image.file_format, image.color_mode, image.color_depth = "PNG", "RGBA", "8"
        path = tmp_path / "f12.png"
        bpy.ops.render.render()
        bpy.data.images["Render Result"].save_render(str(path), scene=scene)
        return ext("blender.scene.images").read_png(path.read_bytes())

    return f12


@pytest.fixture
def sent(ext: Callable[[str], ModuleType]) -> Callable[[], Any]:
    """sent() -> the whole picture that is kept beside the target, and its warnings."""

    def sent() -> Any:
        made = ext("blender.apply.sources").make_target(bpy.context, (64, 64))
        return ext("blender.scene.images").read_png(made.whole), made.warnings

    return sent

"""The two ways to publish: our own repository, and the official platform with its rules."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.blender.conftest import ROOT

CHANNELS = ("own", "platform")
INSTALLING = {"setup_backend", "download_model"}


def _tool():
    spec = importlib.util.spec_from_file_location("mti_stage_channels", ROOT / "tools/stage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=CHANNELS)
def published(request, tmp_path_factory):
    """(channel, staged folder, build folder)"""
    build = tmp_path_factory.mktemp(request.param)
    return request.param, _tool().stage(ROOT, build, request.param), build


def sources(folder: Path) -> list[Path]:
    return sorted((folder / "mti_addon").rglob("*.py"))


def test_blender_s_own_tool_validates_and_builds_it(published):
    """The staged folder and the zip, by `extension validate` and `extension build`."""
    _channel, folder, build = published
    tool = _tool()
    archive = tool.build_zip(folder, build, tool.blender_ext(sys.executable))
    manifest = tomllib.loads((folder / "blender_manifest.toml").read_text())
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert manifest["version"] == project["version"]
    assert archive.name == f"mti-{project['version']}.zip" and archive.stat().st_size < 200e6
    assert "blender" not in manifest["name"].lower()  # the trade mark may not be in it
    assert manifest["license"] == ["SPDX:GPL-3.0-or-later"]


@pytest.mark.once
def test_our_own_repository_lists_it(tmp_path):
    """A folder that any web server can offer; Blender installs and updates from its index."""
    tool = _tool()
    cli, build = tool.blender_ext(sys.executable), tmp_path / "build"
    archive = tool.build_zip(tool.stage(ROOT, build), build, cli)
    index = json.loads(tool.make_repository(archive, tmp_path / "repository", cli).read_text())
    (entry,) = index["data"]
    assert (entry["id"], entry["version"], entry["type"]) == (
        "mti",
        archive.stem.partition("-")[2],
        "add-on",
    )
    assert entry["archive_url"] == f"./{archive.name}" and "network" in entry["permissions"]
    digest = hashlib.sha256((tmp_path / "repository" / archive.name).read_bytes()).hexdigest()
    assert entry["archive_hash"] == f"sha256:{digest}"


@pytest.mark.once
def test_permissions_are_asked_for_with_short_reasons(published):
    channel, folder, _build = published
    manifest = tomllib.loads((folder / "blender_manifest.toml").read_text())
    assert set(manifest["permissions"]) == {"files", "clipboard", "network"}
    assert ("backend" in manifest["permissions"]["network"]) == (channel == "own")
    for reason in manifest["permissions"].values():
        assert 0 < len(reason) <= 64 and reason[-1] not in ".!?"
    assert len(manifest["tagline"]) <= 64 and manifest["tagline"][-1].isalnum()


@pytest.mark.once
def test_what_trains_and_measures_the_draft_is_left_out(published):
    _channel, folder, _build = published
    assert sorted(path.name for path in (folder / "mti_backend/draft").iterdir()) == [
        "__init__.py",
        "weights",
    ]
    assert not (folder / "mti_backend/evaluation").exists()
    assert not (folder / "mti_backend/server").exists()
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    for path in sorted(folder.glob("mti_backend/**/*.py")):
        for module in _imported(path, folder):
            assert f"{module}.py" in left or f"{module}/__init__.py" in left, f"{path}: {module}"


def _imported(path: Path, folder: Path) -> list[str]:
    """The paths, without .py, of what a module imports of the extension itself."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = path.parents[node.level - 1].relative_to(folder)
            found.append((base / (node.module or "").replace(".", "/")).as_posix())
        elif isinstance(node, ast.ImportFrom) and node.module.split(".")[0].startswith("mti_"):
            found.append(node.module.replace(".", "/"))
    return found


@pytest.mark.once
@pytest.mark.parametrize("command", ["evaluate", "train-draft", "serve"])
def test_commands_of_the_checkout_say_that_they_are_not_there(published, command):
    _channel, folder, _build = published
    line = [sys.executable, "-m", "mti_backend", command, "--out", "nowhere"]
    done = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr == (
        f"mti: {command} is not part of the installed extension; run it in a checkout of the "
        "repository.\n"
    )


@pytest.mark.once
def test_it_brings_no_packages_and_no_byte_code(published):
    _channel, folder, _build = published
    names = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert not names & {".whl", ".pyc", ".so", ".dll", ".pyd", ".exe"}
    assert "wheels" not in tomllib.loads((folder / "blender_manifest.toml").read_text())


@pytest.mark.once
def test_the_platform_s_copy_installs_nothing(published):
    """No operator installs or fetches: what is in Blender's layer does not even mention it."""
    channel, folder, _build = published
    text = "\n".join(path.read_text() for path in (folder / "mti_addon/blender").rglob("*.py"))
    found = {name for name in INSTALLING if f'bl_idname = "mti.{name}"' in text}
    assert found == (INSTALLING if channel == "own" else set())
    assert ('spec("setup"' in text.replace("\n", "").replace(" ", "")) == (channel == "own")


def test_it_leaves_blender_s_python_alone(published):
    """No edits of sys.path or sys.modules, no code from data; relative imports only."""
    _channel, folder, _build = published
    for path in sources(folder):
        names = {ast.unparse(n) for n in ast.walk(ast.parse(path.read_text())) if _is_name(n)}
        assert not names & {"sys.path", "sys.modules", "eval", "exec", "__import__"}, path


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name)


ENABLED = """
import os, sys, tempfile
from types import SimpleNamespace
os.environ["BLENDER_USER_RESOURCES"] = tempfile.mkdtemp()
import bpy, addon_utils
bpy.context.preferences.extensions.repos.new(
    name="MTI", module="mti_dev", custom_directory=sys.argv[1])
assert addon_utils.enable("bl_ext.mti_dev.mti", default_set=True)
sys.path.insert(0, sys.argv[2])
from tests.blender.test_panels import Layout
prefs = bpy.context.preferences.addons["bl_ext.mti_dev.mti"].preferences
prefs.backend_folder = os.environ["BLENDER_USER_RESOURCES"] + "/backend"
layout = Layout()
context = SimpleNamespace(scene=bpy.context.scene, preferences=bpy.context.preferences,
    region=SimpleNamespace(width=900))
type(prefs).draw(
    SimpleNamespace(layout=layout, jobs_folder="", engine="draft", bl_rna=prefs.bl_rna), context)
print("OPERATORS", *dir(bpy.ops.mti))
print("PAGE", " ".join(layout.lines))
bpy.ops.mti.copy_command(what="setup")
addon_utils.disable("bl_ext.mti_dev.mti", default_set=True)
sys.stdout.flush()
os._exit(0)
"""


def test_each_copy_runs_and_shows_what_it_may(published):
    """In a Blender of its own: two copies cannot be enabled side by side."""
    channel, folder, _build = published
    done = subprocess.run(
        [sys.executable, "-c", ENABLED, str(folder.parent), str(ROOT)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    operators, page = set(lines["OPERATORS"].split()[1:]), lines["PAGE"]
    assert {"self_test", "check_backend", "copy_command", "learn"} <= operators
    if channel == "own":
        assert operators >= INSTALLING and "[mti.setup_backend]" in page
        assert "[mti.copy_command]" not in page
    else:
        assert not operators & INSTALLING and "[mti.download_model]" not in page
        assert page.count("[mti.copy_command]") == 5  # the backend, and four models
        assert "paste the command into a terminal" in page
        assert "Run the command shown in the preferences" in page and "Press Set Up" not in page
        assert "mti_addon.client.setup.task_process --into" in page
        assert "<hub_token>" not in page and "<wheels_folder>" not in page


@pytest.mark.once
@pytest.mark.parametrize("channel", CHANNELS)
def test_the_drafts_weights_are_in_it_if_they_are_there_and_their_training_is_not(
    ext, tmp_path, channel
):
    """Of a root that has all parts, small."""
    tool, root = _tool(), tmp_path / "root"
    for name in (*tool.STAGED, tool.CHANNEL_FILE, *tool.NOT_ON_THE_PLATFORM):
        if (ROOT / name).is_dir():
            continue  # made by what lies in it
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    included = ext("client.setup.models").INCLUDED_FOLDERS["draft-by-words"]
    training = root / tool.DRAFT / "by_words"
    training.mkdir(parents=True)
    (training / "stages.py").touch()
    assert not (tool.stage(root, tmp_path / "without", channel) / included).exists()
    (root / included / "unet").mkdir(parents=True)
    (root / included / "unet" / "model.safetensors").write_bytes(b"weights")
    staged = tool.stage(root, tmp_path / "with", channel)
    assert (staged / included / "unet" / "model.safetensors").read_bytes() == b"weights"
    assert not (staged / tool.DRAFT / "by_words").exists()

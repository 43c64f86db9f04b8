"""All actions of a .blend file become motions by real processes: the command line, and Blender."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.library import read_library
from tests.e2e import jobs
from tests.e2e.test_command_line import call

BPY = jobs.ROOT / ".venv" / "bpy-5.0" / "bin" / "python"


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A starter figure with the actions Jumping Jack and Wave."""
    if not BPY.exists():
        pytest.skip("there is no bpy for the backend's Python: make setup")
    path = tmp_path_factory.mktemp("scene") / "two actions.blend"
    user = {"BLENDER_USER_RESOURCES": str(path.parent / "user")}
    command = [BPY, "-m", "tests.blender.two_actions", path]
    done = subprocess.run(
        command, cwd=jobs.ROOT, env={**os.environ, **user}, capture_output=True, timeout=120
    )
    assert path.is_file(), done.stderr.decode()
    return path


def test_all_actions_become_motions_with_poses_and_are_then_known(
    blend: Path, tmp_path: Path
) -> None:
    place = tmp_path / "place"

    def learn() -> list[dict[str, Any]]:
        told = call(place, "learn", blend, "--blender", BPY, "--tags", "hero", "--flip-safe")
        motions: list[dict[str, Any]] = told["motions"]
        return motions

    first = learn()
    assert [each["action"] for each in first] == ["Jumping Jack", "Wave"]
    assert [each["status"] for each in first] == ["learned", "learned"]
    assert {each["source"] for each in first} == {str(blend)}
    motions, problems = read_library(place / "library")
    assert problems == {}
    presets = {motion.preset.name: motion.preset for motion in motions}
    assert set(presets) == {"Jumping Jack", "Wave"}
    for preset in presets.values():
        assert "poses.json" in preset.files and len(preset.references) == 14
        assert (preset.kind, preset.tags, preset.capture.flip_safe) == ("body", ("hero",), True)
        assert preset.embeddings["draft"].settings.inversion.token_init == "poses"
        assert preset.embeddings["draft"].quality.reconstruction is not None
    again = learn()
    assert [each["status"] for each in again] == ["known", "known"]
    assert [each["folder"] for each in again] == [each["folder"] for each in first]
    assert list((place / "work").iterdir()) == []

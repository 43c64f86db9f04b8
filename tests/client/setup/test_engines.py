"""Descriptions of the engines, and that their numbers agree with the backend's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from mti_addon.client.setup.check import Capabilities
from mti_addon.client.setup.engines import LABELS, WORDS, engine_states, gpu_bytes
from mti_addon.client.setup.licenses import LICENSES
from mti_addon.client.setup.models import (
    DOWNLOADS,
    INCLUDED_FOLDERS,
    INDEX,
    PARTS,
    ModelFolder,
    included_folder,
    model_folder,
)
from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import ALL_MODELS, INCLUDED, SIZES, WORDS_SIZES, ModelName, Settings
from mti_backend.memory import plan
from mti_backend.memory.networks import NETWORKS, SVD
from mti_backend.models import SHIPPED, download

DOWNLOADED_WORDS = tuple(name for name in WORDS if name not in INCLUDED)


def capabilities(*cards: dict[str, Any], gpu: str = "none") -> Capabilities:
    devices = [*cards, {"kind": "cpu", "name": "CPU", "memory_mib": 24000}]
    return Capabilities("python", "0.1.0", 0.0, {"kind": gpu}, {"devices": devices})


def card(gigabytes: float) -> dict[str, Any]:
    return {"kind": "cuda", "name": "A card", "memory_mib": int(gigabytes * 1024)}


def folders(root: Path) -> dict[str, ModelFolder]:
    return {name: model_folder(root, name) for name in DOWNLOADS}


def test_the_draft_needs_the_backend_only(tmp_path: Path) -> None:
    states = engine_states(None, None, folders(tmp_path))
    assert list(states) == list(ALL_MODELS)
    assert states["draft"].ready and not states["svd"].ready
    states = engine_states(None, Problem("x", "The backend is not set up."), folders(tmp_path))
    assert {state.condition for state in states.values()} == {"backend_missing"}
    assert states["draft"].sentence == "The backend is not set up."


def with_draft(models: Path, root: Path) -> dict[str, ModelFolder]:
    return folders(models) | {
        name: included_folder(models, root, name) for name in INCLUDED_FOLDERS
    }


@pytest.mark.parametrize("place", ["extension", "models"])
def test_the_draft_by_words_is_ready_if_its_weights_are_there(tmp_path: Path, place: str) -> None:
    models, root = tmp_path / "models", tmp_path / "extension"
    state = engine_states(None, None, with_draft(models, root))["draft-by-words"]
    assert state.missing and state.sentence == (
        "This copy of the extension comes without the weights of this engine."
    )
    there = root / INCLUDED_FOLDERS["draft-by-words"]
    folder = there if place == "extension" else models / "draft-by-words"
    folder.mkdir(parents=True)
    assert not engine_states(None, None, with_draft(models, root))["draft-by-words"].ready
    (folder / INDEX).write_text("{}")
    for told in (None, capabilities(), capabilities(card(1))):
        states = engine_states(told, None, with_draft(models, root), words_size=2)
        assert states["draft-by-words"].ready, "every size of the others is its only one"
    assert included_folder(models, root, "draft-by-words").path == folder


def test_without_a_gpu_the_draft_is_named_if_it_can_be_used(tmp_path: Path) -> None:
    (tmp_path / INCLUDED_FOLDERS["draft-by-words"]).mkdir(parents=True)
    without = engine_states(capabilities(), None, with_draft(tmp_path / "models", tmp_path))
    (tmp_path / INCLUDED_FOLDERS["draft-by-words"] / INDEX).write_text("{}")
    states = engine_states(capabilities(), None, with_draft(tmp_path / "models", tmp_path))
    for name in DOWNLOADED_WORDS:
        assert without[name].sentence.endswith("no supported GPU found.")
        assert states[name].sentence.endswith("no supported GPU found. The Draft needs none.")
        assert states[name].condition == "too_small"
    assert states["svd"].sentence.endswith("no supported GPU found.")


def test_the_place_of_the_included_weights_is_the_backends() -> None:
    root = Path(download.__file__).parents[2]
    for name, folder in INCLUDED_FOLDERS.items():
        assert root / folder == SHIPPED[name]


def test_what_is_not_installed_says_how_big_it_is(tmp_path: Path) -> None:
    svd = engine_states(capabilities(card(24)), None, folders(tmp_path))["svd"]
    assert svd.condition == "not_installed" and "4.5 GB" in svd.sentence
    (tmp_path / "svd" / "unet").mkdir(parents=True)
    (tmp_path / "svd" / "unet" / "weights.incomplete").write_bytes(b"half")
    svd = engine_states(capabilities(card(24)), None, folders(tmp_path))["svd"]
    assert svd.condition == "incomplete" and "Partially downloaded" in svd.sentence
    (tmp_path / "svd" / INDEX).write_text("{}")
    assert engine_states(capabilities(card(24)), None, folders(tmp_path))["svd"].ready
    assert engine_states(None, None, folders(tmp_path))["svd"].condition == "unknown"


def test_a_gpu_that_is_too_small_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    states = engine_states(capabilities(card(11)), None, folders(tmp_path))
    assert states["svd"].condition == "not_installed"
    assert states["svd-xt"].condition == "too_small"
    states = engine_states(capabilities(card(8)), None, folders(tmp_path))
    assert states["svd"].condition == "too_small"
    assert states["svd"].sentence == (
        "Needs 8.2 GB of GPU memory at 1024 x 576; A card has 8.0 GB. Choose the size 768 x 448."
    )
    states = engine_states(capabilities(), None, folders(tmp_path))
    assert "no supported GPU found" in states["svd"].sentence
    states = engine_states(capabilities(gpu="cuda"), None, folders(tmp_path))
    assert "set up the backend again" in states["svd"].sentence


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ("svd", "svd-xt"))
def test_the_memory_is_what_the_backend_plans(name: str, size: tuple[int, int]) -> None:
    settings = Settings.for_model(name).sized(*size)
    least = max(plan.learning_memory(SVD.costs[-1], settings), plan.applying_memory(settings, 1))
    assert gpu_bytes(settings) == pytest.approx(least, rel=0.002)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ("svd", "svd-xt"))
def test_both_sides_tell_of_the_same_need_by_the_same_number(
    tmp_path: Path, name: str, size: tuple[int, int]
) -> None:
    settings = Settings.for_model(name).sized(*size)
    with pytest.raises(OutOfMemory) as refused:
        plan.plan(settings, 2**30, learns=True, applies=False)
    need = re.search(
        r"needs ([\d.]+) GB of GPU memory, but only 1.0 GB are free", refused.value.message
    )
    said = engine_states(capabilities(card(1)), None, folders(tmp_path), size)[name].sentence
    assert need and said.startswith(f"Needs {need[1]} GB of GPU memory") and "has 1.0 GB" in said


def test_the_card_that_is_judged_is_the_one_that_is_named(tmp_path: Path) -> None:
    small = {"kind": "cuda", "index": 0, "name": "The first", "memory_mib": 2048}
    large = {"kind": "cuda", "index": 1, "name": "The largest", "memory_mib": 6144}
    said = engine_states(capabilities(small, large), None, folders(tmp_path))["svd"].sentence
    assert "The largest has 6.0 GB" in said and "The first" not in said


def test_a_smaller_size_needs_less(tmp_path: Path) -> None:
    told = capabilities(card(8))
    (tmp_path / "svd").mkdir()
    (tmp_path / "svd" / INDEX).write_text("{}")
    states = engine_states(told, None, folders(tmp_path), (768, 448))
    assert states["svd"].ready and not states["svd-xt"].ready
    # recommended sizes fit, and sizes refused here are refused by the backend
    for size in SIZES:
        fits = gpu_bytes(Settings.for_model("svd-xt").sized(*size)) <= 8 * 2**30
        state = engine_states(told, None, folders(tmp_path), size)["svd-xt"]
        assert (state.condition != "too_small") == fits
    assert engine_states(capabilities(card(4)), None, folders(tmp_path))["svd"].sentence.endswith(
        " 4.0 GB."
    )


def test_every_model_on_the_hub_has_its_size() -> None:
    assert set(DOWNLOADS) == set(download.SOURCES) == set(LABELS) - set(INCLUDED)
    for name in DOWNLOADS:
        files = download.files_of(name)
        assert files[-1] == INDEX and len(set(files)) == len(files)
        assert set(PARTS.get(name, ())) <= {file.partition("/")[0] for file in files}


@pytest.mark.parametrize("name", DOWNLOADED_WORDS)
def test_a_text_to_video_model_says_what_is_missing_and_where_it_belongs(
    tmp_path: Path, name: ModelName
) -> None:
    def state() -> tuple[str, str]:
        found = engine_states(capabilities(card(24)), None, folders(tmp_path))[name]
        return found.condition, found.sentence

    condition, said = state()
    assert (condition, said) == (
        "not_installed", f"Not installed ({DOWNLOADS[name] / 1e9:.1f} GB download)."
    )  # fmt: skip
    for part in PARTS[name]:
        (tmp_path / name / part).mkdir(parents=True)
        (tmp_path / name / part / "config.json").write_text("{}")
    (tmp_path / name / INDEX).write_text("{}")
    assert state()[0] == "ready"
    (tmp_path / name / "text_encoder" / "config.json").unlink()
    (tmp_path / name / "text_encoder").rmdir()
    assert state() == (
        "incomplete",
        f"{tmp_path / name} lacks text_encoder. Download it again to resume, or copy the whole "
        "model there.",
    )


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", DOWNLOADED_WORDS)
def test_the_memory_of_text_to_video_models_is_what_the_backend_plans(
    tmp_path: Path, name: ModelName, number: int
) -> None:
    size = WORDS_SIZES[name][number]
    settings = Settings.for_model(name).sized(*size)
    learning = plan.learning_memory(NETWORKS[name].costs[-1], settings)
    assert gpu_bytes(settings) == max(learning, plan.applying_memory(settings, 1))
    told = capabilities(card(5.5))
    missing = engine_states(told, None, folders(tmp_path), words_size=number)[name]
    fits = gpu_bytes(settings) <= 5.5 * 2**30
    assert missing.missing == fits, "before a download it is said that it would be in vain"
    for part in PARTS[name]:
        (tmp_path / name / part).mkdir(parents=True)
    (tmp_path / name / INDEX).write_text("{}")
    there = folders(tmp_path)
    states = engine_states(told, None, there, words_size=number)
    assert (states[name].condition != "too_small") == fits
    if not fits:
        assert (
            f"{size[0]} x {size[1]}" in states[name].sentence and "Choose" in states[name].sentence
        )


def test_every_text_to_video_model_has_its_parts_sizes_and_licenses() -> None:
    assert set(WORDS_SIZES) == set(WORDS)
    assert set(PARTS) == set(LICENSES) == set(DOWNLOADED_WORDS)
    for name, sizes in WORDS_SIZES.items():
        assert sizes[0] == Settings.for_model(name).size and sizes == tuple(sorted(sizes)[::-1])
        assert all(side % 8 == 0 for size in sizes for side in size)
        assert all(each.url.startswith("https://") for each in LICENSES.get(name, ()))

"""The exported model can be read by SVD's own pipeline, and by our wrapper like SVD itself."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from mti_backend.draft.procedural.motions import FRAMES
from mti_backend.draft.training import history, networks
from mti_backend.draft.training.export import export, start_from, tidy
from mti_backend.draft.training.losses import Drafts
from mti_backend.draft.training.trainer import Stage, StageSettings
from mti_backend.draft.training.training_clips import PICTURE_SIZE
from mti_backend.models.draft import DraftModel
from mti_backend.models.token_layout import TOKEN_WIDTH


def checkpoint(folder: Path, name: str, network: nn.Module) -> nn.Module:
    """Save a stage as it is before its first step."""
    make_stage(folder, name, network).run(lambda line: None)
    return network


def make_stage(folder: Path, name: str, network: nn.Module) -> Stage:
    settings = StageSettings(steps=0, batch=1, learning_rate=1e-3, seed=1)
    return Stage(name, network, lambda step: torch.zeros(()), folder, settings)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, nn.Module]]:
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    autoencoder = networks.make_autoencoder()
    made: dict[str, nn.Module] = {
        "frames": Drafts(autoencoder, networks.make_unet()),
        "pairs": networks.make_autoencoder(),
        "image-encoder": networks.make_image_encoder(),
        "clips": Drafts(autoencoder, networks.make_unet()),
    }
    return folder, {name: checkpoint(folder, name, net) for name, net in made.items()}


@pytest.fixture(scope="module")
def exported(
    trained: tuple[Path, dict[str, nn.Module]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("weights")
    return folder, export(trained[0], folder)


def test_our_wrapper_reads_it(
    exported: tuple[Path, int], trained: tuple[Path, dict[str, nn.Module]]
) -> None:
    model = DraftModel("draft", exported[0])
    assert model.num_frames == FRAMES and model.token_width == TOKEN_WIDTH
    assert model.latent_channels == networks.LATENT_CHANNELS
    assert model.picture_size == PICTURE_SIZE
    pictures = torch.rand(2, 3, PICTURE_SIZE, PICTURE_SIZE) * 2 - 1
    latents = model.encode_video(pictures)
    assert latents.shape == (1, 2, networks.LATENT_CHANNELS, 16, 16)
    first = model.framed(torch.rand(3, 90, 160) * 2 - 1)
    assert model.decode(latents, first).shape == (2, 3, 90, 160)
    assert model.image_embeddings(pictures).shape == (2, TOKEN_WIDTH)
    read = {
        part: dict(getattr(model, part).named_parameters())
        for part in ("unet", "image_encoder", "vae")
    }
    clips = dict(trained[1]["clips"].named_parameters())
    for key, weight in read["unet"].items():
        torch.testing.assert_close(weight, clips[f"unet.{key}"].data, rtol=1e-3, atol=1e-5)
    for key, weight in trained[1]["image-encoder"].named_parameters():
        torch.testing.assert_close(read["image_encoder"][key], weight.data, rtol=1e-3, atol=1e-5)
    known = {k: dict(trained[1][k].named_parameters()) for k in ("frames", "pairs")}
    for key, weight in read["vae"].items():
        # only what the pairs stage trains: the frames stage may have continued since
        of = (
            known["pairs"][key]
            if key.startswith("pair.")
            else known["frames"]["autoencoder." + key]
        )
        torch.testing.assert_close(weight, of.data, rtol=1e-3, atol=1e-5)


def test_its_parts_are_named_as_svds(exported: tuple[Path, int]) -> None:
    index = json.loads((exported[0] / "model_index.json").read_text("utf-8"))
    assert {"unet", "vae", "image_encoder", "scheduler", "feature_extractor"} < index.keys()
    module, name = index["vae"]
    assert getattr(importlib.import_module(module), name) is DraftModel.autoencoder_class


def test_training_goes_on_from_an_export(
    exported: tuple[Path, int], trained: tuple[Path, dict[str, nn.Module]], tmp_path: Path
) -> None:
    """Stages that have not begun start from the exported weights; the others are left alone."""
    torch.manual_seed(9)
    begun = checkpoint(tmp_path, "pairs", networks.make_autoencoder())
    start_from(exported[0], tmp_path)
    other = Drafts(networks.make_autoencoder(), networks.make_unet())
    frames = make_stage(tmp_path, "frames", other)
    assert frames.step == 0
    clips = dict(trained[1]["clips"].named_parameters())  # the exported UNet is that of the clips
    pairs = dict(trained[1]["pairs"].named_parameters())
    old = dict(trained[1]["frames"].named_parameters())
    for key, weight in frames.weights.items():
        if key.startswith("unet."):
            known = clips[key]
        elif key.startswith("autoencoder.pair."):
            known = pairs[key.removeprefix("autoencoder.")]
        else:
            known = old[key]
        torch.testing.assert_close(weight, known.data, rtol=1e-3, atol=1e-5, msg=key)
    kept = make_stage(tmp_path, "pairs", networks.make_autoencoder())
    assert all(
        torch.equal(kept.weights[k], p) for k, p in begun.named_parameters() if p.requires_grad
    )
    with pytest.raises(FileNotFoundError):
        start_from(tmp_path / "nothing", tmp_path)


def test_an_export_tells_where_it_comes_from(exported: tuple[Path, int], tmp_path: Path) -> None:
    """Runs that continue one another form one history, which lists each once."""
    (first,) = history.load(exported[0])
    assert first["identity"] == DraftModel("draft", exported[0]).identity
    assert first["started_from"] is None and first["stages"] == []  # no training step was made
    work, weights = tmp_path / "work", tmp_path / "weights"
    start_from(exported[0], work)
    assert history.load(work) == [first]
    (work / "frames.log.jsonl").write_text('{"step": 25, "loss": 0.5, "seconds": 60.0}\n', "utf-8")
    export(work, weights, "frames")
    before, now = history.load(weights)
    assert before == first and now["started_from"] == first["identity"] == now["identity"]
    assert [stage["stage"] for stage in now["stages"]] == ["frames"]
    # run again, the command starts from its own result
    start_from(weights, work)
    assert history.load(work) == [first]


def test_it_is_small_enough_to_commit(exported: tuple[Path, int]) -> None:
    folder, size = exported
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert size == sum(path.stat().st_size for path in files) <= 40e6
    assert {path.suffix for path in files} == {".json", ".safetensors"}


def test_no_file_says_where_it_was_made(
    exported: tuple[Path, int], trained: tuple[Path, dict[str, nn.Module]]
) -> None:
    for path in exported[0].rglob("*.json"):
        text = path.read_text("utf-8")
        if path.name != history.FILE:
            # keys are sorted, so that a new export changes no unaffected lines
            assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
        for word in ("_name_or_path", str(trained[0]), str(exported[0]), str(Path.home()), "tmp"):
            assert word not in text, f"{path.name}: {word}"


def test_a_stage_that_is_missing_stops_it_before_anything_is_written(
    trained: tuple[Path, dict[str, nn.Module]], tmp_path: Path
) -> None:
    with pytest.raises(FileNotFoundError):
        export(trained[0], tmp_path / "weights", unet_stage="nothing")
    assert not (tmp_path / "weights").exists()


def test_paths_are_taken_out_of_configs(tmp_path: Path) -> None:
    """Some library versions record where a model was loaded from."""
    config = tmp_path / "unet" / "config.json"
    config.parent.mkdir()
    config.write_text('{"b": 1, "_name_or_path": "somewhere", "a": [2]}', encoding="utf-8")
    tidy(tmp_path)
    assert json.loads(config.read_text("utf-8")) == {"a": [2], "b": 1}

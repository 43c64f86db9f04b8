"""What is shipped is read by SVD's own pipeline, and by our wrapper as SVD would be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from diffusers import StableVideoDiffusionPipeline
from torch import nn

from mti_backend.draft import export as module
from mti_backend.draft import history, networks
from mti_backend.draft.clips import IMAGE_SIZE, TOKEN_WIDTH
from mti_backend.draft.export import export, start_from
from mti_backend.draft.motions import FRAMES
from mti_backend.draft.stage import Stage, StageSettings
from mti_backend.models.svd import SvdModel

SCALE = 0.625


def checkpoint(folder: Path, name: str, network: nn.Module) -> nn.Module:
    """A stage as it is before its first step."""
    make_stage(folder, name, network).run(lambda line: None)
    return network


def make_stage(folder: Path, name: str, network: nn.Module) -> Stage:
    settings = StageSettings(steps=0, batch=1, learning_rate=1e-3, seed=1)
    return Stage(name, network, lambda step: torch.zeros(()), folder, settings)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, nn.Module]]:
    folder = tmp_path_factory.mktemp("checkpoints")
    torch.manual_seed(0)
    made = {
        "vae": networks.make_vae(),
        "image-encoder": networks.make_image_encoder(),
        "predictor": networks.make_predictor(),
        "frames": networks.make_unet(),
        "clips": networks.make_unet(),
    }
    return folder, {name: checkpoint(folder, name, net) for name, net in made.items()}


@pytest.fixture(scope="module")
def exported(
    trained: tuple[Path, dict[str, nn.Module]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    folder = tmp_path_factory.mktemp("weights")
    with pytest.MonkeyPatch.context() as patch:
        # measured over 256 encoded pictures in a real export, which takes a minute here
        patch.setattr(module, "latent_scale", lambda vae: SCALE)
        return folder, export(trained[0], folder)


def test_our_wrapper_reads_it(
    exported: tuple[Path, int], trained: tuple[Path, dict[str, nn.Module]]
) -> None:
    model = SvdModel("draft", exported[0])
    assert model.frames == FRAMES and model.token_width == TOKEN_WIDTH
    assert model.latent_channels == networks.LATENT_CHANNELS and model.pixels_per_latent == 4
    pictures = torch.rand(2, 3, IMAGE_SIZE, IMAGE_SIZE) * 2 - 1
    latents = model.encode_video(pictures)
    assert latents.shape == (1, 2, networks.LATENT_CHANNELS, 16, 16)
    plain = model.encode_image(pictures[0])  # the condition is not scaled
    torch.testing.assert_close(latents[:, :1], SCALE * plain, rtol=1e-4, atol=1e-5)
    assert model.decode(latents).shape == pictures.shape
    assert model.image_embeddings(pictures).shape == (2, TOKEN_WIDTH)
    for part, name in (("unet", "clips"), ("image_encoder", "image-encoder"), ("vae", "vae")):
        read = dict(getattr(model, part).named_parameters())
        for key, weight in trained[1][name].named_parameters():
            if weight.requires_grad and not (part == "vae" and "temporal" in key):
                torch.testing.assert_close(read[key], weight.data, rtol=1e-3, atol=1e-6, msg=key)


def test_svds_own_pipeline_reads_it(exported: tuple[Path, int]) -> None:
    pipeline = StableVideoDiffusionPipeline.from_pretrained(exported[0])
    assert pipeline.vae.config.scaling_factor == SCALE
    assert pipeline.unet.config.num_frames == FRAMES
    numbers = networks.make_scheduler().config
    assert all(pipeline.scheduler.config[k] == v for k, v in numbers.items() if k[0] != "_")
    assert pipeline.feature_extractor.image_mean == networks.make_image_processor().image_mean


def test_training_goes_on_from_an_export(
    exported: tuple[Path, int], trained: tuple[Path, dict[str, nn.Module]], tmp_path: Path
) -> None:
    """Each stage that has not begun starts at the exported weights; what has begun is left."""
    torch.manual_seed(9)
    begun = checkpoint(tmp_path, "vae", networks.make_vae())
    start_from(exported[0], tmp_path)
    # the exported UNet is that of the clips
    for stage, name, other in (
        ("image-encoder", "image-encoder", networks.make_image_encoder()),
        ("predictor", "predictor", networks.make_predictor()),
        ("frames", "clips", networks.make_unet()),
    ):
        made = make_stage(tmp_path, stage, other)
        assert made.step == 0
        read = dict(trained[1][name].named_parameters())
        for key, weight in made.weights.items():
            torch.testing.assert_close(weight, read[key].data, rtol=1e-3, atol=1e-6, msg=key)
    kept = make_stage(tmp_path, "vae", networks.make_vae())
    assert all(torch.equal(kept.weights[k], p) for k, p in begun.named_parameters())
    with pytest.raises(FileNotFoundError):
        start_from(tmp_path / "nothing", tmp_path)


def test_an_export_tells_where_it_comes_from(
    exported: tuple[Path, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that went on from one another are one story, in which each is told once."""
    monkeypatch.setattr(module, "latent_scale", lambda vae: SCALE)
    (first,) = history.load(exported[0])
    assert first["identity"] == SvdModel("draft", exported[0]).identity
    assert first["started_from"] is None and first["stages"] == []  # no step was made
    work, weights = tmp_path / "work", tmp_path / "weights"
    start_from(exported[0], work)
    assert history.load(work) == [first]
    (work / "frames.log.jsonl").write_text('{"step": 25, "loss": 0.5, "seconds": 60.0}\n', "utf-8")
    export(work, weights, "frames")
    before, now = history.load(weights)
    assert before == first and now["started_from"] == first["identity"] == now["identity"]
    assert [stage["stage"] for stage in now["stages"]] == ["frames"]
    # the same command again, whose start is now its own result
    start_from(weights, work)
    assert history.load(work) == [first]


def test_a_predictor_of_another_image_encoder_does_not_stay(
    exported: tuple[Path, int],
    trained: tuple[Path, dict[str, nn.Module]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where none has been trained, there is none, and training goes on without it all the same."""
    monkeypatch.setattr(module, "latent_scale", lambda vae: SCALE)
    work, weights = tmp_path / "work", tmp_path / "weights"
    work.mkdir()
    for file in trained[0].glob("*.safetensors"):
        if not file.name.startswith("predictor"):
            (work / file.name).symlink_to(file)
    networks.make_predictor().save(weights / "predictor")
    export(work, weights, "frames")
    assert not (weights / "predictor").exists()
    assert SvdModel("draft", weights).predictor is None
    assert SvdModel("draft", exported[0]).predictor is not None
    start_from(weights, tmp_path / "more")
    stages = {file.name.split(".")[0] for file in (tmp_path / "more").glob("*.safetensors")}
    assert stages == {"vae", "image-encoder", "frames"}


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
            # in one order, so that a new export changes no line that says the same
            assert text == json.dumps(json.loads(text), indent=2, sort_keys=True) + "\n"
        for word in ("_name_or_path", str(trained[0]), str(exported[0]), str(Path.home()), "tmp"):
            assert word not in text, f"{path.name}: {word}"


def test_a_stage_that_is_missing_stops_it_before_anything_is_written(
    trained: tuple[Path, dict[str, nn.Module]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "latent_scale", lambda vae: SCALE)
    with pytest.raises(FileNotFoundError):
        export(trained[0], tmp_path / "weights", unet_stage="nothing")
    assert not (tmp_path / "weights").exists()


def test_paths_are_taken_out_of_configs(tmp_path: Path) -> None:
    """Some versions of the libraries note where a model was loaded from."""
    config = tmp_path / "unet" / "config.json"
    config.parent.mkdir()
    config.write_text('{"b": 1, "_name_or_path": "somewhere", "a": [2]}', encoding="utf-8")
    module._tidy(tmp_path)
    assert json.loads(config.read_text("utf-8")) == {"a": [2], "b": 1}

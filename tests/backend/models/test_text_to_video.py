"""Loading text-to-video models, and what of them is exact."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import DDIMScheduler
from safetensors.torch import load_file, save_file

from mti_addon.wire.errors import BadRequest, ModelMissing
from mti_backend import models
from mti_backend.models import load_text_to_video
from mti_backend.models.text_to_video import TextToVideoModel
from tests.tiny_text_to_video import SCALE, WIDTH, make_tiny_text_to_video


@pytest.fixture(scope="module", params=["animatediff", "zeroscope"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> TextToVideoModel:
    folder = make_tiny_text_to_video(request.param, tmp_path_factory.mktemp(request.param))
    return load_text_to_video(request.param, folder=folder)


def test_everything_is_frozen_and_in_eval_mode(model: TextToVideoModel) -> None:
    for part in (model.unet, model.vae, model.text_encoder):
        assert not any(p.requires_grad for p in part.parameters())
        assert not any(module.training for module in part.modules())


def test_the_noise_is_that_of_the_training(model: TextToVideoModel) -> None:
    """abar_T of the published schedules; AnimateDiff's is not the one in SD 1.5's file."""
    last = torch.tensor([model.train_timesteps - 1])
    one, zero = torch.ones(1, 1, 1, 1, 1), torch.zeros(1, 1, 1, 1, 1)
    signal = float(model.add_noise(one, zero, last)) ** 2
    assert signal == pytest.approx({"animatediff": 0.00158, "zeroscope": 0.00466}[model.name], 0.01)
    scheduler = model.scheduler()
    scheduler.set_timesteps(25 if model.name == "animatediff" else 30)
    steps = scheduler.timesteps.tolist()
    expected = {"animatediff": (999, 957, 0), "zeroscope": (958, 925, 1)}[model.name]
    assert (steps[0], steps[1], steps[-1]) == expected


def test_targets_of_both_kinds(model: TextToVideoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    g = torch.Generator().manual_seed(0)
    x0, noise = (torch.randn(2, 3, 4, 8, 6, generator=g, dtype=torch.float64) for _ in range(2))
    t = torch.tensor([10, 700])
    abar = DDIMScheduler.from_config(model.scheduler_config).alphas_cumprod.double()[t]
    alpha, sigma = abar.sqrt().view(2, 1, 1, 1, 1), (1 - abar).sqrt().view(2, 1, 1, 1, 1)
    torch.testing.assert_close(model.add_noise(x0, noise, t), alpha * x0 + sigma * noise)
    assert torch.equal(model.target(x0, noise, t), noise)
    config = model.scheduler_config | {"prediction_type": "v_prediction"}
    monkeypatch.setattr(model, "_noising", DDIMScheduler.from_config(config))
    torch.testing.assert_close(model.target(x0, noise, t), alpha * noise - sigma * x0)


@torch.no_grad()
def test_clips_of_a_batch_have_their_own_text_and_time(model: TextToVideoModel) -> None:
    x = torch.randn(2, 3, 4, 8, 6, generator=torch.Generator().manual_seed(0))
    text = torch.cat([model.encode_prompt("a fox"), model.encode_prompt("snow")])
    t = torch.tensor([900, 20])
    both = model.network(x, t, text)
    for i in range(2):
        alone = model.network(x[i : i + 1], t[i], text[i : i + 1])
        torch.testing.assert_close(both[i : i + 1], alone, rtol=1e-4, atol=1e-5)
        other = model.network(x[i : i + 1], t[i], text[1 - i : 2 - i])
        assert (other - alone).abs().max() > 1e-3


def test_a_ddim_scheduler_in_the_folder_is_used_as_it_is(tmp_path: Path) -> None:
    make_tiny_text_to_video("animatediff", tmp_path)
    own = DDIMScheduler(
        prediction_type="v_prediction", rescale_betas_zero_snr=True, timestep_spacing="trailing"
    )
    own.save_pretrained(tmp_path / "scheduler")
    model = load_text_to_video("animatediff", folder=tmp_path)
    assert model.scheduler().config.timestep_spacing == "trailing"
    assert model.inverse_scheduler().config.timestep_spacing == "trailing"
    x0 = torch.ones(1, 1, 1, 1, 1)
    assert torch.equal(model.target(x0, 0 * x0, torch.tensor([999])), -x0)


def test_pictures_and_latents(model: TextToVideoModel) -> None:
    pictures = torch.rand(3, 3, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1
    latents = model.encode_video(pictures)
    assert latents.shape == (1, 3, 4, 16 // SCALE, 24 // SCALE)
    assert model.latent_size(24, 16) == (16 // SCALE, 24 // SCALE)
    mode = model.vae.encode(pictures).latent_dist.mode() * model.vae.config.scaling_factor
    torch.testing.assert_close(latents[0], mode)
    sampled = [model.encode_video(pictures, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    assert torch.equal(sampled[0], sampled[1]) and not torch.equal(sampled[0], sampled[2])
    assert not torch.equal(sampled[0], latents)
    decoded = model.decode(latents)
    assert decoded.shape == pictures.shape and decoded.abs().max() <= 1


def test_a_prompt_is_encoded_to_77_rows(model: TextToVideoModel) -> None:
    text = model.encode_prompt("a fox")
    assert text.shape == (1, 77, WIDTH)
    assert not torch.equal(text, model.encode_prompt(""))
    model.encode_prompt("a" * 75)
    with pytest.raises(BadRequest, match="'b' does not fit"):
        model.encode_prompt("a" * 75 + " b")
    with pytest.raises(BadRequest, match="'second second .*\\.\\.\\.' does not fit"):
        model.encode_prompt("a" * 70 + " second" * 10000)


def test_an_incomplete_or_other_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="text_encoder, tokenizer, scheduler missing"):
        (tmp_path / "unet").mkdir()
        (tmp_path / "vae").mkdir()
        load_text_to_video("zeroscope", folder=tmp_path)
    folder = make_tiny_text_to_video("animatediff", tmp_path / "other")
    with pytest.raises(ModelMissing, match="its unet is UNet2DConditionModel, not UNet3D"):
        load_text_to_video("zeroscope", folder=folder)
    (folder / "text_encoder" / "config.json").write_text("{")
    with pytest.raises(ModelMissing, match="config.json is missing or damaged"):
        load_text_to_video("animatediff", folder=folder)
    with pytest.raises(BadRequest, match="no text-to-video model"):
        load_text_to_video("svd")


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    folder = make_tiny_text_to_video("animatediff", tmp_path / "model")
    weights = next((folder / "motion_adapter").glob("*.safetensors"))
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ModelMissing, match="cannot be loaded"):
        load_text_to_video("animatediff", folder=folder)


def test_a_damaged_code_of_time_is_refused(tmp_path: Path) -> None:
    """It is no weight, but in the file of the motion adapter."""
    folder = make_tiny_text_to_video("animatediff", tmp_path / "model")
    weights = next((folder / "motion_adapter").glob("*.safetensors"))
    tensors = load_file(weights)
    name = next(name for name in tensors if name.endswith("pos_embed.pe"))
    tensors[name][0, 3, 1] = float("nan")
    save_file(tensors, weights, {"format": "pt"})
    with pytest.raises(ModelMissing, match="is damaged: unet, .*pe contains values"):
        load_text_to_video("animatediff", folder=folder)


def test_an_included_model_without_its_weights_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(models.SHIPPED, "draft-by-words", tmp_path / "weights")
    monkeypatch.delenv(models.MODELS_DIR_VARIABLE, raising=False)
    with pytest.raises(ModelMissing, match="^The model draft-by-words is not installed[.]"):
        load_text_to_video("draft-by-words")
    make_tiny_text_to_video("animatediff", tmp_path / "weights")
    assert load_text_to_video("draft-by-words").name == "draft-by-words"
    # a folder of one's own comes first, as for the other models
    own = make_tiny_text_to_video("animatediff", tmp_path / "models" / "draft-by-words", seed=1)
    monkeypatch.setenv(models.MODELS_DIR_VARIABLE, str(tmp_path / "models"))
    assert load_text_to_video("draft-by-words").folder == own

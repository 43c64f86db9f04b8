"""The draft's networks are SVD's classes; their temporal layers start as the identity."""

from __future__ import annotations

import pytest
import torch
from diffusers import UNetSpatioTemporalConditionModel
from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import Tensor, nn
from transformers import CLIPVisionModelWithProjection

from mti_backend.draft.procedural.motions import FRAMES
from mti_backend.draft.training import networks
from mti_backend.draft.training.networks import (
    IMAGE_LATENT_CHANNELS,
    LATENT_CHANNELS,
    is_temporal,
)
from mti_backend.draft.training.training_clips import MAP_SIZE, PICTURE_SIZE
from mti_backend.models.motion_autoencoder import PATCH, MotionAutoencoder
from mti_backend.models.temporal import pictures_only
from mti_backend.models.token_layout import TOKEN_WIDTH
from tests.draft.procedural.examples import generator

PLACES = MAP_SIZE // PATCH
CHANNELS = LATENT_CHANNELS + IMAGE_LATENT_CHANNELS
FORWARDS = SpatioTemporalResBlock.forward, TransformerSpatioTemporalModel.forward


@pytest.fixture(scope="module")
def unet() -> UNetSpatioTemporalConditionModel:
    """With randomized spatial layers, whose hand-wired start would hide the other layers."""
    torch.manual_seed(0)
    network = networks.make_unet().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not is_temporal(name):
                parameter += 0.02 * torch.randn_like(parameter)
    return network


@pytest.fixture(scope="module")
def autoencoder() -> MotionAutoencoder:
    torch.manual_seed(0)
    return networks.make_autoencoder().eval()


def call(unet: UNetSpatioTemporalConditionModel, frames: int) -> Tensor:
    g = generator(1)
    x = torch.randn(1, frames, CHANNELS, PLACES, PLACES, generator=g)
    token = torch.randn(1, 1, TOKEN_WIDTH, generator=g)
    output: Tensor = unet(x, torch.tensor([0.3]), token, torch.tensor([[6.0, 127.0, 0.0]])).sample
    return output


def test_classes_and_sizes(
    unet: UNetSpatioTemporalConditionModel, autoencoder: MotionAutoencoder
) -> None:
    assert type(unet) is UNetSpatioTemporalConditionModel and unet.config.num_frames == FRAMES
    assert unet.config.cross_attention_dim == TOKEN_WIDTH
    assert unet.config.in_channels == CHANNELS and unet.config.out_channels == LATENT_CHANNELS
    assert autoencoder.config.latent_channels == LATENT_CHANNELS
    encoder = networks.make_image_encoder()
    assert type(encoder) is CLIPVisionModelWithProjection
    with torch.no_grad():
        assert encoder(torch.zeros(1, 3, 224, 224)).image_embeds.shape == (1, TOKEN_WIDTH)
    scheduler = networks.make_scheduler()
    scheduler.set_timesteps(5)
    assert scheduler.config.prediction_type == "v_prediction"
    assert scheduler.sigmas[0] == pytest.approx(80.0) and scheduler.sigmas[-1] == 0


def test_the_shipped_model_will_be_small_enough(
    unet: UNetSpatioTemporalConditionModel, autoencoder: MotionAutoencoder
) -> None:
    models = (unet, autoencoder, networks.make_image_encoder())
    numbers = sum(p.numel() for model in models for p in model.parameters())
    assert 2 * numbers < 40e6  # bytes, in half precision


@torch.no_grad()
def test_temporal_layers_start_as_the_identity(unet: UNetSpatioTemporalConditionModel) -> None:
    plain = call(unet, FRAMES)
    with pictures_only():
        pictures = call(unet, FRAMES)
    assert plain.std() > 0.1  # otherwise the comparison would be empty
    torch.testing.assert_close(plain, pictures, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_temporal_layer_that_is_trained_does_something(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    ends = [m for n, m in unet.named_modules() if n.endswith("temporal_res_block")]
    plain = call(unet, 2)
    ends[0].conv2.bias += 0.5
    try:
        changed = call(unet, 2)
        with pictures_only():
            pictures = call(unet, 2)
    finally:
        ends[0].conv2.bias -= 0.5
    assert not torch.allclose(changed, plain, atol=1e-3)
    torch.testing.assert_close(pictures, plain, rtol=0, atol=1e-5)


@torch.no_grad()
def test_the_unet_starts_near_nothing() -> None:
    """At high noise, the v-prediction of a still clip is zero."""
    output = call(networks.make_unet(), FRAMES)
    assert 0 < output.std() < 0.1


@torch.no_grad()
def test_what_the_autoencoder_makes(autoencoder: MotionAutoencoder) -> None:
    pictures = torch.rand(3, 3, PICTURE_SIZE, PICTURE_SIZE, generator=generator(2)) * 2 - 1
    image = autoencoder.encode_image(pictures)
    assert image.shape == (3, IMAGE_LATENT_CHANNELS, PLACES, PLACES)
    latents = autoencoder.encode(pictures)
    assert latents.shape == (3, LATENT_CHANNELS, PLACES, PLACES)
    flow, depth = autoencoder.to_maps(latents)
    assert flow.shape == (3, 2, MAP_SIZE, MAP_SIZE) and depth.shape == (3, 1, MAP_SIZE, MAP_SIZE)
    figure = autoencoder.figure(pictures)
    assert figure.shape == (3, 1, PICTURE_SIZE, PICTURE_SIZE)
    assert 0 <= figure.min() and figure.max() <= 1


@torch.no_grad()
def test_the_code_is_linear_and_keeps_what_it_was_fitted_to() -> None:
    """Maps made of a few components are reconstructed; the latents have unit variance."""
    made = networks.make_autoencoder()
    g = generator(3)
    components = torch.randn(LATENT_CHANNELS, 3 * PATCH**2, generator=g)
    weights = torch.randn(40, LATENT_CHANNELS, PLACES, PLACES, generator=g)
    patches = torch.einsum("nkhw,kc->nchw", weights, components)
    maps = nn.functional.pixel_shuffle(patches, PATCH)
    kept = made.fit_code(maps[:, :2], maps[:, 2:], torch.ones(40, 1, MAP_SIZE, MAP_SIZE))
    assert kept == pytest.approx(1, abs=1e-4)
    latents = made.to_latents(maps[:, :2], maps[:, 2:])
    assert latents.std((0, 2, 3)).sub(1).abs().max() < 0.02
    flow, depth = made.to_maps(latents)
    torch.testing.assert_close(torch.cat([flow, depth], 1), maps, rtol=1e-3, atol=1e-3)
    twice = made.to_latents(2 * maps[:, :2], 2 * maps[:, 2:])
    torch.testing.assert_close(twice, 2 * latents, rtol=1e-4, atol=1e-4)


def test_forwards_are_restored_even_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="in the middle"), pictures_only():
        assert SpatioTemporalResBlock.forward is not FORWARDS[0]
        assert TransformerSpatioTemporalModel.forward is not FORWARDS[1]
        raise RuntimeError("in the middle")
    assert (SpatioTemporalResBlock.forward, TransformerSpatioTemporalModel.forward) == FORWARDS


def test_pictures_train_exactly_the_spatial_layers(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    """`is_temporal` names exactly the parameters without gradient from single frames."""
    with pictures_only():
        call(unet, 1).square().mean().backward()
    names = dict(unet.named_parameters())
    untouched = {name for name, p in names.items() if p.grad is None}
    unet.zero_grad()
    temporal = {name for name in names if is_temporal(name)}
    assert untouched == temporal and 0 < len(temporal) < len(names)


def test_only_ends_of_temporal_branches_are_zero() -> None:
    """A branch that is zero throughout could never learn."""
    network = networks.make_unet()
    zero = {n for n, p in network.named_parameters() if is_temporal(n) and not p.any()}
    weights = {n for n in zero if n.endswith("weight")}
    assert weights and all(
        n.endswith(("conv2.weight", "linear_2.weight", "to_out.0.weight", "net.2.weight"))
        for n in weights
    )
    layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv3d)]
    assert len(weights) < len(layers)

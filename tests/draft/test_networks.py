"""The draft's networks are SVD's classes; their temporal layers begin as the identity."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPVisionModelWithProjection

from mti_backend.draft import networks
from mti_backend.draft.clips import IMAGE_SIZE, TOKEN_WIDTH, make_clips
from mti_backend.draft.figures import random_figures
from mti_backend.draft.motions import FRAMES, frame_times, random_motions
from mti_backend.draft.networks import LATENT_CHANNELS, is_temporal
from mti_backend.models.temporal import pictures_only
from tests.draft.examples import generator

PLACES = IMAGE_SIZE // 4
FORWARDS = SpatioTemporalResBlock.forward, TransformerSpatioTemporalModel.forward


@pytest.fixture(scope="module")
def unet() -> UNetSpatioTemporalConditionModel:
    """Its spatial layers shaken, since they begin as wired by hand, which would hide the others."""
    torch.manual_seed(0)
    network = networks.make_unet().eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not is_temporal(name):
                parameter += 0.02 * torch.randn_like(parameter)
    return network


@pytest.fixture(scope="module")
def vae() -> AutoencoderKLTemporalDecoder:
    torch.manual_seed(0)
    return networks.make_vae().eval()


def call(unet: UNetSpatioTemporalConditionModel, frames: int) -> Tensor:
    g = generator(1)
    x = torch.randn(1, frames, 2 * LATENT_CHANNELS, PLACES, PLACES, generator=g)
    token = torch.randn(1, 1, TOKEN_WIDTH, generator=g)
    output: Tensor = unet(x, torch.tensor([0.3]), token, torch.tensor([[6.0, 127.0, 0.0]])).sample
    return output


def test_classes_and_sizes(
    unet: UNetSpatioTemporalConditionModel, vae: AutoencoderKLTemporalDecoder
) -> None:
    assert type(unet) is UNetSpatioTemporalConditionModel and unet.config.num_frames == FRAMES
    assert type(vae) is AutoencoderKLTemporalDecoder
    assert unet.config.cross_attention_dim == TOKEN_WIDTH
    assert unet.config.in_channels == 2 * vae.config.latent_channels == 2 * LATENT_CHANNELS
    encoder = networks.make_image_encoder()
    assert type(encoder) is CLIPVisionModelWithProjection
    with torch.no_grad():
        assert encoder(torch.zeros(1, 3, 224, 224)).image_embeds.shape == (1, TOKEN_WIDTH)
    scheduler = networks.make_scheduler()
    scheduler.set_timesteps(5)
    assert scheduler.config.prediction_type == "v_prediction"
    assert scheduler.sigmas[0] == pytest.approx(80.0) and scheduler.sigmas[-1] == 0


def test_the_shipped_model_will_be_small_enough(
    unet: UNetSpatioTemporalConditionModel, vae: AutoencoderKLTemporalDecoder
) -> None:
    models = (unet, vae, networks.make_image_encoder())
    numbers = sum(p.numel() for model in models for p in model.parameters())
    assert 2 * numbers < 40e6  # bytes, in half precision


@torch.no_grad()
def test_temporal_layers_start_as_the_identity(unet: UNetSpatioTemporalConditionModel) -> None:
    plain = call(unet, FRAMES)
    with pictures_only():
        pictures = call(unet, FRAMES)
    assert plain.std() > 0.1  # or else nothing would be compared
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
def test_the_decoder_starts_without_time(vae: AutoencoderKLTemporalDecoder) -> None:
    latents = torch.randn(3, LATENT_CHANNELS, PLACES, PLACES, generator=generator(2))
    clip = vae.decode(latents, num_frames=3).sample
    with pictures_only():
        pictures = vae.decode(latents, num_frames=1).sample
    torch.testing.assert_close(clip, pictures, rtol=0, atol=1e-4)
    assert clip.std() > 0.1


@torch.no_grad()
def test_the_autoencoder_starts_as_a_blur(vae: AutoencoderKLTemporalDecoder) -> None:
    """The first latents are mean colours, and what is decoded is their picture."""
    g = generator(3)
    clips = make_clips(random_figures(4, g), random_motions(4, g), frame_times(4)[:, :1])
    pictures = clips.pixels[:, 0]
    means = functional.avg_pool2d(pictures, 4)
    with pictures_only():
        latents = vae.encode(pictures).latent_dist.mode()
        decoded = vae.decode(latents, num_frames=1).sample
    assert (latents[:, :3] - means).abs().mean() < 0.05
    blurred = functional.interpolate(means, scale_factor=4, mode="bilinear")
    assert (decoded - blurred).abs().mean() < 0.1
    assert (decoded - pictures).square().mean() < 0.5 * pictures.var()


@torch.no_grad()
def test_the_unet_starts_as_a_still_clip() -> None:
    """Its output is minus the image latent: the v-prediction of the image under much noise."""
    network = networks.make_unet()
    g = generator(4)
    x = torch.randn(1, FRAMES, 2 * LATENT_CHANNELS, PLACES, PLACES, generator=g)
    token = torch.randn(1, 1, TOKEN_WIDTH, generator=g)
    output = network(x, torch.tensor([0.8]), token, torch.tensor([[6.0, 127.0, 0.0]])).sample
    image = x[:, :, LATENT_CHANNELS:]
    share = (output * -image).mean() / image.square().mean()
    assert 0.8 < share < 1.2
    assert (output + image).abs().mean() < 0.2


def test_forwards_are_restored_even_after_an_error() -> None:
    with pytest.raises(RuntimeError, match="in the middle"), pictures_only():
        assert SpatioTemporalResBlock.forward is not FORWARDS[0]
        assert TransformerSpatioTemporalModel.forward is not FORWARDS[1]
        raise RuntimeError("in the middle")
    assert (SpatioTemporalResBlock.forward, TransformerSpatioTemporalModel.forward) == FORWARDS


def test_pictures_train_exactly_the_spatial_layers(
    unet: UNetSpatioTemporalConditionModel,
) -> None:
    """`is_temporal` names what gets no gradient from single frames."""
    with pictures_only():
        call(unet, 1).square().mean().backward()
    names = dict(unet.named_parameters())
    untouched = {name for name, p in names.items() if p.grad is None}
    unet.zero_grad()
    temporal = {name for name in names if is_temporal(name)}
    assert untouched == temporal and 0 < len(temporal) < len(names)


def test_only_ends_of_temporal_branches_are_zero() -> None:
    """A branch that is zero all through could never learn."""
    network = networks.make_unet()
    zero = {n for n, p in network.named_parameters() if is_temporal(n) and not p.any()}
    weights = {n for n in zero if n.endswith("weight")}
    assert weights and all(
        n.endswith(("conv2.weight", "linear_2.weight", "to_out.0.weight", "net.2.weight"))
        for n in weights
    )
    layers = [m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv3d)]
    assert len(weights) < len(layers)

"""Motion tokens reach exactly the rows to which they belong."""

import pytest
import torch

from mti_backend.models.svd import SvdModel
from tests.tiny import FRAMES, make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SvdModel:
    return SvdModel("draft", make_tiny_model(tmp_path_factory.mktemp("tiny")))


def call(model: SvdModel, frame_tokens: torch.Tensor, video_tokens: torch.Tensor) -> torch.Tensor:
    g = torch.Generator().manual_seed(0)
    b = len(frame_tokens)
    x = torch.randn(1, FRAMES, 4, 16, 16, generator=g).expand(b, -1, -1, -1, -1)
    image = torch.randn(1, 1, 4, 16, 16, generator=g).expand(b, -1, -1, -1, -1)
    return model.network(
        x, torch.tensor(0.3), image, frame_tokens, video_tokens, model.time_ids(7, 127, 0.02, b)
    )


@torch.no_grad()
def test_one_shared_token_equals_the_plain_unet(model: SvdModel):
    token = torch.randn(1, 1, 32)
    inflated = call(model, token[:, None].expand(1, FRAMES, 1, 32), token)
    model.inflation.set(None, None)
    g = torch.Generator().manual_seed(0)
    x = torch.cat(
        [
            torch.randn(1, FRAMES, 4, 16, 16, generator=g),
            torch.randn(1, 1, 4, 16, 16, generator=g).expand(1, FRAMES, -1, -1, -1),
        ],
        2,
    )
    plain = model.unet(x, torch.tensor(0.3), token, model.time_ids(7, 127, 0.02)).sample
    torch.testing.assert_close(inflated, plain, rtol=0, atol=1e-5)


@torch.no_grad()
def test_rows_of_a_batch_do_not_mix(model: SvdModel):
    frames, clip = torch.randn(2, FRAMES, 3, 32), torch.randn(2, 3, 32)
    together = call(model, frames, clip)
    for i in range(2):
        torch.testing.assert_close(
            together[i : i + 1],
            call(model, frames[i : i + 1], clip[i : i + 1]),
            rtol=1e-4,
            atol=1e-5,
        )
    assert not torch.allclose(together[0], together[1], atol=1e-3)


def test_each_frame_hears_its_own_tokens(model: SvdModel):
    """Checked in the rows of the hooked layers, since the outputs mix time."""
    seen: dict[str, torch.Tensor] = {}
    handles = []
    for name, module in model.unet.named_modules():
        if name.endswith(".attn2"):

            def keep(_: object, args: tuple, kwargs: dict, name: str = name) -> None:  # type: ignore[type-arg]
                seen[name] = kwargs["encoder_hidden_states"]

            handles.append(module.register_forward_pre_hook(keep, with_kwargs=True))
    frames = torch.arange(2 * FRAMES * 3).view(2, FRAMES, 3, 1).expand(-1, -1, -1, 32).float()
    clip = 1000 + torch.arange(6).view(2, 3, 1).expand(-1, -1, 32).float()
    with torch.no_grad():
        call(model, frames, clip)
    for handle in handles:
        handle.remove()
    assert len(seen) == len(model.inflation)
    for name, tokens in seen.items():
        if ".temporal_transformer_blocks." in name:
            places = len(tokens) // 2  # rows are (batch, y, x)
            assert (tokens[:places] == clip[0]).all() and (tokens[places:] == clip[1]).all()
        else:  # rows are (batch, frame)
            assert (tokens == frames.flatten(0, 1)).all()


def test_only_tokens_get_gradients(model: SvdModel):
    frames = torch.randn(1, FRAMES, 2, 32, requires_grad=True)
    clip = torch.randn(1, 2, 32, requires_grad=True)
    call(model, frames, clip).square().mean().backward()
    assert frames.grad is not None and clip.grad is not None
    assert frames.grad.abs().sum() > 0 and clip.grad.abs().sum() > 0
    assert all(p.grad is None for p in model.unet.parameters())


def test_wrong_shapes_are_refused(model: SvdModel):
    with pytest.raises(ValueError, match=r"\(B, F, N, D\)"):
        model.inflation.set(torch.zeros(FRAMES, 2, 32), torch.zeros(1, 2, 32))
    with pytest.raises(ValueError, match="motion tokens for 3 frames"):
        call(model, torch.zeros(1, 3, 2, 32), torch.zeros(1, 2, 32))

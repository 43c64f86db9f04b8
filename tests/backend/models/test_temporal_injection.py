"""Motion embeddings reach q, k and v of the temporal attentions, and nothing else, in both classes
of UNet."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings
from mti_backend.models.gradient_checkpointing import GradientCheckpointing, policy_named
from mti_backend.models.temporal_injection import TemporalInjection, temporal_attentions
from tests.tiny_text_to_video import UNETS, WIDTH, randomised

FRAMES, HEIGHT, WIDE = 3, 6, 10
SIZE = (HEIGHT, WIDE)
Found = dict[str, Tensor]


@pytest.fixture(scope="module")
def unets() -> dict[str, nn.Module]:
    return {name: make() for name, make in UNETS.items()}


@pytest.fixture(params=UNETS)
def unet(request: pytest.FixtureRequest, unets: dict[str, nn.Module]) -> nn.Module:
    """A UNet of its own for each test; copying one takes less time than making it."""
    return copy.deepcopy(unets[request.param])


def call(unet: nn.Module, batch: int = 1, size: tuple[int, int] = SIZE) -> Tensor:
    """One forward on seeded input of the UNet's dtype; (B, 4, F, h, w)."""
    g = torch.Generator().manual_seed(4)
    dtype = next(unet.parameters()).dtype
    x = torch.randn(batch, 4, FRAMES, *size, generator=g).to(dtype)
    text = torch.randn(batch, 7, WIDTH, generator=g).to(dtype)
    if "Motion" in type(unet).__name__:
        text = text.repeat_interleave(FRAMES, 0)
    output: Tensor = unet(x, torch.tensor(600), text, return_dict=False)[0]
    return output


def embedded(unet: nn.Module, sharing: str = "attention") -> tuple[TemporalInjection, Found, Found]:
    """Random embeddings of all temporal attentions, set."""
    attentions = temporal_attentions(unet)
    m = MotionEmbeddings(attentions, FRAMES, SIZE, sharing)  # type: ignore[arg-type]
    randomised(m.parameters())
    injection = TemporalInjection(unet, attentions)
    injection.set(m.qk, m.v, SIZE)
    return injection, dict(m.qk), dict(m.v)


@pytest.fixture
def projections(unet: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """The outputs of every to_q, to_k and to_v of temporal attentions, as they are computed."""
    found: dict[str, list[Tensor]] = {}
    handles = []
    for each in temporal_attentions(unet):
        for part in ("to_q", "to_k", "to_v"):
            name = f"{each.name}.{part}"

            def keep(_: nn.Module, args: object, output: Tensor, name: str = name) -> None:
                found.setdefault(name, []).append(output)

            linear = unet.get_submodule(each.name).get_submodule(part)
            handles.append(linear.register_forward_hook(keep))
    yield found
    for handle in handles:
        handle.remove()


@torch.no_grad()
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_zero_embeddings_leave_the_output_equal_to_the_last_bit(
    unet: nn.Module, dtype: torch.dtype
) -> None:
    unet.to(dtype)
    plain = call(unet)
    attentions = temporal_attentions(unet)
    m = MotionEmbeddings(attentions, FRAMES, SIZE)
    injection = TemporalInjection(unet, attentions)
    injection.set(m.qk, m.v, SIZE)
    assert torch.equal(call(unet), plain)
    randomised(m.parameters())
    assert not torch.allclose(call(unet), plain, atol=1e-2)
    injection.clear()
    assert torch.equal(call(unet), plain)
    injection.set(m.qk, m.v, SIZE)
    injection.remove()
    assert torch.equal(call(unet), plain)


@torch.no_grad()
def test_each_embedding_reaches_its_own_projections(
    unet: nn.Module, projections: dict[str, list[Tensor]]
) -> None:
    """Checked in one attention at a time, since the next ones have another input."""
    injection, qk, v = embedded(unet)
    injection.clear()
    call(unet)
    plain = {name: outputs[0] for name, outputs in projections.items()}
    for each in injection.attentions:
        for kind, tables in (("qk", (qk, {})), ("v", ({}, v))):
            projections.clear()
            injection.set(*({n: m for n, m in t.items() if n == each.name} for t in tables), SIZE)
            call(unet)
            changed = {
                part
                for part in ("to_q", "to_k", "to_v")
                if not torch.equal(
                    projections[f"{each.name}.{part}"][0], plain[f"{each.name}.{part}"]
                )
            }
            assert changed == ({"to_q", "to_k"} if kind == "qk" else {"to_v"})


@torch.no_grad()
def test_it_equals_the_equation(unet: nn.Module, projections: dict[str, list[Tensor]]) -> None:
    """W (f + m) = W f + W m, for every row in its place, and for a batch of two."""
    injection, qk, v = embedded(unet)
    injection.clear()
    first = injection.attentions[0]
    call(unet, batch=2)
    plain = {name: outputs[0] for name, outputs in projections.items()}
    projections.clear()
    injection.set({first.name: qk[first.name]}, {first.name: v[first.name]}, SIZE)
    call(unet, batch=2)
    places = first.places(SIZE)
    for part, m in (("to_q", qk), ("to_k", qk), ("to_v", v)):
        name = f"{first.name}.{part}"
        weight = unet.get_submodule(first.name).get_submodule(part).weight
        added = (m[first.name] @ weight.T).expand(places, -1, -1).repeat(2, 1, 1)
        torch.testing.assert_close(projections[name][0], plain[name] + added, rtol=0, atol=2e-5)


@torch.no_grad()
def test_clips_of_a_batch_do_not_mix(unet: nn.Module) -> None:
    embedded(unet)
    both = call(unet, batch=2)
    g = torch.Generator().manual_seed(4)
    x = torch.randn(2, 4, FRAMES, *SIZE, generator=g)
    text = torch.randn(2, 7, WIDTH, generator=g)
    for i in range(2):
        own = text[i : i + 1]
        if "Motion" in type(unet).__name__:
            own = own.repeat_interleave(FRAMES, 0)
        alone = unet(x[i : i + 1], torch.tensor(600), own).sample
        torch.testing.assert_close(both[i : i + 1], alone, rtol=1e-4, atol=1e-5)


@torch.no_grad()
def test_a_value_of_one_place_stays_in_its_rows(
    unet: nn.Module, projections: dict[str, list[Tensor]]
) -> None:
    injection, qk, v = embedded(unet)
    first = injection.attentions[0]
    zero = {first.name: torch.zeros_like(v[first.name])}
    injection.set(qk, zero, SIZE)
    call(unet, batch=2)
    before = projections[f"{first.name}.to_v"][0]
    projections.clear()
    zero[first.name][5] = 1.0
    injection.set(qk, zero, SIZE)
    call(unet, batch=2)
    changed = (projections[f"{first.name}.to_v"][0] != before).any(-1)
    places = first.places(SIZE)
    assert changed.all(1).nonzero().flatten().tolist() == [5, places + 5]
    assert changed.sum() == 2 * FRAMES


def gradients(unet: nn.Module) -> list[Tensor]:
    injection, qk, v = embedded(unet)
    loss = call(unet).square().mean()
    found = torch.autograd.grad(loss, [*qk.values(), *v.values()])
    injection.remove()
    return [loss.detach(), *found]


def test_gradients_are_the_same_when_blocks_are_recomputed(unet: nn.Module) -> None:
    unet.double()
    expected = gradients(unet)
    checkpointing = GradientCheckpointing(unet, policy_named("all blocks"))
    assert len(checkpointing) >= len(temporal_attentions(unet)) / 2
    for found, wanted in zip(gradients(unet), expected, strict=True):
        assert (found - wanted).norm() <= 1e-12 * wanted.norm() and wanted.norm() > 0
    checkpointing.remove()


def test_gradients_agree_with_finite_differences(unet: nn.Module) -> None:
    unet.double()
    attentions = temporal_attentions(unet)
    m = MotionEmbeddings(attentions, FRAMES, SIZE, dtype=torch.float64)
    randomised(m.parameters())
    injection = TemporalInjection(unet, attentions)
    injection.set(m.qk, m.v, SIZE)
    for table in (m.qk, m.v):
        tensor = table[attentions[-1].name]
        loss = call(unet).square().mean()
        (gradient,) = torch.autograd.grad(loss, tensor)
        direction = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(2)).double()
        values = []
        with torch.no_grad():
            for step in (1e-4, -2e-4):
                tensor += step * direction
                values.append(call(unet).square().mean())
            tensor += 1e-4 * direction
        numeric = (values[0] - values[1]) / 2e-4
        torch.testing.assert_close((gradient * direction).sum(), numeric, rtol=1e-6, atol=1e-12)


def test_the_attentions_of_a_block_may_share_one(unet: nn.Module) -> None:
    attentions = temporal_attentions(unet)
    m = MotionEmbeddings(attentions, FRAMES, SIZE, "block")
    assert len({id(p) for p in m.qk.values()}) == len(attentions) / 2
    assert len({id(p) for p in m.v.values()}) == len(attentions)
    assert len(m.parameters()) == 1.5 * len(attentions)
    assert len(MotionEmbeddings(attentions, FRAMES, SIZE).parameters()) == 2 * len(attentions)


def test_only_temporal_attentions_of_levels_are_found(unets: dict[str, nn.Module]) -> None:
    found = {name: temporal_attentions(unet) for name, unet in unets.items()}
    assert {each.level for each in found["zeroscope"]} == {0, 1}
    assert sum(each.in_mid_block for each in found["zeroscope"]) == 2
    assert len(found["zeroscope"]) == 2 * (1 + 1 + 2 + 2 + 1)
    assert len(found["animatediff"]) == 2 * (1 + 1 + 2 + 2)
    assert not any("transformer_in" in each.name for each in found["zeroscope"])
    by_level = {each.level: each.places((5, 7)) for each in found["zeroscope"]}
    assert by_level == {0: 35, 1: 3 * 4}


def test_fused_projections_are_refused(unet: nn.Module) -> None:
    attentions = temporal_attentions(unet)
    injection, _qk, _v = embedded(unet)
    unet.fuse_qkv_projections()
    with pytest.raises(ValueError, match=r"are fused.*unfuse_qkv_projections\(\) first"):
        call(unet)
    with pytest.raises(ValueError, match="are fused"):
        TemporalInjection(unet, attentions)
    unet.unfuse_qkv_projections()
    call(unet)
    injection.remove()


def test_wrong_shapes_are_refused(unet: nn.Module) -> None:
    injection, qk, v = embedded(unet)
    with pytest.raises(ValueError, match=r"\(3, 6, 10\), but .* \(3, 6, 20\)"):
        call(unet, size=(6, 20))  # twice the places: the rows would fit
    name = injection.attentions[0].name
    with pytest.raises(ValueError, match="must be"):
        injection.set(qk, {name: v[name][:-1]}, SIZE)
    with pytest.raises(ValueError, match="one number of frames"):
        injection.set(qk, {name: v[name][:, :-1]}, SIZE)
    with pytest.raises(ValueError, match="not one of"):
        injection.set({"other": qk[name]}, {}, SIZE)
    with pytest.raises(ValueError, match="no temporal attention"):
        TemporalInjection(unet, [])

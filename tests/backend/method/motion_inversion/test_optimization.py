"""Learning a motion: losses in the network, AdamW, seeds, kept states, and what stops it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, UNet3DConditionModel, UNetMotionModel
from torch import Tensor

from mti_addon.wire.errors import BadRequest
from mti_backend.method.motion_inversion import optimization as module
from mti_backend.method.motion_inversion.embeddings import count
from mti_backend.method.motion_inversion.motion import MAX_BYTES, Motion
from mti_backend.method.motion_inversion.optimization import MotionInversion
from mti_backend.method.motion_inversion.sampling import sample_latents
from mti_backend.method.motion_inversion.settings import LearningSettings, PlayingSettings
from mti_backend.method.motion_inversion.spatial_lora import SpatialLora
from mti_backend.models.animatediff import AnimateDiffModel
from mti_backend.models.temporal_injection import temporal_attentions
from mti_backend.models.text_to_video import TextToVideoModel
from mti_backend.models.zeroscope import ZeroScopeModel
from tests.tiny_text_to_video import make_tiny_text_to_video, randomised

KINDS: dict[str, Callable[..., TextToVideoModel]] = {
    "animatediff": AnimateDiffModel,
    "zeroscope": ZeroScopeModel,
}
FRAMES, WIDTH, HEIGHT = 3, 24, 16
SETTINGS = LearningSettings(
    levels=(0, 1), mid_block=True, iterations=4, keep=(2, 3), precision="float32", spatial_rank=2
)
LOSSES = ("plain", "debiased_temporal", "hybrid")


@pytest.fixture(scope="module", params=KINDS)
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> TextToVideoModel:
    folder = make_tiny_text_to_video(request.param, tmp_path_factory.mktemp(request.param))
    return KINDS[request.param](request.param, folder, dtype=torch.float64)


def reference() -> Tensor:
    g = torch.Generator().manual_seed(0)
    return torch.rand(FRAMES, 3, HEIGHT, WIDTH, generator=g) * 2 - 1


def begin(model: TextToVideoModel, **changes: Any) -> MotionInversion:
    return MotionInversion(model, reference(), "a fox", replace(SETTINGS, **changes))


def filled(learning: MotionInversion) -> MotionInversion:
    """With numbers where learning starts at zero, so that every part has an effect."""
    randomised(learning.embeddings.parameters(), 0.5)
    if learning.lora is not None:
        randomised(learning.lora.parameters(), 0.1)
    return learning


@pytest.mark.parametrize("prediction", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_that_of_its_formula(
    model: TextToVideoModel, loss: Any, prediction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = model.scheduler_config | {"prediction_type": prediction}
    monkeypatch.setattr(model, "_noising", DDIMScheduler.from_config(config))
    abar = DDIMScheduler.from_config(config).alphas_cumprod.double()
    with filled(begin(model, loss=loss, batch_size=2, anchor_weight=1.5)) as learning:
        draw = learning.draw(0)
        x0, eps = learning.latents, draw.noise
        a = abar[draw.timesteps].sqrt().view(2, 1, 1, 1, 1)
        s = (1 - abar[draw.timesteps]).sqrt().view(2, 1, 1, 1, 1)
        target = eps if prediction == "epsilon" else a * eps - s * x0
        learning.injection.set(learning.embeddings.qk, learning.embeddings.v, learning.size)
        text = model.encode_prompt("a fox").expand(2, -1, -1)
        with torch.no_grad():
            error = model.network(a * x0 + s * eps, draw.timesteps, text) - target
            found = learning.temporal_loss(draw)
        expected = error.square().mean()
        if loss != "plain":
            phi = (1.5**2 + 1) ** 0.5 * error - 1.5 * error[:, [draw.anchor]]
            expected = expected + phi.square().mean()
        # add_noise has its alphas in float32
        torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


def test_the_spatial_loss_is_of_one_frame_without_the_motion(model: TextToVideoModel) -> None:
    with filled(begin(model, loss="hybrid", spatial_probability=1.0)) as learning:
        assert learning.lora is not None
        draw, r = learning.draw(1), learning.draw(1).frame
        noisy = model.add_noise(learning.latents, draw.noise, draw.timesteps)[:, [r]]
        learning.lora.mode = "apply"
        with torch.no_grad():
            output = model.network(noisy, draw.timesteps, learning.text)
            expected = (output - draw.noise[:, [r]]).square().mean()
            torch.testing.assert_close(learning.spatial_loss(draw), expected)
        found = learning._spatial_gradients(draw)
        assert all(gradient.abs().sum() > 0 for gradient in found)


def test_the_spatial_lora_is_w_plus_b_times_a(model: TextToVideoModel) -> None:
    """Against the UNet with its weights changed."""
    x = torch.randn(1, FRAMES, 4, 8, 12, generator=torch.Generator().manual_seed(0)).double()
    text, t = model.encode_prompt("a fox"), torch.tensor(500)
    with torch.no_grad():
        plain = model.network(x, t, text)
        lora = SpatialLora(model.unet, 2, torch.Generator().manual_seed(0), dtype=torch.float64)
        lora.mode = "learn"
        assert torch.equal(model.network(x, t, text), plain)  # B is zero at first
        randomised(lora.parameters(), 0.2)
        found = model.network(x, t, text)
        lora.remove()
        assert torch.equal(model.network(x, t, text), plain)
        changes = {name: lora.up[name] @ lora.down[name] for name in lora.up}
        for name, change in changes.items():
            model.unet.get_submodule(name).weight += change
        expected = model.network(x, t, text)
        for name, change in changes.items():
            model.unet.get_submodule(name).weight -= change
    assert (expected - plain).abs().max() > 1e-2
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    assert all(".attentions." in name and ".attn2." not in name for name in lora.up)


def test_the_first_update_is_adamw_s(model: TextToVideoModel) -> None:
    """From zero: -rate g / (|g| + 1e-8); then the weight decays by 1 - rate * 0.01."""
    with begin(model, loss="debiased_temporal") as learning:
        _, gradients = learning._temporal_gradients(learning.draw(0))
        learning.step()
        after = [m.detach().clone() for m in learning.learned.parameters]
        for m, g in zip(after, gradients, strict=True):
            torch.testing.assert_close(m, -0.02 * g / (g.abs() + 1e-8), rtol=1e-9, atol=1e-12)
        _, second = learning._temporal_gradients(learning.draw(1))
        learning.step()
        for m, old, g, h in zip(learning.learned.parameters, after, gradients, second, strict=True):
            first = (0.9 * 0.1 * g + 0.1 * h) / (1 - 0.9**2)
            root = ((0.999 * 0.001 * g**2 + 0.001 * h**2) / (1 - 0.999**2)).sqrt()
            expected = old * (1 - 0.02 * 0.01) - 0.02 * first / (root + 1e-8)
            torch.testing.assert_close(m.detach(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
def test_gradients_are_the_same_when_blocks_are_recomputed(
    model: TextToVideoModel, loss: Any
) -> None:
    with filled(begin(model, loss=loss, spatial_probability=1.0)) as learning:
        draw = learning.draw(0)

        def gradients() -> list[Tensor]:
            of_lora = learning._spatial_gradients(draw) if draw.spatial else []
            value, found = learning._temporal_gradients(draw)
            return [value, *found, *of_lora]

        expected = gradients()
        model.set_checkpointing("all blocks")
        try:
            found = gradients()
        finally:
            model.set_checkpointing("nothing")
    assert len(expected) > len(learning.learned.tables)
    for a, b in zip(found, expected, strict=True):
        assert (a - b).norm() <= 1e-12 * b.norm()


def test_hybrid_learns_both_each_from_its_own_loss(model: TextToVideoModel) -> None:
    with begin(model, loss="hybrid", spatial_probability=0.5) as learning:
        assert learning.lora is not None
        with_lora = [learning.draw(step).spatial for step in range(40)]
        assert 10 < sum(with_lora) < 30
        first = with_lora.index(False), with_lora.index(True)
        learning.step_index = first[0]
        learning.step()
        assert not any(p.any() for p in learning.lora.up.values())
        learning.step_index = first[1]
        learning.step()
        moved = [float(p.detach().abs().max()) for p in learning.lora.up.values()]
        assert all(size == pytest.approx(5e-4, rel=1e-3) for size in moved)  # one step of AdamW
        # the embeddings' loss reaches no LoRA weight
        learning.lora.mode = "apply"
        learning.injection.set(learning.embeddings.qk, learning.embeddings.v, learning.size)
        loss = learning.temporal_loss(learning.draw(first[1]))
        some = list(learning.lora.up.values())
        assert all(g is None for g in torch.autograd.grad(loss, some, allow_unused=True))


def test_the_spatial_lora_takes_part_in_the_loss_of_the_embeddings(model: TextToVideoModel) -> None:
    """In the same iterations in which it learns, and as it is."""
    with filled(begin(model, loss="hybrid", spatial_probability=1.0)) as learning:
        assert learning.lora is not None
        draw = learning.draw(0)
        found = {}
        for mode in ("apply", "off"):
            learning.lora.mode = mode  # type: ignore[assignment]
            learning.injection.set(learning.embeddings.qk, learning.embeddings.v, learning.size)
            found[mode] = learning.temporal_loss(draw).detach()
        assert found["apply"] != found["off"]
        for spatial, mode in ((True, "apply"), (False, "off")):
            loss, _ = learning._temporal_gradients(replace(draw, spatial=spatial))
            assert torch.equal(loss, found[mode])


def run(learning: MotionInversion, steps: int) -> list[Tensor]:
    for _ in range(steps):
        learning.step()
    return [m.detach().clone() for m in learning.learned.parameters]


def test_a_seed_gives_the_same_bits_and_so_does_a_resumed_run(model: TextToVideoModel) -> None:
    with begin(model, loss="hybrid") as learning:
        first = run(learning, 1)
        state = learning.state_dict()
        expected = run(learning, 1)
        lora = [p.detach().clone() for p in learning.lora.parameters().values()]  # type: ignore[union-attr]
    with begin(model, loss="hybrid") as again:
        assert all(torch.equal(a, b) for a, b in zip(run(again, 1), first, strict=True))
    with begin(model, loss="hybrid") as resumed:
        resumed.load_state_dict(state)
        found = run(resumed, 1)
        assert resumed.lora is not None and resumed.step_index == 2
        found += [p.detach() for p in resumed.lora.parameters().values()]
    assert all(torch.equal(a, b) for a, b in zip(found, expected + lora, strict=True))
    with begin(model, loss="hybrid", seed=1) as learning:
        other = run(learning, 1)
    assert not any(torch.equal(a, b) for a, b in zip(other, first, strict=True))


def test_early_states_are_kept_and_can_be_played(model: TextToVideoModel, tmp_path: Path) -> None:
    with begin(model) as learning:
        run(learning, 2)
        second = learning.motion()
        run(learning, 2)
        assert list(learning.kept) == [2, 3]
        for name, m in second.v.items():
            assert torch.equal(learning.kept[2].v[name], m)
            assert not torch.equal(learning.kept[3].v[name], m)
        assert learning.kept[2].header.about == {"caption": "a fox", "iterations": "2"}
        learning.invert_reference(2)
        learning.motion(name="walk").save(tmp_path / "motion.safetensors")
    motion = Motion.load(tmp_path / "motion.safetensors")
    assert motion.header.about["name"] == "walk" and motion.inverted_noise is not None
    playing = PlayingSettings(
        num_inference_steps=2, width=WIDTH, height=HEIGHT, num_frames=FRAMES, strength=1.5
    )
    played = sample_latents(model, motion, "a bear", playing)
    assert played.isfinite().all()
    still = sample_latents(model, motion, "a bear", replace(playing, strength=0.0))
    assert not torch.equal(played, still)


def test_the_model_is_left_as_it_was(model: TextToVideoModel) -> None:
    g = torch.Generator().manual_seed(0)
    x = torch.randn(1, FRAMES, 4, 8, 12, generator=g)
    text, t = model.encode_prompt("a fox"), torch.tensor(500)
    with torch.no_grad():
        plain = model.network(x, t, text)
        weights = [p.clone() for p in model.unet.parameters()]
        with begin(model, loss="hybrid") as learning, torch.enable_grad():
            run(learning, 1)
            assert not any(part.training for part in model.unet.modules())
            with torch.no_grad():  # between iterations, too
                assert torch.equal(model.network(x, t, text), plain)
        assert torch.equal(model.network(x, t, text), plain)
    assert all(torch.equal(p, w) for p, w in zip(model.unet.parameters(), weights, strict=True))
    assert all(p.grad is None for p in model.unet.parameters())


def test_it_learns(model: TextToVideoModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """One noise, again and again, which a random network can only fit by its embeddings."""
    with begin(model, learning_rate=0.1) as learning:
        draw = learning.draw(0)
        monkeypatch.setattr(learning, "draw", lambda step: draw)
        before = learning.step()
        run(learning, 9)
        assert learning.loss < 0.9 * before, (learning.loss, before)


def test_levels_and_sharing(model: TextToVideoModel) -> None:
    for levels, mid, sharing in (((1,), False, "attention"), ((0,), True, "block")):
        with begin(model, levels=levels, mid_block=mid, qk_sharing=sharing) as learning:
            wanted = {
                a.name
                for a in temporal_attentions(model.unet)
                if (mid if a.in_mid_block else a.level in levels)
            }
            assert set(learning.embeddings.v) == wanted
            run(learning, 1)
            motion = learning.motion()
        for name, m in motion.qk.items():
            other = name.replace("attn1", "attn2")
            assert torch.equal(m, motion.qk[other]) == (sharing == "block" or name == other)
    with pytest.raises(BadRequest, match="no temporal attention at the chosen levels"):
        begin(model, levels=(2,), mid_block=False)
    with pytest.raises(BadRequest, match="levels is empty"):
        begin(model, levels=(), mid_block=False)


@pytest.mark.parametrize("broken_after", [0, 2])
def test_a_loss_that_is_not_finite_stops_and_keeps_the_last_good_state(
    model: TextToVideoModel, broken_after: int
) -> None:
    """The weights overflow: a rate of 1e300 leads to infinite activations in one update."""
    with begin(model) as learning:
        run(learning, broken_after)
        good = [m.detach().clone() for m in learning.learned.parameters]
        learning.learned.optimizer.param_groups[0]["lr"] = 1e300
        learning.step()  # its own loss is still finite
        with pytest.raises(BadRequest) as caught:
            learning.step()
        said = caught.value.problem
        failed = broken_after + 2
        assert said.message == (
            f"Learning has become unstable: in iteration {failed} the loss is not finite."
        )
        assert f"motion of iteration {broken_after}," in said.hint
        assert learning.step_index == broken_after
        for m, before in zip(learning.learned.parameters, good, strict=True):
            assert torch.equal(m, before)
        assert all(m.isfinite().all() for m in learning.motion().v.values())


def test_a_reference_that_is_not_finite_stops_at_once(model: TextToVideoModel) -> None:
    with begin(model) as learning:
        learning.latents[0, 0, 0, 0, 0] = float("nan")
        with pytest.raises(BadRequest, match="in iteration 1 the loss is not finite"):
            learning.step()
        assert learning.step_index == 0
        assert not any(m.any() for m in learning.learned.parameters)


def test_what_does_not_fit_is_refused(
    model: TextToVideoModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(BadRequest, match="clips of 2 to .* frames, not of 1"):
        MotionInversion(model, reference()[:1], "a fox", SETTINGS)
    with pytest.raises(BadRequest, match="25 x 16 px does not suit"):
        MotionInversion(model, torch.zeros(3, 3, 16, 25), "a fox", SETTINGS)
    with pytest.raises(BadRequest, match="longer than the 77 tokens"):
        MotionInversion(model, reference(), "fox " * 80, SETTINGS)
    with pytest.raises(BadRequest, match="learning.learning_rate is 2, outside"):
        begin(model, learning_rate=2.0)
    with pytest.raises(BadRequest, match="count from 1"):
        begin(model, keep=(0,))
    monkeypatch.setattr(module, "MAX_BYTES", 1 << 20)
    monkeypatch.setattr(module, "count", lambda *args: 1 << 20)
    with pytest.raises(BadRequest, match="larger than the 1 MB of a file"):
        begin(model)


@pytest.mark.parametrize("loss", ["plain", "hybrid"])
def test_in_bfloat16_embeddings_and_loss_stay_float32(tmp_path: Path, loss: Any) -> None:
    model = AnimateDiffModel("animatediff", make_tiny_text_to_video("animatediff", tmp_path))
    with begin(model, precision="bfloat16", loss=loss, spatial_probability=1.0) as learning:
        value, gradients = learning._temporal_gradients(learning.draw(0))
        assert value.dtype == torch.float32 and value.isfinite()
        assert all(g.dtype == torch.float32 and g.isfinite().all() for g in gradients)
        learning.step()
    with begin(model, loss=loss, spatial_probability=1.0) as learning:
        exact, _ = learning._temporal_gradients(learning.draw(0))
    assert value != exact
    torch.testing.assert_close(value, exact, rtol=0.05, atol=0)


def test_the_full_models_have_the_published_layers_and_fit_a_file() -> None:
    """Counted without weights: the code's layers at the sizes of the paper and of AnimateDiff."""
    with torch.device("meta"):
        zeroscope, animatediff = UNet3DConditionModel(), UNetMotionModel(use_motion_mid_block=False)
    found = temporal_attentions(zeroscope)
    assert len(found) == 2 * 16
    chosen = [a for a in found if a.level == 2 and not a.in_mid_block]
    assert {a.name.rpartition(".temp_attentions")[0] for a in chosen} == {
        "down_blocks.2", "up_blocks.1",
    }  # fmt: skip
    assert {(a.width, a.places((40, 72))) for a in chosen} == {(1280, 180)}
    assert count(chosen, 24, (40, 72)) == 10 * 24 * 1280 * (180 + 1)
    found = temporal_attentions(animatediff)
    assert len(found) == 2 * 20
    chosen = [a for a in found if a.level == 2]
    assert len(chosen) == 10 and {a.width for a in chosen} == {1280}
    assert 2 * count(chosen, 16, (64, 64)) < MAX_BYTES
    coarse = [a for a in found if a.level in (2, 3)]
    assert 2 * count(coarse, 16, (64, 64)) < MAX_BYTES < 2 * count(found, 16, (64, 64))

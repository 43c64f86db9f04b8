"""The own sampling loop gives the pipelines' frames; a motion enters both halves of guidance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import (
    AnimateDiffPipeline,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerDiscreteScheduler,
    MotionAdapter,
    TextToVideoSDPipeline,
)
from torch import Tensor

from mti_addon.wire.errors import BadRequest, WrongModel
from mti_backend.method.motion_inversion.embeddings import seen
from mti_backend.method.motion_inversion.motion import Motion
from mti_backend.method.motion_inversion.sampling import sample, sample_latents
from mti_backend.method.motion_inversion.settings import PlayingSettings
from mti_backend.models import load_text_to_video
from mti_backend.models.temporal_injection import TemporalInjection, temporal_attentions
from mti_backend.models.text_to_video import TextToVideoModel
from tests.tiny_text_to_video import make_tiny_text_to_video, random_motion

PROMPT, NEGATIVE = "a fox in the snow", "blurry"
SETTINGS = PlayingSettings(
    num_inference_steps=2, guidance_scale=7.5, width=24, height=16, num_frames=16, seed=5
)
SCHEDULERS: dict[str, Any] = {
    "ddim": DDIMScheduler,
    "dpmsolver++": DPMSolverMultistepScheduler,
    "euler": EulerDiscreteScheduler,
}
_Folder = Callable[[str], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> _Folder:
    made: dict[str, Path] = {}

    def find(name: str) -> Path:
        if name not in made:
            made[name] = make_tiny_text_to_video(name, tmp_path_factory.mktemp(name))
        return made[name]

    return find


@pytest.fixture(scope="module")
def models() -> dict[str, TextToVideoModel]:
    return {}


@pytest.fixture(params=["animatediff", "zeroscope"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(name: str, models: dict[str, TextToVideoModel], folder: _Folder) -> TextToVideoModel:
    if name not in models:
        models[name] = load_text_to_video(name, folder=folder(name))
    return models[name]


def pipeline(name: str, folder: Path, scheduler: str) -> Any:
    """diffusers' pipeline, with the scheduler that its documentation recommends."""
    if name == "zeroscope":
        found = TextToVideoSDPipeline.from_pretrained(folder)
        config = found.scheduler.config
    else:
        adapter = MotionAdapter.from_pretrained(folder, subfolder="motion_adapter")
        found = AnimateDiffPipeline.from_pretrained(folder, motion_adapter=adapter)
        config = DDIMScheduler.from_pretrained(
            folder, subfolder="scheduler", beta_schedule="linear", clip_sample=False,
            timestep_spacing="linspace", steps_offset=1,
        ).config  # fmt: skip
    found.scheduler = SCHEDULERS[scheduler].from_config(config)
    found.set_progress_bar_config(disable=True)
    return found


def theirs(name: str, folder: Path, settings: PlayingSettings) -> Tensor:
    """(F, 3, H, W) in [0, 1]."""
    frames = pipeline(name, folder, settings.scheduler)(
        PROMPT, negative_prompt=NEGATIVE, num_frames=settings.num_frames,
        width=settings.width, height=settings.height,
        num_inference_steps=settings.num_inference_steps,
        guidance_scale=settings.guidance_scale,
        generator=torch.Generator().manual_seed(settings.seed), output_type="pt",
    ).frames[0]  # fmt: skip
    return frames.float()


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scheduler": "dpmsolver++", "guidance_scale": 12.0, "num_frames": 24, "width": 16},
        *(
            pytest.param(changes, marks=pytest.mark.slow)
            for changes in (
                {"num_frames": 24, "num_inference_steps": 4},
                {"scheduler": "euler", "width": 32, "height": 40},
                {"scheduler": "dpmsolver++", "num_inference_steps": 5},
                {"guidance_scale": 1.0, "seed": 6},
            )
        ),
    ],
    ids=str,
)
def test_the_frames_are_the_pipeline_s(
    name: str, folder: _Folder, model: TextToVideoModel, changes: dict[str, Any]
) -> None:
    settings = replace(SETTINGS, **changes)
    found = (sample(model, None, PROMPT, settings, NEGATIVE) + 1) / 2
    expected = theirs(name, folder(name), settings)
    assert expected.shape == (settings.num_frames, 3, settings.height, settings.width)
    assert expected.std() > 0.02
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-5)


SHORT = replace(SETTINGS, num_frames=4, num_inference_steps=2, noise_start="fresh")


def motion_for(model: TextToVideoModel, **changes: Any) -> Motion:
    return random_motion(model, SHORT.num_frames, SHORT.width, SHORT.height, **changes)


def test_a_motion_without_strength_is_no_motion(model: TextToVideoModel) -> None:
    plain = sample_latents(model, None, PROMPT, SHORT)
    motion = motion_for(model)
    still = sample_latents(model, motion, PROMPT, replace(SHORT, strength=0.0))
    assert torch.equal(still, plain)
    assert not torch.allclose(sample_latents(model, motion, PROMPT, SHORT), plain, atol=1e-2)
    # and nothing is left in the model
    assert torch.equal(sample_latents(model, None, PROMPT, SHORT), plain)


@pytest.mark.parametrize("view", ["object", "camera", "as_learned"])
def test_a_motion_plays_in_both_halves_of_guidance_in_every_view(
    model: TextToVideoModel, view: Any
) -> None:
    """Against a loop of its own, with the embeddings set by hand before each half."""
    motion, settings = motion_for(model, scale=0.3), replace(SHORT, view=view, strength=1.25)
    found = sample_latents(model, motion, PROMPT, settings, NEGATIVE)
    size = model.latent_size(SHORT.width, SHORT.height)
    injection = TemporalInjection(model.unet, temporal_attentions(model.unet))
    qk = {name: 1.25 * m for name, m in motion.qk.items()}
    v = {name: 1.25 * m for name, m in motion.v.items()}
    if view == "camera":
        v = {}
    if view == "object":
        v = {n: torch.cat([m[:, :1], m[:, 1:] - m[:, :-1]], 1) for n, m in v.items()}
    scheduler = model.scheduler("ddim")
    scheduler.set_timesteps(SHORT.num_inference_steps)
    g = torch.Generator().manual_seed(SHORT.seed)
    x = torch.randn(1, 4, SHORT.num_frames, *size, generator=g).transpose(1, 2)
    with torch.no_grad():
        for t in scheduler.timesteps:
            halves = []
            for prompt in (NEGATIVE, PROMPT):
                injection.set(qk, v, size)
                halves.append(model.network(x, t, model.encode_prompt(prompt)))
                injection.clear()
            guided = halves[0] + 7.5 * (halves[1] - halves[0])
            x = scheduler.step(guided, t, x).prev_sample
    injection.remove()
    torch.testing.assert_close(found, x, rtol=0, atol=1e-4 * float(x.abs().max()))


def test_the_views_differ(model: TextToVideoModel) -> None:
    motion = motion_for(model)
    found = [
        sample_latents(model, motion, PROMPT, replace(SHORT, view=view))
        for view in ("object", "camera", "as_learned")
    ]
    assert all((found[i] - found[i - 1]).abs().max() > 1e-2 for i in range(3))
    qk, v = seen(motion.qk, motion.v, "object")
    name = next(iter(v))
    # what all frames have in common is gone, except from the first
    moved = seen(motion.qk, {name: motion.v[name] + 3.0}, "object")[1][name]
    torch.testing.assert_close(moved[:, 1:], v[name][:, 1:], rtol=0, atol=1e-5)
    torch.testing.assert_close(moved[:, :1], v[name][:, :1] + 3.0)
    assert seen(motion.qk, motion.v, "camera")[1] == {} and len(qk) == len(v)


def test_the_prior_enters_the_start(model: TextToVideoModel) -> None:
    motion, once = motion_for(model, scale=0.0), replace(SHORT, num_inference_steps=1)
    plain = sample_latents(model, None, PROMPT, once)
    for kind in ("blended", "frequency", "fft_mix"):
        settings = replace(once, noise_start=kind)
        assert not torch.allclose(sample_latents(model, motion, PROMPT, settings), plain, atol=1e-2)
    none = replace(once, noise_start="blended", noise_prior=0.0)
    assert torch.equal(sample_latents(model, motion, PROMPT, none), plain)


def test_what_does_not_fit_is_refused(model: TextToVideoModel) -> None:
    motion = motion_for(model)
    with pytest.raises(BadRequest, match="prompt is empty"):
        sample(model, motion, " ", SHORT)
    with pytest.raises(BadRequest, match=r"longer than the 77 tokens .* 'three' does not fit"):
        sample(model, motion, "a" * 69 + " one two three", SHORT)
    with pytest.raises(BadRequest, match=r"learned on 4 frames of 24 x 16 px"):
        sample(model, motion, PROMPT, replace(SHORT, width=32))
    with pytest.raises(BadRequest, match=r"learned on 4 frames"):
        sample(model, motion, PROMPT, replace(SHORT, num_frames=5))
    with pytest.raises(BadRequest, match=r"does not suit"):
        sample(model, motion, PROMPT, replace(SHORT, width=25))
    with pytest.raises(BadRequest, match=r"playing.strength is 1.6, outside 0 to 1.5"):
        sample(model, motion, PROMPT, replace(SHORT, strength=1.6))
    if model.name == "animatediff":
        with pytest.raises(BadRequest, match="clips of 2 to 32 frames, not of 33"):
            sample(model, None, PROMPT, replace(SHORT, num_frames=33))
    other = replace(motion, header=replace(motion.header, model="0" * 16))
    with pytest.raises(WrongModel, match="different model"):
        sample(model, other, PROMPT, SHORT)
    bare = replace(motion, inverted_noise=None)
    with pytest.raises(BadRequest, match="does not contain its reference's noise"):
        sample(model, bare, PROMPT, replace(SHORT, noise_start="blended"))
    camera = motion_for(model, values=False)
    with pytest.raises(BadRequest, match="only contains what a camera"):
        sample(model, camera, PROMPT, SHORT)
    sample(model, camera, PROMPT, replace(SHORT, view="camera"))

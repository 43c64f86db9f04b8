"""Full-size AnimateDiff with random weights: 1.3 billion in the UNet, written and loaded in the
hub's layout. Slow, needs 3 GB of disk and 8 GB of memory: `pytest -m slow`."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.random_text_to_video import write_random_animatediff
from mti_backend.method.motion_inversion.motion import Motion
from mti_backend.method.motion_inversion.optimization import MotionInversion
from mti_backend.method.motion_inversion.sampling import sample
from mti_backend.method.motion_inversion.settings import LearningSettings, PlayingSettings
from mti_backend.models.animatediff import AnimateDiffModel

SIZE = 64


@pytest.mark.slow
def test_a_motion_is_learned_and_played(tmp_path: Path) -> None:
    folder = write_random_animatediff(tmp_path / "animatediff")
    model = AnimateDiffModel("animatediff", folder, dtype=torch.bfloat16)
    assert sum(p.numel() for p in model.unet.parameters()) == 1_276_658_564
    model.set_checkpointing("all blocks")
    g = torch.Generator().manual_seed(0)
    pictures = torch.rand(16, 3, SIZE, SIZE, generator=g) * 2 - 1
    settings = LearningSettings(iterations=2, keep=(1,))
    with MotionInversion(model, pictures, "a man waves", settings) as inversion:
        inversion.invert_reference(2)
        losses = [inversion.step() for _ in range(2)]
        motion = inversion.motion(name="wave")
    assert all(torch.isfinite(torch.tensor(losses)))
    # ten attentions at level 2, of 2 x 2 places
    assert len(motion.qk) == 10 and set(inversion.kept) == {1}
    assert {tuple(m.shape) for m in motion.v.values()} == {(4, 16, 1280)}
    moved = max(float(m.abs().max()) for m in (*motion.qk.values(), *motion.v.values()))
    assert 0.02 < moved < 0.05  # two steps of AdamW
    motion.save(tmp_path / "motion.safetensors")
    read = Motion.load(tmp_path / "motion.safetensors")
    playing = PlayingSettings(num_inference_steps=1, width=SIZE, height=SIZE)
    clips = [
        sample(model, read, "a fox", replace(playing, strength=strength)) for strength in (0.0, 1.0)
    ]
    assert all(clip.shape == (16, 3, SIZE, SIZE) and clip.isfinite().all() for clip in clips)
    assert not torch.equal(*clips)

"""Full-size Stable Video Diffusion with random weights: 1.5 billion in the UNet, written and loaded
in the hub's layout. Slow, needs 4.6 GB of disk and 12 GB of memory: `pytest -m slow`."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.random_svd import write_random_svd
from mti_addon.wire.settings import Augmentation, Settings
from mti_backend.method.motion_textual_inversion.optimization import Inversion
from mti_backend.method.motion_textual_inversion.sampling import sample
from mti_backend.models.download import files_of
from mti_backend.models.svd import SvdModel

SIZE = 64


@pytest.mark.slow
def test_a_motion_is_learned_and_played(tmp_path: Path) -> None:
    folder = write_random_svd(tmp_path / "svd")
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == set(files_of("svd"))  # exactly the files downloaded from the hub
    assert 4.4e9 < sum((folder / name).stat().st_size for name in files_of("svd")) < 4.7e9
    model = SvdModel("svd", folder, dtype=torch.bfloat16)
    assert sum(p.numel() for p in model.unet.parameters()) == 1_524_623_082
    assert len(model.inflation) == 32 and model.token_width == 1024 and model.num_frames == 14
    model.set_checkpointing("all blocks")
    settings = Settings.for_model("svd").sized(SIZE, SIZE)
    g = torch.Generator().manual_seed(0)
    pictures = torch.rand(14, 3, SIZE, SIZE, generator=g) * 2 - 1
    learning = replace(settings.inversion, augmentation=Augmentation(variants=1))
    inversion = Inversion(model, pictures, learning, settings.sampling)
    before = inversion.embedding().frame_tokens
    assert before.shape == (14, 5, 1024)
    losses = [inversion.step() for _ in range(2)]
    assert all(torch.isfinite(torch.tensor(losses)))
    motion = inversion.embedding()
    moved = (motion.frame_tokens - before).abs()
    assert 0.9e-2 < moved.max() < 2.1e-2  # two steps of Adam
    clip = sample(model, pictures[0], motion, replace(settings.sampling, num_inference_steps=1))
    assert clip.shape == (14, 3, SIZE, SIZE) and clip.isfinite().all()

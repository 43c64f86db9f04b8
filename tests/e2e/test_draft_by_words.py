"""The draft by words as a job of a real process, in its real size, untrained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from mti_addon.wire.events import Done, Planned
from mti_addon.wire.job import JobFolder
from mti_addon.wire.request import reference_name
from mti_addon.wire.settings import Settings
from tests.e2e import jobs, words
from tests.untrained_draft import make_untrained_draft

MODEL = "draft-by-words"


def new_job(root: Path) -> JobFolder:
    """A red square that moves, learned in two iterations and played in two steps."""
    settings = Settings.for_model(MODEL)
    learning = replace(settings.words.learning, iterations=2, keep=(1, 2), num_inversion_steps=2)
    playing = replace(settings.words.playing, num_inference_steps=2)
    made = replace(
        settings.words, caption="a box on white paper", prompts=("a red dog", "a fox"),
        learning=learning, playing=playing,
    )  # fmt: skip
    pictures = np.full((settings.num_frames, 64, 64, 3), 240, np.uint8)
    for index, picture in enumerate(pictures):
        picture[24:40, 3 * index : 3 * index + 16] = (200, 30, 30)
    inputs: dict[str, bytes | Path] = {
        reference_name(i + 1): jobs.png(picture) for i, picture in enumerate(pictures)
    }
    return words.new_job(root, inputs=inputs, made=replace(settings, motion_inversion=made))


def test_it_learns_and_plays_at_its_own_size(tmp_path: Path) -> None:
    make_untrained_draft(tmp_path / "models" / MODEL)
    job = new_job(tmp_path / "spool")
    done = jobs.run(job, tmp_path / "models")
    assert done.returncode == 0, job.log_file.read_text()
    events = jobs.told(job)
    assert isinstance(events[-1], Done)
    assert not any(isinstance(event, Planned) for event in events), "it fits everywhere"
    assert events[-1].result["size"] == [64, 64]
    frames = [*job.frames_dir.glob("*.png"), *(job.output_dir / "takes" / "02").glob("*.png")]
    shown = np.stack([np.asarray(Image.open(path)) for path in frames])
    assert shown.shape == (32, 64, 64, 3) and shown.std() > 1
    assert (job.early_dir / "0001.safetensors").is_file()

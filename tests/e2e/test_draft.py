"""The shipped draft in a real runner: an image is animated at its own size."""

from __future__ import annotations

import dataclasses
import io
import uuid
from pathlib import Path

import numpy as np
from PIL import Image

from mti_addon.wire.job import create_job
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, reference_name
from mti_addon.wire.settings import Settings
from mti_backend.evaluation.pairs import held_out_pair
from mti_backend.frames import to_pictures
from tests.e2e import jobs

WIDTH, HEIGHT = 420, 260


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB")).astype(int)


def test_the_target_s_own_pixels_are_moved(tmp_path: Path) -> None:
    pair = held_out_pair(0)
    settings = Settings.for_model("draft")
    inversion = dataclasses.replace(settings.inversion, iterations=3)
    settings = dataclasses.replace(settings, inversion=inversion)
    inputs: dict[str, bytes | Path] = {
        reference_name(i + 1, 1): jobs.png(picture)
        for i, picture in enumerate(to_pictures(pair.reference))
    }
    shown = Image.fromarray(to_pictures(pair.answer[:1])[0]).resize((HEIGHT, HEIGHT))
    target = Image.new("RGB", (WIDTH, HEIGHT), shown.getpixel((2, 2)))
    target.paste(shown, (WIDTH - HEIGHT, 0))
    data = io.BytesIO()
    target.save(data, "PNG")
    request = Request(
        protocol=PROTOCOL, job=uuid.uuid4().hex, task="learn+apply", name="wave",
        settings=settings, inputs={}, reference_frames=settings.num_frames, references=1,
        targets=1, capture=CaptureInfo(24.0, 1, 48, (128, 128), False),
    )  # fmt: skip
    job = create_job(tmp_path, request, {**inputs, "target.png": data.getvalue()})
    done = jobs.run(job, tmp_path / "no models")
    assert done.returncode == 0, job.log_file.read_text()
    clip = [pixels(path) for path in sorted(job.frames_dir.glob("*.png"))]
    assert len(clip) == 14 and {frame.shape for frame in clip} == {(HEIGHT, WIDTH, 3)}
    still = np.asarray(target).astype(int)
    # pixels without motion equal the image, bit for bit
    assert all(
        (frame[:, : (WIDTH - HEIGHT) // 2] == still[:, : (WIDTH - HEIGHT) // 2]).all()
        for frame in clip
    )
    assert max(np.abs(frame - still).max() for frame in clip[1:]) > 60

"""The demo's output: videos, contact sheet, report. Needs the backend's packages."""

from __future__ import annotations

import json
import platform
import sys
import time
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import numpy.typing as npt

from mti_addon.wire.job import JobFolder
from mti_backend import frames
from mti_backend.contact_sheet import contact_sheet
from mti_backend.job.inputs import read_inputs
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.models import load_model

Pictures = npt.NDArray[np.uint8]
SHOWN_VARIATIONS = 2  # additional drawings on the contact sheet
TILE = 256  # side of a frame on the contact sheet, in pixels
_SMALL = 512  # smaller videos are tiny on today's screens


def main(out: Path, seconds: float) -> int:
    """Write reference.mp4, result.mp4, contact_sheet.png and report.json into `out`."""
    begun = time.monotonic()
    blender = json.loads((out / "blender.json").read_text(encoding="utf-8"))
    job = JobFolder(out / "jobs" / blender["job"])
    request = job.request()
    inputs = read_inputs(job, request)
    size = inputs.targets[0].shape[1::-1]
    result, learned = (
        frames.read_reference(
            JobFolder(out / "jobs" / name).frames_dir, request.settings.num_frames, size
        )
        for name in (blender["job"], blender["learned"]["job"])
    )
    model = load_model(request.settings.model)
    target = frames.to_model(inputs.targets[0])
    plain = sample(model, target, image_embedding_motion(model, target), request.settings.sampling)
    fps = blender["result"]["fps"]
    reference, *others = inputs.references
    _video(out / "reference.mp4", reference, fps)
    _video(out / "result.mp4", result, fps)
    rows = [
        ("reference: the keyed stick figure", reference),
        *(
            (f"the same motion, drawing {number} of {len(inputs.references)}", other)
            for number, other in enumerate(others[:SHOWN_VARIATIONS], start=2)
        ),
        ("target: a render", inputs.targets[0][None]),
        ("result: the target with the motion of the keyed poses", result),
        ("the target with the motion that was learned from the images", learned),
        (
            "the target without a motion (its image embedding)",
            frames.to_pictures(plain),
        ),
    ]
    contact_sheet(rows, TILE).save(out / "contact_sheet.png")
    motion = MotionEmbedding.load(job.output_motion)
    report = blender | {
        "seconds": {
            "blender_and_backend": seconds,
            **blender["result"]["seconds"],
            "learned": blender["learned"]["result"]["seconds"],
            "report": round(time.monotonic() - begun, 1),
        },
        "peak_memory_mib": {
            "blender": blender["peak_memory_mib"],
            "backend": max(
                result["peak_memory_mib"]["process"]
                for result in (blender["result"], blender["learned"]["result"])
            ),
        },
        "motion": motion.meta,
        "amount_of_motion": {
            name: _amount(clip)
            for name, clip in (
                ("reference", reference),
                ("result", result),
                ("learned", learned),
                ("without", frames.to_pictures(plain)),
            )
        },
        "versions": _versions(),
    }
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (out / "blender.json").unlink()
    memory = max(report["peak_memory_mib"].values())
    total = seconds + time.monotonic() - begun
    print(f"done: {total:.0f} s, at most {memory} MiB per process; results in {out}")
    return 0


def _video(path: Path, clip: Pictures, fps: float) -> None:
    """Write H.264 video; small images are enlarged without smoothing."""
    times = max(1, _SMALL // clip.shape[1])
    large = clip.repeat(times, axis=1).repeat(times, axis=2)
    iio.imwrite(path, large, fps=fps, codec="libx264", macro_block_size=2)


def _amount(clip: Pictures) -> float:
    """Return the mean absolute difference of each image from the first, in [0, 1]."""
    values = clip.astype(np.float32) / 255
    return round(float(np.abs(values[1:] - values[:1]).mean()), 4)


def _versions() -> dict[str, Any]:
    import diffusers
    import torch
    import transformers

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "transformers": transformers.__version__,
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))

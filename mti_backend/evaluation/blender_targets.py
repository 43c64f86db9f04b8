"""Targets rendered by Blender, never trained on: stills, and clips with known ground truth.

    python -m mti_backend.evaluation.blender_targets [--out FOLDER]

prints how well the draft's autoencoder reconstructs their motion. The images are in data/blender;
`tools/make_targets.py` renders them. Imports torch, numpy, PIL and the draft's clips.
"""

import argparse
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ..contact_sheet import contact_sheet
from ..draft.procedural.figures import random_figures
from ..draft.procedural.motions import CHANNELS, Motions
from ..frames import to_model, to_pictures
from ..metrics.gain import motion_gain
from ..models import load_model
from ..models.framing import Framing
from .bench import decoded
from .keyed import keyed_poses
from .pairs import Pair, known_clip, moves_camera
from .statistics import median_interval

SIDE = 128
"""Side in pixels of the images in data/blender."""
DATA = Path(__file__).parent / "data" / "blender"
# Seeds of the references' figures, and the pairs' own seeds: held-out pairs are numbered from 0.
_REFERENCE_SEED = 920_000_000
_FIRST_PAIR = 900


def blender_stills() -> Tensor:
    """(50, 3, 128, 128) in [-1, 1], one per character and scene; the first is the demo's target."""
    picture = _read(DATA / "stills.png", "RGB")
    rows, columns = (side // SIDE for side in picture.shape[:2])
    tiles = picture.reshape(rows, SIDE, columns, SIDE, 3).transpose(0, 2, 1, 3, 4)
    return to_model(tiles.reshape(-1, SIDE, SIDE, 3)[: len(_parameters()["stills"])])


def blender_pairs() -> list[Pair]:
    """One pair per named motion: a stick figure as reference, a rendered character as target.

    Motion, tokens and tracks are those with which the character was posed for rendering.
    """
    return [blender_pair(index) for index in range(blender_pair_count())]


def blender_pair_count() -> int:
    """How many `blender_pairs` there are; none of them is made."""
    return len(_parameters()["clips"])


def blender_pair(index: int) -> Pair:
    """One of `blender_pairs`; the others are not made."""
    return _pair(index, _parameters()["clips"][index])


def recorded_motion(values: Tensor, grounded: bool) -> Motions:
    """Motion given by `values` (F, C) at F times evenly spaced over [0, 1]; B = 1.

    Values in between are interpolated linearly. Channels that were added since are still: C may be
    smaller than CHANNELS.
    """
    values = functional.pad(values, (0, len(CHANNELS) - values.shape[1]))

    def at(times: Tensor) -> Tensor:
        place = times.clamp(0, 1) * (len(values) - 1)
        before = place.floor().long().clamp(max=len(values) - 2)
        share = (place - before)[..., None]
        return torch.lerp(values[before], values[before + 1], share).transpose(1, 2)

    return Motions(at, torch.tensor([grounded]))


def _pair(index: int, clip: dict[str, Any]) -> Pair:
    name = clip["motion"]
    motion = recorded_motion(torch.tensor(clip["values"]), clip["grounded"])
    generator = torch.Generator().manual_seed(_REFERENCE_SEED + index)
    reference = random_figures(1, generator, "stick")
    shown = known_clip(motion, reference)
    frames = len(clip["values"])
    background = _strip(f"{name}_background", "RGB")
    return Pair(
        name,
        shown.pixels[0],
        to_model(_strip(name, "RGB")),
        shown.tokens[0],
        tracks=torch.tensor(clip["tracks"]),
        classes=torch.from_numpy(_strip(f"{name}_classes", "L").astype(np.int64)) - 1,
        reference_classes=shown.classes[0],
        # stored once if the camera does not move
        background=to_model(background).expand(frames, -1, -1, -1).clone(),
        height=clip["height"],
        seed=_FIRST_PAIR + index,
        camera=moves_camera(motion),
        poses=keyed_poses(motion, reference),
    )


@cache
def _parameters() -> dict[str, Any]:
    """Parameters of every scene, written by tools/make_targets.py."""
    parameters: dict[str, Any] = json.loads((DATA / "targets.json").read_text("utf-8"))
    return parameters


def _read(path: Path, mode: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(path, formats=("PNG",)) as image:
        return np.array(image.convert(mode))


def _strip(name: str, mode: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Frames stored one below the other in a file: (F, 128, 128) or (F, 128, 128, 3)."""
    picture = _read(DATA / f"{name}.png", mode)
    return picture.reshape(-1, SIDE, *picture.shape[1:])


def main(argv: list[str] | None = None) -> int:
    """Print the reconstruction of rendered clips; with --out, also write images, worst first."""
    parser = argparse.ArgumentParser(
        prog="mti_backend.evaluation.blender_targets",
        description="Encode and decode the clips rendered by Blender.",
    )
    parser.add_argument("--out", type=Path, help="write clips.png here")
    options = parser.parse_args(argv)
    model = load_model("draft")
    pairs = blender_pairs()
    clips = [decoded(model, pair.answer, Framing(not pair.camera)) for pair in pairs]
    gains = [motion_gain(clip, pair.answer) for clip, pair in zip(clips, pairs, strict=True)]
    print(f"rendered clips: motion gain {_interval(gains, '.3f')} (n = {len(gains)})")
    for name, gain in sorted(
        zip((pair.name for pair in pairs), gains, strict=True), key=lambda row: row[1]
    ):
        print(f"  {name:16}{gain:8.3f}")
    if options.out:
        _write_sheet(options.out, pairs, clips, gains)
    return 0


def _interval(values: list[float], form: str) -> str:
    median, low, high = median_interval(values)
    return f"{median:{form}} ({low:{form}} to {high:{form}})"


def _write_sheet(out: Path, pairs: list[Pair], clips: list[Tensor], gains: list[float]) -> None:
    """Write clips.png: each clip with its reconstruction, worst first."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for i in sorted(range(len(pairs)), key=lambda i: gains[i]):
        rows += [(pairs[i].name, to_pictures(pairs[i].answer))]
        rows += [(f"decoded, motion gain {gains[i]:.3f}", to_pictures(clips[i]))]
    contact_sheet(rows).save(out / "clips.png")


if __name__ == "__main__":
    raise SystemExit(main())

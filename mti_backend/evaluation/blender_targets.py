"""Targets that Blender rendered, never trained on: stills, and clips whose right answer is known.

    python -m mti_backend.evaluation.blender_targets [--out FOLDER]

prints how well the draft's autoencoder sees the motion in them. The pictures lie in data/blender;
`tools/make_targets.py` makes them. Imports torch, numpy, PIL and the draft's clips.
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

from ..draft.figures import random_figures
from ..draft.motions import Motions
from ..frames import to_model, to_pictures
from ..models import load_model
from ..models.framing import Framing
from .bench import decoded
from .metrics import median_interval, motion_gain
from .pairs import Pair, known_clip, moves_camera
from .sheet import contact_sheet

SIDE = 128
"""Pixels along the side of the pictures in data/blender."""
DATA = Path(__file__).parent / "data" / "blender"
# of the references' figures, and what the pairs tell as their seed: held-out pairs are numbered
# from 0
_REFERENCE_SEED = 920_000_000
_FIRST_PAIR = 900


def blender_stills() -> Tensor:
    """(50, 3, 128, 128) in [-1, 1]: one a character and a scene; the first is the demo's target."""
    picture = _read(DATA / "stills.png", "RGB")
    rows, columns = (side // SIDE for side in picture.shape[:2])
    tiles = picture.reshape(rows, SIDE, columns, SIDE, 3).transpose(0, 2, 1, 3, 4)
    return to_model(tiles.reshape(-1, SIDE, SIDE, 3)[: len(_parameters()["stills"])])


def blender_pairs() -> list[Pair]:
    """A pair for every named motion: a stick figure shows it, a rendered character has it to do.

    Motion, tokens and tracks are those that the character was posed by when it was rendered.
    """
    return [_pair(i, clip) for i, clip in enumerate(_parameters()["clips"])]


def recorded_motion(values: Tensor, grounded: bool) -> Motions:
    """The motion whose channels were `values` (F, C) at F times evenly over [0, 1]; B = 1.

    Between them it goes straight from one to the next.
    """

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
    shown = known_clip(motion, random_figures(1, generator, "stick"))
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
        # kept once where the camera stands still
        background=to_model(background).expand(frames, -1, -1, -1).clone(),
        height=clip["height"],
        seed=_FIRST_PAIR + index,
        camera=moves_camera(motion),
    )


@cache
def _parameters() -> dict[str, Any]:
    """What every scene was made of, as written by tools/make_targets.py."""
    parameters: dict[str, Any] = json.loads((DATA / "targets.json").read_text("utf-8"))
    return parameters


def _read(path: Path, mode: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    with Image.open(path, formats=("PNG",)) as image:
        return np.array(image.convert(mode))


def _strip(name: str, mode: str) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The frames of a strip, one below the other in its file: (F, 128, 128) or (F, 128, 128, 3)."""
    picture = _read(DATA / f"{name}.png", mode)
    return picture.reshape(-1, SIDE, *picture.shape[1:])


def main(argv: list[str] | None = None) -> int:
    """Print how well motion is seen in rendered clips; with --out, pictures, the worst first."""
    parser = argparse.ArgumentParser(
        prog="mti_backend.evaluation.blender_targets",
        description="Encode and decode the clips that Blender rendered.",
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
    """clips.png: each with its reconstruction, worst first."""
    out.mkdir(parents=True, exist_ok=True)
    rows = []
    for i in sorted(range(len(pairs)), key=lambda i: gains[i]):
        rows += [(pairs[i].name, to_pictures(pairs[i].answer))]
        rows += [(f"decoded, motion gain {gains[i]:.3f}", to_pictures(clips[i]))]
    contact_sheet(rows).save(out / "clips.png")


if __name__ == "__main__":
    raise SystemExit(main())

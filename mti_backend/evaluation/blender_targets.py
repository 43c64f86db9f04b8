"""Targets that Blender rendered, never trained on: stills, and clips whose right answer is known.

    python -m mti_backend.evaluation.blender_targets [--out FOLDER]

prints how well the draft's autoencoder reconstructs them, beside procedural pictures. The pictures
lie in data/blender; `tools/make_targets.py` makes them. Imports torch, numpy, PIL and the draft's
clips.
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

from ..draft.clips import IMAGE_SIZE, make_clips
from ..draft.figures import random_figures
from ..draft.motions import Motions, frame_times, random_motions
from ..frames import to_model, to_pictures
from ..models import load_model
from ..models.svd import SvdModel
from .metrics import median_interval, motion_gain
from .pairs import Pair, known_clip
from .sheet import contact_sheet

DATA = Path(__file__).parent / "data" / "blender"
# of the references' figures, and what the pairs tell as their seed: held-out pairs are numbered
# from 0
_REFERENCE_SEED = 920_000_000
_FIRST_PAIR = 900
_PROCEDURAL_SEED = 930_000_000


def blender_stills() -> Tensor:
    """(50, 3, 64, 64) in [-1, 1]: as many characters and scenes; the first is the demo's target."""
    picture = _read(DATA / "stills.png", "RGB")
    rows, columns = (side // IMAGE_SIZE for side in picture.shape[:2])
    tiles = picture.reshape(rows, IMAGE_SIZE, columns, IMAGE_SIZE, 3).transpose(0, 2, 1, 3, 4)
    return to_model(tiles.reshape(-1, IMAGE_SIZE, IMAGE_SIZE, 3)[: len(_parameters()["stills"])])


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
    """The frames of a strip, one below the other in its file: (F, 64, 64) or (F, 64, 64, 3)."""
    picture = _read(DATA / f"{name}.png", mode)
    return picture.reshape(-1, IMAGE_SIZE, *picture.shape[1:])


def procedural_stills(count: int) -> Tensor:
    """(count, 3, 64, 64) in [-1, 1] as training draws them, by seeds that it does not use."""
    generator = torch.Generator().manual_seed(_PROCEDURAL_SEED)
    figures = random_figures(count, generator, kind="any")
    motions = random_motions(count, generator)
    return make_clips(figures, motions, frame_times(count, 1)).pixels[:, 0]


def reconstruct(model: SvdModel, pictures: Tensor) -> Tensor:
    """Encode and decode each picture (n, 3, H, W) on its own."""
    return torch.cat([model.decode(model.encode_video(one[None])).cpu() for one in pictures])


def psnr(result: Tensor, answer: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each picture (n, 3, H, W) in [-1, 1]; dB, (n,)."""
    error = (result - answer).square().mean((1, 2, 3)).clamp(min=1e-10)
    return 10 * torch.log10(4 / error)


def gain_over_mean(result: Tensor, answer: Tensor) -> Tensor:
    """1 - MSE(result, answer) / MSE(the answer's mean colour, answer), (n,): 1 is perfect."""
    error = (result - answer).square().mean((1, 2, 3))
    spread = (answer - answer.mean((2, 3), keepdim=True)).square().mean((1, 2, 3))
    return 1 - error / spread.clamp(min=1e-10)


def main(argv: list[str] | None = None) -> int:
    """Print the autoencoder's figures; with --out, pictures of all of it, the worst first."""
    parser = argparse.ArgumentParser(
        prog="mti_backend.evaluation.blender_targets",
        description="Measure the draft's autoencoder on pictures that Blender rendered.",
    )
    parser.add_argument("--out", type=Path, help="write stills.png and clips.png here")
    options = parser.parse_args(argv)
    model = load_model("draft")
    stills = blender_stills()
    sets = {"rendered stills": stills, "procedural stills": procedural_stills(len(stills))}
    decoded = {name: reconstruct(model, pictures) for name, pictures in sets.items()}
    print(f"{'median (95 % interval)':28}{'PSNR, dB':>24}{'gain over mean colour':>28}")
    for name, pictures in sets.items():
        _print_row(name, pictures, decoded[name])
    pairs = blender_pairs()
    clips = [model.decode(model.encode_video(pair.answer)).cpu() for pair in pairs]
    gains = [motion_gain(clip, pair.answer) for clip, pair in zip(clips, pairs, strict=True)]
    print(f"rendered clips: motion gain {_interval(gains, '.3f')} (n = {len(gains)})")
    for name, gain in sorted(
        zip((pair.name for pair in pairs), gains, strict=True), key=lambda row: row[1]
    ):
        print(f"  {name:16}{gain:8.3f}")
    if options.out:
        _write_sheets(options.out, stills, decoded["rendered stills"], pairs, clips, gains)
    return 0


def _print_row(name: str, pictures: Tensor, decoded: Tensor) -> None:
    text = f"{name} (n = {len(pictures)})"
    psnrs = psnr(decoded, pictures).tolist()
    gains = gain_over_mean(decoded, pictures).tolist()
    print(f"{text:28}{_interval(psnrs, '.1f'):>24}{_interval(gains, '.3f'):>28}", flush=True)


def _interval(values: list[float], form: str) -> str:
    median, low, high = median_interval(values)
    return f"{median:{form}} ({low:{form}} to {high:{form}})"


def _write_sheets(
    out: Path,
    stills: Tensor,
    decoded: Tensor,
    pairs: list[Pair],
    clips: list[Tensor],
    gains: list[float],
) -> None:
    """stills.png and clips.png: each with its reconstruction, worst first."""
    out.mkdir(parents=True, exist_ok=True)
    order = gain_over_mean(decoded, stills).argsort()
    rows = []
    for some in order.split(10):
        numbers = " ".join(str(int(i)) for i in some)
        rows += [(f"stills {numbers}", to_pictures(stills[some]))]
        rows += [("decoded", to_pictures(decoded[some]))]
    contact_sheet(rows, scale=2).save(out / "stills.png")
    rows = []
    for i in sorted(range(len(pairs)), key=lambda i: gains[i]):
        rows += [(pairs[i].name, to_pictures(pairs[i].answer))]
        rows += [(f"decoded, motion gain {gains[i]:.3f}", to_pictures(clips[i]))]
    contact_sheet(rows).save(out / "clips.png")


if __name__ == "__main__":
    raise SystemExit(main())

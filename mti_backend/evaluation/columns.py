"""Columns of the evaluation tables: metrics of one clip and their format. Imports torch."""

from dataclasses import dataclass

from torch import Tensor

from ..metrics.clip_quality import background_psnr, cleared, drawn, psnr
from ..metrics.gain import motion_gain
from .leakage import leakage
from .named import named_rightly
from .pairs import Pair
from .tracks import colour_tracks, flicker, limb_error, motion_fidelity

GOOD = 0.3
"""Motion gain above which a motion is visibly transferred."""

Figures = dict[str, float | None]


@dataclass(frozen=True)
class Column:
    """key: in JSON and CSV. title: in tables. unit: printed after the title. digits: decimals
    shown. share: report the share of pairs with value 1 rather than a median, for yes/no values."""

    key: str
    title: str
    unit: str = ""
    digits: int = 2
    share: bool = False


COLUMNS = (
    Column("drawn", "drawn"),
    Column("cleared", "cleared"),
    Column("named", "named", share=True),
    Column("gain", "gain"),
    Column("flicker", "flicker", "%", 1),
    Column("limb_error", "limb error", "%", 1),
    Column("fidelity", "fidelity"),
    Column("first_psnr", "first frame", "dB", 1),
    Column("background_psnr", "background", "dB", 1),
    Column("leakage", "leakage"),
    Column("learn_seconds", "learn", "s", 0),
    Column("apply_seconds", "apply", "s", 1),
    Column("loss", "loss", "", 3),
    Column("reconstruction_gain", "reconstruction"),
    Column("tracked", "tracked"),
)


def clip_columns(result: Tensor, pair: Pair) -> Figures:
    """All metrics of a clip (F, 3, H, W) in [-1, 1]; None where the pair lacks the ground truth."""
    figures: Figures = {
        "gain": motion_gain(result, pair.answer),
        "drawn": drawn(result, pair.answer, pair.classes),
        "cleared": cleared(result, pair.answer, pair.classes),
        "named": named_rightly(result, pair),
        "first_psnr": psnr(result[0], pair.answer[0]),
        "leakage": leakage(result, pair),
    }
    if pair.background is not None:
        figures["background_psnr"] = background_psnr(result, pair.answer, pair.background)
    tracks = colour_tracks(result, pair)
    if tracks is not None:
        figures["fidelity"] = motion_fidelity(tracks)
        figures["tracked"] = tracks.share
        figures["flicker"] = 100 * flicker(result, pair)
        figures["limb_error"] = 100 * limb_error(tracks, pair.height or 1.0)
    return figures

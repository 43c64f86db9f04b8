"""A small classifier that tells which subject in which color a clip shows. Imports torch.

It is trained on true renderings, when an evaluation begins; the evaluated model has no part in it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from ...draft.by_words.captions import COLOURS, SUBJECTS
from ...draft.by_words.losses import draw_pictures
from ...draft.by_words.scenes import Scene
from ...draft.training.losses import generator_at
from ...draft.training.trainer import Stage, StageSettings, averaged

SETTINGS = StageSettings(
    steps=900, batch=32, learning_rate=2e-3, seed=5, warmup=20, ema=0.98, save_every=100
)
_STAGE = "judge"
_COLOURS = tuple(COLOURS)


@dataclass(frozen=True)
class Verdict:
    """What a clip shows: the likeliest subject and color of all frames together.

    subjects, colours: (F,), the likeliest in each frame, as numbers in SUBJECTS and COLOURS.
    """

    subject: str
    colour: str
    subjects: Tensor
    colours: Tensor

    def leaked(self, subject: str, colour: str) -> float:
        """The share of frames that show this subject or this color, the reference's."""
        alike = self.subjects == SUBJECTS.index(subject)
        return float((alike | (self.colours == _COLOURS.index(colour))).float().mean())


class Judge(nn.Module):
    """Images (B, 3, 64, 64) in [-1, 1] -> logits of subjects (B, 12) and colors (B, 8)."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, 24, 48, 96, 96)
        self.layers = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(a, b, 3, stride=2, padding=1), nn.GroupNorm(8, b), nn.SiLU()
                )
                for a, b in zip(widths, widths[1:], strict=False)
            )
        )
        self.subject = nn.Linear(2 * widths[-1], len(SUBJECTS))
        self.colour = nn.Linear(2 * widths[-1], len(COLOURS))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        found = self.layers(images).flatten(2)
        seen = torch.cat([found.mean(2), found.amax(2)], 1)
        return self.subject(seen), self.colour(seen)

    @torch.no_grad()
    def verdict(self, clip: Tensor) -> Verdict:
        """Of a clip (F, 3, 64, 64) in [-1, 1]."""
        subjects, colours = (x.log_softmax(1) for x in self(clip.float()))
        return Verdict(
            SUBJECTS[int(subjects.mean(0).argmax())], _COLOURS[int(colours.mean(0).argmax())],
            subjects.argmax(1), colours.argmax(1),
        )  # fmt: skip


def trained_judge(
    out: Path, settings: StageSettings = SETTINGS, tell: Callable[[str], None] = print
) -> Judge:
    """The judge, trained in `out`, where a finished or stopped training is gone on with."""
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(settings.seed)
    judge = Judge()
    Stage(_STAGE, judge, _loss(judge, settings), out, settings).run(tell)
    return averaged(judge, out, _STAGE).requires_grad_(False).eval()


def _loss(judge: Judge, settings: StageSettings) -> Callable[[int], Tensor]:
    def loss(step: int) -> Tensor:
        g = generator_at(settings, step)
        pixels, scenes = draw_pictures(settings.batch, g)
        subjects, colours = judge(_worn(pixels, g))
        known = _answers(scenes)
        return functional.cross_entropy(subjects, known[0]) + functional.cross_entropy(
            colours, known[1]
        )

    return loss


def _worn(pixels: Tensor, g: torch.Generator) -> Tensor:
    """Blur half of the images, and add a little noise, as a model's images are not sharp."""
    half = functional.avg_pool2d(pixels, 2)
    soft = functional.interpolate(half, scale_factor=2.0, mode="bilinear")
    blurred = torch.rand(len(pixels), 1, 1, 1, generator=g) < 0.5
    return torch.where(blurred, soft, pixels) + 0.05 * torch.randn(pixels.shape, generator=g)


def _answers(scenes: list[Scene]) -> Tensor:
    """(2, B): numbers of the subjects and of the colors."""
    captions = [scene.caption for scene in scenes]
    return torch.tensor(
        [
            [SUBJECTS.index(caption.subject) for caption in captions],
            [_COLOURS.index(str(caption.colour)) for caption in captions],
        ]
    )

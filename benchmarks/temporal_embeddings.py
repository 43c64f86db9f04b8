"""Motion Inversion's embeddings on SVD's own temporal attention, beside motion-textual inversion.

    python -m benchmarks.temporal_embeddings      # the draft, 20 pairs; an hour; resumes

SVD has temporal self-attentions, too, so the hooks of the second method (arXiv 2403.20193) can add
m_QK and m_V to them. Each pair is learned three times: the tokens, the embeddings (with the image's
own embedding as the token), and both at once; and is played in each view of the embeddings. Writes
temporal_embeddings.json and .md to --out.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from mti_addon.wire.motion_inversion import View
from mti_addon.wire.settings import Settings
from mti_backend.evaluation.machine import commit, hardware
from mti_backend.method.motion_inversion.embeddings import MotionEmbeddings, seen
from mti_backend.method.motion_textual_inversion.optimization import Inversion, learning_rate
from mti_backend.method.motion_textual_inversion.sampling import image_embedding_motion, sample
from mti_backend.metrics.clip_quality import cleared, drawn
from mti_backend.metrics.gain import motion_gain
from mti_backend.models import load_model
from mti_backend.models.attention import TEMPORAL
from mti_backend.models.framing import Framing
from mti_backend.models.gradient_checkpointing import level_of
from mti_backend.models.svd import SvdModel
from mti_backend.models.temporal_injection import TemporalAttention, TemporalInjection

from .pairs import development_pairs
from .tables import median_cell

What = Literal["tokens", "embeddings", "both"]
VIEWS: tuple[View, ...] = get_args(View)
RATES = (2e-3, 2e-2)
"""AdamW's constant rates of the embeddings; the second is the released code's."""


class SvdInjection(TemporalInjection):
    """Adds motion embeddings to SVD's temporal self-attentions, whose latents are (B, F, C, h, w)
    where those of text-to-video UNets are (B, C, F, h, w)."""

    def _check_call(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        clip = args[0] if args else kwargs["sample"]
        super()._check_call(module, (clip.transpose(1, 2),), {})


def temporal_attentions(unet: nn.Module) -> list[TemporalAttention]:
    """The temporal self-attentions of an SVD UNet, in order."""
    found = []
    for name, module in unet.named_modules():
        level = level_of(unet, name) if TEMPORAL in name and name.endswith(".attn1") else None
        if level is not None:
            width = module.get_submodule("to_q").in_features
            found.append(TemporalAttention(name, int(width), level))
    return found


class TemporalInversion(Inversion):
    """The product's inversion, which optimizes motion embeddings as well as, or instead of, tokens.

    what: 'embeddings' keeps the tokens as the model has them without a motion.
    """

    def __init__(
        self, model: SvdModel, reference: Tensor, what: What, rate: float, settings: Settings
    ) -> None:
        """reference: (F, 3, H, W) in [-1, 1]."""
        super().__init__(model, reference, settings.inversion, settings.sampling)
        self.what = what
        if what == "embeddings":
            plain = image_embedding_motion(model, reference[0])
            self.frame_tokens = plain.frame_tokens.detach()
            self.video_tokens = plain.video_tokens.detach()
        size = self.augmented_clips.variant(0).latents.shape[-2:]
        self.attentions = temporal_attentions(model.unet)
        self.m = MotionEmbeddings(self.attentions, model.num_frames, tuple(size))
        if what != "tokens":
            self.of_motion = torch.optim.AdamW([*self.m.parameters().values()], rate)

    def step(self) -> float:
        """One iteration of everything that is learned."""
        if self.what == "tokens":
            return super().step()
        self.optimizer.param_groups[0]["lr"] = learning_rate(self.settings, self.step_index)
        self.of_motion.zero_grad(set_to_none=True)
        with injected(self.model, self.attentions, self.m.qk, self.m.v, self.m.latent_size):
            self.loss = self._differentiate()
        self.of_motion.step()
        if self.what == "both":
            self.optimizer.step()
        self.step_index += 1
        return self.loss


@contextmanager
def injected(
    model: SvdModel, attentions: Sequence[TemporalAttention], qk: Any, v: Any, size: tuple[int, int]
) -> Iterator[None]:
    """Let the model compute with motion embeddings within the context."""
    injection = SvdInjection(model.unet, attentions)
    injection.set(qk, v, size)
    try:
        yield
    finally:
        injection.remove()


def measure(model: SvdModel, pair: Any, what: What, rate: float) -> dict[str, dict[str, float]]:
    """Learn from a pair's reference; the figures of its target's clip, by view."""
    settings = Settings.for_model("draft")
    framing = "whole" if pair.camera else "subject"
    settings = replace(settings, sampling=replace(settings.sampling, framing=framing))
    clip = model.framed_clip(pair.reference, Framing(subject=framing == "subject"))
    inversion = TemporalInversion(model, clip, what, rate, settings)
    for _ in range(settings.inversion.iterations):
        inversion.step()
    target = pair.answer[0]
    motion = inversion.embedding()
    if what == "embeddings":
        motion = image_embedding_motion(model, target)
    if what == "tokens":
        return {"": figures(sample(model, target, motion, settings.sampling), pair)}
    found = {}
    for view in VIEWS:
        with torch.no_grad():
            qk, v = seen(inversion.m.qk, inversion.m.v, view)
        with injected(model, inversion.attentions, qk, v, inversion.m.latent_size):
            found[view] = figures(sample(model, target, motion, settings.sampling), pair)
    return found


def figures(clip: Tensor, pair: Any) -> dict[str, float]:
    """The headline figures of one clip; those that the pair does not allow are left out."""
    found = {
        "drawn": drawn(clip, pair.answer, pair.classes),
        "cleared": cleared(clip, pair.answer, pair.classes),
        "gain": motion_gain(clip, pair.answer),
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def ways() -> list[tuple[What, float]]:
    return [("tokens", 0.0), *((what, r) for what in ("embeddings", "both") for r in RATES)]  # type: ignore[misc]


def table(rows: dict[str, list[dict[str, float]]]) -> str:
    """Markdown table of medians with their bootstrap intervals."""
    lines = ["| learned, rate, view | drawn | cleared | gain |", "|---|---|---|---|"]
    for name, measured in rows.items():
        cells = []
        for key in ("drawn", "cleared", "gain"):
            cells.append(median_cell([each[key] for each in measured if key in each]))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    model = load_model("draft")
    options.out.mkdir(parents=True, exist_ok=True)
    kept = options.out / f"temporal_embeddings-{model.identity}.json"
    found: dict[str, dict[str, dict[str, float]]] = {}
    if kept.is_file():
        found = json.loads(kept.read_text(encoding="utf-8"))
    for number, pair in enumerate(development_pairs(options.pairs)):
        done = found.setdefault(str(number), {})
        for what, rate in ways():
            if any(name.startswith(f"{what} {rate:g}") for name in done):
                continue
            for view, row in measure(model, pair, what, rate).items():
                done[f"{what} {rate:g} {view}".strip()] = row
            kept.write_text(json.dumps(found, indent=1), encoding="utf-8")
        print(f"pair {number + 1} of {options.pairs}", flush=True)
    rows: dict[str, list[dict[str, float]]] = {}
    for number in range(options.pairs):
        for name, row in found[str(number)].items():
            rows.setdefault(name, []).append(row)
    about = f"{hardware('cpu', 1)}, commit {commit()}, {options.pairs} pairs"
    text = f"{about}\n\n{table(rows)}\n"
    (options.out / "temporal_embeddings.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()

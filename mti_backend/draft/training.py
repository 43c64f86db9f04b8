"""Trains the draft model, stage by stage, resumable from any step. Imports torch and the draft's own modules.

    vae            pictures -> latents -> pictures
    image-encoder  picture -> the motion token of the pose it shows (what CLIP is to SVD)
    frames         UNet without its temporal layers: first frame + one frame's token -> that frame
    clips          the whole UNet on 14 frames, per-frame and clip tokens

The order is SVD's own: an image model first, temporal layers inserted as the identity, then clips.
"""

import json
import math
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from ..models.inflation import Inflation
from .clips import TOKEN_WIDTH, Clips, make_clips
from .figures import random_figures
from .motions import FRAMES, frame_times, random_motions
from .networks import make_image_encoder, make_image_processor, make_unet, make_vae, pictures_only

MICRO_CONDITIONING = (6.0, 127.0, 0.0)  # fps - 1, motion bucket, noise augmentation


@dataclass(frozen=True)
class StageSettings:
    """One stage's numbers. steps and batch (pictures a step) count optimiser steps; seed draws the clips."""

    steps: int
    batch: int
    learning_rate: float
    seed: int
    warmup: int = 100
    ema: float = 0.999
    save_every: int = 250


STAGES = {
    "vae": StageSettings(steps=600, batch=16, learning_rate=5e-4, seed=1),
    "image-encoder": StageSettings(steps=1200, batch=128, learning_rate=1e-3, seed=2),
    "frames": StageSettings(steps=4000, batch=56, learning_rate=6e-4, seed=3, warmup=200),
    "clips": StageSettings(steps=1200, batch=56, learning_rate=4e-4, seed=4),
}


class Stage:
    """A network in training: optimiser, EMA, schedule, log and checkpoint around a loss function of the step."""

    def __init__(
        self,
        name: str,
        network: nn.Module,
        loss: Callable[[int], Tensor],
        folder: Path,
        settings: StageSettings,
    ) -> None:
        self.name, self.network, self.loss, self.folder, self.settings = (
            name,
            network,
            loss,
            folder,
            settings,
        )
        self.step = 0
        self.weights = {k: p for k, p in network.named_parameters() if p.requires_grad}
        self.average = {k: p.detach().clone() for k, p in self.weights.items()}
        self.optimiser = torch.optim.AdamW(
            self.weights.values(),
            lr=settings.learning_rate,
            betas=(0.9, 0.98),
            weight_decay=0.01,
            fused=True,
        )
        self._load()

    @property
    def checkpoint_file(self) -> Path:
        return self.folder / f"{self.name}.checkpoint.safetensors"

    def rate(self) -> float:
        """Linear warm-up, then a cosine to 2 % of the peak."""
        s = self.settings
        warm = min(1.0, (self.step + 1) / s.warmup)
        return (
            s.learning_rate
            * warm
            * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, self.step / s.steps))))
        )

    def run(self, report: Callable[[str], None], minutes: float | None = None) -> bool:
        """Train to the last step, or for about `minutes`; True when the stage is finished."""
        begun, losses, first = time.monotonic(), [], self.step
        while self.step < self.settings.steps:
            losses.append(self._advance())
            if self.step % 25 == 0:
                mean = sum(losses) / len(losses)
                losses = []
                spent = time.monotonic() - begun
                left = spent / (self.step - first) * (self.settings.steps - self.step)
                self._log(loss=mean, seconds=spent)
                report(
                    f"{self.name}: step {self.step}/{self.settings.steps}, loss {mean:.4f}, {left / 60:.1f} min left"
                )
            if self.step % self.settings.save_every == 0:
                self._save()
            if minutes is not None and time.monotonic() - begun > 60 * minutes:
                break
        self._save()
        return self.step >= self.settings.steps

    def _advance(self) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss = self.loss(self.step)
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights.values(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(
            list(self.average.values()), [p.detach() for p in self.weights.values()], 1 - decay
        )
        return loss.item()

    def _log(self, **values: float) -> None:
        with open(self.folder / f"{self.name}.log.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps({"step": self.step, "rate": self.rate(), **values}) + "\n")

    def _save(self) -> None:
        tensors = {f"weights/{k}": p.detach() for k, p in self.weights.items()}
        tensors |= {f"average/{k}": p for k, p in self.average.items()}
        for k, p in self.weights.items():
            state = self.optimiser.state.get(p)
            if state:
                tensors |= {
                    f"exp_avg/{k}": state["exp_avg"],
                    f"exp_avg_sq/{k}": state["exp_avg_sq"],
                }
        temporary = self.checkpoint_file.with_suffix(".partial")
        tensors = {k: t.contiguous() for k, t in tensors.items()}
        save_file(
            tensors,
            temporary,
            {"step": str(self.step), "settings": json.dumps(asdict(self.settings))},
        )
        temporary.replace(self.checkpoint_file)

    def _load(self) -> None:
        if not self.checkpoint_file.exists():
            return
        with safe_open(self.checkpoint_file, "pt") as file, torch.no_grad():
            self.step = int(file.metadata()["step"])
            names = set(file.keys())
            for k, p in self.weights.items():
                p.copy_(file.get_tensor(f"weights/{k}"))
                self.average[k].copy_(file.get_tensor(f"average/{k}"))
                if f"exp_avg/{k}" in names:
                    self.optimiser.state[p] = {
                        "step": torch.tensor(float(self.step)),
                        "exp_avg": file.get_tensor(f"exp_avg/{k}"),
                        "exp_avg_sq": file.get_tensor(f"exp_avg_sq/{k}"),
                    }


def averaged(network: nn.Module, folder: Path, stage: str) -> nn.Module:
    """Load a stage's averaged weights into `network`. Raises FileNotFoundError before the stage has saved."""
    with safe_open(folder / f"{stage}.checkpoint.safetensors", "pt") as file:
        state = {
            k.removeprefix("average/"): file.get_tensor(k)
            for k in file.keys()
            if k.startswith("average/")
        }
    network.load_state_dict(state, strict=False)
    return network


def _generator(settings: StageSettings, step: int) -> torch.Generator:
    return torch.Generator().manual_seed(settings.seed * 10_000_000 + step)


def _draw(generator: torch.Generator, clips: int, times: Tensor) -> Clips:
    with torch.no_grad():
        return make_clips(random_figures(clips, generator), random_motions(clips, generator), times)


def frozen_vae(folder: Path) -> nn.Module:
    """The trained autoencoder, ready to encode."""
    return averaged(make_vae(), folder, "vae").requires_grad_(False).eval()


def vae_loss(vae: nn.Module, settings: StageSettings) -> Callable[[int], Tensor]:
    """Squared and absolute error of reconstructed pictures, latents kept small, and a little noise on them.

    No posterior is sampled: its unit variance at the start costs most of so short a training. Fixed noise of 0.05
    keeps neighbouring latents alike, which is what diffusion needs of them.
    """

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        pictures = _draw(
            g, settings.batch // 2, torch.rand(settings.batch // 2, 2, generator=g)
        ).pixels.flatten(0, 1)
        with pictures_only(), torch.autocast("cpu", torch.bfloat16):
            latents = vae.encode(pictures).latent_dist.mode()
            noisy = latents + 0.05 * torch.randn(latents.shape, generator=g)
            decoded = vae.decode(noisy, num_frames=1).sample.float()
        error = decoded - pictures
        return (
            error.square().mean()
            + 0.1 * error.abs().mean()
            + 1e-4 * latents.float().square().mean()
        )

    return loss


def image_encoder_loss(encoder: nn.Module, settings: StageSettings) -> Callable[[int], Tensor]:
    """Squared error between a picture's embedding and the motion token of the frame it is."""

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        clips = _draw(g, settings.batch // 2, torch.rand(settings.batch // 2, 2, generator=g))
        with torch.autocast("cpu", torch.bfloat16):
            embedding = encoder(clip_pixels(clips.pixels.flatten(0, 1))).image_embeds.float()
        return (embedding - clips.tokens.flatten(0, 1)).square().mean()

    return loss


def clip_pixels(pictures: Tensor) -> Tensor:
    """Pictures (B, 3, H, W) in [-1, 1] as SVD's pipeline shows them to the image encoder: 224 x 224, normalised."""
    large = nn.functional.interpolate(pictures, (224, 224), mode="bicubic", align_corners=True)
    processor = make_image_processor()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (processor.image_mean, processor.image_std))
    return ((large + 1) / 2 - mean) / std


class LatentPool:
    """Encoded clips, refreshed a few at a time, so that drawing and encoding cost less than training on them."""

    def __init__(self, vae: nn.Module, frames: int, size: int, fresh: int) -> None:
        self.vae, self.frames, self.size, self.fresh = vae, frames, size, fresh
        self.latents: list[Tensor] = []
        self.tokens: list[Tensor] = []

    @torch.no_grad()
    def refresh(self, generator: torch.Generator) -> None:
        """Add `fresh` clips whose first frame is at time 0; drop the oldest beyond `size`."""
        if self.frames == FRAMES:
            times = frame_times(self.fresh)
        else:
            later = torch.rand(self.fresh, self.frames - 1, generator=generator)
            times = torch.cat([torch.zeros(self.fresh, 1), later], 1)
        clips = _draw(generator, self.fresh, times)
        with torch.autocast("cpu", torch.bfloat16):
            latents = self.vae.encode(clips.pixels.flatten(0, 1)).latent_dist.mode().float()
        self.latents += list(latents.unflatten(0, (self.fresh, self.frames)))
        self.tokens += list(clips.tokens)
        del self.latents[: -self.size], self.tokens[: -self.size]

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Unscaled latents (B, T, C, h, w) and tokens (B, T, D) of `count` clips of the pool."""
        rows = torch.randint(len(self.latents), (count,), generator=generator).tolist()
        return torch.stack([self.latents[i] for i in rows]), torch.stack(
            [self.tokens[i] for i in rows]
        )


def denoising_loss(
    unet: nn.Module, x0: Tensor, image_latents: Tensor, call: Callable[..., Tensor], generator: torch.Generator,
    p_mean: float = 0.8, p_std: float = 1.4,
) -> Tensor:  # fmt: skip
    """SVD's loss: squared error of the network's own output (v-prediction), ln sigma ~ N(p_mean, p_std^2).

    Where the picture changes counts five times, since that is where the motion is.

    Args:
        x0: scaled latents (B, T, C, h, w). image_latents: unscaled, of the first frame, (B, 1, C, h, w).
        call: (unet input (B, T, 2C, h, w), timestep (B,)) -> network output (B, T, C, h, w).
    """
    sigma = (p_mean + p_std * torch.randn(len(x0), generator=generator)).exp()
    s = sigma.view(-1, 1, 1, 1, 1)
    noise = torch.randn(x0.shape, generator=generator)
    x = x0 + s * noise
    kept = (torch.rand(len(x0), generator=generator) > 0.05).float().view(-1, 1, 1, 1, 1)
    image = (kept * image_latents).expand_as(x0)
    output = call(torch.cat([x / (s * s + 1).sqrt(), image], 2), 0.25 * sigma.log())
    target = (x0 - x / (s * s + 1)) * -((s * s + 1).sqrt() / s)
    moved = (image_latents * (x0.std() / image_latents.std()) - x0).abs().mean(
        2, keepdim=True
    ) > 0.15
    weight = 1 + 4 * moved.float()
    return ((output.float() - target).square() * weight).mean() / weight.mean()


def frames_loss(unet: nn.Module, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Single frames: the first frame's latent and one frame's token -> that frame."""
    vae = frozen_vae(folder)
    scale = latent_scale(folder)
    pool = LatentPool(vae, frames=4, size=4096, fresh=5)
    filler = torch.Generator().manual_seed(settings.seed)

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        while len(pool.latents) < 512:
            pool.refresh(filler)
        pool.refresh(g)
        latents, tokens = pool.draw(settings.batch, g)
        which = torch.randint(1, pool.frames, (settings.batch,), generator=g)
        rows = torch.arange(settings.batch)
        x0, token = latents[rows, which][:, None] * scale, tokens[rows, which][:, None]
        token = perturb(token, g)
        ids = torch.tensor(MICRO_CONDITIONING).expand(settings.batch, 3)

        def call(x: Tensor, timestep: Tensor) -> Tensor:
            with pictures_only(), torch.autocast("cpu", torch.bfloat16):
                return unet(x, timestep, token, ids).sample

        return denoising_loss(unet, x0, latents[:, :1], call, g)

    return loss


def clips_loss(unet: nn.Module, folder: Path, settings: StageSettings) -> Callable[[int], Tensor]:
    """Whole clips: per-frame tokens in the spatial, their mean in the temporal cross-attentions."""
    vae = frozen_vae(folder)
    scale = latent_scale(folder)
    pool = LatentPool(vae, frames=FRAMES, size=1024, fresh=2)
    filler = torch.Generator().manual_seed(settings.seed)
    inflation = Inflation(unet)
    count = settings.batch // FRAMES

    def loss(step: int) -> Tensor:
        g = _generator(settings, step)
        while len(pool.latents) < 128:
            pool.refresh(filler)
        pool.refresh(g)
        latents, tokens = pool.draw(count, g)
        tokens = perturb(tokens, g)[:, :, None]  # (B, F, 1, D)
        inflation.set(tokens, tokens.mean(1))
        ids = torch.tensor(MICRO_CONDITIONING).expand(count, 3)

        def call(x: Tensor, timestep: Tensor) -> Tensor:
            with torch.autocast("cpu", torch.bfloat16):
                return unet(x, timestep, tokens[:, 0], ids).sample

        return denoising_loss(unet, latents * scale, latents[:, :1], call, g)

    return loss


def perturb(tokens: Tensor, generator: torch.Generator) -> Tensor:
    """Noise of the size that inversion starts with, and 5 % of the clips without tokens, for guidance; (B, T, D)."""
    tokens = tokens + 0.1 * torch.randn(tokens.shape, generator=generator)
    return tokens * (torch.rand(len(tokens), 1, 1, generator=generator) > 0.05)


@torch.no_grad()
def latent_scale(folder: Path) -> float:
    """1 / standard deviation of the latents over 256 pictures: the VAE's `scaling_factor`."""
    g = torch.Generator().manual_seed(7)
    pictures = _draw(g, 128, torch.rand(128, 2, generator=g)).pixels.flatten(0, 1)
    return 1 / frozen_vae(folder).encode(pictures).latent_dist.mode().std().item()


def stages(folder: Path, settings: dict[str, StageSettings]) -> Iterator[Stage]:
    """The four stages in order, each made when the one before it is finished."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    vae = make_vae()
    for name, parameter in vae.named_parameters():
        parameter.requires_grad_("temporal" not in name and "time_" not in name)
    yield Stage("vae", vae, vae_loss(vae, settings["vae"]), folder, settings["vae"])
    encoder = make_image_encoder()
    yield Stage(
        "image-encoder",
        encoder,
        image_encoder_loss(encoder, settings["image-encoder"]),
        folder,
        settings["image-encoder"],
    )
    unet = make_unet()
    yield Stage(
        "frames", unet, frames_loss(unet, folder, settings["frames"]), folder, settings["frames"]
    )
    unet = averaged(make_unet(), folder, "frames")
    yield Stage(
        "clips", unet, clips_loss(unet, folder, settings["clips"]), folder, settings["clips"]
    )


def train(
    folder: Path,
    settings: dict[str, StageSettings] = STAGES,
    report: Callable[[str], None] = print,
    minutes: float | None = None,
) -> None:
    """Train what is not yet trained, from the last checkpoints in `folder`. Stop with Ctrl-C, go on with the same call."""
    with nullcontext():
        for stage in stages(folder, settings):
            if not stage.run(report, minutes):
                return

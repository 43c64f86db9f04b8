"""GPU memory planning: selects the policy that fits before anything is loaded. No torch.

What the models cost was counted (networks.py). What CUDA, its libraries and allocator fragmentation
take on a real GPU is an allowance, not a count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mti_addon.wire.durations import about
from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import Settings

from .networks import PIXELS_PER_LATENT, Cost, embedding_bytes, network_of

ALLOWANCE = 1_000_000_000
"""Bytes that a GPU needs beyond what is counted."""
EFFICIENCY = 0.4
"""Fraction of the rate of large matrix products that whole iterations reach; a guess until measured
on a GPU."""
_TO_LEARN = (
    "Learning at {width} x {height} with {frames} frames needs {need:.1f} GB of GPU memory, but "
    "only {free:.1f} GB are free."
)
_TO_APPLY = (
    "Applying at {width} x {height} with {frames} frames needs {need:.1f} GB of GPU memory, but "
    "only {free:.1f} GB are free."
)
_USE_DRAFT = "Choose the Draft engine, or close other programs that use the GPU."
_USE_LESS = "Use fewer frames, or close other programs that use the GPU."
_USE_SIZE = "Choose {fit_width} x {fit_height}, or close other programs that use the GPU."

FASTEST = "nothing"
"""The policy that recomputes nothing."""
GB = 2**30
"""For memory, as GPU vendors count and as the interface shows the size of a GPU. For disks and
downloads a GB is 10^9 bytes, as their vendors count."""


@dataclass(frozen=True)
class Plan:
    """How a job will be carried out.

    policy: checkpointing policy of learning. memory: peak GPU memory in bytes. decode_chunk: frames
    decoded at once. flops: total on the busiest GPU; parts not requested count as 0.
    """

    policy: str
    memory: int
    decode_chunk: int
    flops: float

    def applied_to(self, settings: Settings) -> Settings:
        """The settings with this plan's decode chunk size."""
        chunk = self.decode_chunk or settings.sampling.decode_chunk_size
        return replace(settings, sampling=replace(settings.sampling, decode_chunk_size=chunk))

    def seconds(self, rate: float) -> float:
        """Estimated duration where large matrix products run at `rate` FLOPs per second."""
        return self.flops / (EFFICIENCY * rate)

    def sentence(self, seconds: float) -> Problem:
        """The plan as a sentence for the user; `seconds` is the estimated duration."""
        values = {"memory": self.memory / GB, "duration": about(seconds), "policy": self.policy}
        if self.policy == FASTEST:
            return Problem(
                "gpu_plan",
                "Up to {memory:.1f} GB of the GPU will be used, for about {duration}.",
                values=values,
            )
        return Problem(
            "gpu_plan_recomputing",
            (
                "Up to {memory:.1f} GB of the GPU will be used (recomputing: {policy}), for about "
                "{duration}."
            ),
            values=values,
        )


def latents(settings: Settings, batch: int = 1) -> int:
    """n = B F h w."""
    place = settings.width * settings.height // PIXELS_PER_LATENT**2
    return batch * settings.num_frames * place


def learning_memory(cost: Cost, settings: Settings, devices: int = 1) -> int:
    """Peak bytes of an iteration on each device, including weights and allowance."""
    n = latents(settings, _share(settings, devices))
    kept = embedding_bytes(settings)
    return network_of(settings).weights + kept + ALLOWANCE + n * cost.bytes_a_latent


def _share(settings: Settings, devices: int) -> int:
    """Clips of a batch on the busiest of this many devices."""
    return -(-settings.batch_size // devices)


def iteration_flops(cost: Cost, settings: Settings, devices: int = 1) -> float:
    """FLOPs of one iteration, on each device."""
    place = latents(settings) / settings.num_frames
    return latents(settings, _share(settings, devices)) * (cost.flops + cost.attention * place)


def learning_flops(cost: Cost, settings: Settings, devices: int = 1) -> float:
    """FLOPs of all iterations, on each device."""
    place = latents(settings) / settings.num_frames
    flops = settings.iterations * iteration_flops(cost, settings, devices)
    if words := settings.motion_inversion:  # and the inversion of the reference
        forward, attention = network_of(settings).forward
        steps = words.learning.num_inversion_steps
        flops += steps * latents(settings) * (forward + attention * place)
    return flops


def applying_memory(settings: Settings, chunk: int) -> int:
    """Peak bytes of sampling or decoding, with one guidance branch at a time."""
    network = network_of(settings)
    sampling = latents(settings) * network.applying
    decoding = chunk * settings.width * settings.height * network.decoding
    return network.weights + network.beside + ALLOWANCE + max(sampling, decoding)


def plan(settings: Settings, free: int, learns: bool, applies: bool, devices: int = 1) -> Plan:
    """Fastest plan that fits `free` bytes on each of this many GPUs, which split every batch.

    Raises OutOfMemory, whose remedy names two alternatives.
    """
    costs = network_of(settings).costs
    cost, memory, flops, chunk = costs[0], 0, 0.0, 0
    if learns:
        needs = {cost.policy: learning_memory(cost, settings, devices) for cost in costs}
        fitting = [c for c in costs if needs[c.policy] <= free]
        if not fitting:
            raise _refusal(settings, free, needs[costs[-1].policy], learns=True)
        cost = fitting[0]
        memory, flops = needs[cost.policy], learning_flops(cost, settings, devices)
    if applies:
        chunk = _decode_chunk(settings, free)
        memory = max(memory, applying_memory(settings, chunk))
        flops += applying_flops(settings)
    return Plan(cost.policy, memory, chunk, flops)


def applying_flops(settings: Settings) -> float:
    """FLOPs of sampling with both guidance branches, and of decoding, of every clip."""
    network = network_of(settings)
    n, place = latents(settings), latents(settings) / settings.num_frames
    each, attention = network.forward
    passes = settings.num_inference_steps * (2 if settings.guided else 1)
    return settings.clips * n * (passes * (each + attention * place) + network.decode)


def _decode_chunk(settings: Settings, free: int) -> int:
    """The requested chunk size (0: all frames), or the largest that fits: smaller chunks make seams
    more visible. Where frames are decoded one at a time, that is 1."""
    wish = settings.sampling.decode_chunk_size or settings.num_frames
    for chunk in range(wish if network_of(settings).chunked else 1, 0, -1):
        if applying_memory(settings, chunk) <= free:
            return chunk
    raise _refusal(settings, free, applying_memory(settings, 1), learns=False)


def _refusal(settings: Settings, free: int, need: int, learns: bool) -> OutOfMemory:
    smaller = largest_that_fits(settings, free)
    values: dict[str, Any] = {
        "width": settings.width,
        "height": settings.height,
        "frames": settings.num_frames,
        "need": need / GB,
        "free": free / GB,
    }
    if smaller is None and settings.motion_inversion is not None:
        if learns:
            return OutOfMemory(Problem("gpu_full_to_learn_words", _TO_LEARN, _USE_LESS, values))
        return OutOfMemory(Problem("gpu_full_to_apply_words", _TO_APPLY, _USE_LESS, values))
    if smaller is None:
        if learns:
            return OutOfMemory(Problem("gpu_full_to_learn", _TO_LEARN, _USE_DRAFT, values))
        return OutOfMemory(Problem("gpu_full_to_apply", _TO_APPLY, _USE_DRAFT, values))
    values |= {"fit_width": smaller[0], "fit_height": smaller[1]}
    if learns:
        return OutOfMemory(Problem("gpu_full_to_learn_at_size", _TO_LEARN, _USE_SIZE, values))
    return OutOfMemory(Problem("gpu_full_to_apply_at_size", _TO_APPLY, _USE_SIZE, values))


def largest_that_fits(settings: Settings, free: int) -> tuple[int, int] | None:
    """The largest of the usual smaller sizes, in the settings' orientation, that fits."""
    network = network_of(settings)
    for width, height in network.sizes:
        size = (width, height) if settings.width >= settings.height else (height, width)
        smaller = settings.sized(*size)
        if size[0] * size[1] >= settings.width * settings.height:
            continue
        need = max(learning_memory(network.costs[-1], smaller), applying_memory(smaller, 1))
        if need <= free:
            return size
    return None

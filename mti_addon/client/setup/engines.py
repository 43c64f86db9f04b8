"""Which engines are usable on this machine, and why others are not; pure, wire and stdlib only.

Based on the backend's last response (capabilities.json) and the models' folders; starts nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ...wire.problem import Problem
from ...wire.settings import MODELS_OF, SIZES, WORDS_SIZES, ModelName, Settings
from .check import Capabilities
from .models import DOWNLOADS, INCLUDED_FOLDERS, ModelFolder

Condition = Literal[
    "ready", "backend_missing", "not_installed", "incomplete", "too_small", "unknown"
]
LABELS = {
    "draft": "Draft",
    "svd": "SVD",
    "svd-xt": "SVD-XT",
    "animatediff": "AnimateDiff",
    "zeroscope": "ZeroScope",
    "draft-by-words": "Draft by Words",
}
WORDS = MODELS_OF["motion-inversion"]
"""The engines of motions applied from a text prompt."""

GB = 2**30
"""For memory, as counted by mti_backend/memory/plan.py; for disks and downloads it is 10^9."""
TOO_SMALL = "Needs {need:.1f} GB of GPU memory at {width} x {height}; {card} has {have:.1f} GB."
TOO_SMALL_AT_SIZE = (
    "Needs {need:.1f} GB of GPU memory at {width} x {height}; {card} has {have:.1f} GB. Choose the "
    "size {fit_width} x {fit_height}."
)
GPU_MISSING = "Needs a GPU with {need:.1f} GB of memory; no supported GPU found."
DRAFT_READY = Problem("draft_ready", "Ready (no GPU needed)")
DRAFT_NOT_INCLUDED = Problem(
    "draft_not_included", "This copy of the extension comes without the weights of this engine."
)
_SVD_BYTES = ((4_050_000_000, 575.0),)
_BYTES: dict[ModelName, tuple[tuple[int, float], ...]] = {
    "svd": _SVD_BYTES,
    "svd-xt": _SVD_BYTES,
    "animatediff": ((3_556_276_800, 739.0625), (4_134_000_000, 262.5)),
    "zeroscope": ((3_826_915_200, 792.1875), (4_838_000_000, 332.8125)),
}
"""Bytes at any size, and per pixel of a clip; of text-to-video models to learn, and to apply."""


def gpu_bytes(settings: Settings) -> int:
    """Return the GPU memory to learn and apply at maximum recomputation, with CUDA's overhead.

    Matches mti_backend/memory/plan.py (tests/client/setup/test_engines.py compares them).
    """
    pixels = settings.num_frames * settings.width * settings.height
    return max(round(fixed + each * pixels) for fixed, each in _BYTES[settings.model])


def sizes_of(name: ModelName) -> tuple[tuple[int, int], ...]:
    """Return the sizes (width, height) that are offered for an engine, the largest first."""
    return WORDS_SIZES.get(name, SIZES)


def words_size_of(name: ModelName, number: int) -> tuple[int, int]:
    """Return the size (width, height) of this number of a text-to-video model, or its last."""
    return WORDS_SIZES[name][min(number, len(WORDS_SIZES[name]) - 1)]


@dataclass(frozen=True)
class EngineState:
    """One engine on this machine."""

    name: str
    """One of LABELS."""
    condition: Condition
    said: Problem
    """Its state and a remedy, also if it is ready."""

    @property
    def sentence(self) -> str:
        """Return that in English."""
        return str(self.said)

    @property
    def ready(self) -> bool:
        """Return whether a job for it may be started."""
        return self.condition == "ready"

    @property
    def missing(self) -> bool:
        """Return whether it cannot be used at all, for lack of a backend or weights.

        If the GPU is too small at the usual size, that is reported, but another size may fit.
        """
        return self.condition in ("backend_missing", "not_installed", "incomplete")


def engine_states(
    capabilities: Capabilities | None,
    problem: Problem | None,
    folders: Mapping[str, ModelFolder],
    size: tuple[int, int] = SIZES[0],
    words_size: int = 0,
) -> dict[str, EngineState]:
    """Return the states of all engines.

    `problem`: what prevents the backend from starting. `folders`: of the models, without the draft
    that is always there. `size`: width and height to learn at with SVD. `words_size`: number of the
    chosen size of the text-to-video models (`WORDS_SIZES`).
    """
    sizes: dict[str, tuple[int, int]] = {name: words_size_of(name, words_size) for name in WORDS}
    states = {
        name: EngineState(
            name, *_judged(name, capabilities, problem, folders.get(name), sizes.get(name, size))
        )
        for name in LABELS
    }
    if states["draft-by-words"].ready:
        for name in WORDS:
            if states[name].said.code == "gpu_missing":
                states[name] = replace(states[name], said=_without_gpu(states[name].said))
    return states


def _without_gpu(said: Problem) -> Problem:
    return Problem("gpu_missing_draft_there", GPU_MISSING, "The Draft needs none.", said.values)


def _judged(
    name: str,
    capabilities: Capabilities | None,
    problem: Problem | None,
    folder: ModelFolder | None,
    size: tuple[int, int],
) -> tuple[Condition, Problem]:
    if problem:
        return "backend_missing", problem
    if name == "draft":
        return "ready", DRAFT_READY
    if name in INCLUDED_FOLDERS:
        there = folder is not None and folder.whole
        return ("ready", DRAFT_READY) if there else ("not_installed", DRAFT_NOT_INCLUDED)
    unfit = _memory_problem(Settings.for_model(name).sized(*size), capabilities)
    if unfit:  # also before a download, which would be in vain
        return "too_small", unfit
    if folder is None or not folder.whole:
        missing = folder is None or not folder.size
        return "not_installed" if missing else "incomplete", installed(name, folder)
    if capabilities is None:
        what = "Installed. Check the backend to see whether the GPU has enough memory."
        return "unknown", Problem("engine_not_checked", what)
    values = _whole_folder(folder)
    return "ready", Problem("engine_ready", "Ready: {size:.1f} GB in {path}.", values=values)


def installed(name: str, folder: ModelFolder | None) -> Problem:
    """Return how much of a model is installed."""
    total = DOWNLOADS[name] / 1e9
    if folder is None or not folder.size:
        what = "Not installed ({total:.1f} GB download)."
        return Problem("engine_not_installed", what, values={"total": total})
    if folder.missing:
        what = "{path} lacks {parts}. Download it again to resume, or copy the whole model there."
        parts = {"path": str(folder.path), "parts": ", ".join(folder.missing)}
        return Problem("engine_lacks_parts", what, values=parts)
    if not folder.whole:
        what = "Partially downloaded: {there:.1f} of {total:.1f} GB. Download it again to resume."
        there = folder.size / 1e9
        return Problem("engine_incomplete", what, values={"there": there, "total": total})
    return Problem("engine_installed", "{size:.1f} GB in {path}.", values=_whole_folder(folder))


def _whole_folder(folder: ModelFolder) -> dict[str, Any]:
    return {"size": folder.size / 1e9, "path": str(folder.path)}


def _memory_problem(settings: Settings, capabilities: Capabilities | None) -> Problem | None:
    """Return why this machine cannot learn with it; None if it can, or if unknown."""
    if capabilities is None or not capabilities.told:
        return None
    need = gpu_bytes(settings) / GB
    cards = capabilities.cards()
    if not cards:
        if capabilities.gpu.get("kind") == "cuda":
            what = "The backend's torch does not use the GPU: set up the backend again."
            return Problem("gpu_not_used", what)
        return Problem("gpu_missing", GPU_MISSING, values={"need": need})
    best = max(cards, key=_memory)  # as in the backend (device.pick_devices)
    have = _memory(best)
    if have and have < gpu_bytes(settings):
        values: dict[str, Any] = {
            "need": need,
            "width": settings.width,
            "height": settings.height,
            "card": str(best.get("name", "the GPU")),
            "have": have / GB,
        }
        sizes = sizes_of(settings.model)
        fitting = [size for size in sizes if gpu_bytes(settings.sized(*size)) <= have]
        if not fitting:
            return Problem("gpu_too_small", TOO_SMALL, values=values)
        values |= {"fit_width": fitting[0][0], "fit_height": fitting[0][1]}
        return Problem("gpu_too_small_at_size", TOO_SMALL_AT_SIZE, values=values)
    return None


def _memory(card: Mapping[str, Any]) -> float:
    return float(card.get("memory_mib") or 0) * 2**20

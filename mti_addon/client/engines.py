"""Which engines can be used on this machine, and why not; pure, wire and stdlib only.

From what the backend said when it was asked last (capabilities.json) and from the models' folders;
nothing
is started for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..wire.problem import Problem
from ..wire.settings import SIZES, Settings
from .setup_check import Capabilities
from .setup_models import DOWNLOADS, ModelFolder

Condition = Literal[
    "ready", "backend_missing", "not_installed", "incomplete", "too_small", "unknown"
]
LABELS = {"draft": "Draft", "svd": "SVD", "svd-xt": "SVD-XT"}


GB = 2**30
"""Of memory, as mti_backend/plan.py counts it; of disks and downloads it is 10^9."""
TOO_SMALL = "Needs {need:.1f} GB of GPU memory at {width} x {height}; {card} has {have:.1f} GB."
TOO_SMALL_AT_SIZE = (
    "Needs {need:.1f} GB of GPU memory at {width} x {height}; {card} has {have:.1f} GB. Choose the "
    "size {fit_width} x {fit_height}."
)
_WEIGHTS_BYTES = 4_050_000_000
_BYTES_A_PIXEL = 575


def gpu_bytes(settings: Settings) -> int:
    """GPU memory for learning with SVD where everything that can be is computed twice, CUDA's own
    part included: as mti_backend/plan.py counts it (tests/client/test_engines.py compares them)."""
    pixels = settings.num_frames * settings.width * settings.height
    return _WEIGHTS_BYTES + _BYTES_A_PIXEL * pixels


@dataclass(frozen=True)
class EngineState:
    """One engine on this machine."""

    name: str
    """draft, svd or svd-xt."""
    condition: Condition
    said: Problem
    """What is so, and what to do about it; also for one that is ready."""

    @property
    def sentence(self) -> str:
        """That in English."""
        return str(self.said)

    @property
    def ready(self) -> bool:
        """A job for it may be started."""
        return self.condition == "ready"

    @property
    def missing(self) -> bool:
        """It cannot be used at all: there is no backend, or there are no weights.

        A GPU that is too small at the usual size is told of, but another size may fit.
        """
        return self.condition in ("backend_missing", "not_installed", "incomplete")


def engine_states(
    capabilities: Capabilities | None,
    problem: Problem | None,
    folders: Mapping[str, ModelFolder],
    size: tuple[int, int] = SIZES[0],
) -> dict[str, EngineState]:
    """All engines. `problem`: what keeps the backend from being started; `folders`: of the models,
    without the shipped draft; `size`: width and height that SVD shall learn at."""
    return {
        name: EngineState(name, *_judged(name, capabilities, problem, folders.get(name), size))
        for name in LABELS
    }


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
        return "ready", Problem("draft_ready", "Ready (no GPU needed)")
    unfit = _memory_problem(Settings.for_model(name).sized(*size), capabilities)
    if unfit:
        return "too_small", unfit
    if folder is None or not folder.whole:
        missing = folder is None or not folder.size
        return "not_installed" if missing else "incomplete", installed(name, folder)
    if capabilities is None:
        what = "Installed. Check the backend, to see whether the GPU is large enough."
        return "unknown", Problem("engine_not_checked", what)
    values = _whole_folder(folder)
    return "ready", Problem("engine_ready", "Ready: {size:.1f} GB in {path}.", values=values)


def installed(name: str, folder: ModelFolder | None) -> Problem:
    """What of a model's folder there is."""
    total = DOWNLOADS[name] / 1e9
    if folder is None or not folder.size:
        what = "Not installed: a download of {total:.1f} GB."
        return Problem("engine_not_installed", what, values={"total": total})
    if not folder.whole:
        what = "Partly downloaded: {there:.1f} of {total:.1f} GB. Download it again."
        there = folder.size / 1e9
        return Problem("engine_incomplete", what, values={"there": there, "total": total})
    return Problem("engine_installed", "{size:.1f} GB in {path}.", values=_whole_folder(folder))


def _whole_folder(folder: ModelFolder) -> dict[str, Any]:
    return {"size": folder.size / 1e9, "path": str(folder.path)}


def _memory_problem(settings: Settings, capabilities: Capabilities | None) -> Problem | None:
    """Why this machine cannot learn with it; None if it can, or if nobody knows."""
    if capabilities is None or not capabilities.told:
        return None
    need = gpu_bytes(settings) / GB
    cards = capabilities.cards()
    if not cards:
        if capabilities.gpu.get("kind") == "cuda":
            what = (
                "The backend's torch does not use the GPU that is there: set up the backend again."
            )
            return Problem("gpu_not_used", what)
        what = "Needs a GPU with {need:.1f} GB of memory; no supported GPU found."
        return Problem("gpu_missing", what, values={"need": need})
    best = max(cards, key=_memory)  # which the backend takes, too (device.pick_devices)
    have = _memory(best)
    if have and have < gpu_bytes(settings):
        values: dict[str, Any] = {
            "need": need,
            "width": settings.width,
            "height": settings.height,
            "card": str(best.get("name", "the GPU")),
            "have": have / GB,
        }
        fitting = [size for size in SIZES if gpu_bytes(settings.sized(*size)) <= have]
        if not fitting:
            return Problem("gpu_too_small", TOO_SMALL, values=values)
        values |= {"fit_width": fitting[0][0], "fit_height": fitting[0][1]}
        return Problem("gpu_too_small_at_size", TOO_SMALL_AT_SIZE, values=values)
    return None


def _memory(card: Mapping[str, Any]) -> float:
    return float(card.get("memory_mib") or 0) * 2**20

"""Helpers of the setup operators: running tasks, known models, terminal commands."""

from __future__ import annotations

import sys

from ...client.setup.terminal import terminal_command
from ...wire.problem import Problem
from ..common import addon
from ..translations import sentences
from . import watch

MODELS = (
    ("svd", "SVD", "Stable Video Diffusion, 14 images"),
    ("svd-xt", "SVD-XT", "Stable Video Diffusion XT, 25 images"),
    ("animatediff", "AnimateDiff", "Stable Diffusion 1.5 with motion modules, 16 images"),
    ("zeroscope", "ZeroScope", "ZeroScope v2, 24 images; not for commercial use"),
)


def busy(*tasks: str) -> Problem | None:
    """Return why to wait if one of these tasks is running, or None."""
    going = [name for name in tasks if watch.running(name)]
    if not going:
        return None
    what = sentences(watch.states[going[0]].said)
    return Problem("setup_task_runs", "Wait until this has finished: {what}", values={"what": what})


def command_for(what: str) -> str:
    """Return the terminal command that sets up the backend, or downloads a model."""
    if what == "setup":
        module, into = "mti_addon.client.setup.task_process", str(addon.backend_folder().path)
        line = [sys.executable, "-m", module, "--into", into]
    else:
        tail = ["-m", "mti_backend", "download", what, "--models", str(addon.models_folder())]
        line = [addon.backend_python(), *tail]
    return terminal_command(line, str(addon.EXTENSION_ROOT))

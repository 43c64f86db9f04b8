"""The text-to-video models: their licenses, and whether they are there; wire and stdlib only."""

from __future__ import annotations

from dataclasses import dataclass

from ...wire.problem import Problem
from ...wire.settings import ModelName
from .models import ModelFolder

NOT_INSTALLED = (
    "{engine} is not installed: put it as the folder {name}, in the layout of diffusers, into "
    "{models}."
)
INCOMPLETE = "{path} lacks {parts}. Copy the whole model there."
NOT_DOWNLOADED = Problem(
    "words_model_not_downloaded",
    "This model cannot be downloaded here yet.",
    "Put its folder, in the layout of diffusers, into the models folder.",
)
"""Why its button is disabled."""
_NAMES: dict[str, str] = {"animatediff": "AnimateDiff", "zeroscope": "ZeroScope"}


@dataclass(frozen=True)
class License:
    """The license of a part of a model."""

    part: str
    name: str
    url: str
    short: str
    """Its name where there is little room."""


LICENSES: dict[ModelName, tuple[License, ...]] = {
    "animatediff": (
        License(
            "Stable Diffusion 1.5",
            "CreativeML OpenRAIL-M",
            "https://huggingface.co/spaces/CompVis/stable-diffusion-license",
            "OpenRAIL-M",
        ),
        License("AnimateDiff", "Apache-2.0", "https://github.com/guoyww/AnimateDiff", "Apache-2.0"),
    ),
    "zeroscope": (
        License(
            "ZeroScope",
            "CC-BY-NC-4.0",
            "https://creativecommons.org/licenses/by-nc/4.0/",
            "CC-BY-NC-4.0",
        ),
    ),
}
NOT_COMMERCIAL: tuple[ModelName, ...] = ("zeroscope",)
"""Models whose license forbids commercial use, also of what they generate."""


def installed(name: str, folder: ModelFolder | None) -> Problem:
    """Return whether a model is there, and if not, what to do."""
    if folder is None or not folder.size:
        values = {"engine": _NAMES[name], "name": name}
        values["models"] = str(folder.path.parent) if folder else ""
        return Problem("words_model_missing", NOT_INSTALLED, values=values)
    if folder.missing:
        parts = {"path": str(folder.path), "parts": ", ".join(folder.missing)}
        return Problem("words_model_incomplete", INCOMPLETE, values=parts)
    there = {"size": folder.size / 1e9, "path": str(folder.path)}
    return Problem("engine_installed", "{size:.1f} GB in {path}.", values=there)

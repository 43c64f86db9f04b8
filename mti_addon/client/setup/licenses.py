"""The licenses of the text-to-video models; wire and stdlib only."""

from __future__ import annotations

from dataclasses import dataclass

from ...wire.settings import ModelName


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

"""Color management: what a scene shows as an sRGB image, and images in their own colors.

Models know sRGB images only. A scene's appearance depends on its display device and view; a
studio's OpenColorIO configuration may have other devices, views and color spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from mathutils import Color
from numpy.typing import NDArray

from ..translations import translated

SRGB_DEVICES = ("sRGB", "sRGB - Display", "sRGB Display", "sRGB (D65)")
"""Names of an sRGB monitor in the configurations of Blender, ACES and others."""
PLAIN_VIEWS = ("Standard", "Un-tone-mapped", "sRGB")
"""Views that show light unchanged, without compression or desaturation."""
UNKNOWN_VIEW = "the scene's view transform is not in Blender's color configuration"
"""E.g. in a scene appended from a studio's file: an unknown name reads as empty."""
_HDR = re.compile(r" - HDR.*| HDR.*")


def is_srgb(device: str) -> bool:
    """Return whether a display device outputs values for an sRGB monitor."""
    return "srgb" in device.lower()


def is_known(scene: Any) -> bool:
    """Return whether the color configuration has the scene's display device and view."""
    return bool(scene.display_settings.display_device and scene.view_settings.view_transform)


@contextmanager
def shown_in_srgb(scene: Any) -> Iterator[str]:
    """Temporarily display the scene on an sRGB monitor with the same view.

    Yields a warning, which is empty on success. Everything is restored afterwards.
    """
    display, view = scene.display_settings, scene.view_settings
    if not is_known(scene):
        yield translated(UNKNOWN_VIEW)  # it could not be restored
        return
    if is_srgb(display.display_device):
        yield ""
        return
    before = (display.display_device, view.view_transform, view.look)
    try:
        yield _switch(display, view)
    finally:
        # the views depend on the device, and the looks on the view
        for owner, name, value in zip(
            (display, view, view),
            ("display_device", "view_transform", "look"),
            before,
            strict=True,
        ):
            if getattr(owner, name) != value:
                with suppress(TypeError):  # it reads as something that cannot be chosen
                    setattr(owner, name, value)


def displayed(scene: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return the settings for an output that overrides color management to look like the scene.

    The override cannot be disabled temporarily: Blender overwrites it when it is re-enabled.
    """
    image = scene.render.image_settings
    if image.color_management != "OVERRIDE":
        return []
    names = [
        prop.identifier
        for prop in scene.view_settings.bl_rna.properties
        if prop.type in ("ENUM", "FLOAT", "BOOLEAN") and not prop.is_readonly
    ]
    view = {name: getattr(scene.view_settings, name) for name in sorted(names, key=_rank)}
    view["use_curve_mapping"] = False  # its own curves are not the scene's
    device = {"display_device": scene.display_settings.display_device}
    return [(image.display_settings, device), (image.view_settings, view)]


def display_warnings(scene: Any) -> list[str]:
    """Return why an image of the scene differs from its display, as parts of a sentence."""
    with shown_in_srgb(scene) as warning:
        warnings = [warning] if warning else []
    overridden = scene.render.image_settings.color_management == "OVERRIDE"
    if overridden and scene.view_settings.use_curve_mapping:
        warnings.append(translated("the curves of the scene's color management are ignored"))
    return warnings


def _rank(name: str) -> int:
    """Return when to set a setting: a look depends on the view, so it comes second."""
    return 0 if name == "view_transform" else 1


def _switch(display: Any, view: Any) -> str:
    device, shown, look = display.display_device, view.view_transform, view.look
    if not choose(display, "display_device", SRGB_DEVICES):
        text = translated("the colors are those of the display device {}, which is not sRGB")
        return text.format(device)
    if not choose(view, "view_transform", (shown, _HDR.sub("", shown))):
        text = translated(
            "the view transform {} has no sRGB equivalent: the colors are those of {}"
        )
        return text.format(shown, view.view_transform)
    choose(view, "look", (look,))
    return ""


def choose(owner: Any, name: str, values: Sequence[str]) -> bool:
    """Set an attribute to the first of these values that Blender knows; False if it knows none."""
    for value in values:
        if getattr(owner, name) == value:
            return True
        with suppress(TypeError):
            setattr(owner, name, value)
            return True
    return False


def show_plainly(scene: Any) -> bool:
    """Make a scene of our own show colors unchanged on its display device.

    Returns False if the color configuration has no such view.
    """
    view = scene.view_settings
    plain = choose(view, "view_transform", PLAIN_VIEWS)
    choose(view, "look", ("None",))
    view.exposure, view.gamma, view.use_curve_mapping = 0.0, 1.0, False
    if hasattr(view, "use_white_balance"):
        view.use_white_balance = False
    return plain


def show_in_srgb(scene: Any) -> None:
    """Make a scene of our own show colors unchanged on an sRGB monitor."""
    choose(scene.display_settings, "display_device", SRGB_DEVICES)
    show_plainly(scene)


def encoded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Convert scene-linear light (..., 3), of any working space, to sRGB values in 0..1."""
    matrix = np.array([Color(axis).from_scene_linear_to_rec709_linear() for axis in np.eye(3)])
    light = np.nan_to_num(linear, nan=0.0, posinf=1e4, neginf=0.0)
    if not np.allclose(matrix, np.eye(3), atol=1e-4):
        light = light @ matrix.astype(np.float32)
    light = light.clip(0.0, 1.0)
    curve = 1.055 * np.power(light, 1 / 2.4) - 0.055
    return np.where(light <= 0.0031308, 12.92 * light, curve).astype(np.float32)

"""Show finished images in their own colors in a scene whose view would change them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from ..scene.color import PLAIN_VIEWS, UNKNOWN_VIEW
from ..translations import translated

# View transform -> the color space closest to its inverse. Only Standard has an exact one: of the
# colors in a cube of 16 steps a side, with AgX 37 % (Blender 5.0, 5.2) to 58 % (4.5) are off by
# more than 2 of 255, and bright, saturated ones by up to 211.
NEAREST = {
    "AgX": "AgX Base sRGB",
    "Filmic": "Filmic sRGB",
    "Khronos PBR Neutral": "Khronos PBR Neutral sRGB",
    "ACES 1.3": "ACES 1.3 sRGB",
    "ACES 2.0": "ACES 2.0 sRGB",
}


def keep_colors(scene: Any, strip: Any, set_view: bool) -> str:
    """Show the strip in its files' own colors; return a note on what that took, or why it failed.

    Blender applies the scene's view transform to strips, too, and only Standard shows finished
    images unchanged. `set_view` allows switching the scene to it, as Blender's own Add Image does;
    otherwise the closest color space is set on the strip.
    """
    view = scene.view_settings
    was, notes = view.view_transform, []
    if was not in ("", "Standard") and set_view:  # an unknown one could not be restored
        view.view_transform = "Standard"
        notes.append(translated("the scene's view transform was {} and is now Standard", was))
    else:
        take_nearest_space(scene, strip)
    return "; ".join(notes + color_notes(scene))


def take_nearest_space(scene: Any, shown: Any) -> None:
    """Set the color space of a strip or image that the scene's view alters least."""
    with suppress(TypeError):  # a studio's color configuration may not have it
        name = NEAREST.get(scene.view_settings.view_transform)
        if name:
            shown.colorspace_settings.name = name


def color_notes(scene: Any, exposure: bool = True) -> list[str]:
    """Return notes on how a scene's view changes finished images' colors (`exposure` optional)."""
    view, notes = scene.view_settings, []
    if not view.view_transform:
        notes.append(translated(UNKNOWN_VIEW))
    elif view.view_transform not in PLAIN_VIEWS:
        text = translated("the scene's view transform {} changes pure colors")
        notes.append(text.format(view.view_transform))
    neutral_of = {"exposure": 0.0, "gamma": 1.0, "use_curve_mapping": False}
    for name, neutral in neutral_of.items():
        if name == "exposure" and not exposure:
            continue
        if getattr(view, name) != neutral:
            setting = translated(name.replace("_", " "))
            notes.append(translated("the scene's {} changes the colors", setting))
    if view.look not in ("None", "NONE", ""):
        notes.append(translated("the scene's look {} changes the colors", view.look))
    return notes

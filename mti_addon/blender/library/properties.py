"""What the library shows: search and filters, kept in the window manager."""

from __future__ import annotations

from typing import Any

from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, StringProperty

from ..common.lists import MTI_PG_entry
from ..translations import OWN
from . import grid_clicks, motions

KINDS = (
    ("body", "Body", "A person, or a figure like one", "ARMATURE_DATA", 1),
    ("face", "Face", "A face", "USER", 2),
    ("animal", "Animal", "An animal", "MOD_PARTICLES", 4),
    ("object", "Object", "A thing", "MESH_CUBE", 8),
    ("camera", "Camera", "A camera move", "CAMERA_DATA", 16),
)
"""Of wire.library.KINDS, as flags: several may be chosen."""
ONE_KIND = tuple((*each[:4], number) for number, each in enumerate(KINDS))
"""The same, to choose one of."""
ENGINES = (
    ("ANY", "Any Engine", "Motions learned on any engine"),
    ("draft", "Draft", "Learned with the draft model"),
    ("svd", "SVD", "Learned with Stable Video Diffusion"),
    ("svd-xt", "SVD-XT", "Learned with Stable Video Diffusion XT"),
    ("animatediff", "AnimateDiff", "Learned with AnimateDiff, to be applied from a text prompt"),
    ("zeroscope", "ZeroScope", "Learned with ZeroScope, to be applied from a text prompt"),
    (
        "draft-by-words",
        "Draft by Words",
        "Learned with the small text-to-video model, to be applied from a text prompt",
    ),
)
ORIGINS = (
    ("ANY", "All Libraries", "Motions of all libraries"),
    ("own", "My Motions", "Motions in your own library"),
    ("studio", "Studio", "Motions in the studio folder"),
    ("shipped", "Included", "Motions that come with the extension"),
)
FILTERS = ("library_kinds", "library_tag", "library_engine", "library_origin", "library_favorites")


def _tags(_self: Any, _context: Any, edit_text: str) -> list[str]:
    words = edit_text.casefold()
    return [tag for tag, _count in motions.library().tags() if words in tag.casefold()]


class LibraryProperties:
    """Mixin for the settings stored in the window manager."""

    library_rows: CollectionProperty(type=MTI_PG_entry, options={"HIDDEN"})
    library_row: IntProperty(
        get=grid_clicks.active_row, set=grid_clicks.clicked, options={"HIDDEN"}
    )
    library_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description=(
            "Only show motions with these words in their name, tags, kind, author or notes"
        ),
        options={"TEXTEDIT_UPDATE"},
    )
    library_kinds: EnumProperty(
        name="Kind",
        description="Only show motions of these kinds; none selected shows all",
        items=KINDS,
        options={"ENUM_FLAG"},
        translation_context=OWN,
    )
    library_tag: StringProperty(
        name="Tag", description="Only show motions with this tag", search=_tags
    )
    library_engine: EnumProperty(
        name="Learned With", description="Only show motions this engine has learned", items=ENGINES
    )
    library_origin: EnumProperty(
        name="From", description="Only show motions of this library", items=ORIGINS
    )
    studio_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description="Only show motions of the studio with these words",
    )
    library_favorites: BoolProperty(name="Favorites", description="Only show favorites")


def is_filtered(window: Any) -> bool:
    """Return whether some motions may be hidden."""
    return bool(window.library_search.strip()) or has_filters(window)


def has_filters(window: Any) -> bool:
    """Return whether some motions may be hidden, whatever is searched."""
    chosen = [window.library_kinds, window.library_tag.strip(), window.library_favorites]
    return any([*chosen, window.library_engine != "ANY", window.library_origin != "ANY"])


def clear(window: Any) -> None:
    """Show all motions."""
    window.property_unset("library_search")
    for name in FILTERS:
        window.property_unset(name)

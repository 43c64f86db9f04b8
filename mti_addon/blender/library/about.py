"""What an animator says about a motion, as an operator's fields."""

from __future__ import annotations

from typing import Any

from bpy.props import EnumProperty, StringProperty

from ...wire.library.preset import MAX_NAME
from ..common.dialogs import ask
from ..translations import OWN, translated
from .changing import FIELDS
from .properties import ONE_KIND

LONGEST_NAME = 4 * MAX_NAME + 1
"""In bytes, as Blender counts; a character has up to four."""
WIDTH = 360
"""Of a dialog with such fields, in pixels at UI scale 1."""
MAX_WORDS, MAX_NOTES = 128, 4000
"""In characters: author and license, and the notes."""


class AboutFields:
    """Mixin of an operator's properties."""

    name: StringProperty(
        name="Name", description="Name of the motion", maxlen=LONGEST_NAME, options={"SKIP_SAVE"}
    )
    kind: EnumProperty(
        name="Kind",
        description="What moves",
        items=ONE_KIND,
        options={"SKIP_SAVE"},
        translation_context=OWN,
    )
    tags: StringProperty(
        name="Tags",
        description="Words to find the motion by, separated by commas",
        options={"SKIP_SAVE"},
    )
    author: StringProperty(name="Author", description="Who made it", options={"SKIP_SAVE"})
    license: StringProperty(
        name="License",
        description="License of the motion as an SPDX expression, such as CC0-1.0",
        options={"SKIP_SAVE"},
    )
    notes: StringProperty(name="Notes", description="Anything else", options={"SKIP_SAVE"})

    def given(self) -> dict[str, Any]:
        """Return the fields of a motion by name."""
        return {
            "name": self.name,
            "kind": self.kind,
            "tags": tuple(tag for tag in map(str.strip, self.tags.split(",")) if tag),
            "author": self.author.strip()[:MAX_WORDS],
            "license": self.license.strip()[:MAX_WORDS],
            "notes": self.notes.strip()[:MAX_NOTES],
        }

    def ask(self, context: Any) -> set[str]:
        """Ask for the fields in a dialog; to be returned by invoke()."""
        return ask(self, context, translated("Save"), WIDTH)

    def draw(self, _context: Any) -> None:
        """Draw the fields."""
        layout: Any = self.layout  # type: ignore[attr-defined]
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in FIELDS:
            layout.prop(self, name)

"""Settings stored in a scene: plain values only, saved in the .blend file."""

from __future__ import annotations

import bpy
from bpy.props import StringProperty

from .apply.edit_properties import EditProperties
from .apply.properties import ApplyProperties
from .apply.words_properties import WordsProperties
from .jobs.list import JobListProperties
from .learn.properties import LearnProperties
from .library.properties import LibraryProperties
from .results.list import ResultListProperties
from .results.properties import ResultProperties
from .sketch.properties import SketchProperties


class MTI_PG_scene(
    SketchProperties,
    LearnProperties,
    ApplyProperties,
    EditProperties,
    WordsProperties,
    ResultProperties,
    bpy.types.PropertyGroup,
):
    """Settings of the tab's sections."""

    file_id: StringProperty(options={"HIDDEN"})
    library_step: StringProperty(options={"HIDDEN"})
    """The last change of the library that undo undoes (library/journal.py)."""


class MTI_PG_window(
    LibraryProperties, JobListProperties, ResultListProperties, bpy.types.PropertyGroup
):
    """Contents and active rows of the lists, stored in the window manager."""

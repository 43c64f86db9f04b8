"""Why a motion of the library cannot be used. Imports no bpy."""

from __future__ import annotations

from ...wire.problem import Problem

NO_MOTIONS = Problem("library_empty", "There are no motions yet: save or import one")
NONE_CHOSEN = Problem("no_motion_chosen", "Choose a motion in the Library, or learn one")
GONE = Problem(
    "motion_gone_from_library",
    "This motion is no longer in the library.",
    "Look for it in the trash, or import it again.",
)
LOADING = Problem("library_loading", "The library is still being read")

"""The add-on's front door: register() and unregister(), and no import at module level.

The backend and the tests import `mti_addon.wire`; they must never pull in Blender by doing so.
"""


def register() -> None:
    """Register the extension's classes with Blender; called by Blender when it is enabled."""
    from . import blender

    blender.register()


def unregister() -> None:
    """Undo register(); called by Blender when the extension is disabled."""
    from . import blender

    blender.unregister()

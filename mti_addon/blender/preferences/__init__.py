"""The add-on's page in Blender's preferences."""

from .properties import MTI_AP_preferences

CLASSES: tuple[type, ...] = (MTI_AP_preferences,)

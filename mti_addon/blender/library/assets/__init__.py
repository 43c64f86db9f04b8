"""Motions as assets of Blender's own: the asset library, and what is dropped from it."""

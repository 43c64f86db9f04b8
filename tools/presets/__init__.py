"""Makes the shipped library, `presets/`: captures every motion in Blender, learns and measures it.

    python -m tools.presets [--only NAME ...] [--fresh] [--check]

`make presets` runs it. docs/library.md describes what it makes.
"""

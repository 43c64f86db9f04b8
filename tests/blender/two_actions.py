"""Makes a .blend file as an animator saves it: a starter figure with two actions, and a camera.

PYTHON_WITH_BPY -m tests.blender.two_actions FILE.blend
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy

from mti_addon.blender.sketch.starter_rigs import add_figure, key_motion
from mti_addon.motion.starters.catalog import KINDS, find_starter

STARTERS = ("JUMPING_JACK", "WAVE")
NAMES = ("Jumping Jack", "Wave")


def build() -> Any:
    """The scene, in a new file; the figure."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene, kind = bpy.context.scene, KINDS[0]
    scene.camera.location, scene.camera.rotation_euler = (0, -6, 1), (1.5707963, 0, 0)
    bpy.context.view_layer.update()
    figure = add_figure(bpy.context, kind, 0.0)
    for name in STARTERS:
        if figure.animation_data is not None:
            figure.animation_data.action.use_fake_user = True
            figure.animation_data.action = None
        key_motion(scene, figure, find_starter(kind, name))
    return figure


def save(path: Path) -> Path:
    """Save what is open; returns the path."""
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path


if __name__ == "__main__":
    build()
    save(Path(sys.argv[-1]))

"""Keys that bring a captured motion back, and how exactly: every starter motion, in bpy.

.venv/bpy-5.2/bin/python benchmarks/keys.py

For each motion: the keys of the starter itself, the keys that Edit makes of its 14 captured poses,
the keys if each moving value had one per pose, the largest distance of a joint from where it was
captured (share of the figure's height), and the mean difference of the images (levels of 255).
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "bl_ext.mti_keys.mti"
PROPERTY = {"STICK": "motion", "QUADRUPED": "quadruped_motion", "FACE": "face_motion"}
COUNT, SIZE = 14, (256, 256)
HEAD = ("motion", "starter", "Edit", "14 each", "joints", "images", "ms")


def main() -> None:
    """Measure, and print a table."""
    with tempfile.TemporaryDirectory(prefix="mti-keys-") as folder:
        stage = [sys.executable, str(ROOT / "tools" / "stage.py"), "--build", folder]
        subprocess.run(stage, check=True, stdout=subprocess.DEVNULL)
        os.environ["BLENDER_USER_RESOURCES"] = str(Path(folder) / "user")
        import bpy  # isort: skip, addon_utils can only be imported after it
        import addon_utils

        repos = bpy.context.preferences.extensions.repos
        repos.new(name="Keys", module="mti_keys", custom_directory=folder)
        addon_utils.enable(PACKAGE, default_set=True)
        try:
            _print(bpy, lambda name: importlib.import_module(f"{PACKAGE}.mti_addon.{name}"))
        finally:
            addon_utils.disable(PACKAGE, default_set=True)


def _print(bpy: Any, ext: Callable[[str], ModuleType]) -> None:
    rows = []
    for kind in ext("motion.starters.catalog").KINDS:
        for starter in kind.motions:
            rows.append(_row(bpy, ext, kind, starter))
    print("| " + " | ".join(HEAD) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def _row(bpy: Any, ext: Callable[[str], ModuleType], kind: Any, starter: Any) -> tuple[str, ...]:
    import numpy as np

    scene = _fresh(bpy)
    bpy.ops.mti.add_stick_figure(figure=kind.name, **{PROPERTY[kind.name]: starter.name})
    before, span = _keys(bpy, ext), ext("blender.sketch.sources").frame_span(bpy.context)
    sample = ext("blender.sketch.capture").poses_from_scene
    poses = sample(bpy.context, "ARMATURE", *span, COUNT, SIZE)
    fps = scene.render.fps / scene.render.fps_base
    capture = ext("wire").CaptureInfo(fps, *span, (1920, 1080), False)
    _fresh(bpy)
    began = time.perf_counter()
    ext("blender.library.keying.figure").bring_back(bpy.context, starter.label, poses, capture)
    seconds = time.perf_counter() - began
    again = sample(bpy.context, "ARMATURE", *span, COUNT, SIZE)
    height = float(np.ptp(poses.joints[..., 2]))
    apart = float(np.linalg.norm(again.joints - poses.joints, axis=2).max()) / height
    draw = ext("motion").draw
    images = float(np.abs(draw(again).astype(int) - draw(poses)).mean())
    after = _keys(bpy, ext)
    every = sum(COUNT if count > 1 else 1 for count in after)
    return (
        f"{kind.label}: {starter.label}", str(sum(before)), str(sum(after)), str(every),
        f"{apart:.2%}", f"{images:.3f}", f"{1000 * seconds:.0f}",
    )  # fmt: skip


def _fresh(bpy: Any) -> Any:
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.camera.location, scene.camera.rotation_euler = (0, -8, 1), (1.5707963, 0, 0)
    bpy.context.view_layer.update()
    return scene


def _keys(bpy: Any, ext: Callable[[str], ModuleType]) -> list[int]:
    curves = ext("blender.scene.animation").all_channels(bpy.context.object)
    return [len(curve.keyframe_points) for curve in curves]


if __name__ == "__main__":
    main()

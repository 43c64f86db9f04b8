"""Draw docs/images/starters.png: every starter motion, added and captured in headless Blender.

.venv/bpy-5.0/bin/python tools/starter_sheet.py OUT.png
"""

from __future__ import annotations

import importlib
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "bl_ext.mti_sheet.mti"
PICTURES, SIDE, GAP = 8, 72, 3
VIEW = {"STICK": (0.0, 1.05, 2.9), "QUADRUPED": (0.0, 0.62, 2.3), "FACE": (0.0, 0.95, 2.3)}
"""Center of the image (x, z) and its width, in meters."""
PROPERTY = {"STICK": "motion", "QUADRUPED": "quadruped_motion", "FACE": "face_motion"}


def main(out: Path) -> None:
    """Run the command line."""
    with tempfile.TemporaryDirectory(prefix="mti-sheet-") as folder:
        stage = [sys.executable, str(ROOT / "tools" / "stage.py"), "--build", folder]
        subprocess.run(stage, check=True, stdout=subprocess.DEVNULL)
        os.environ["BLENDER_USER_RESOURCES"] = str(Path(folder) / "user")
        import bpy  # isort: skip, addon_utils can only be imported after it
        import addon_utils

        repos = bpy.context.preferences.extensions.repos
        repos.new(name="Sheet", module="mti_sheet", custom_directory=folder)
        addon_utils.enable(PACKAGE, default_set=True)
        try:
            out.write_bytes(_sheet(bpy))
        finally:
            addon_utils.disable(PACKAGE, default_set=True)


def _sheet(bpy: Any) -> bytes:
    import numpy as np

    motion = importlib.import_module(f"{PACKAGE}.mti_addon.motion")
    kinds = importlib.import_module(f"{PACKAGE}.mti_addon.motion.starters.catalog").KINDS
    rows = [_row(bpy, kind.name, starter.name) for kind in kinds for starter in kind.motions]
    cells = np.full((len(rows) + len(rows) % 2, SIDE + GAP, PICTURES * (SIDE + GAP), 3), 255)
    for i, pictures in enumerate(rows):
        for k, picture in enumerate(pictures):
            cells[i, :SIDE, k * (SIDE + GAP) : k * (SIDE + GAP) + SIDE] = picture
    left, right = np.split(cells, 2)
    space = np.full((*left.shape[:2], 4 * GAP, 3), 255)
    table = np.concatenate([left, space, right], axis=2)
    return bytes(motion.encode_png(table.reshape(-1, *table.shape[2:]).astype(np.uint8)))


def _row(bpy: Any, kind: str, name: str) -> Any:
    """Return eight moments spread over the length of a motion."""
    motion = importlib.import_module(f"{PACKAGE}.mti_addon.motion")
    capture = importlib.import_module(f"{PACKAGE}.mti_addon.blender.sketch.capture")
    sources = importlib.import_module(f"{PACKAGE}.mti_addon.blender.sketch.sources")
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    camera = bpy.context.scene.camera
    x, z, wide = VIEW[kind]
    camera.location, camera.rotation_euler = (x, -9, z), (math.pi / 2, 0, 0)
    camera.data.type, camera.data.ortho_scale = "ORTHO", wide
    bpy.context.view_layer.update()
    bpy.ops.mti.add_stick_figure(figure=kind, **{PROPERTY[kind]: name})
    start, end = sources.frame_span(bpy.context)
    if name in ("WALK", "RUN", "TROT", "TURN_AROUND", "WALK_ACROSS"):
        end = start + (end - start + 1) // 2  # one more step would look the same
    poses = capture.poses_from_scene(bpy.context, "ARMATURE", start, end, PICTURES, (SIDE, SIDE))
    return motion.draw(poses)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    sys.stdout.flush()

"""Create mti_backend/evaluation/data/blender: design scenes, render them in Blender, pack them.

    .venv/backend/bin/python tools/make_targets.py --bpy .venv/bpy-5.0/bin/python

takes about six minutes on one core. Run it again when a named motion or the draft's kinematics
change; a test detects the former.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from mti_backend.evaluation.blender_targets import DATA  # noqa: E402  the checkout
from tools.target_scenes import clip_scenes, still_scenes  # noqa: E402

SIZE, COLUMNS = 128, 10
# joints can be computed from the other numbers, and would make up most of the file
_LEFT_OUT = ("ends", "frames", "times", "name")
Scene = dict[str, Any]


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--bpy", required=True, help="Python with bpy installed")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "targets")
    parser.add_argument("--data", type=Path, default=DATA, help="output folder of the packed files")
    options = parser.parse_args()
    stills, clips = still_scenes(), clip_scenes()
    render(options.bpy, stills + clips, options.work)
    pack(stills, clips, options.work, options.data)


def render(bpy: str, scenes: list[Scene], work: Path) -> None:
    """Render the scenes in Blender into `work`. Raises SystemExit if it fails."""
    work.mkdir(parents=True, exist_ok=True)
    plan = work / "scenes.json"
    plan.write_text(json.dumps(scenes), encoding="utf-8")
    if hasattr(os, "sched_setaffinity"):
        # Blender starts a worker for every core it sees, and with frames this small they spin while
        # waiting: next to other work, that took more time than the rendering itself
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    command = [bpy, str(ROOT / "tools" / "render_targets.py"), str(plan), str(work)]
    if subprocess.run(command, check=False).returncode:
        raise SystemExit("make_targets: Blender could not render the scenes")


def pack(stills: list[Scene], clips: list[Scene], work: Path, data: Path) -> None:
    """Pack the rendered files: a sheet of stills, three strips per clip, a JSON of numbers."""
    data.mkdir(parents=True, exist_ok=True)
    for old in data.glob("*.png"):
        old.unlink()
    rendered = json.loads((work / "rendered.json").read_text("utf-8"))
    known = rendered["scenes"]
    _save(_sheet([_read(work / f"{scene['name']}.png") for scene in stills]), data / "stills.png")
    for scene in clips:
        name = scene["name"]
        _save(_read(work / f"{name}.png"), data / f"{name}.png")
        behind = _read(work / f"{name}.background.png").reshape(-1, SIZE, SIZE, 3)
        still = (behind == behind[:1]).all()
        kept = behind[:1] if still else behind
        _save(kept.reshape(-1, SIZE, 3), data / f"{name}_background.png")
        classes = np.array(known[name]["classes"], np.int64).reshape(-1, SIZE) + 1
        _save(classes.astype(np.uint8), data / f"{name}_classes.png")
    numbers = {
        "about": f"rendered by tools/make_targets.py with Blender {rendered['blender']}, Cycles",
        "stills": [_numbers(scene) for scene in stills],
        "clips": [_numbers(scene) | {"tracks": known[scene["name"]]["tracks"]} for scene in clips],
    }
    (data / "targets.json").write_text(json.dumps(numbers) + "\n", encoding="utf-8")
    size = sum(path.stat().st_size for path in data.iterdir())
    print(f"{data}: {len(stills)} stills, {len(clips)} clips, {size / 1e6:.2f} MB")


def _sheet(pictures: list[np.ndarray]) -> np.ndarray:
    """Arrange tiles in rows of COLUMNS, padding the last row with black."""
    empty = [np.zeros_like(pictures[0])] * (-len(pictures) % COLUMNS)
    tiles = pictures + empty
    rows = [np.concatenate(tiles[i : i + COLUMNS], 1) for i in range(0, len(tiles), COLUMNS)]
    return np.concatenate(rows)


def _read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image.convert("RGB"))


def _save(picture: np.ndarray, path: Path) -> None:
    Image.fromarray(picture).save(path, optimize=True)


def _numbers(scene: Scene) -> Scene:
    """Round a scene's parameters to five decimals."""

    def rounded(value: Any) -> Any:
        if isinstance(value, float):
            return round(value, 5)
        if isinstance(value, dict):
            return {name: rounded(one) for name, one in value.items()}
        return [rounded(one) for one in value] if isinstance(value, list | tuple) else value

    return {name: rounded(value) for name, value in scene.items() if name not in _LEFT_OUT}


if __name__ == "__main__":
    main()

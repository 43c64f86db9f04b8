"""Media that vanishes: whether Blender outlives it, in real processes, as often as one likes.

    .venv/bpy-5.0/bin/python -m tests.blender.sequencer.lost_media 50

A process adds what shows pictures and saves; then the pictures are deleted, moved, damaged or
resized; another process opens the file, shows the frames and captures. Each round is another one
of these: Blender once read sizes of pictures that nobody had written, which ends only some runs.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
KINDS = ("result", "without the extension", "an older file", "an appended scene", "strip", "file")
DAMAGES = ("delete", "move", "damage", "resize")
PICTURES, LENGTH, SIZE = 14, 48, (64, 48)
SECONDS = 120


def rounds(staged: Path, count: int, kinds: Sequence[str] = KINDS) -> Counter[str]:
    """How each of `count` rounds a kind ended: 'fine', or what went wrong with its number."""
    ends: Counter[str] = Counter()
    for kind in kinds:
        for number in range(count):
            ends[f"{kind}: {_round(staged, kind, number)}"] += 1
    return ends


def _round(staged: Path, kind: str, number: int) -> str:
    chance = random.Random(f"{kind} {number}")
    with tempfile.TemporaryDirectory(prefix="mti-lost-") as name:
        folder = Path(name)
        if end := _run(staged, folder, "make", kind):
            return end
        damage = DAMAGES[(number + KINDS.index(kind)) % len(DAMAGES)]
        harm(folder / "media", damage, chance)
        if end := _run(staged, folder, "use", kind):
            return f"{damage}, {end}"
    return "fine"


def _run(staged: Path, folder: Path, what: str, kind: str) -> str:
    """Empty if a process of this file did it."""
    command = [sys.executable, str(HERE), what, kind, str(staged), str(folder)]
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(folder / "user"),
        "PYTHONPATH": str(HERE.parents[3]),
    }
    try:
        result = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"{what} did not end"
    if result.returncode == 0 and "did it" in result.stdout:
        return ""
    said = [line for line in result.stderr.splitlines() if "EGL" not in line][-1:]
    return f"{what} ended with {result.returncode} {''.join(said)[:200]}"


def harm(media: Path, damage: str, chance: random.Random) -> None:
    """Do this to some of the pictures, at least one."""
    files = sorted(media.iterdir())
    if damage == "move":
        media.rename(media.with_name("elsewhere"))
        return
    for file in chance.sample(files, chance.randint(1, len(files))):
        data = file.read_bytes()
        if damage == "delete":
            file.unlink()
        elif damage == "resize":
            size = chance.choice(((1, 1), (640, 480), (33, 700)))
            file.write_bytes(picture(size, 0.5))
        else:
            cut = data[: chance.randint(0, len(data) - 1)]
            file.write_bytes(chance.choice((cut, b"", chance.randbytes(len(data)))))


def picture(size: tuple[int, int], share: float) -> bytes:
    """A PNG file with a bright bar where `share` says, 0..1."""
    import numpy as np

    from mti_addon.motion.drawing.png import encode_png

    pixels = np.full((size[1], size[0], 3), 40, np.uint8)
    at = int(share * (size[0] - 1))
    pixels[:, at : at + 8] = 250
    return encode_png(pixels)


# Inside of Blender


def _extension(staged: str) -> Any:
    """A function that gives a module of the extension, enabled."""
    import importlib

    import addon_utils
    import bpy

    repos = bpy.context.preferences.extensions.repos
    repos.new(name="MTI Dev", module="mti_dev", custom_directory=str(Path(staged).parent))
    addon_utils.enable("bl_ext.mti_dev.mti", default_set=True)
    return lambda name: importlib.import_module(f"bl_ext.mti_dev.mti.mti_addon.{name}")


def make(kind: str, staged: str, folder: Path) -> None:
    """A .blend file that shows pictures, and the pictures."""
    import bpy

    media = folder / "media"
    media.mkdir()
    names = [f"{i + 1:04d}.png" for i in range(PICTURES)]
    for i, name in enumerate(names):
        (media / name).write_bytes(picture(SIZE, i / (PICTURES - 1)))
    scene = bpy.context.scene
    blend = str(folder / "shot.blend")
    bpy.ops.wm.save_as_mainfile(filepath=blend)
    if kind in ("result", "without the extension"):
        ext = _extension(staged)
        ext("blender.sequencer.strip").add_picture_strip(scene, "//media", names, 1, LENGTH, "Wave")
        objects = ext("blender.results.objects")
        for add in (objects.add_empty, objects.add_plane):
            image = objects.load_sequence("//media/0001.png", "Wave")
            counts = () if add is objects.add_empty else (PICTURES,)
            add(bpy.context, image, SIZE, *counts, 1, PICTURES)
    else:
        _appended(scene, media, [names[k * PICTURES // LENGTH] for k in range(LENGTH)])
    scene.render.resolution_x, scene.render.resolution_y = 96, 54
    bpy.ops.wm.save_as_mainfile(filepath=blend)


def _appended(scene: Any, media: Path, names: list[str]) -> Any:
    """A strip as scripts make them, and as this extension once made them."""
    strips = scene.sequence_editor_create().strips
    strip = strips.new_image(
        name="Wave", filepath=str(media / names[0]), channel=1, frame_start=1, fit_method="FIT"
    )
    for name in names[1:]:
        strip.elements.append(name)
    return strip


def use(kind: str, staged: str, folder: Path) -> None:
    """Open it, show the frames, and capture."""
    import bpy

    ext = None if kind == "without the extension" else _extension(staged)
    scene = _opened(folder / "shot.blend", append=kind == "an appended scene")
    scene.render.filepath = str(folder / "shown.png")
    if kind not in ("strip", "file"):
        _show(scene)
    if ext is None:
        return
    strip = scene.sequence_editor.strips[0]
    scene.sequence_editor.active_strip = strip
    scene.mti.source = "FILE" if kind == "file" else "STRIP"
    left = sorted((folder / "media").glob("*.png"))
    scene.mti.file = str(left[len(left) // 2]) if left else str(folder / "media" / "0001.png")
    shots = ext("blender.sketch.reference")
    for _ in range(3):
        try:
            shots.take_shot(bpy.context, PICTURES, (64, 64))
        except shots.CaptureError as error:
            assert error.problem.hint, error
    if kind not in ("strip", "file"):
        _show(scene)


def _opened(path: Path, append: bool) -> Any:
    """The scene of a file that is opened, or appended to a new one."""
    import bpy

    if not append:
        bpy.ops.wm.open_mainfile(filepath=str(path))
        return bpy.context.scene
    with bpy.data.libraries.load(str(path)) as (source, wanted):
        wanted.scenes = source.scenes
    window = bpy.context.window_manager.windows[0]
    window.scene = wanted.scenes[0]
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = wanted.scenes[0]
    return wanted.scenes[0]


def _show(scene: Any) -> None:
    """All frames of the sequencer, and some of the scene itself."""
    import bpy

    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    for frame in range(LENGTH + 2):
        scene.frame_set(frame)
        scene.render.use_sequencer = frame % 16 != 0
        bpy.ops.render.render(write_still=True, scene=scene.name)


def main(arguments: list[str]) -> int:
    """Rounds of all kinds; 1 if one did not end well."""
    sys.path.insert(0, str(HERE.parents[3]))
    from tools.stage import stage

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rounds", type=int)
    parser.add_argument("--kind", choices=KINDS, action="append")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="mti-build-") as build:
        staged = stage(HERE.parents[3], Path(build))
        ends = rounds(staged, chosen.rounds, chosen.kind or KINDS)
    for end, times in sorted(ends.items()):
        print(f"{times:4d}  {end}")
    return int(any(not end.endswith(": fine") for end in ends))


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ("make", "use"):
        what, kind, staged, folder = sys.argv[1:]
        {"make": make, "use": use}[what](kind, staged, Path(folder))
        print("did it", flush=True)
        os._exit(0)  # a class that is registered hangs Blender 4.5 when it ends
    sys.exit(main(sys.argv[1:]))

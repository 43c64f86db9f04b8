"""Render the scenes of target_scenes.py, 128 x 128 pixels per frame. Needs bpy, not torch.

    BLENDER_PYTHON tools/render_targets.py SCENES.json FOLDER

writes for every scene NAME.png (its frames, one below the other), for clips also
NAME.background.png (the same without the character), and rendered.json: positions and classes of
the character's parts as seen by the camera. `make_targets.py` runs it and packs its output.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import bpy  # noqa: E402  before mathutils, which is part of it
import numpy as np  # noqa: E402
from bpy_extras.object_utils import world_to_camera_view  # noqa: E402
from mathutils import Matrix, Quaternion, Vector  # noqa: E402

from demo import scene as demo  # noqa: E402
from mti_addon.motion.drawing.png import decode_png, encode_png  # noqa: E402
from tools.target_character import Character, add, to_blender  # noqa: E402
from tools.target_materials import make_material  # noqa: E402

SIZE, SUPERSAMPLING, SAMPLES = 128, 2, 16
DISTANCE = 5.0  # of the camera, in frame widths
TRACKED = 10  # number of parts, from the first, whose centers make up a figure's pose
Scene = dict[str, Any]


def main(argv: list[str]) -> None:
    """Render every scene of the file."""
    scenes, folder = json.loads(Path(argv[0]).read_text("utf-8")), Path(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    rendered = {}
    for design in scenes:
        begun = time.process_time()
        rendered[design["name"]] = render_scene(design, folder)
        print(f"{design['name']}: {time.process_time() - begun:.1f} s of CPU time", flush=True)
        about = {"blender": bpy.app.version_string, "scenes": rendered}
        (folder / "rendered.json").write_text(json.dumps(about), encoding="utf-8")


def render_scene(design: Scene, folder: Path) -> Scene:
    """Build a scene and render all frames; return tracks and classes of a clip."""
    for collection in (bpy.data.objects, bpy.data.meshes, bpy.data.materials, bpy.data.lights):
        for item in list(collection):
            collection.remove(item)
    if design.get("demo"):
        scene = demo.build_target_scene()
        _settings(scene)
        _save(folder / "demo.png", [_render(scene)])
        return {}
    scene = bpy.data.scenes.new(design["name"])
    _settings(scene)
    _surroundings(scene, design)
    _light(scene, design["light"])
    camera = _camera(scene, design["camera"])
    character = Character(scene, design)
    frames, behind, tracks, classes = [], [], [], []
    for frame in range(design["frames"]):
        _aim(camera, design["camera"], frame)
        character.pose(frame)
        frames.append(_render(scene))
        if design["frames"] > 1:
            tracks.append(_tracks(scene, camera, design["ends"][frame]))
            classes.append(_classes(scene, camera))
            behind.append(_behind(scene, character, design, frame, behind))
    _save(folder / f"{design['name']}.png", frames)
    if behind:
        _save(folder / f"{design['name']}.background.png", behind)
    return {"tracks": tracks, "classes": classes} if tracks else {}


def _surroundings(scene: Any, design: Scene) -> None:
    """Add the demo's bowl, an open floor, or a floor with a wall."""
    kind, size = design["surroundings"], design["pattern_size"]
    wall = make_material(design["wall"], size)
    if kind == "bowl":
        thing = add(scene, demo.backdrop(), wall)
        thing.matrix_world = Matrix.LocRotScale((0, 0, -0.5), None, Vector((2, 0.5, 0.5)))
        return
    floor = wall if kind == "plain" else make_material(design["floor"], size)
    ground, depth, wide = design["ground"], design["wall_depth"], 6.0
    far = 30.0 if kind == "open" else depth
    sheet = [
        (-wide, -wide, ground),
        (wide, -wide, ground),
        (-wide, far, ground),
        (wide, far, ground),
    ]
    add(scene, demo.grid_mesh("floor", sheet, 2, 2, closed=False), floor)
    if kind == "open":
        sheet = [(-30, far, -30), (30, far, -30), (-30, far, 30), (30, far, 30)]
    else:
        sheet = [(-wide, far, ground), (wide, far, ground), (-wide, far, wide), (wide, far, wide)]
    add(scene, demo.grid_mesh("wall", sheet, 2, 2, closed=False), wall)


def _light(scene: Any, light: Scene) -> None:
    """Add a sun, and a bright world, as in the demo."""
    data = bpy.data.lights.new("Sun", "SUN")
    data.energy, data.angle, data.color = light["energy"], light["angle"], light["colour"]
    sun = bpy.data.objects.new("Sun", data)
    sun.rotation_euler = (math.pi / 2 - light["elevation"], 0, light["azimuth"])
    scene.collection.objects.link(sun)
    world = bpy.data.worlds.new(scene.name)
    if world.node_tree is None:
        world.use_nodes = True  # always the case from 5.0 on
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = light["world"]
    scene.world = world


def _camera(scene: Any, view: Scene) -> Any:
    """Add a camera that sees one frame width of the plane z = 0."""
    data = bpy.data.cameras.new("Camera")
    data.type = "PERSP" if view["perspective"] else "ORTHO"
    data.clip_end = 100.0
    camera = bpy.data.objects.new("Camera", data)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def _aim(camera: Any, view: Scene, frame: int) -> None:
    """Pan, zoom and roll like the draft's camera (render.to_world), from a fixed position."""
    pan_x, pan_y, zoom, roll = view["path"][frame]
    turn = Quaternion((0, 0, 1), view["azimuth"])
    turn = turn @ Quaternion((1, 0, 0), math.pi / 2 - view["elevation"])
    camera.matrix_world = Matrix.LocRotScale(
        turn @ Vector((pan_x, pan_y, DISTANCE)), turn @ Quaternion((0, 0, 1), roll), None
    )
    camera.data.ortho_scale = math.exp(-zoom)
    camera.data.lens = camera.data.sensor_width * DISTANCE * math.exp(zoom)


def _settings(scene: Any) -> None:
    """Use the demo's engine without a window: Cycles, with few samples on a larger image."""
    render, image = scene.render, scene.render.image_settings
    render.engine = "CYCLES"
    render.threads_mode, render.threads = "FIXED", 1
    render.resolution_x = render.resolution_y = SIZE * SUPERSAMPLING
    render.resolution_percentage = 100
    scene.cycles.device, scene.cycles.samples, scene.cycles.seed = "CPU", SAMPLES, 0
    scene.cycles.use_adaptive_sampling = scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 2
    scene.view_settings.view_transform, scene.view_settings.look = "Standard", "None"
    image.file_format, image.color_mode, image.color_depth = "PNG", "RGB", "8"


def _render(scene: Any) -> np.ndarray:
    """Render the current frame, uint8 (128, 128, 3): every pixel is the mean of 2 x 2."""
    with tempfile.TemporaryDirectory(prefix="mti-") as folder:
        scene.render.filepath = str(Path(folder) / "frame.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        large = decode_png(Path(scene.render.filepath).read_bytes())
    tiles = large.reshape(SIZE, SUPERSAMPLING, SIZE, SUPERSAMPLING, 3).astype(np.float64)
    return (tiles.mean((1, 3)) + 0.5).astype(np.uint8)


def _behind(scene: Any, character: Character, design: Scene, frame: int, before: list[Any]) -> Any:
    """Render the frame without the character; only once if the camera is still."""
    path = design["camera"]["path"]
    if frame and path[frame] == path[frame - 1]:
        return before[-1]
    character.hide(True)
    picture = _render(scene)
    character.hide(False)
    return picture


def _tracks(scene: Any, camera: Any, ends: list[Any]) -> list[list[float]]:
    """Return image positions (x right, y down, 0 .. 1) of the centers of the tracked parts."""
    bpy.context.view_layer.update()
    places = []
    for start, end in ends[:TRACKED]:
        seen = world_to_camera_view(scene, camera, (to_blender(start) + to_blender(end)) / 2)
        places.append([round(seen.x, 5), round(1 - seen.y, 5)])
    return places


def _classes(scene: Any, camera: Any) -> list[int]:
    """Return the part visible at the center of each pixel, row by row from the top; -1: none."""
    graph = scene.view_layers[0].depsgraph
    graph.update()
    turn, at = camera.matrix_world.to_quaternion(), camera.matrix_world.translation
    ahead = turn @ Vector((0, 0, -1))
    data = camera.data
    seen = []
    for row in range(SIZE):
        for column in range(SIZE):
            x, y = (column + 0.5) / SIZE - 0.5, 0.5 - (row + 0.5) / SIZE
            if data.type == "ORTHO":
                start, way = at + turn @ (Vector((x, y, 0)) * data.ortho_scale), ahead
            else:
                start, way = at, turn @ Vector((x, y, -data.lens / data.sensor_width))
            hit, _, _, _, thing, _ = scene.ray_cast(graph, start, way.normalized())
            seen.append(int(thing.get("part", -1)) if hit else -1)
    return seen


def _save(path: Path, frames: list[np.ndarray]) -> None:
    path.write_bytes(encode_png(np.concatenate(frames)))


if __name__ == "__main__":
    main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # Blender's own exit takes a while and prints messages

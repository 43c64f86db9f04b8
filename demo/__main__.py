"""From a keyed stick figure to an image strip, in real, headless Blender. Needs bpy.

    PYTHON_WITH_BPY -m demo --backend BACKEND_PYTHON [--out out/demo] [--iterations N]

It calls the extension's own operators; only Blender's timer, which does not run without a window,
is replaced by a loop. It can be stopped with Ctrl-C; the backend then continues by itself, and the
next run starts from scratch.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "bl_ext.mti_demo.mti"


def main() -> int:
    """Run the demo; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="demo", description="From a keyed stick figure to a strip."
    )
    parser.add_argument("--backend", required=True, help="Python with the backend's packages")
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="default: %(default)s")
    parser.add_argument("--iterations", type=int, default=0, help="default: the engine's own")
    parser.add_argument(
        "--variations", type=int, default=0, help="drawings to learn from; default: the panel's own"
    )
    options = parser.parse_args()
    out = options.out.resolve()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mti-demo-") as user:
        # before the first `import bpy`, so that the user's own Blender settings are not touched
        os.environ["BLENDER_USER_RESOURCES"] = user
        stopped = _in_blender(out, options.backend, options.iterations, options.variations)
    if stopped:
        print(f"demo: {stopped}", file=sys.stderr)
        return 1
    print("8. images, videos and the report", flush=True)
    command = [options.backend, "-m", "demo.report", str(out), f"{time.monotonic() - begun:.1f}"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _in_blender(out: Path, backend: str, iterations: int, variations: int) -> str:
    """Run everything that needs Blender; return why it failed, or an empty string."""
    import bpy

    print(f"1. Blender {bpy.app.version_string}: the extension, staged and enabled", flush=True)
    if out.exists():
        shutil.rmtree(out)
    out.mkdir(parents=True)
    import addon_utils

    _enable(bpy, addon_utils, out)
    try:
        return _path(bpy, out, backend, iterations, variations)
    finally:
        # a class that is still registered when the process ends makes Blender 4.5 hang
        addon_utils.disable(PACKAGE, default_set=True)


def _enable(bpy: Any, addon_utils: Any, out: Path) -> None:
    stage = [sys.executable, str(ROOT / "tools" / "stage.py"), "--build", str(out / "extension")]
    subprocess.run(stage, check=True, stdout=subprocess.DEVNULL)
    repos = bpy.context.preferences.extensions.repos
    repos.new(name="Demo", module="mti_demo", custom_directory=str(out / "extension"))
    if addon_utils.enable(PACKAGE, default_set=True) is None:
        raise SystemExit("demo: the extension could not be enabled; see the message above")


def _path(bpy: Any, out: Path, backend: str, iterations: int, variations: int) -> str:
    from . import scene as scenes

    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    preferences.python, preferences.jobs_folder = backend, str(out / "jobs")
    print("2. a stick figure with a keyed wave, and a camera", flush=True)
    scene = scenes.build_motion_scene()
    print("3. a second scene: a solid character in front of a background", flush=True)
    target = scenes.build_target_scene()
    print("4. capture: 14 images of the armature, drawn without a GPU", flush=True)
    bpy.ops.mti.capture()
    props = scene.mti
    props.name, props.iterations = "Wave", iterations
    if variations:
        props.variations = variations
    props.also_apply, props.target, props.target_scene = True, "RENDER", target
    props.target_engine = "PREVIEW"  # EEVEE takes minutes without a GPU
    rows = []
    for from_poses, how in ((False, "learned from the images"), (True, "taken from the poses")):
        print(f"{5 + len(rows)}. render the target, start the backend: {how}", flush=True)
        props.from_poses = from_poses
        bpy.ops.mti.learn()
        row = _follow()
        if row.state.phase != "done":
            state, log = row.state, row.folder.log_file
            return f"the job ended as {state.phase}: {state.error}; see {log}"
        rows.append(row)
    print("7. the images as an image strip", flush=True)
    learned, row = rows
    props.place, props.result_folder = "CAPTURE", str(out / "motion")
    bpy.ops.mti.import_result(job=row.folder.path.name)
    bpy.ops.wm.save_as_mainfile(filepath=str(out / "demo.blend"), compress=True)
    (out / "blender.json").write_text(
        json.dumps(_about(bpy, scene, row, learned), indent=2), encoding="utf-8"
    )
    return ""


def _follow() -> Any:
    """Follow the newest job to its end, as Blender's timer would; return its row."""
    polling = importlib.import_module(f"{PACKAGE}.mti_addon.blender.queue.polling")
    print("   the backend, in its own process (Ctrl-C stops watching it):", flush=True)
    told: tuple[str, int] = ("", 0)
    while True:
        wait = polling.poll()
        row = polling.jobs.rows[0]
        state = row.state
        # one line per tenth of a stage
        now = (state.stage, 10 * state.step // state.total if state.total else 0)
        if state.stage and now != told:
            print(f"   {_line(state)}", flush=True)
            told = now
        if wait is None:
            return row
        time.sleep(min(wait, 0.2))


def _line(state: Any) -> str:
    """Return the stage's progress, its loss and the remaining time."""
    loss = f", loss {state.loss:.3f}" if state.loss is not None and state.stage == "learn" else ""
    left = f", {state.seconds_left:.0f} s left" if state.seconds_left is not None else ""
    return f"{state.stage} {state.step}/{state.total}{loss}{left}"


def _about(bpy: Any, scene: Any, row: Any, learned: Any) -> dict[str, Any]:
    """Return what the report needs from Blender."""
    editors = [each.sequence_editor for each in bpy.data.scenes if each.sequence_editor]
    strip = next(s for editor in editors for s in editor.strips_all if s.get("mti_job"))
    start = getattr(strip, "left_handle", None) or strip.frame_final_start
    end = getattr(strip, "right_handle", None) or strip.frame_final_end
    return {
        "blender": bpy.app.version_string,
        "job": row.folder.path.name,
        "result": row.state.result,
        "learned": {
            "job": learned.folder.path.name,
            "losses": list(learned.state.losses),
            "result": learned.state.result,
        },
        "strip": {"name": strip.name, "first_frame": int(start), "frames": int(end - start)},
        "scene_fps": scene.render.fps / scene.render.fps_base,
        "view_transform": scene.view_settings.view_transform,
        "peak_memory_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    sys.exit(main())

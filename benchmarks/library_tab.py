"""The Library section with thousands of motions: how long drawing it holds up Blender.

    python -m benchmarks.library_tab      # 2,000 motions, a real window; minutes; prints a table

The installed zip, in a Blender with a window (see tests/window/desktop.py for what it needs). Times
are of the main thread's CPU, so other programs do not count.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from mti_addon.motion import draw, encode_png
from tests.motion.figures import figure_poses, waving
from tests.window.conftest import ADDON
from tests.window.desktop import ROOT, Desktop, Window, system_root
from tests.wire.library.examples import saved

from .library import TYPED, make_library

SECONDS = 10.0
PREPARE = f"""
import time
from {ADDON}.mti_addon.blender import tab
from {ADDON}.mti_addon.blender.common import lists
from {ADDON}.mti_addon.blender.library import motions
times = bpy.app.driver_namespace["times"] = dict()
def timed(name, call):
    def run(*rest):
        began = time.thread_time()
        try:
            return call(*rest)
        finally:
            times.setdefault(name, list()).append(1000 * (time.thread_time() - began))
    return run
tab.draw_library = timed("section", tab.draw_library)
drawn = timed("tab", tab._MotionPanel.draw)
def draw(self, context):  # Blender counts its arguments
    drawn(self, context)
tab._MotionPanel.draw = draw
lists.stop()
lists._tick = timed("lists", lists._tick)
prefs = bpy.context.preferences.addons["{ADDON}"].preferences
prefs.play_motions = False
motions.forget()
motions.tick = timed("tick", motions.tick)
prefs.library_folder = FOLDER
"""
TAKEN = """
result = dict(bpy.app.driver_namespace["times"])
bpy.app.driver_namespace["times"].clear()
"""
LIBRARY = f"__import__('{ADDON}.mti_addon.blender.library.motions', fromlist=['x']).library()"
KEYS = f"""
import time
from {ADDON}.mti_addon.blender.library import shown
window, result = bpy.context.window_manager.mti, []
for end in range(1, len(TYPED) + 1):
    began = time.thread_time()
    window.library_search = TYPED[:end]
    shown.found(window)
    result.append(1000 * (time.thread_time() - began))
window.library_search = ""
"""
PLAY = f"""
bpy.context.preferences.addons["{ADDON}"].preferences.play_motions = True
bpy.ops.mti.pick_motion(folder=str({LIBRARY}.entries()[-1].folder))
"""
REDRAW = """
for area in bpy.context.window_manager.windows[0].screen.areas:
    if area.type == "VIEW_3D":
        [region.tag_redraw() for region in area.regions if region.type == "UI"]
"""


def redraw(window: Window, count: int) -> None:
    """Have the sidebar drawn so many times."""
    for _ in range(count):
        window.run(REDRAW)


def taken(window: Window) -> dict[str, list[float]]:
    """Milliseconds of each call since the last time."""
    found: dict[str, list[float]] = window.run(TAKEN)
    return found


def measure(window: Window, count: int) -> dict[str, list[float]]:
    """Milliseconds of each thing that was measured."""
    window.ask("open")
    window.until(f"{LIBRARY}.is_complete")
    redraw(window, 3)
    first = taken(window)
    assert len(window.run(f"result = [e.name for e in {LIBRARY}.entries()]")) > count
    redraw(window, 30)
    again = taken(window)
    keys = window.run(f"TYPED = {TYPED!r}{KEYS}")
    window.run(PLAY)
    time.sleep(3)
    taken(window)
    time.sleep(SECONDS)
    return {
        "opening: each call on the timer": first["tick"] + first.get("lists", []),
        "opening: drawing the tab, each time": first["tab"],
        "drawing the section again": again["section"],
        "drawing the whole tab again": again["tab"],
        "searching, each key": keys,
        f"playing for {SECONDS:.0f} s: drawing the whole tab": taken(window).get("tab", [0.0]),
    }


def make(folder: Path, count: int) -> None:
    """A library of motions with pictures; the last one by its name has all its files."""
    make_library(folder / "library", count)
    picture = encode_png(draw(figure_poses(waving))[7])
    for motion in (folder / "library").iterdir():
        (motion / "thumbnail.png").write_bytes(picture)
    saved(folder, "Zoom")
    shutil.move(folder / "own" / "zoom", folder / "library")


def run(count: int) -> dict[str, list[float]]:
    """Measure in a Blender that has seen the library before, so that there is an index."""
    with tempfile.TemporaryDirectory(prefix="mti-library-") as name:
        folder = Path(name)
        bpy = ROOT / ".venv" / "bpy-5.0" / "bin" / "python"
        build = ["tools/stage.py", "--build", str(folder / "build"), "--zip", "--bpy", str(bpy)]
        subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
        [archive] = (folder / "build").glob("mti-*.zip")
        make(folder, count)
        prepare = PREPARE.replace("FOLDER", repr(str(folder / "library")))
        with Desktop(folder) as desktop:
            desktop.run(["blender", "--command", "extension", "install-file", "-r",
                         "user_default", "-e", str(archive)])  # fmt: skip
            with desktop.blender() as window:
                window.run(prepare)
                window.until(f"{LIBRARY}.is_complete")
                window.run(f"{LIBRARY}.close()")
            with desktop.blender() as window:
                window.run(prepare)
                return measure(window, count)


def table(found: dict[str, list[float]]) -> str:
    """Markdown table."""
    lines = ["| main-thread time | times | median, ms | longest, ms |", "|---|---|---|---|"]
    for name, each in found.items():
        median, longest = statistics.median(each), max(each)
        lines.append(f"| {name} | {len(each)} | {median:.3g} | {longest:.3g} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--motions", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    if system_root() is None:
        sys.exit("there is no Blender with Xvfb, openbox and ImageMagick (set MTI_WINDOW_ROOT)")
    found = run(options.motions)
    print(f"{options.motions} motions\n\n{table(found)}")
    options.out.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"motions": options.motions, "milliseconds": found}
    (options.out / "library_tab.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The first five minutes of a new user, by the clock: `python -m tests.window.walkthrough FOLDER`.

A fresh profile, the zip, the mouse, the shot of shot.py and no setting touched. FOLDER gets a
picture of each step and times.txt, what each took. Set-up is not timed: the backend is the one that
runs this.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.window.conftest import ADDON
from tests.window.desktop import ROOT, Desktop, Window, system_root
from tests.window.test_shot import SENT, f12, open_shot, show_edit
from tests.window.test_workflow import wait_for_phase

SCALE = "bpy.context.preferences.view.ui_scale = {}"
GERMAN = """
view = bpy.context.preferences.view
view.language = "{}"
view.use_translate_interface = view.use_translate_tooltips = view.use_translate_new_dataname = True
"""


class Walk:
    """Steps, the time that each took, and a picture of what stands on the screen after it."""

    def __init__(self, desktop: Desktop, out: Path) -> None:
        self.desktop, self.out = desktop, out
        self._lines: list[str] = []
        self._last = self._began = time.monotonic()

    def step(self, name: str, what: str) -> None:
        """What has been done since the last step."""
        now = time.monotonic()
        self._lines.append(f"{now - self._began:7.1f} s  (+{now - self._last:5.1f} s)  {what}")
        print(self._lines[-1], flush=True)
        self.look(name)

    def click(self, window: Window, name: str, seconds: float = 900) -> None:
        """Press a button; looking for it takes no time by this clock."""
        found_in = window.click(name, seconds)
        self._began += found_in
        self._last += found_in

    @contextmanager
    def off_the_clock(self) -> Iterator[None]:
        """What is done meanwhile takes no time by this clock."""
        began, last, before = self._began, self._last, time.monotonic()
        yield
        spent = time.monotonic() - before
        self._began, self._last = began + spent, last + spent

    def look(self, name: str) -> None:
        """A picture; it takes no time by this clock."""
        before = time.monotonic()
        time.sleep(1)  # until all is drawn
        self.desktop.picture(self.out / f"{name}.png")
        self._began += time.monotonic() - before
        self._last = time.monotonic()

    def write(self) -> None:
        (self.out / "times.txt").write_text("\n".join(self._lines) + "\n")


def first_contact(desktop: Desktop, walk: Walk) -> None:
    """No backend yet: what the tab and the preferences say, also in German, large and narrow."""
    with desktop.blender() as window:
        window.ask("open")
        walk.step("first_contact", "Blender is open at the tab, no backend yet")
        window.run(GERMAN.format("de_DE"))
        walk.look("first_contact_de")
        window.run(SCALE.format(1.5))
        walk.look("first_contact_de_large")
        window.run(GERMAN.format("en_US") + SCALE.format(1.0))
        window.run(f"bpy.ops.preferences.addon_show(module={ADDON!r})")
        walk.look("preferences")


def motion(window: Window, walk: Walk) -> None:
    """A figure that waves, captured and learned."""
    window.ask("open")
    open_shot(walk.desktop, window)
    window.run("bpy.data.scenes['Shot'].render.resolution_percentage = 30")  # people will look
    window.run("bpy.ops.mti.add_stick_figure(motion='WAVE')")
    walk.step("figure", "Add Figure > Wave in the open shot")
    walk.click(window, "mti.capture")
    walk.step("captured", "Capture")
    walk.click(window, "mti.learn")
    wait_for_phase(window, "running")
    walk.step("learning", "Learn is pressed, and the backend has begun")
    wait_for_phase(window, "done")
    walk.step("learned", "the motion is learned")
    with walk.off_the_clock():
        narrow(window, walk)


def narrow(window: Window, walk: Walk) -> None:
    """The whole tab in a sidebar of 160 pixels, and at a UI scale of 1.5; German in both."""
    width = window.ask("resize", 160)
    assert width < 200, width
    for language in ("en_US", "de_DE"):
        window.run(GERMAN.format(language))
        for scale in (1.0, 1.5):
            window.run(SCALE.format(scale))
            for page, kind in enumerate(("WHEELUPMOUSE", "WHEELDOWNMOUSE", "WHEELDOWNMOUSE")):
                window.ask("scroll", kind, 60 if page == 0 else 15)
                walk.look(f"narrow_{language[:2]}_{scale}_{page}")
    window.run(GERMAN.format("en_US") + SCALE.format(1.0))
    window.ask("resize", 280)


def result(window: Window, walk: Walk) -> None:
    """The shot rendered and sent, played, and added to its edit."""
    walk.click(window, "mti.apply")
    walk.step("sent", "Apply: the shot is rendered and sent")
    wait_for_phase(window, "done", 2)
    walk.step("applied", "the result is there")
    walk.click(window, "mti.play_result")
    walk.step("playing", "Play")
    walk.click(window, "mti.play_result")
    walk.click(window, "mti.import_result")
    walk.step("added", "Add Result")
    job = Path(window.run(SENT))
    for name in ("inputs/target.png", "target_whole.png"):
        shutil.copy(job / name, walk.out)
    show_edit(window)
    window.run("bpy.context.window_manager.windows[0].scene.frame_set(20)")
    walk.look("edit")
    for name, scene in (("f12_of_the_shot.png", "Shot"), ("f12_of_the_edit.png", "Shot Edit")):
        f12(window, walk.desktop.folder / name, scene)
        shutil.copy(walk.desktop.folder / name, walk.out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    if system_root() is None:
        sys.exit("there is no Blender with Xvfb, openbox and ImageMagick (set MTI_WINDOW_ROOT)")
    with tempfile.TemporaryDirectory(prefix="mti-walk-") as name:
        folder = Path(name)
        bpy = ROOT / ".venv" / "bpy-5.0" / "bin" / "python"
        build = ["tools/stage.py", "--build", str(folder / "build"), "--zip", "--bpy", str(bpy)]
        subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
        [archive] = (folder / "build").glob("mti-*.zip")
        with Desktop(folder, pictures=True) as desktop:
            walk = Walk(desktop, out)
            desktop.run(["blender", "--command", "extension", "install-file", "-r",
                         "user_default", "-e", str(archive)])  # fmt: skip
            first_contact(desktop, walk)
            desktop.environment["MTI_BACKEND_PYTHON"] = sys.executable
            with desktop.blender() as window:
                motion(window, walk)
                result(window, walk)
            walk.write()


if __name__ == "__main__":
    main()

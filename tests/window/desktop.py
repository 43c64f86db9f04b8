"""A real Blender with a window, on a screen that nobody sees, driven from outside.

It needs Blender 4.2 or later, Xvfb, openbox and ImageMagick's `import`: on this system, or in a
folder with a system of its own (a chroot, for root only) that $MTI_WINDOW_ROOT names.

Blender runs `driver.py`, which does what files in a folder tell it (the same trick as a job: no
sockets), and answers by files. The mouse is moved and pressed by Blender's own event simulation.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NO_OVERLAP = "bpy.context.preferences.system.use_region_overlap = False"
_SYSTEM = (Path("/usr"), Path("/usr/local"))
_PROGRAMS = ("blender", "Xvfb", "openbox", "import")


@functools.cache
def system_root() -> Path | None:
    """The folder whose system has all programs: '/' for this one; None if there is none."""
    chosen = os.environ.get("MTI_WINDOW_ROOT")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    roots = [Path(chosen)] if chosen else [Path("/"), cache / "blender-gui"]
    for root in roots:
        whole = all(os.path.lexists(root / "usr/bin" / program) for program in _PROGRAMS)
        if whole and (root == Path("/") or _mountable(root)):
            return root
    return None


def _mountable(root: Path) -> bool:
    """Whether folders can be shown inside: for root only, and not in every container. The system's
    own Python cannot: it would hide what is in the folder's own /usr."""
    if os.geteuid() != 0 or Path(sys.base_prefix) in _SYSTEM:
        return False
    with tempfile.TemporaryDirectory(dir=root / "tmp") as inside:
        mounted = subprocess.run(["mount", "--bind", ROOT, inside], capture_output=True)
        if mounted.returncode == 0:
            subprocess.run(["umount", "-l", inside], check=True)
    return mounted.returncode == 0


class Desktop:
    """A screen, and the commands that run on it; to be entered."""

    def __init__(self, folder: Path, pictures: bool = False, wide: bool = False) -> None:
        """folder: for the screen's and Blender's files; seen at the same path inside. pictures:
        people will look at it, so it is large and anti-aliased; without a GPU, each pixel costs.
        wide: more than the sidebar is needed."""
        root = system_root()
        assert root is not None
        self.root, self.folder, self.pictures = root, folder, pictures
        self.size = (1600 if pictures else 1000 if wide else 640, 1000)
        self._mounts: list[Path] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Desktop:
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> None:
        if self.root != Path("/"):
            for path in ("/proc", "/dev", str(ROOT), str(self.folder), sys.base_prefix):
                self._mount(Path(path))
            if (ROOT / ".venv").is_symlink():  # a worktree may share its environments
                self._mount((ROOT / ".venv").resolve())
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        self.environment = {
            "HOME": str(home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LP_NUM_THREADS": "0",  # the cores are busy, and Mesa would wait for its own threads
            "XDG_RUNTIME_DIR": str(self.folder),
            "BLENDER_USER_RESOURCES": str(home / "blender"),
        }
        told = self.folder / "display"
        width, height = self.size
        with open(told, "wb") as stream:
            self._processes.append(
                self.start(
                    [
                        "Xvfb",
                        "-displayfd",
                        "1",
                        "-screen",
                        "0",
                        f"{width}x{height}x24",
                        "-nolisten",
                        "tcp",
                    ],
                    stdout=stream,
                )  # fmt: skip
            )
        wait_for(lambda: told.read_text().endswith("\n"), 30, "a screen")
        self.environment["DISPLAY"] = f":{told.read_text().strip()}"
        self._processes.append(self.start(["openbox"]))

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        for path in reversed(self._mounts):
            subprocess.run(["umount", "-l", path], check=False)

    def _mount(self, path: Path) -> None:
        inside = self.root / path.relative_to("/")
        if inside.is_mount():
            return
        inside.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "--bind", path, inside], check=True)
        if path not in (Path("/proc"), Path("/dev")):  # others may use them, too
            self._mounts.append(inside)

    def start(self, command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        """A program inside, of this desktop's environment."""
        prefix = [] if self.root == Path("/") else [shutil.which("chroot"), str(self.root)]
        options.setdefault("stderr", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.DEVNULL)
        return subprocess.Popen([*prefix, *command], env=self.environment, **options)

    def run(self, command: list[str]) -> str:
        """A program inside, until it ends; what it printed."""
        log = self.folder / "command.txt"
        with open(log, "wb") as stream:
            code = self.start(command, stdout=stream, stderr=subprocess.STDOUT).wait(300)
        assert code == 0, log.read_text(errors="replace")
        return log.read_text(errors="replace")

    def picture(self, path: Path) -> Path:
        """The whole screen as PNG."""
        inside = self.folder / "screen.png"
        self.run(["import", "-window", "root", str(inside)])
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(inside, path)
        return path

    def mouse(self, x: int, y: int, clicks: int = 0, button: int = 1) -> None:
        """Move the real mouse to a place in Blender's coordinates, and click.

        Simulated clicks are never double clicks. Needs a Blender with `simulated=False`.
        """
        often = ["click", "--repeat", str(clicks), "--delay", "60", str(button)] if clicks else []
        self._do(x, y, *often)

    def keys(self, x: int, y: int, key: str) -> None:
        """Press a key such as ctrl+z at a place, with `simulated=False`."""
        *held, last = key.split("+")
        down = [word for each in held for word in ("keydown", each, "sleep", "0.2")]
        up = [word for each in held for word in ("sleep", "0.2", "keyup", each)]
        self._do(x, y, *down, "key", last, *up, "sleep", "0.2")

    def drag(self, x: int, y: int, to_x: int, to_y: int) -> None:
        """Drag the real mouse from one place to another, with `simulated=False`."""
        steps: list[str] = []
        for part in range(1, 11):
            at_x, at_y = x + (to_x - x) * part // 10, y + (to_y - y) * part // 10
            steps += ["mousemove", str(at_x), str(self.size[1] - at_y), "sleep", "0.1"]
        nearer = ["mousemove", str(x), str(self.size[1] - y), "sleep", "0.3"]
        press, release = ["mousedown", "1", "sleep", "0.3"], ["sleep", "0.3", "mouseup", "1"]
        self._do(x - 3, y, "sleep", "0.7", *nearer, *press, *steps, *release)

    def _do(self, x: int, y: int, *what: str) -> None:
        self.run(["xdotool", "mousemove", str(x), str(self.size[1] - y), "sleep", "0.3", *what])

    @contextmanager
    def blender(self, *arguments: str, simulated: bool = True) -> Iterator[Window]:
        """Blender with a window, until the block is left; killed if it is still there then.

        `simulated`: only simulated events reach it, and not those of the screen's mouse.
        """
        window = Window(self, ("--enable-event-simulate",) * simulated + arguments)
        try:
            yield window
        finally:
            window.kill()


class Window:
    """A running Blender."""

    def __init__(self, desktop: Desktop, arguments: tuple[str, ...]) -> None:
        self.desktop = desktop
        self.inbox = desktop.folder / f"inbox-{time.monotonic_ns()}"
        self.inbox.mkdir()
        self.log = self.inbox / "log.txt"
        self._asked = 0
        self._overlaps = not desktop.pictures
        driver = self.inbox / "driver.py"
        shutil.copy(Path(__file__).with_name("driver.py"), driver)
        width, height = map(str, desktop.size)
        with open(self.log, "wb") as stream:
            self.process = desktop.start(
                ["blender", "--window-geometry", "0", "0", width, height, *arguments,
                 "--python", str(driver), "--", str(self.inbox)],
                stdout=stream, stderr=subprocess.STDOUT,
            )  # fmt: skip
        wait_for(lambda: (self.inbox / "ready").exists() or self.dead, 120, "a window")
        assert not self.dead, self.log.read_text(errors="replace")
        if not desktop.pictures:
            self.run("bpy.context.preferences.system.viewport_aa = 'OFF'")

    @property
    def dead(self) -> bool:
        """Blender is no longer there."""
        return self.process.poll() is not None

    def ask(self, kind: str, *what: Any, seconds: float = 120) -> Any:
        """Have the driver do something, and give its answer."""
        self._asked += 1
        order, answer = (self.inbox / f"{self._asked}.{end}" for end in ("order", "answer"))
        text = json.dumps([kind, *what])
        order.with_suffix(".part").write_text(text)
        order.with_suffix(".part").rename(order)
        wait_for(lambda: answer.exists() or self.dead, seconds, f"an answer to {text[:200]}")
        assert not self.dead, self.log.read_text(errors="replace")[-3000:]
        result = json.loads(answer.read_text())
        assert "error" not in result, result["error"]
        return result["value"]

    def run(self, code: str, seconds: float = 120) -> Any:
        """Python in Blender; gives what it has assigned to `result`."""
        return self.ask("run", code, seconds=seconds)

    def click(self, name: str, seconds: float = 600, icon: bool = False) -> float:
        """Press the button of an operator such as 'mti.learn' in the sidebar, with the mouse; the
        seconds that it took to find it. `icon`: it is a small one, to the right."""
        self._draw_less()
        found_in: float = self.ask("click", name, icon, seconds=seconds)
        return found_in

    def buttons(self) -> dict[str, Any]:
        """What the sidebar shows: operators and properties, and where."""
        self._draw_less()
        found: dict[str, Any] = self.ask("buttons")
        return found

    def _draw_less(self) -> None:
        """Each move over the sidebar would draw the viewport below it, too."""
        if self._overlaps:
            self.run(NO_OVERLAP)
            self._overlaps = False

    def until(self, expression: str, seconds: float = 240) -> Any:
        """Wait until a Python expression in Blender is true; its value."""
        value: Any = None

        def holds() -> bool:
            nonlocal value
            value = self.run(f"result = {expression}")
            return bool(value)

        wait_for(holds, seconds, expression, pause=0.3)
        return value

    def kill(self) -> None:
        """SIGKILL, if it is still there."""
        if not self.dead:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


def wait_for(condition: Callable[[], bool], seconds: float, what: str, pause: float = 0.05) -> None:
    """Until the condition holds; AssertionError after so long."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"not within {seconds} s: {what}"
        time.sleep(pause)

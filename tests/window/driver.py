"""Runs inside Blender, on its timer: does what `desktop.Window` asks, one thing after the other."""

import contextlib
import json
import sys
import time
import traceback
from pathlib import Path

import bpy

FOLDER = Path(sys.argv[-1])
TAB = "Motion"
sys.stdout.reconfigure(line_buffering=True)
bpy.context.preferences.view.show_splash = False  # before the first drawing

number, task = 1, None
shown = {"space": "VIEW_3D"}


def window():
    return bpy.context.window_manager.windows[0]


def sidebar():
    """The area that shows our tab, and its sidebar."""
    area = next(a for a in window().screen.areas if a.type == shown["space"])
    return area, next(r for r in area.regions if r.type == "UI")


def mouse(x, y, kind="MOUSEMOVE", value="NOTHING"):
    shown["mouse"] = x, y
    window().event_simulate(type=kind, value=value, x=x, y=y)


def open_tab(space="VIEW_3D"):
    """The sidebar of an editor, at our tab, tall enough for all of it."""
    shown["space"] = space
    area, region = sidebar()
    area.spaces.active.show_region_ui = True
    area.tag_redraw()
    yield 0.5
    area, region = sidebar()
    region.active_panel_category = TAB
    area.tag_redraw()
    yield 0.5


def under_mouse():
    """The operator or the property under the mouse, as Blender itself copies it."""
    area, region = sidebar()
    manager = bpy.context.window_manager
    with bpy.context.temp_override(window=window(), area=area, region=region):
        for copy in (bpy.ops.ui.copy_python_command_button, bpy.ops.ui.copy_data_path_button):
            manager.clipboard = ""
            with contextlib.suppress(RuntimeError):
                if copy.poll() and copy() == {"FINISHED"} and manager.clipboard:
                    return manager.clipboard
    return ""


def under():
    """The same, for whoever asks."""
    yield 0.0
    return under_mouse()


WIDE, NARROW = (0.25,), (0.75, 0.82, 0.88, 0.93)
"""Where buttons are looked for, as parts of the sidebar's width. Most are wide; each place that the
mouse is moved to costs a drawing."""


def scan(wanted=None, columns=WIDE + NARROW):
    """name -> [x, y] of all buttons in the sidebar, by going over it with the mouse; no further
    than to one whose name begins with `wanted`."""
    found = {}
    _, region = sidebar()
    across = [region.x + round(region.width * part) for part in columns]
    rows = range(region.y + region.height - 4, region.y + 2, -18)
    for x, y in [(x, y) for y in rows for x in across]:
        mouse(x, y)
        yield 0.0
        name = under_mouse()
        if name and name not in found:
            found[name] = [x, y]
        if wanted and name.startswith(wanted):
            return found
    return found


def scroll(kind, times):
    _, region = sidebar()
    # in the margin: over a list, such as the library's, the wheel would scroll the list instead
    x, y = region.x + 3, region.y + region.height // 2
    mouse(x, y)
    yield 0.05
    for _ in range(times):  # all before the next drawing, which without a GPU takes long
        mouse(x, y, kind, "PRESS")
    yield 0.3


def click(name, icon=False):
    """Press an operator's button; the sidebar is scrolled to where it is. Gives the seconds that it
    took to find it, which a person does at a glance."""
    began = time.monotonic()
    place = yield from find(f"bpy.ops.{name}(", icon)
    found_in = time.monotonic() - began
    yield from press(*place)
    return found_in


def find(wanted, icon=False):
    """Where a button is whose operator or property begins so; the sidebar is scrolled there. One
    that is known to be an icon is looked for from the right, one column after the other."""
    all_seen = set()
    for columns in [(part,) for part in NARROW[::-1]] if icon else (WIDE, NARROW):
        seen = set()
        yield from scroll("WHEELUPMOUSE", 60)
        while True:
            found = yield from scan(wanted, columns)
            places = [place for text, place in found.items() if text.startswith(wanted)]
            if places:
                place = yield from settled(wanted, *places[0])
                if place is None:
                    continue  # a job's progress has moved it meanwhile
                return place
            if set(found) <= seen:
                break
            seen |= set(found)
            # 40 pixels each; the last rows are looked at again, below where they were
            yield from scroll("WHEELDOWNMOUSE", max(1, (sidebar()[1].height - 80) // 40))
        all_seen |= seen
    raise LookupError(f"no button {wanted} among {sorted(all_seen)}")


def settled(wanted, x, y):
    """Where near a place found in passing the mouse stays on what is wanted: what was under it then
    may have been asked a move too late, and an icon's button is no wider than such a move."""
    for up in (0, 14, -14, 28):
        for right in (0, -18, 18, -36, 36, -54):
            mouse(x + right, y + up)
            yield 0.1
            if under_mouse().startswith(wanted):
                return x + right, y + up
    return None


def press(x, y):
    mouse(x, y)
    yield 0.1
    mouse(x, y, "LEFTMOUSE", "PRESS")
    yield 0.1
    mouse(x, y, "LEFTMOUSE", "RELEASE")
    yield 0.3


def double_click(x, y):
    mouse(x, y)
    yield 0.3
    for value in ("PRESS", "RELEASE") * 2:  # before the next drawing, which may take long
        mouse(x, y, "LEFTMOUSE", value)
    yield 0.5


def write(text, end=""):
    """Type letters, digits and spaces where the cursor is, and then a key such as RET."""
    x, y = shown["mouse"]
    for letter in text:
        name = {" ": "SPACE"}.get(letter, letter.upper())
        window().event_simulate(type=name, value="PRESS", x=x, y=y, unicode=letter)
        window().event_simulate(type=name, value="RELEASE", x=x, y=y)
        yield 0.1
    for value in ("PRESS", "RELEASE") if end else ():
        window().event_simulate(type=end, value=value, x=x, y=y)
        yield 0.1
    yield 0.3


def drag(x, y, to_x, to_y):
    """Press at one place, move slowly, let go at another, and take what is offered there first."""
    mouse(x - 3, y)
    yield 0.3
    mouse(x, y)
    yield 0.3
    mouse(x, y, "LEFTMOUSE", "PRESS")
    for part in range(1, 11):
        yield 0.3
        mouse(round(x + (to_x - x) * part / 10), round(y + (to_y - y) * part / 10))
    yield 0.5
    mouse(to_x, to_y, "LEFTMOUSE", "RELEASE")
    yield 1.0
    yield from press(to_x, to_y)


def resize(width):
    """Drag the sidebar's left edge until it is about so wide; its real width."""
    _, region = sidebar()
    x, y = region.x, region.y + region.height // 3
    for step in (-4, -1, 0):
        mouse(x + step, y)
        yield 0.1
    mouse(x, y, "LEFTMOUSE", "PRESS")
    goal = x + region.width - width
    for part in range(1, 11):
        yield 0.05
        mouse(round(x + (goal - x) * part / 10), y)
    yield 0.1
    mouse(goal, y, "LEFTMOUSE", "RELEASE")
    yield 0.5
    return sidebar()[1].width


def key(kind, **modifiers):
    x, y = (part // 2 for part in (window().width, window().height))
    mouse(x, y)
    yield 0.1
    for value in ("PRESS", "RELEASE"):
        window().event_simulate(type=kind, value=value, x=x, y=y, **modifiers)
        yield 0.2


def run(code):
    names = {"bpy": bpy, "result": None}
    exec(compile(code, "order", "exec"), names)
    yield 0.0
    return names["result"]


KINDS = {
    "scroll": scroll,
    "run": run,
    "click": click,
    "buttons": scan,
    "open": open_tab,
    "find": find,
    "under": under,
    "press": press,
    "double_click": double_click,
    "write": write,
    "drag": drag,
    "resize": resize,
    "key": key,
}


def work(order):
    kind, *what = json.loads(order.read_text())
    try:
        answer = {"value": (yield from KINDS[kind](*what))}
    except Exception:
        answer = {"error": traceback.format_exc()}
    path = order.with_suffix(".answer")
    path.with_suffix(".made").write_text(json.dumps(answer, default=str))
    path.with_suffix(".made").rename(path)


def tick():
    global number, task
    if task is None:
        order = FOLDER / f"{number}.order"
        if not order.exists():
            return 0.05
        number, task = number + 1, work(order)
    try:
        return next(task) or 0.001
    except StopIteration:
        task = None
        return 0.01


def rest():
    """Blender sleeps so long whenever nothing happens; not while it simulates events, where it
    would take a whole core, also from the jobs that tests wait for."""
    time.sleep(0.005)
    return 0.0


def begin():
    (FOLDER / "ready").touch()
    return None


if "--enable-event-simulate" in sys.argv:
    bpy.app.timers.register(rest, persistent=True)
bpy.app.timers.register(tick, persistent=True)
bpy.app.timers.register(begin, first_interval=1.0)

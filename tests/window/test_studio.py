"""A window and a studio's server: figure, learn, apply, strip; the server is killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for
from tests.window.test_workflow import STRIPS, figure, jobs, picture, wait_for_phase

serving = pytest.importorskip("tests.server.serving", reason="the server's packages are missing")

STATE = f"""
from {ADDON}.mti_addon.blender.studio import place, watch
watch.poll()
result = [place.address(), {{kind: state.phase for kind, state in watch.states.items()}}]
"""
PREFERENCES = f"""
for area in bpy.context.window_manager.windows[0].screen.areas:
    if area.type == "VIEW_3D":
        area.type = "PREFERENCES"
bpy.context.preferences.active_section = "ADDONS"
bpy.context.preferences.view.show_addons_enabled_only = True
bpy.context.window_manager.addon_search = "Motion Textual"
import addon_utils
_, info = addon_utils.check("{ADDON}"), None
for module in addon_utils.modules():
    if module.__name__ == "{ADDON}":
        addon_utils.module_bl_info(module)["show_expanded"] = True
"""
SCROLL = """
areas = bpy.context.window_manager.windows[0].screen.areas
area = next(each for each in areas if each.type == "PREFERENCES")
region = next(r for r in area.regions if r.type == "WINDOW")
with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area,
                               region=region):
    bpy.ops.view2d.pan(deltax=0, deltay=-{pixels})
"""
"""Down the page, to what is below the models."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Any]:
    """The studio's own server, whose runner is the backend with the draft."""
    options = ["--tls", "--real", "--slots", "1", "--idle", "30"]
    made = serving.start(tmp_path / "studio", *options)
    found = {"server": made, "options": options}
    yield found
    found["server"].kill()
    found["server"].process.stdout.close()
    serving.end_runners(tmp_path / "studio")


def pair(window: Window, server: Any) -> None:
    """Paste the pairing string, as in the dialog of the preferences."""
    status, data = server.status, server.data
    token = serving.invited(data, "anna")
    text = f"mti1:127.0.0.1:{status['port']}#{status['fingerprint']}#{token}"
    window.run(f"bpy.ops.mti.pair_studio(pairing={text!r})")
    wait_for(lambda: "pair" in (state := window.run(STATE)[1]) and state["pair"] != "running",
             60, "an answer")  # fmt: skip
    address, states = window.run(STATE)
    assert states["pair"] == "done" and address == f"127.0.0.1:{status['port']}"


@pytest.mark.slow  # tests/blender/studio shows most of it, without the window
def test_a_figure_is_learned_and_applied_at_the_studio(
    desktop: Desktop, window: Window, server: Any
) -> None:
    pair(window, server["server"])
    window.run(f"bpy.context.preferences.addons['{ADDON}'].preferences.place = 'STUDIO'")
    window.run(f"bpy.context.preferences.addons['{ADDON}'].preferences.python = '/nowhere/python'")
    figure(window, 90)
    window.run("bpy.ops.mti.learn()")
    wait_for(lambda: jobs(window)[0][2] > 2, 180, "learning", pause=0.2)
    if desktop.pictures:
        window.ask("scroll", "WHEELDOWNMOUSE", 40)
    picture(desktop, "studio_learning")
    _kill_and_restart(window, desktop, server)
    wait_for_phase(window, "done")
    window.run("bpy.ops.mti.apply()")
    wait_for_phase(window, "done", 2)
    window.run(f"bpy.ops.mti.import_result(job={jobs(window)[0][0]!r})")
    assert len(window.run(f"result = {STRIPS}")) == 1
    picture(desktop, "studio_applied")
    if desktop.pictures:
        window.run("bpy.ops.mti.test_studio()")
        wait_for(lambda: window.run(STATE)[1].get("test") == "done", 60, "an answer")
        window.run(PREFERENCES)
        for pixels in (0, 700):
            window.run(SCROLL.format(pixels=pixels))
            picture(desktop, f"studio_preferences_{pixels}")


def _kill_and_restart(window: Window, desktop: Desktop, server: Any) -> None:
    """The server goes away in the middle, which is said; then it is there again."""
    running = server["server"]
    running.kill()
    running.process.stdout.close()
    window.until(
        f"__import__('{ADDON}.mti_addon.blender.queue.polling', fromlist=['x'])"
        ".jobs.rows[0].state.online is False",
        60,
    )
    picture(desktop, "studio_offline")
    options = [*server["options"], "--port", str(running.port)]
    server["server"] = serving.start(running.data, *options)

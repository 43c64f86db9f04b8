"""From the first click to the strip, with the mouse, in a real window; and what may go wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window, wait_for

STRIPS = """[
    strip.name
    for scene in bpy.data.scenes
    if scene.sequence_editor
    for strip in scene.sequence_editor.strips
]"""
JOBS = f"""
from {ADDON}.mti_addon.blender.queue import polling
result = [[row.folder.path.name, row.state.phase, row.state.step] for row in polling.jobs.rows]
"""
LONG = 100_000
PICTURES = os.environ.get("MTI_WINDOW_PICTURES")
"""Where to leave pictures of the screen, for people; empty: nowhere."""


def picture(desktop: Desktop, name: str) -> None:
    if PICTURES:
        desktop.picture(Path(PICTURES) / f"{name}.png")


def jobs(window: Window) -> list[list[Any]]:
    """[id, phase, step] of each, the newest first."""
    found: list[list[Any]] = window.run(JOBS)
    return found


def wait_for_phase(window: Window, phase: str, count: int = 1) -> None:
    def there() -> bool:
        found = [entry[1] for entry in jobs(window)]
        assert "failed" not in found and "dead" not in found, found
        return found.count(phase) >= count

    wait_for(there, 600, f"{count} {phase}", pause=0.3)


def figure(window: Window, iterations: int) -> None:
    """A captured figure, ready to be learned from its images in so many iterations."""
    window.run(f"""
bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
bpy.context.scene.mti.from_poses = False
bpy.context.scene.mti.iterations = {iterations}
bpy.context.scene.mti.target_engine = "PREVIEW"  # EEVEE takes minutes without a GPU
bpy.ops.mti.add_camera()
bpy.ops.mti.capture()
""")


def test_a_figure_is_added_learned_and_applied_by_clicks(desktop: Desktop, window: Window) -> None:
    window.run("bpy.ops.mti.add_stick_figure(motion='WAVE')")  # a menu's entry
    assert window.run("result = bpy.context.object.type") == "ARMATURE"
    window.run("bpy.context.scene.mti.iterations = 6")
    window.run("bpy.context.scene.mti.target_engine = 'PREVIEW'")  # EEVEE: minutes without a GPU
    window.click("mti.capture")
    picture(desktop, "captured")
    window.click("mti.learn")
    wait_for_phase(window, "done")
    window.click("mti.apply")
    wait_for_phase(window, "done", 2)
    window.click("mti.import_result")
    assert len(window.run(f"result = {STRIPS}")) == 1
    picture(desktop, "applied")


def test_undo_revert_and_new_file_lose_nothing(desktop: Desktop, window: Window) -> None:
    saved = desktop.folder / "scene.blend"
    figure(window, 6)
    window.run(f"bpy.ops.wm.save_mainfile(filepath={str(saved)!r})")
    window.run("bpy.ops.mti.learn()")
    begun = [entry[0] for entry in jobs(window)]
    assert len(begun) == 1
    for code in (
        "bpy.ops.ed.undo()",
        "bpy.ops.ed.redo()",
        "bpy.ops.wm.revert_mainfile()",
        "bpy.ops.wm.read_homefile(app_template='')",
        f"bpy.ops.wm.open_mainfile(filepath={str(saved)!r})",
    ):
        window.run(f"""
area = next(a for a in bpy.context.window_manager.windows[0].screen.areas if a.type == "VIEW_3D")
region = next(r for r in area.regions if r.type == "WINDOW")
with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area,
                               region=region):
    try:
        {code}
    except RuntimeError as error:
        print(error)
""")
        assert [entry[0] for entry in jobs(window)] == begun, code
    wait_for_phase(window, "done")
    window.run("bpy.ops.mti.apply()")
    wait_for_phase(window, "done", 2)
    window.run("bpy.ops.mti.import_result(job=bpy.context.scene.mti.capture and '"
               + jobs(window)[0][0] + "')")  # fmt: skip
    assert len(window.run(f"result = {STRIPS}")) == 1


def test_blender_is_killed_and_opened_again_and_the_job_goes_on(desktop: Desktop) -> None:
    with desktop.blender() as first:
        figure(first, LONG)
        first.run("bpy.ops.mti.learn()")
        wait_for(lambda: jobs(first)[0][2] > 2, 120, "learning", pause=0.3)
        name, _, step = jobs(first)[0]
        first.kill()
    with desktop.blender() as second:
        # nobody has been asked anything, and it runs on
        wait_for(lambda: bool(jobs(second)) and jobs(second)[0][2] > step, 60, "more of it",
                 pause=0.3)  # fmt: skip
        assert jobs(second)[0][:2] == [name, "running"]
        second.run(
            "bpy.app.timers.register(lambda: bpy.ops.wm.quit_blender() and None, first_interval=1)"
        )
        wait_for(lambda: second.dead, 60, "its end")
        assert second.process.returncode == 0
    with desktop.blender() as third:
        wait_for(lambda: bool(jobs(third)), 60, "its jobs", pause=0.3)
        assert jobs(third)[0][:2] == [name, "running"]
        third.run(f"bpy.ops.mti.cancel(job={name!r})")
        wait_for_phase(third, "cancelled")


@pytest.mark.slow  # an icon is looked for place by place, beside a job that has one of the cores
def test_a_job_is_cancelled_by_its_button(desktop: Desktop, window: Window) -> None:
    figure(window, LONG)
    window.run("bpy.ops.mti.learn()")
    wait_for(lambda: jobs(window)[0][2] > 2, 120, "learning", pause=0.3)
    picture(desktop, "learning")
    window.click("mti.cancel", icon=True)
    wait_for_phase(window, "cancelled")

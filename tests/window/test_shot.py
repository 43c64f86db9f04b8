"""A real shot, with nothing of ours touched: what is sent is what F12 shows, and F12 goes on to."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from mti_addon.motion import decode_png, encode_png
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window
from tests.window.test_workflow import picture, wait_for_phase

SHOWN = """
import os
image = next(each for each in bpy.data.images if each.type == "RENDER_RESULT")
image.save_render({path!r}, scene=bpy.data.scenes["Shot"])
result = [image.render_slots.active_index, len(image.render_slots)]
"""
"""What the Image Editor shows of the Render Result, and in which slot."""
SENT = f"""
from {ADDON}.mti_addon.blender.queue import polling
result = str(polling.jobs.rows[0].folder.path)
"""
PLACED = """
from {addon}.mti_addon.blender.sequencer.strip import strip_start, strip_end
found = []
for scene in bpy.data.scenes:
    for strip in scene.sequence_editor.strips if scene.sequence_editor else ():
        found.append([scene.name, strip.name, strip.channel, strip_start(strip),
                      strip_end(strip) - 1, strip.directory, strip.elements[0].filename])
result = found
"""


def f12(window: Window, path: Path, scene: str = "Shot") -> np.ndarray:
    """A render by the operator that the key F12 calls, written to a file."""
    window.run(
        f"""
scene = bpy.data.scenes[{scene!r}]
kept = scene.render.filepath
scene.render.filepath, scene.render.image_settings.color_mode = {str(path)!r}, "RGB"
with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], scene=scene):
    bpy.ops.render.render(write_still=True, scene=scene.name)
scene.render.filepath = kept
""",
        900,
    )
    return decode_png(path.read_bytes()).astype(int)


def open_shot(desktop: Desktop, window: Window) -> None:
    """The shot of shot.py, saved, and a figure of its own scene whose motion is learned."""
    shutil.copy(Path(__file__).with_name("shot.py"), desktop.folder)
    window.run(f"""
import sys
sys.path.insert(0, {str(desktop.folder)!r})
import shot
scene = shot.build()
scene.eevee.taa_render_samples = 1  # each takes seconds without a GPU
bpy.ops.wm.save_as_mainfile(filepath={str(desktop.folder / "shot.blend")!r})
""")


def test_what_f12_shows_is_sent_and_stays(desktop: Desktop, window: Window) -> None:
    folder = desktop.folder
    open_shot(desktop, window)
    before = f12(window, folder / "before.png")
    assert before.shape == (216, 384, 3) and before.std() > 20
    slot, _ = window.run(SHOWN.format(path=str(folder / "shown.png")))
    window.run("""
bpy.ops.mti.add_stick_figure(motion="WAVE")
bpy.context.object.hide_render = True
props = bpy.context.scene.mti
props.iterations = 6
""")
    window.run("bpy.ops.mti.capture()")
    window.click("mti.learn")
    wait_for_phase(window, "done")
    window.click("mti.apply", seconds=900)  # it renders the shot
    job = Path(window.run(SENT))
    picture(desktop, "sent")
    # all of it was sent
    sent = decode_png((job / "inputs/target.png").read_bytes()).astype(int)
    assert sent.shape[:2] == (216, 384)
    assert np.abs(sent[..., :3] - before).max() <= 2
    # the animator's own render is where it was
    again, _ = window.run(SHOWN.format(path=str(folder / "again.png")))
    assert again == slot
    assert (folder / "again.png").read_bytes() == (folder / "shown.png").read_bytes()
    assert window.run("result = bpy.context.scene.mti.target_shown")
    wait_for_phase(window, "done", 2)
    window.click("mti.import_result")
    [placed] = window.run(PLACED.format(addon=ADDON))
    assert placed[:5] == ["Shot Edit", placed[1], 1, 1, 48]
    assert (f12(window, folder / "after.png") == before).all()
    assert window.run("result = bpy.context.scene.view_settings.view_transform") == "AgX"
    # the strip is seen in every workspace with a sequencer, and shows the file's own colors
    shown = window.run("""
result = [[w.name, w.sequencer_scene.name if w.sequencer_scene else ""] for w in bpy.data.workspaces
          if any(a.type == "SEQUENCE_EDITOR" for s in w.screens for a in s.areas)]
""")
    assert all(scene == "Shot Edit" for _, scene in shown)
    frame = f12(window, folder / "edit.png", "Shot Edit")
    first = decode_png((folder / "motion" / Path(placed[5]).name / placed[6]).read_bytes())
    assert first.shape[:2] == (216, 384)  # a result has the shot's own size, and lies over it
    assert np.abs(frame - first[..., :3].astype(int)).mean() < 1.5
    show_edit(window)
    picture(desktop, "edit")


def show_edit(window: Window) -> None:
    """The sequencer beside the shot, as an animator would have it."""
    window.run("""
window = bpy.context.window_manager.windows[0]
areas = sorted(window.screen.areas, key=lambda area: area.width * area.height)
view = areas[-1]
with bpy.context.temp_override(window=window, area=view, region=view.regions[-1]):
    bpy.ops.screen.area_split(direction="HORIZONTAL", factor=0.4)
lower = min((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda area: area.y)
lower.type = "SEQUENCE_EDITOR"
lower.spaces.active.view_type = "SEQUENCER_PREVIEW"
""")


@pytest.mark.slow
def test_undo_takes_the_strip_and_the_edit_back(desktop: Desktop, window: Window) -> None:
    """And redo brings them again; no workspace is left with a scene that is not there."""
    window.run("""
bpy.ops.mti.add_stick_figure(motion="WAVE")
props = bpy.context.scene.mti
props.iterations, props.also_apply, props.target_engine = 6, True, "PREVIEW"
bpy.ops.mti.add_camera()
bpy.ops.mti.capture()
bpy.ops.mti.learn()
""")
    wait_for_phase(window, "done")
    window.click("mti.import_result")
    assert window.run("result = [each.name for each in bpy.data.scenes]") == ["Scene", "Scene Edit"]
    for code, scenes in (("undo", 1), ("redo", 2), ("undo", 1)):
        window.run(f"""
window = bpy.context.window_manager.windows[0]
area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
region = next(r for r in area.regions if r.type == "WINDOW")
with bpy.context.temp_override(window=window, area=area, region=region):
    bpy.ops.ed.{code}()
""")
        assert window.run("result = len(bpy.data.scenes)") == scenes, code
        named = window.run("""
result = [w.sequencer_scene.name for w in bpy.data.workspaces if w.sequencer_scene]
""")
        assert set(named) <= {"Scene Edit"} and (scenes == 2 or named == [])


def test_the_viewport_s_colors_are_an_srgb_monitor_s(desktop: Desktop, window: Window) -> None:
    pictures = []
    for device in ("sRGB", "Display P3", "Rec.2100-PQ"):
        found = window.run(f"""
from {ADDON}.mti_addon.blender.apply import preview as target_preview
scene = bpy.context.scene
scene.display_settings.display_device = {device!r}
if {device!r} == "sRGB":
    material = bpy.data.objects["Cube"].active_material
    material.diffuse_color = (0.8, 0.1, 0.02, 1)
    areas = bpy.context.window_manager.windows[0].screen.areas
    view = next(area for area in areas if area.type == "VIEW_3D").spaces.active.region_3d
    view.view_distance /= 2  # more of the cube than of the background
    view.update()
    bpy.context.view_layer.update()
scene.mti.target = "VIEWPORT"
bpy.ops.mti.show_target()
folder = target_preview.folder() / scene.mti.target_shown
result = [str(folder), scene.display_settings.display_device]
""")
        assert found[1] == device
        pictures.append(decode_png((Path(found[0]) / "target.png").read_bytes()).astype(int))
    assert pictures[0].std() > 5
    for picture_ in pictures[1:]:
        assert np.abs(picture_ - pictures[0]).max() <= 1


def test_a_file_of_one_color_is_shown_as_it_is(desktop: Desktop, window: Window) -> None:
    """What is shown of the target is what was made of it, also while a result plays."""
    path = desktop.folder / "two.png"
    two = np.full((64, 64, 3), (200, 30, 20), np.uint8)
    two[:, 32:] = (20, 60, 210)
    path.write_bytes(encode_png(two))
    window.run(f"""
props = bpy.context.scene.mti
props.target, props.target_image = "IMAGE", {str(path)!r}
bpy.ops.mti.show_target()
""")
    shown = window.run("result = bpy.context.scene.mti.target_shown")
    found = window.run(f"""
from {ADDON}.mti_addon.blender.apply import preview as target_preview
result = [target_preview.icon({shown!r}) > 0, str(target_preview.folder() / {shown!r})]
""")
    assert found[0]
    assert (decode_png((Path(found[1]) / "target.png").read_bytes()) == two).all()

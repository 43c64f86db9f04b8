"""A window goes on drawing strips and planes whose images vanish, or are not what they were."""

from __future__ import annotations

import random

import pytest

from tests.blender.sequencer.lost_media import DAMAGES, LENGTH, PICTURES, SIZE, harm, picture
from tests.window.conftest import ADDON
from tests.window.desktop import Desktop, Window

pytestmark = pytest.mark.wide

ADD = """
from {addon}.mti_addon.blender.results import objects as result_objects
from {addon}.mti_addon.blender.sequencer import strip
scene = bpy.context.scene
strip.add_picture_strip(scene, {media!r}, {names!r}, 1, {length}, {damage!r})
image = result_objects.load_sequence({media!r} + "/" + {names!r}[0], {damage!r})
result_objects.add_plane(bpy.context, image, {size}, {count}, 1, {count})
"""
EDITORS = f"""
from {ADDON}.mti_addon.blender.sequencer.edit_scene import show_in_sequencers
areas = sorted(bpy.context.screen.areas, key=lambda area: area.width * area.height)
shading = areas[-1].spaces.active.shading
shading.type, shading.color_type = "SOLID", "TEXTURE"  # EEVEE takes seconds without a GPU
areas[-2].type = "SEQUENCE_EDITOR"
areas[-2].spaces.active.view_type = "PREVIEW"
show_in_sequencers(bpy.context, bpy.context.scene)
"""
PLAY = """
scene = bpy.context.scene
bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
for area in bpy.context.screen.areas:
    if area.type == "SEQUENCE_EDITOR":
        with bpy.context.temp_override(area=area):
            bpy.ops.sequencer.refresh_all()
for frame in (1, {length} // 2, {length} - 1):  # each is drawn without a GPU
    scene.frame_set(frame)
    bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
result = len(scene.sequence_editor.strips)
"""


@pytest.mark.slow
def test_a_window_outlives_lost_images(desktop: Desktop, window: Window) -> None:
    for index, damage in enumerate(DAMAGES):
        media = desktop.folder / damage / "media"
        media.mkdir(parents=True)
        names = [f"{i + 1:04d}.png" for i in range(PICTURES)]
        for i, name in enumerate(names):
            (media / name).write_bytes(picture(SIZE, i / (PICTURES - 1)))
        window.run(
            ADD.format(
                addon=ADDON, media=str(media), names=names, length=LENGTH, damage=damage,
                size=SIZE, count=PICTURES,
            )
        )  # fmt: skip
        if not index:
            window.run(EDITORS)
        assert window.run(PLAY.format(length=LENGTH), 300) == index + 1
        harm(media, damage, random.Random(damage))
        assert window.run(PLAY.format(length=LENGTH), 300) == index + 1
    assert not window.dead

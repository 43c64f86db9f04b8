"""Pictures that are gone, damaged or of another size: Blender outlives it, and the sizes it keeps.

`python -m tests.blender.sequencer.lost_media 50` tries it as often as one likes.
"""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender.sequencer import lost_media

ORDER = [f"{k * 14 // 48 + 1:04d}.png" for k in range(48)]


@pytest.fixture
def media(tmp_path):
    folder = tmp_path / "media"
    folder.mkdir()
    for i in range(14):
        (folder / f"{i + 1:04d}.png").write_bytes(lost_media.picture((64, 48), i / 13))
    return folder


def _sizes(strip):
    return {(element.orig_width, element.orig_height) for element in strip.elements}


def _handles(strips, strip):
    return strips.strip_start(strip), strips.strip_end(strip)


def test_every_round_ends_well(staged):
    """Half of the kinds; of some versions of Blender the one half, of others the other."""
    first = bpy.app.version[1] % 2
    kinds = lost_media.KINDS[first::2]
    assert lost_media.rounds(staged, 1, kinds) == {f"{kind}: fine": 1 for kind in kinds}


def test_all_sizes_are_known(scene, ext, media):
    """Of a strip made with `elements.append` they are what the memory held before."""
    names = sorted(set(ORDER))
    kinds = [area.ui_type for area in bpy.context.window_manager.windows[0].screen.areas]
    strip = ext("blender.sequencer.strip").add_picture_strip(scene, media, names, 5, 48, "Wave")
    assert _sizes(strip) == {(64, 48)}
    assert [element.filename for element in strip.elements] == ORDER
    assert strip.directory == f"{media}/" and strip.name == "Wave"
    window = bpy.context.window_manager.windows[0]
    assert [area.ui_type for area in window.screen.areas] == kinds


def test_in_a_scene_that_no_window_shows(scene, ext, media):
    other = bpy.data.scenes.new("Other")
    strip = ext("blender.sequencer.strip").add_picture_strip(
        other, media, ["0001.png"], 5, 3, "Wave"
    )
    assert other.sequence_editor.strips[:] == [strip] and _sizes(strip) == {(64, 48)}
    assert len(scene.sequence_editor.strips) == 0
    assert other.view_settings.view_transform == scene.view_settings.view_transform == "AgX"


def test_in_a_sequencer_that_is_open(scene, ext, media):
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    kind, area.type = area.ui_type, "SEQUENCE_EDITOR"
    try:
        strip = ext("blender.sequencer.strip").add_picture_strip(
            scene, media, ["0001.png"], 5, 3, "Wave"
        )
        assert _sizes(strip) == {(64, 48)} and area.type == "SEQUENCE_EDITOR"
    finally:
        area.ui_type = kind


def test_where_no_area_can_be_borrowed_the_sizes_are_unknown(scene, ext, media):
    """As Blender says it: (0, 0), not what the memory held."""
    module = ext("blender.sequencer.strip")
    editor = scene.sequence_editor_create()
    strip = module._one_by_one(editor, str(media), ORDER, 2, 7)
    assert _sizes(strip) == {(0, 0)} and [e.filename for e in strip.elements] == ORDER
    assert _handles(ext("blender.sequencer.strip"), strip) == (7, 55) and strip.channel == 2


def _uninitialised(editor, media, tries=20):
    """A strip as scripts make them, with sizes that cannot be."""
    for _ in range(tries):
        junk = [bytes(np.random.default_rng(0).integers(0, 255, n * 100)) for n in range(99)]
        del junk
        strip = editor.strips.new_image(
            name="old", filepath=str(media / ORDER[0]), channel=1, frame_start=1, fit_method="FIT"
        )
        for name in ORDER[1:]:
            strip.elements.append(name)
        if any(min(size) < 0 or (size[0] == 0) != (size[1] == 0) for size in _sizes(strip)):
            return strip
        editor.strips.remove(strip)
    raise AssertionError("the memory was clean")


def test_sizes_that_cannot_be_are_forgotten_when_a_file_is_opened(scene, ext, media, tmp_path):
    editor, strips = scene.sequence_editor_create(), ext("blender.sequencer.strip")
    strip = _uninitialised(editor, media)
    good = strips.add_picture_strip(scene, media, ORDER, 1, 48, "new")
    strip.transform.scale_x, strip.transform.offset_y, strip.blend_alpha = 3.0, 40, 0.5
    strip.use_reverse_frames = True
    strip["mti_job"] = "kept"
    for name, frame in (("left_handle", 11), ("right_handle", 41)):
        old = {"left_handle": "frame_final_start", "right_handle": "frame_final_end"}[name]
        setattr(strip, name if hasattr(strip, name) else old, frame)
    editor.active_strip = good
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    (media / "0003.png").unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    editor = bpy.context.scene.sequence_editor
    mended, kept = editor.strips["old"], editor.strips["new"]
    assert _sizes(mended) == {(0, 0)} and _sizes(kept) == {(64, 48)}
    assert [element.filename for element in mended.elements] == ORDER
    assert _handles(strips, mended) == (11, 41) and editor.active_strip == kept
    assert (mended.transform.scale_x, mended.transform.offset_y) == (3.0, 40)
    assert (mended.blend_alpha, mended.use_reverse_frames, mended["mti_job"]) == (0.5, True, "kept")
    assert bpy.path.abspath(mended.directory) == f"{media}/"


@pytest.fixture
def old_file(scene, ext, media, tmp_path):
    """Another .blend file, with a strip of impossible sizes in its scene Old, one in a meta strip
    and one whose sizes are known; and a new file that is open."""
    old = bpy.data.scenes.new("Old")
    editor = old.sequence_editor_create()
    _uninitialised(editor, media).name = "inner"
    meta = editor.strips.new_meta(name="meta", channel=3, frame_start=1)
    editor.strips["inner"].move_to_meta(meta)
    _uninitialised(editor, media)
    ext("blender.sequencer.strip").add_picture_strip(old, media, ORDER, 1, 48, "new")
    path = tmp_path / "old.blend"
    bpy.data.libraries.write(str(path), {old})
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    return path


def _append(path, link):
    bpy.ops.wm.append(directory=f"{path}/Scene/", filename="Old", link=link)


def _load(path, link):
    with bpy.data.libraries.load(str(path), link=link) as (source, wanted):
        wanted.scenes = source.scenes


@pytest.mark.parametrize("get", [_append, _load])
def test_sizes_that_cannot_be_are_forgotten_in_a_scene_that_is_appended(old_file, ext, get):
    active = bpy.context.scene
    get(old_file, link=False)
    scene = bpy.data.scenes["Old"]
    strips = scene.sequence_editor.strips_all
    assert scene.library is None and bpy.context.scene == active
    assert _sizes(strips["old"]) == _sizes(strips["inner"]) == {(0, 0)}
    assert _sizes(strips["new"]) == {(64, 48)}
    assert [element.filename for element in strips["old"].elements] == ORDER
    assert scene.sequence_editor.show_missing_media


@pytest.mark.parametrize("get", [_append, _load])
def test_a_scene_that_is_linked_draws_no_cards(old_file, ext, get):
    """Its strips belong to another file, and are mended when that is opened."""
    get(old_file, link=True)
    scene = bpy.data.scenes["Old"]
    assert scene.library is not None
    assert not scene.sequence_editor.show_missing_media
    wrong = _sizes(scene.sequence_editor.strips_all["old"])
    assert wrong != {(0, 0)}
    bpy.ops.wm.save_as_mainfile(filepath=str(old_file.with_name("shot.blend")))
    bpy.ops.wm.open_mainfile(filepath=str(old_file.with_name("shot.blend")))
    scene = bpy.data.scenes["Old"]
    assert scene.library is not None and not scene.sequence_editor.show_missing_media


def test_a_linked_scene_that_is_made_local_is_mended_before_it_is_drawn(old_file, ext):
    """Nobody is told of that."""
    _load(old_file, link=True)
    scene = bpy.data.scenes["Old"].make_local()
    strip = scene.sequence_editor.strips_all["old"]
    assert not scene.sequence_editor.show_missing_media, "what keeps it from being drawn"
    with ext("blender.sequencer.drawing").sequencer_of(scene, strip):
        pass
    assert _sizes(strip) == {(0, 0)}


@pytest.mark.parametrize("how", ["HARD", "SOFT"])
def test_a_cut_strip_shows_the_same_images_after_it_is_mended(scene, ext, media, how):
    """Blender's own operator undoes a hard cut."""
    strips, editor = ext("blender.sequencer.strip"), scene.sequence_editor_create()
    whole = _uninitialised(editor, media)
    part = whole.split(frame=11, split_method=how)
    part = part.split(frame=31, split_method=how) and part
    for strip in (whole, part):
        frames = range(*_handles(strips, strip))
        shown = [strip.strip_elem_from_frame(frame).filename for frame in frames]
        assert shown == ORDER[frames[0] - 1 : frames[-1]]
    assert ext("blender.sequencer.image_sizes").mend_sizes(scene) >= 1
    for strip, span in ((whole, (1, 11)), (part, (11, 31))):
        assert _sizes(strip) == {(0, 0)} and _handles(strips, strip) == span
        shown = [strip.strip_elem_from_frame(frame).filename for frame in range(*span)]
        assert shown == ORDER[span[0] - 1 : span[1] - 1]


def test_a_strip_in_a_meta_strip_and_one_with_a_relative_path(scene, ext, media, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    scene = bpy.context.scene
    editor = scene.sequence_editor_create()
    strip = _uninitialised(editor, media)
    strip.directory = "//media/"
    meta = editor.strips.new_meta(name="meta", channel=3, frame_start=1)
    strip.move_to_meta(meta)
    strip.lock = meta.lock = True
    assert ext("blender.sequencer.image_sizes").mend_sizes(scene) == 1
    strip = meta.strips[0]
    assert _sizes(strip) == {(0, 0)} and strip.directory == "//media/"
    assert ext("blender.sequencer.image_sizes").mend_sizes(scene) == 0


def test_an_open_meta_strip_gets_the_result(scene, ext, media):
    editor, strips = scene.sequence_editor_create(), ext("blender.sequencer.strip")
    inner = strips.add_picture_strip(scene, media, ["0001.png"], 1, 48, "Inner")
    meta = editor.strips.new_meta(name="meta", channel=3, frame_start=1)
    inner.move_to_meta(meta)
    editor.display_stack(meta)
    made = strips.add_picture_strip(scene, media, ["0001.png"], 1, 48, "Wave")
    assert [strip.name for strip in meta.strips] == ["Inner", "Wave"] and made.channel == 2


def test_nothing_else_leaves_the_size_of_a_picture_unset(staged):
    modules = (staged / "mti_addon").rglob("*.py")
    users = [path.name for path in modules if "elements.append(" in path.read_text()]
    assert users == ["strip.py"]

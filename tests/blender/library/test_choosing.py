"""Motions are shown, found and chosen; Apply applies the one that is chosen."""

from __future__ import annotations

from dataclasses import replace

import bpy
import pytest

from mti_addon.wire.library.preset import read_preset, update_preset
from tests.blender.queue.following import ended, learn, wait
from tests.blender.test_panels import Layout, _context, _drawn
from tests.wire.library.examples import listed, saved


def names(lines):
    """What stands in the grid, by the buttons of its pictures."""
    return lines.count("[mti.pick_motion]")


def section(lines):
    """The lines of the library."""
    return lines[lines.index("Library") + 1 : lines.index("Apply")]


def pick(entry):
    return bpy.ops.mti.pick_motion(folder=str(entry.folder))


@pytest.fixture
def buttons(ext):
    """buttons(width): the texts of the grid's buttons in a sidebar so wide."""

    def buttons(width=280):
        layout = Layout()
        ext("blender.common.lists").fill()
        ext("blender.library.panel").draw_library(_context(width), layout)
        known = {each.name for each in ext("blender.library.motions").library().entries()}
        return [text for text, _ in layout.buttons if text in known]

    return buttons


def test_all_motions_are_shown_by_name_with_the_shipped_ones(own, buttons, motions):
    shown = buttons()
    assert {"Jump", "Nod", "Wave"} <= set(shown) and shown == sorted(shown)
    assert len(shown) == len(motions.library().entries()) > 3


def test_the_chosen_motion_is_shown_and_applied(entry, scene, ext, motions):
    current = ext("blender.apply.current")
    assert current.current_motion(scene) is None
    assert "[mti.favorite_motion]" not in _drawn()
    assert pick(entry("Wave")) == {"FINISHED"}
    assert pick(entry("Wave")) == {"CANCELLED"}, "nothing to undo"
    lines = section(_drawn())
    assert {"Wave", "Body, 2.0 s, 14 images", "Tags: arm, greeting", "By Ada"} <= set(lines)
    assert "Learned with Draft (gain 0.75)" in lines and "[mti.learn_motion]" not in lines
    motion = current.current_motion(scene)
    assert motion.name == "Wave" and motion.files[0].parent.parent == entry("Wave").folder
    pick(entry("Nod"))
    assert current.current_motion(scene).name == "Nod"
    assert "Face, 2.0 s, 14 images" in section(_drawn())


def test_a_motion_is_applied_by_the_chosen_engine_or_learned_for_it(
    entry, captured, prefs, ext, polling
):
    pick(entry("Wave"))
    prefs.engine = "svd"
    current = ext("blender.apply.current")
    assert current.current_motion(captured) is None
    lines = _drawn()
    assert "Not learned for SVD yet" in lines and "[mti.learn_motion]" in lines
    assert "Wave is not learned for SVD yet: learn it in the Library" in " ".join(lines)
    assert not bpy.ops.mti.apply.poll()
    prefs.engine = "draft"
    assert bpy.ops.mti.apply() == {"FINISHED"}
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert row.request.name == "Wave" and row.state.phase == "done"
    prefs.library_order = "USED"
    assert ext("blender.library.shown").found(_window())[0].name == "Wave"


def test_search_and_filters(own, buttons, prefs, motions):
    window = _window()
    for field, value, found in (
        ("library_search", "greeting wa", ["Wave"]),
        ("library_kinds", {"face"}, ["Nod"]),
        ("library_tag", "sport", ["Jump"]),
        ("library_origin", "own", ["Jump", "Nod", "Wave"]),
        ("library_search", "no such motion", []),
    ):
        setattr(window, field, value)
        if field != "library_origin":
            window.library_origin = "own"
        assert buttons() == found, field
        bpy.ops.mti.clear_library_search()
    window.library_origin, window.library_engine = "own", "svd"
    assert buttons() == []
    window.library_engine = "draft"
    assert len(buttons()) == 3
    prefs.library_order = "DATE"
    for number, name in enumerate(("nod", "wave", "jump")):  # from the oldest to the newest
        preset = read_preset(own / name)
        when = f"2025-01-31T12:00:{number:02d}+00:00"
        update_preset(own / name, replace(preset, created=when))
    motions.library().refresh()
    assert buttons() == ["Jump", "Wave", "Nod"]
    prefs.library_order = "NAME"
    assert buttons() == ["Jump", "Nod", "Wave"]


def test_how_many_are_shown_is_said_beside_the_section_s_name(own, motions):
    total = len(motions.library().entries())
    assert str(total) in section(_drawn())
    assert "[mti.clear_library_search]" not in _drawn()
    _window().library_search = "wave"
    assert f"3 of {total}" in section(_drawn()), "its own, and the included Wave, Wave Both Arms"
    _window().library_kinds = {"face"}
    assert f"0 of {total}" in section(_drawn()) and "[mti.clear_library_search]" in _drawn()


def test_keying_a_motion_counts_as_using_it(motions, scene, ext, prefs):
    kick, bow = (
        next(e for e in motions.library().entries() if e.folder.name == name)
        for name in ("kick", "bow")
    )
    assert kick.used == bow.used == 0
    assert bpy.ops.mti.pose_motion(motion=kick.id) == {"FINISHED"}
    assert bpy.ops.mti.edit_motion(motion=bow.id) == {"FINISHED"}
    prefs.library_order = "USED"
    first, second = ext("blender.library.shown").found(_window())[:2]
    assert (first.name, second.name) == ("Bow", "Kick")


def test_favorites(entry, buttons):
    assert bpy.ops.mti.favorite_motion(folder=str(entry("Jump").folder)) == {"FINISHED"}
    assert entry("Jump").favorite
    _window().library_favorites = True
    assert buttons() == ["Jump"]
    bpy.ops.mti.favorite_motion(folder=str(entry("Jump").folder))
    assert buttons() == []


@pytest.mark.parametrize(("width", "across"), [(160, 1), (200, 2), (250, 2), (300, 3), (400, 4)])
def test_as_many_pictures_stand_side_by_side_as_fit(own, motions, ext, width, across):
    for number in range(9):
        listed(own, f"m{number}", number)
    motions.library().refresh()
    grid, context = ext("blender.library.grid"), _context(width)
    assert grid.columns(context) == across
    entries = ext("blender.library.shown").found(_window())
    middle = grid.GRID_LEFT + (width - 54 - grid.BOX_EDGES - grid.SCROLL_BAR) / across / 2
    assert grid.entry_at(context, 0, 0.0) == entries[0]
    assert grid.entry_at(context, 1, middle) == entries[across]
    last = grid.entry_at(context, 0, width - 54.0)
    assert last == entries[across - 1]
    assert grid.entry_at(context, 99, middle) is None


def test_the_grid_is_as_high_with_a_search_as_without(motions, prefs, tmp_path, buttons):
    for number in range(40):
        listed(tmp_path / "own", f"m{number}", number)
    motions.library().refresh()
    high = {line for line in _drawn() if line.startswith("(MTI_UL_library")}
    _window().library_search = "no such motion"
    assert {line for line in _drawn() if line.startswith("(MTI_UL_library")} == high
    _window().library_search = ""
    assert [name for name in buttons() if name[0] == "m"][:3] == ["m0", "m1", "m2"]


def test_an_empty_library_says_so(motions, prefs, monkeypatch, ext, tmp_path):
    monkeypatch.setattr(ext("blender.common.addon"), "presets_folder", lambda: tmp_path / "none")
    assert "No motions yet" in section(_drawn())
    assert not bpy.ops.mti.delete_motion.poll()


def test_a_name_is_found_by_typing(entry, scene, captured, polling):
    learn(polling, captured, "wave at work")
    wait(polling, ended)
    label = f"Jump ({entry('Jump').id[:8]})"
    choose = bpy.types.MTI_OT_find_motion
    module = __import__(choose.__module__, fromlist=["x"])
    module._choices[:] = module._all_choices()
    assert [each[1] for each in module._choices][0] == "wave at work (Draft)"
    assert bpy.ops.mti.find_motion(motion=label) == {"FINISHED"}
    assert scene.mti.motion == label
    tooltip = module.tooltip(entry("Wave"))
    assert tooltip.startswith("Wave\nBody, 2.0 s") and "greeting" in tooltip


def test_the_library_and_apply_cannot_choose_two(entry, captured, polling, ext):
    """What a job has learned is chosen in the library, too, once it is there."""
    shown = ext("blender.library.shown")
    pick(entry("Wave"))
    learn(polling, captured, "real nod")
    row = wait(polling, ended)
    assert shown.chosen(captured).name == "Wave"
    captured.mti.motion = ""
    assert shown.chosen(captured) is None and "Using Latest: real nod" in _drawn()
    bpy.ops.mti.save_to_library(job=row.request.job, name="My nod")
    assert shown.chosen(captured).name == "My nod"
    captured.mti.motion = ""
    assert shown.chosen(captured).name == "My nod"
    captured.mti.motion = f"real nod (draft, {row.request.job[:6]})"
    assert shown.chosen(captured).name == "My nod"


def test_a_motion_with_an_older_label_is_still_chosen(motions, scene, ext):
    """As scenes have it that were saved before there was a library."""
    scene.mti.motion = "Wave (draft, wave)"
    assert ext("blender.library.shown").chosen(scene).folder.name == "wave"
    assert ext("blender.apply.current").current_motion(scene) is not None


def test_changes_on_disk_are_seen_without_a_restart(own, motions, tmp_path, buttons):
    redrawn = []
    motions.on_change(lambda: redrawn.append(True))
    saved(tmp_path, "Hop", shift=9.0)
    assert "Hop" not in buttons()
    for _ in range(20):
        assert motions.tick() > 0
    assert "Hop" in buttons() and redrawn


def test_a_studio_s_motions_are_shown_and_never_changed(
    motions, prefs, tmp_path, ext, scene, buttons
):
    motion = saved(tmp_path / "studio", "House Walk")
    prefs.studio_folder = str(tmp_path / "studio" / "own")
    assert "House Walk" in buttons()
    before = {path: path.read_bytes() for path in motion.folder.rglob("*") if path.is_file()}
    folder = str(motion.folder)
    for refused in (
        lambda: bpy.ops.mti.rename_motion(folder=folder, name="Mine"),
        lambda: bpy.ops.mti.change_motion(folder=folder, name="Mine"),
        lambda: bpy.ops.mti.delete_motion(folder=folder),
    ):
        with pytest.raises(RuntimeError, match="not changed from here"):
            refused()
    assert bpy.ops.mti.favorite_motion(folder=folder) == {"FINISHED"}
    assert bpy.ops.mti.duplicate_motion(folder=folder) == {"FINISHED"}
    copy = ext("blender.library.shown").chosen(scene)
    assert copy.name == "House Walk.001" and copy.folder.parent == tmp_path / "own"
    after = {path: path.read_bytes() for path in motion.folder.rglob("*") if path.is_file()}
    assert after == before


def test_unreadable_motions_are_counted_and_explained(own, motions):
    (own / "wave" / "preset.json").write_text("{")
    motions.library().refresh()
    assert "[mti.library_problems]" in _drawn()
    layout = Layout()
    bpy.types.MTI_OT_library_problems.draw(_with(layout), bpy.context)
    assert "wave" in layout.lines and "preset.json" in " ".join(layout.lines)


def test_menus_and_the_right_click(entry, scene, ext):
    pick(entry("Wave"))
    layout = Layout()
    bpy.types.MTI_MT_library_motion.draw(_with(layout), bpy.context)
    own = set(layout.lines)
    assert {"[mti.rename_motion]", "[mti.delete_motion]", "[mti.export_motion]"} <= own
    texts = {text for text, _ in layout.buttons}
    assert {"Rename Motion...", "Duplicate Motion", "Export Motion...", "Delete Motion"} <= texts
    layout = Layout()
    bpy.types.MTI_MT_library.draw(_with(layout), bpy.context)
    assert {"[mti.import_motion]", "[mti.show_trash]", "[mti.learn_all_motions]"} <= {*layout.lines}
    texts = {text for text, _ in layout.buttons}
    assert {"Import Motions...", "Refresh Library"} <= texts, "as in Blender's search"
    menus = ext("blender.library.menus")
    assert menus.draw_picture_menu in bpy.types.UI_MT_button_context_menu.draw._draw_funcs
    layout = Layout()
    menus.draw_picture_menu(_with(layout), bpy.context)
    assert layout.lines == [], "of a button that is none of ours"


def _window():
    return bpy.context.window_manager.mti


def _with(layout):
    from types import SimpleNamespace

    return SimpleNamespace(layout=layout, found=())

""".motion files are imported and exported; a file that is dropped is imported."""

from __future__ import annotations

import zipfile
from types import SimpleNamespace

import bpy
import pytest

from mti_addon.wire.library import export_to, read_library, read_motion
from tests.blender.test_panels import Layout
from tests.wire.library.examples import saved

pytestmark = pytest.mark.once


@pytest.fixture
def file(tmp_path):
    """file(name): a .motion file from somebody else."""

    def make(name, shift=20.0):
        motion = saved(tmp_path / f"from {name}", name, shift=shift)
        path = tmp_path / f"{name}.motion"
        export_to(motion, path)
        return path

    return make


def names(tmp_path):
    return sorted(motion.preset.name for motion in read_library(tmp_path / "own")[0])


def test_a_file_is_imported_and_chosen(file, motions, scene, tmp_path, ext):
    assert bpy.ops.mti.import_motion(filepath=str(file("Hello"))) == {"FINISHED"}
    assert names(tmp_path) == ["Hello"]
    assert ext("blender.library.shown").chosen(scene).name == "Hello"
    assert bpy.ops.mti.import_motion(filepath=str(tmp_path / "Hello.motion")) == {"FINISHED"}
    assert names(tmp_path) == ["Hello"], "it is there already"


def test_several_files_are_imported_and_a_bad_one_is_left_out(file, motions, tmp_path):
    for number, name in enumerate(("Hello", "Bye")):
        file(name, 20.0 + number)
    (tmp_path / "bad.motion").write_bytes(b"not a zip")
    files = [{"name": name} for name in ("Hello.motion", "bad.motion", "Bye.motion")]
    bpy.ops.mti.import_motion(directory=str(tmp_path), files=files)
    assert names(tmp_path) == ["Bye", "Hello"]
    with pytest.raises(RuntimeError, match="bad.motion"):
        bpy.ops.mti.import_motion(filepath=str(tmp_path / "bad.motion"))
    with pytest.raises(RuntimeError, match="Error: "):
        bpy.ops.mti.import_motion(filepath=str(tmp_path / "none.motion"))
    assert names(tmp_path) == ["Bye", "Hello"]


def test_what_is_exported_is_the_same_motion(entry, tmp_path):
    wave = entry("Wave")
    bpy.ops.mti.pick_motion(folder=str(wave.folder))
    assert bpy.ops.mti.export_motion(filepath=str(tmp_path / "sent")) == {"FINISHED"}
    with zipfile.ZipFile(tmp_path / "sent.motion") as archive:
        assert set(archive.namelist()) == {"preset.json", *read_motion(wave.folder).preset.files}
    bpy.ops.mti.delete_motion()
    bpy.ops.mti.import_motion(filepath=str(tmp_path / "sent.motion"))
    assert entry("Wave").id == wave.id


class Menu(Layout):
    """A recorder that tells which entries are greyed out."""

    def row(self):
        return Menu(self.lines, self.buttons)

    def operator(self, idname, **options):
        settings = super().operator(idname, **options)
        self.lines[-1] += " (grey)" * (not self.enabled)
        return settings


def test_the_file_menu_imports_and_exports_the_chosen_motion(entry, scene, ext):
    menus = ext("blender.menus")
    for name, draw in (("import", menus.draw_import), ("export", menus.draw_export)):
        assert draw in getattr(bpy.types, f"TOPBAR_MT_file_{name}").draw._draw_funcs

    def drawn(draw):
        layout = Menu()
        draw(SimpleNamespace(layout=layout), bpy.context)
        return layout.lines, layout.buttons

    assert drawn(menus.draw_import) == (["[mti.import_motion]"], [("Motion (.motion)", "NONE")])
    nothing = "Motion (.motion): Choose One in the Library First"
    assert drawn(menus.draw_export) == (["[mti.export_motion] (grey)"], [(nothing, "NONE")])
    bpy.ops.mti.pick_motion(folder=str(entry("Wave").folder))
    assert drawn(menus.draw_export) == (["[mti.export_motion]"], [("Motion (.motion)", "NONE")])


def test_files_are_accepted_where_they_are_expected(enabled):
    handler = bpy.types.MTI_FH_motion
    assert handler.bl_file_extensions == ".motion"
    assert handler.bl_import_operator == "mti.import_motion"
    for kind, accepted in (("VIEW_3D", True), ("SEQUENCE_EDITOR", True), ("IMAGE_EDITOR", False)):
        area = SimpleNamespace(type=kind)
        assert handler.poll_drop(SimpleNamespace(area=area)) == accepted
    assert not handler.poll_drop(SimpleNamespace(area=None))


def test_refresh_finds_what_was_copied_there(motions, tmp_path):
    before = len(motions.library().entries())
    saved(tmp_path, "Copied", shift=30.0)
    assert bpy.ops.mti.refresh_library() == {"FINISHED"}
    assert len(motions.library().entries()) == before + 1

"""The panels, drawn into a recorder: headless Blender has no window to draw them in.

The recorder knows which properties, operators and icons exist, so a wrong name fails here.
"""

from __future__ import annotations

import importlib
from inspect import signature
from types import SimpleNamespace

import bpy
import pytest

ICONS = {
    item.identifier
    for item in bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items
}


class OperatorSettings:
    """What layout.operator() gives: accepts the operator's own properties only."""

    def __init__(self, idname):
        category, name = idname.split(".")
        rna = getattr(getattr(bpy.ops, category), name).get_rna_type()
        object.__setattr__(self, "names", set(rna.properties.keys()))
        object.__setattr__(self, "label", rna.name)

    def __setattr__(self, name, value):
        assert name in self.names, name


class Layout:
    """Records what is drawn, line by line."""

    def __init__(self, lines=None, buttons=None):
        object.__setattr__(self, "lines", [] if lines is None else lines)
        object.__setattr__(self, "buttons", [] if buttons is None else buttons)
        object.__setattr__(self, "enabled", True)

    def _part(self, **_options):
        part = Layout(self.lines, self.buttons)
        part.enabled = self.enabled
        return part

    row = column = box = grid_flow = split = _part

    def panel(self, _name, default_closed):
        return self._part(), self._part()

    def label(self, text="", icon="NONE", translate=True, text_ctxt="*", icon_value=0):
        assert icon in ICONS, icon
        self.lines.append(text)

    def prop(self, data, name, icon="NONE", **_options):
        assert name in data.bl_rna.properties and icon in ICONS
        self.lines.append(f"<{name}>" + " (grey)" * (not self.enabled))

    def menu(self, idname, text=None, icon="NONE", text_ctxt="*", translate=True):
        assert icon in ICONS and hasattr(bpy.types, idname)
        self.lines.append(f"[{idname}]")

    def template_list(
        self, kind, _id, data, name, active_data, active_name, rows=5, maxrows=5, context=None
    ):  # fmt: skip
        assert active_name in active_data.bl_rna.properties and rows == maxrows
        cls, entries = getattr(bpy.types, kind), getattr(data, name)
        shower = SimpleNamespace(filter_name="", bitflag_filter_item=1 << 30)
        flags, _order = cls.filter_items(shower, _context(), data, name)
        self.lines.append(f"({kind}: {rows})")
        for index, (entry, flag) in enumerate(zip(entries, flags, strict=True)):
            if flag:
                item = (self, data, entry, 0, active_data, active_name)
                which = (index,) if "index" in signature(cls.draw_item).parameters else ()
                cls.draw_item(shower, _context(), *item, *which)

    def separator(self):
        pass

    def popover(self, panel, text="", icon="NONE"):
        assert icon in ICONS and hasattr(bpy.types, panel)
        self.lines.append(f"[{panel}]")

    def operator(
        self,
        idname,
        text=None,
        icon="NONE",
        text_ctxt="*",
        translate=True,
        depress=False,
        emboss=True,
    ):
        assert icon in ICONS, icon
        self.lines.append(f"[{idname}]")
        settings = OperatorSettings(idname)
        self.buttons.append((settings.label if text is None else text, icon))
        return settings

    def progress(self, factor, text, translate=True):
        assert 0 <= factor <= 1
        self.lines.append(text)

    def template_icon(self, icon_value, scale):
        assert icon_value > 0 and scale > 0
        self.lines.append("(pictures)")


def _context(width=280, area="VIEW_3D"):
    return SimpleNamespace(
        scene=bpy.context.scene,
        view_layer=bpy.context.view_layer,
        window_manager=bpy.context.window_manager,
        workspace=bpy.context.workspace,
        preferences=bpy.context.preferences,
        region=SimpleNamespace(width=width),
        area=SimpleNamespace(type=area),
    )


def _drawn(panel="MTI_PT_view3d", width=280):
    """The panel's lines, the lists filled before, as the timer does it."""
    layout = Layout()
    cls = getattr(bpy.types, panel)
    importlib.import_module(cls.__module__.rpartition(".")[0] + ".common.lists").fill()
    cls.draw(SimpleNamespace(layout=layout), _context(width, cls.bl_space_type))
    return layout.lines


@pytest.mark.parametrize("panel", ["MTI_PT_view3d", "MTI_PT_sequencer"])
def test_a_new_scene(scene, prefs, panel):
    lines = _drawn(panel)
    assert lines[0] == "Sketch" and "[mti.capture]" in lines and "No jobs yet" in lines
    parts = ["Sketch", "Learn", "Library", "Apply", "Results", "Jobs"]
    assert [line for line in lines if line in parts] == parts


def test_all_choices_are_drawn(scene, prefs):
    assert "Frames 1 to 250 (10.4 s)" in _drawn()
    scene.use_preview_range, scene.frame_preview_start, scene.frame_preview_end = True, 5, 9
    assert "Frames 5 to 9 (0.2 s)" in _drawn()
    scene.mti.frame_range_mode = "CUSTOM"
    scene.mti.target = "IMAGE"
    lines = _drawn()
    assert {"<frame_start>", "<frame_end>", "<target_image>"} <= set(lines)
    assert "<target_scene>" not in lines


def test_the_captured_pictures_and_the_warning(figure, scene, prefs):
    scene.camera.data.lens = 130
    bpy.ops.mti.capture()
    lines = _drawn()
    # without a window Blender makes no icons; the pictures were looked at in a real one
    assert "14 images of Stick Figure, frames 1 to 48" in " ".join(lines)
    assert "outside the frame" in " ".join(lines)
    assert scene.mti.name.startswith("Wave")


@pytest.mark.usefixtures("coarse")
def test_variations_are_offered_where_there_can_be_some(figure, scene, prefs):
    assert "<variations>" in _drawn()
    bpy.ops.mti.capture()
    assert "<variations>" in _drawn()
    for frame, x in ((1, 0.0), (24, 2.0)):
        scene.camera.location.x = x
        scene.camera.keyframe_insert("location", frame=frame)
    scene.mti.source = "CAMERA"
    bpy.ops.mti.capture()
    assert "<variations> (grey)" in _drawn()


def test_the_last_error_stays_until_something_works(figure, scene, prefs, ext):
    scene.camera.rotation_euler.z = 3
    with pytest.raises(RuntimeError):
        bpy.ops.mti.capture()
    assert "out of the camera" in " ".join(_drawn())
    scene.camera.rotation_euler.z = 0
    bpy.context.view_layer.update()
    bpy.ops.mti.capture()
    assert "out of the camera" not in " ".join(_drawn())


def test_the_preferences_page_is_drawn(scene, prefs):
    layout = Layout()
    type(prefs).draw(SimpleNamespace(layout=layout, **_values(prefs)), bpy.context)
    assert "<python>" in layout.lines


def _values(prefs):
    names = ("jobs_folder", "library_folder", "engine", "size", "bl_rna")
    return {name: getattr(prefs, name) for name in names}


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        ("queued", {"Starting, {}", "[mti.cancel]"}),
        ("running", {"Running, 15%, {}", "Learning 3/20, 2:01 left", "[mti.cancel]"}),
        ("done", {"Done, {}", "[mti.apply_this]", "[mti.import_result]", "[mti.remove_job]"}),
        ("failed", {"Failed, 15%, {}", "It broke.", "[mti.resume]", "[mti.open_log]"}),
        ("cancelled", {"Cancelled, 15%, {}", "[mti.resume]"}),
        ("paused", {"Paused, 15%, {}", "[mti.resume]", "15%"}),
        ("dead", {"Stopped unexpectedly, 15%, {}", "[mti.resume]"}),
        ("stuck", {"Not responding, {}", "[mti.cancel]"}),
    ],
)
def test_each_phase_of_a_job(figure, scene, prefs, ext, phase, expected):
    from dataclasses import replace

    bpy.ops.mti.capture()
    captures, requests, polling = (
        ext("workflow.captures"),
        ext("workflow.job_requests"),
        ext("blender.queue.polling"),
    )
    capture = captures.load_capture(
        ext("blender.common.addon").captures_folder(), scene.mti.capture
    )
    options = requests.LearnOptions("wave", 0, 0, False, 1)
    png = capture.pictures()[0].read_bytes()
    job = requests.create_learn_job(
        ext("blender.common.addon").jobs_folder(), capture, options, png
    )
    job.launched_file.write_text("{}")
    job.log_file.write_text("It broke.")
    ext("workflow.job_origin").write_origin(job, ext("blender.common.this_file").origin())
    polling.start()
    (row,) = polling.jobs.rows
    state = ext("client").JobState(
        phase,
        stage="learn",
        step=3,
        total=20,
        seconds_left=121,
        error=ext("wire.events").Failed("internal", "It broke.", ""),
    )
    polling.jobs.rows = (replace(row, state=state),)
    when = ext("blender.queue.rows").when(row.created)
    lines = _drawn()
    whole = {line.format(when) for line in expected}
    assert {line for line in whole if line not in lines and line not in " ".join(lines)} == set()


def test_a_figure_that_is_small_in_the_picture_can_be_framed(scene, prefs):
    bpy.ops.mti.add_stick_figure(motion="JUMPING_JACK")
    scene.camera.location = (30, -4, 6)
    scene.camera.rotation_euler = (scene.camera.location.to_track_quat("Z", "Y")).to_euler()
    bpy.ops.mti.capture()
    lines = _drawn()
    assert "only fills" in " ".join(lines) and "[mti.add_camera]" in lines
    before, camera = scene.mti.capture, scene.camera
    bpy.ops.mti.add_camera()
    assert scene.mti.capture == before and scene.camera == camera
    assert "<capture_camera>" in _drawn()
    bpy.ops.mti.add_camera(capture_again=True)  # as the button under the pictures has it
    assert scene.mti.capture != before
    lines = _drawn()
    assert "only fills" not in " ".join(lines) and "[mti.add_camera]" not in lines


def test_the_sketch_says_what_is_missing_and_offers_it(scene, prefs):
    bpy.ops.mti.add_stick_figure()
    bpy.data.objects.remove(scene.camera)
    lines = _drawn()
    assert "no camera" in " ".join(lines) and "[mti.add_camera]" in lines
    bpy.ops.mti.add_camera()
    lines = _drawn()
    assert "no camera" not in " ".join(lines) and "[mti.add_camera]" not in lines
    scene.mti.frame_range_mode = "SCENE"
    assert "moves until frame 48" in " ".join(_drawn())
    scene.mti.frame_range_mode, scene.mti.frame_start, scene.mti.frame_end = "CUSTOM", 9, 3
    assert "frame range is empty" in " ".join(_drawn())


@pytest.mark.parametrize("source", ["ARMATURE", "OBJECT", "CAMERA", "VIEWPORT", "STRIP", "FILE"])
def test_every_source_is_drawn(scene, prefs, source):
    scene.mti.source = source
    lines = _drawn()
    assert "[mti.capture]" in lines and ("<file>" in lines) == (source == "FILE")
    assert (source in ("ARMATURE", "VIEWPORT", "STRIP", "FILE")) == any(
        word in " ".join(lines)
        for word in ("has no armature", "background", "no active strip", "No file")
    )


def test_the_menu_offers_every_figure_with_every_motion(scene, ext):
    layout = Layout()
    bpy.types.MTI_MT_add_figure.draw(SimpleNamespace(layout=layout), bpy.context)
    kinds = ext("motion.starters.catalog").KINDS
    entries = sum(len(kind.motions) + 1 for kind in kinds)
    assert layout.lines.count("[mti.add_stick_figure]") == entries
    assert [kind.label for kind in kinds if kind.label in layout.lines] == [k.label for k in kinds]


def test_menus_lead_where_the_tab_leads(scene, ext):
    """And Blender's search with them, which looks into menus only."""
    menus = ext("blender.menus")
    layout = Layout()
    bpy.types.MTI_MT_motion.draw(SimpleNamespace(layout=layout), bpy.context)
    found = {line for line in layout.lines if line.startswith("[mti.")}
    assert {"[mti.capture]", "[mti.learn]", "[mti.apply]", "[mti.clean_up]"} <= found
    for name in menus.MENUS:
        assert menus.draw_motion in getattr(bpy.types, name).draw._draw_funcs
        layout = Layout()
        menus.draw_motion(SimpleNamespace(layout=layout), bpy.context)
        assert layout.lines == ["[MTI_MT_motion]"]
    layout = Layout()
    menus.draw_figures(SimpleNamespace(layout=layout), bpy.context)
    assert layout.lines == ["[MTI_MT_add_figure]"]
    assert menus.draw_figures in bpy.types.VIEW3D_MT_armature_add.draw._draw_funcs

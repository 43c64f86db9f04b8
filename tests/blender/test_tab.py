"""What the tab says and offers at each moment: first contact, while jobs run, and afterwards."""

from __future__ import annotations

import ast
from pathlib import Path

import bpy
import pytest

from tests.blender.preferences.test_preferences import watch  # noqa: F401
from tests.blender.queue.following import ended, learn, wait
from tests.blender.test_panels import Layout, _context, _drawn


@pytest.fixture
def bare(scene, prefs, watch, monkeypatch):  # noqa: F811
    """A user who has just installed the extension."""
    monkeypatch.delenv("MTI_BACKEND_PYTHON", raising=False)
    prefs.python = ""
    return prefs


def top(lines):
    """What stands above the first part."""
    return lines[: lines.index("Sketch")]


def test_first_contact_has_one_box_with_the_real_button(bare):
    lines = top(_drawn())
    said = " ".join(lines)
    assert lines[0] == "The backend is not set up." and "1.2 GB" in said and "minutes" in said
    buttons = [line for line in lines if line.startswith("[")]
    assert buttons == [
        "[extensions.userpref_allow_online]",
        "[mti.setup_backend]",
        "[preferences.addon_show]",
    ]
    assert "Press" not in said  # a button that is grey
    assert not bpy.ops.mti.setup_backend.poll()
    assert bpy.ops.extensions.userpref_allow_online.poll()
    bpy.context.preferences.system.use_online_access = True
    lines = top(_drawn())
    assert "[extensions.userpref_allow_online]" not in lines and bpy.ops.mti.setup_backend.poll()
    below = _drawn()[len(lines) :]
    assert "[preferences.addon_show]" not in below and "not set up" not in " ".join(below)


@pytest.mark.once
def test_the_box_shows_how_far_setting_up_is(bare, watch, tmp_path):  # noqa: F811
    import sys

    from tests.client.setup.wheels import make_wheel

    bare.wheels_folder, bare.base_python = str(tmp_path / "wheels"), sys.executable
    make_wheel(tmp_path / "wheels", "other")
    assert bpy.ops.mti.setup_backend() == {"FINISHED"}
    lines = top(_drawn())
    assert lines[0] == "Setting up the backend" and "[mti.cancel_task]" in lines
    assert "[mti.setup_backend]" not in lines
    while watch.running("setup"):
        watch.poll()
    lines = top(_drawn())
    assert "no wheel of torch" in " ".join(lines)
    assert {"[mti.setup_backend]", "[mti.task_log]"} <= set(lines)


def test_a_backend_of_ones_own_that_is_missing_is_said_without_a_button_that_would_not_help(
    scene, prefs, tmp_path
):
    prefs.python = str(tmp_path / "nothing")
    lines = top(_drawn())
    assert "Python is missing" in " ".join(lines) and "[mti.setup_backend]" not in lines
    assert "[preferences.addon_show]" in lines


def test_a_backend_that_is_there_takes_no_room(scene, prefs):
    assert top(_drawn()) == []


def narrow_buttons(ext):
    """(text, room for it) of all buttons that the tab has at a width of 160 pixels."""
    drawing, layout = ext("blender.common.drawing"), Layout()
    ext("blender.common.lists").fill()
    bpy.types.MTI_PT_view3d.draw(_with(layout), _context(160))
    room = 160 - drawing.MARGINS
    return [(t, room - (drawing.ICON if i != "NONE" and t else 0)) for t, i in layout.buttons]


def test_no_button_is_cut_in_a_narrow_sidebar(bare, ext):
    drawing = ext("blender.common.drawing")
    found = narrow_buttons(ext)
    assert {"Allow", "Set Up", "Capture", "Learn", "Apply"} <= {text for text, _room in found}
    assert [text for text, room in found if drawing.text_width(text, 11) > room] == []


def test_no_button_by_words_is_cut(bare, prefs, ext):
    drawing, found = ext("blender.common.drawing"), []
    prefs.method = "motion-inversion"
    bpy.context.scene.mti.also_apply = True
    for prefs.words_engine in ("animatediff", "zeroscope", "draft-by-words"):
        found += narrow_buttons(ext)
    assert {"Learn", "OpenRAIL-M", "Apache-2.0", "CC-BY-NC-4.0"} <= {text for text, _room in found}
    assert [text for text, room in found if drawing.text_width(text, 11) > room] == []


def test_no_button_of_a_job_or_a_result_is_cut(captured, polling, ext):
    captured.mti.also_apply = True
    learn(polling, captured)
    wait(polling, ended)
    drawing, found = ext("blender.common.drawing"), narrow_buttons(ext)
    assert {"Apply This", "Add Result"} <= {text for text, _room in found}
    assert [text for text, room in found if drawing.text_width(text, 11) > room] == []


def test_the_chosen_job_s_name_has_a_line_of_its_own_in_a_narrow_sidebar(captured, polling, ext):
    """Beside two buttons a letter of it would be left."""
    learn(polling, captured, "a wave with both hands")
    wait(polling, ended)
    ext("blender.common.lists").fill()
    layout = Layout()
    bpy.types.MTI_PT_view3d.draw(_with(layout), _context(160))
    place = layout.lines.index("[mti.rename_job]")
    assert layout.lines[place - 1].startswith("a wave") and layout.lines[place - 1].endswith("…")


def german(ext):
    """{English: German} of the interface's texts."""
    translations = ext("blender.translations")
    table = translations.read_language(translations.languages()["de_DE"])
    return {text: german for (context, text), german in table.items() if context == "*"}


def german_buttons(ext):
    """(German text, its short one or None) of every call of `button` in the panels' code."""
    texts, found = german(ext), []
    for path in Path(ext("blender").__file__).parent.rglob("*.py"):
        for function in ast.walk(ast.parse(path.read_text())):
            if not isinstance(function, ast.FunctionDef):
                continue
            given = {}  # what its variables may hold
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    names, values = node.targets[0], node.value
                    pairs = (
                        zip(names.elts, values.elts, strict=True)
                        if isinstance(names, ast.Tuple) and isinstance(values, ast.Tuple)
                        else [(names, values)]
                    )
                    given |= {n.id: _strings(v) for n, v in pairs if isinstance(n, ast.Name)}
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "button":
                    short = node.args[6:7] + [k.value for k in node.keywords if k.arg == "short"]
                    ways = [given.get(getattr(e, "id", ""), _strings(e)) for e in short]
                    texts_of = given.get(getattr(node.args[3], "id", ""), _strings(node.args[3]))
                    shorts = ways[0] if ways else [None] * len(texts_of)
                    if not texts_of or not shorts:  # the name of something of the user's
                        continue
                    found += [
                        (texts[text], short and texts[short])
                        for text, short in zip(texts_of, shorts, strict=True)
                    ]
    return found


def _strings(node):
    return [n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and n.value]


def test_no_german_button_is_cut_in_a_narrow_sidebar(scene, ext):
    """All of them, shown or not, even in a box."""
    drawing, found = ext("blender.common.drawing"), german_buttons(ext)
    room = 160 - drawing.MARGINS - drawing.BOX_EDGES - drawing.BUTTON_EDGES
    assert ("Noch einmal aufnehmen", "Aufnehmen") in found and len(found) > 12
    wide = [min(each, key=lambda text: len(text or 99 * "m")) for each in found]
    assert [text for text in wide if drawing.text_width(text, 11) > room] == []


def test_the_few_buttons_of_one_width_fit(scene, ext):
    """Those that `layout.operator` gets words for have no short ones: their German must fit."""
    drawing, texts, found = ext("blender.common.drawing"), german(ext), []
    folder = Path(ext("blender").__file__).parent
    for path in [*folder.rglob("panel.py"), folder / "queue" / "rows.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "operator":
                found += [s for k in node.keywords if k.arg == "text" for s in _strings(k.value)]
    assert "Log" in found
    room = 160 - drawing.MARGINS - drawing.BOX_EDGES - drawing.ICON
    shown = [texts.get(text, text) for text in found]
    assert [text for text in shown if drawing.text_width(text, 11) > room] == []


def after(lines, button):
    """What stands between a button and the next part of the tab."""
    rest = lines[lines.index(button) + 1 :]
    return rest[: next(i for i, line in enumerate(rest) if line in ("Library", "Results"))]


def test_progress_stands_below_the_button_that_started_it(captured, polling):
    estimate, save = after(_drawn(), "[mti.learn]")
    assert estimate.startswith("from the poses")
    captured.mti.from_poses = False
    estimate = after(_drawn(), "[mti.learn]")[0]
    assert estimate.startswith("60 iterations")
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 2)
    # one line as before, so that nothing below it has moved
    assert after(_drawn(), "[mti.learn]")[1:] == ["[mti.pause]", "[mti.cancel]", save]
    assert after(_drawn(), "[mti.learn]")[0].startswith("Learning ")
    (waiting,) = after(_drawn(), "[mti.apply]")
    assert "Learning" not in waiting
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, ended)
    assert after(_drawn(), "[mti.learn]") == [estimate, save]


def test_applying_shows_below_apply_only(captured, polling):
    learn(polling, captured, "slow")
    wait(polling, ended)
    assert bpy.ops.mti.apply() == {"FINISHED"}
    row = wait(polling, lambda row: row.request.task == "apply" and row.state.step >= 2)
    told, *buttons = after(_drawn(), "[mti.apply]")
    assert "left" in told and buttons == ["[mti.cancel]"]
    assert len(after(_drawn(), "[mti.learn]")) == 2
    bpy.ops.mti.cancel(job=row.request.job)
    wait(polling, ended)


def test_learn_comes_soon_after_the_captured_frames(captured, polling):
    """Of a sidebar of 700 pixels or so, Learn must be on the first screen."""
    lines = _drawn()
    assert lines.index("[mti.learn]") < lines.index("Apply") and lines.index("[mti.learn]") < 24


def test_the_status_bar_tells_of_jobs_and_no_header_does(captured, polling, ext):
    header = ext("blender.status_bar")
    assert header.draw_status in bpy.types.STATUSBAR_HT_header.draw._draw_funcs
    for name in ("VIEW3D_HT_header", "SEQUENCER_HT_header"):
        drawn = getattr(getattr(bpy.types, name).draw, "_draw_funcs", [])
        assert not any("mti" in function.__module__ for function in drawn)
    redrawn = []
    ext("blender.common.panels").on_redraw(lambda: redrawn.append(True))
    learn(polling, captured, "slow")
    wait(polling, lambda row: row.state.step >= 2)
    assert redrawn
    bar = Layout()
    bpy.types.STATUSBAR_HT_header.draw._draw_funcs[-1](_with(bar), _context())
    assert bar.lines[0].startswith("Motion: Learning")
    bpy.ops.mti.cancel(job=polling.jobs.rows[0].request.job)
    wait(polling, ended)


def _with(layout):
    from types import SimpleNamespace

    return SimpleNamespace(layout=layout)


def test_what_is_applied_does_not_change_by_itself(captured, polling, ext):
    current = ext("blender.apply.current").current_motion
    learn(polling, captured, "wave 1")
    wait(polling, ended)
    assert "Using Latest: wave 1" in _drawn()
    learn(polling, captured, "wave 2")
    wait(polling, lambda row: row.request.name == "wave 2" and ended(row))
    assert current(captured).name == "wave 1"
    lines = _drawn()
    assert "[mti.use_motion]" in lines and "Using Latest: wave 1" not in lines
    bpy.ops.mti.apply()
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert row.request.name == "wave 1"
    newer = ext("blender.apply.current").newer_motion(captured)
    assert bpy.ops.mti.use_motion(motion=newer.label) == {"FINISHED"}
    assert current(captured).name == "wave 2" and "[mti.use_motion]" not in _drawn()


def test_the_motion_of_this_file_is_used_before_those_of_others(captured, polling, ext, tmp_path):
    current = ext("blender.apply.current").current_motion
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    learn(polling, captured, "wave a")
    wait(polling, ended)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    assert current(scene).name == "wave a"  # there is no other
    bpy.ops.mti.add_stick_figure()
    scene.camera.location, scene.camera.rotation_euler = (0, -6, 1), (1.5707963, 0, 0)
    bpy.context.view_layer.update()
    bpy.ops.mti.capture()
    learn(polling, scene, "wave b")
    wait(polling, lambda row: row.request.name == "wave b" and ended(row))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert current(bpy.context.scene).name == "wave a"


def test_a_motion_that_is_deleted_is_followed_by_the_newest(captured, polling, ext):
    current = ext("blender.apply.current").current_motion
    for name in ("wave 1", "wave 2", "wave 3"):
        learn(polling, captured, name)
        wait(polling, lambda row, name=name: row.request.name == name and ended(row))
        current(captured)
    bpy.ops.mti.remove_job(job=polling.jobs.rows[2].request.job)
    assert current(captured).name == "wave 3"


def test_a_finished_learn_offers_to_apply_it(captured, polling, ext):
    learn(polling, captured, "wave 1")
    first = wait(polling, ended)
    learn(polling, captured, "wave 2")
    wait(polling, lambda row: row.request.name == "wave 2" and ended(row))
    assert "[mti.apply_this]" in _drawn()
    assert bpy.ops.mti.apply_this(job=first.request.job) == {"FINISHED"}
    row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
    assert row.request.name == "wave 1" and captured.mti.motion.startswith("wave 1 (draft")
    with pytest.raises(RuntimeError, match="has not learned a motion"):
        bpy.ops.mti.apply_this(job=row.request.job)


def test_the_draft_says_what_it_does(captured, prefs):
    """Where one learns, and where one applies; it takes any target, so that nothing is cropped."""
    lines, said = _drawn(), "Draft: moves the image's own pixels"
    assert lines.count(said) == 2
    assert "<framing>" in lines and "<fit>" not in lines and "<in_between>" in lines
    prefs.engine = "svd"
    lines = _drawn()
    assert said not in lines and "<fit>" in lines and "<framing>" not in lines
    assert "<in_between>" not in lines


def test_the_sequencer_says_which_scene_is_edited(scene, prefs):
    assert "settings of the scene" not in " ".join(_drawn("MTI_PT_sequencer"))
    other = bpy.data.scenes.new("Kamera")
    if not hasattr(bpy.context.workspace, "sequencer_scene"):
        return  # before 5.0 a sequencer shows the window's scene, and no other
    bpy.context.workspace.sequencer_scene = other
    said = " ".join(_drawn("MTI_PT_sequencer"))
    assert "These are the settings of the scene Scene; the sequencer shows Kamera" in said
    assert "settings of the scene" not in " ".join(_drawn("MTI_PT_view3d"))
    bpy.context.workspace.sequencer_scene = None

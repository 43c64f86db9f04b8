"""What panels draw fits into the sidebar, however narrow it is; and names stay as they are."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest

from tests.blender.test_panels import Layout
from tests.blender.translations.texts import ROOT, WITH_KEYWORDS

LONG = (
    "Played on its own reference, only a part of this motion is there (gain 0.31, below 0.55); "
    "the file /home/somebody/projects/a_very_long_folder_name_without_any_blank/shot_0010.blend "
    "is missing."
)


def sidebar(width, scale=1.0):
    """A context whose sidebar is so many pixels wide."""
    system = SimpleNamespace(ui_scale=scale)
    preferences = SimpleNamespace(system=system, ui_styles=bpy.context.preferences.ui_styles)
    return SimpleNamespace(preferences=preferences, region=SimpleNamespace(width=width))


@pytest.mark.parametrize("scale", [1.0, 1.5])
@pytest.mark.parametrize("width", [160, 172, 200, 280, 420])
@pytest.mark.parametrize("icon", ["NONE", "ERROR"])
def test_no_line_of_a_paragraph_is_cut(ext, width, scale, icon):
    drawing, layout = ext("blender.common.drawing"), Layout()
    for boxed in (False, True):
        del layout.lines[:]
        drawing.paragraph(sidebar(width * scale, scale), layout, LONG, icon, boxed)
        assert "".join(layout.lines).replace(" ", "") == LONG.replace(" ", "")
        edges = drawing.MARGINS + (drawing.BOX_EDGES if boxed else 0)
        for number, line in enumerate(layout.lines):
            taken = drawing.ICON if icon != "NONE" and number == 0 else 0
            assert drawing.text_width(line, 11 * scale) <= (width - edges - taken) * scale, line


def test_a_wide_sidebar_wastes_no_lines(ext):
    layout = Layout()
    ext("blender.common.drawing").paragraph(sidebar(2000), layout, LONG, "ERROR")
    assert len(layout.lines) == 1


@pytest.mark.parametrize(("width", "above"), [(160, True), (172, True), (200, True), (280, False)])
def test_a_name_stands_above_its_property_where_both_would_be_cut(scene, ext, width, above):
    drawing, mti = ext("blender.common.drawing"), scene.mti
    for name in ("seed", "target", "target_image"):
        layout = Layout()
        drawing.field(sidebar(width), layout, mti, name)
        label = [mti.bl_rna.properties[name].name] if above else []
        assert layout.lines == [*label, f"<{name}>"]
    layout = Layout()
    drawing.field(sidebar(width), layout, mti, "flip_safe")  # its name is beside its box
    assert layout.lines[0] == "<flip_safe>"
    assert " ".join(layout.lines[1:]) == ("Allow Mirroring" if above else "")


def test_what_is_too_long_beside_its_name_stands_below_it(scene, ext):
    layout = Layout()
    ext("blender.common.drawing").field(sidebar(280), layout, scene.mti, "target", above=True)
    assert layout.lines == ["Target", "<target>"]


def test_a_long_name_shows_its_beginning(ext):
    drawing, layout = ext("blender.common.drawing"), Layout()
    drawing.name(sidebar(160), layout, "Kaninchen_Rig_mit_sehr_langem_Namen", "OBJECT_DATA")
    (shown,) = layout.lines
    assert shown.startswith("Kanin") and shown.endswith("…")
    assert drawing.text_width(shown, 11) <= 160 - drawing.MARGINS - drawing.ICON


def composed(call):
    """The text that a call of the layout draws, if it is not the same at every call."""
    text = next((each.value for each in call.keywords if each.arg == "text"), None)
    if text is None or all(not isinstance(n, ast.Name | ast.Call) for n in ast.walk(text)):
        return None
    return text


def test_nothing_but_our_own_words_is_translated():
    """A scene called Camera is not called Kamera; a composed text is translated where it is
    composed. So every text that is no literal says whether it is one of ours."""
    found = []
    for path in Path(ROOT / "mti_addon" / "blender").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            if call.func.attr not in WITH_KEYWORDS or composed(call) is None:
                continue
            given = {each.arg for each in call.keywords}
            if not given & {"translate", "text_ctxt"}:
                found.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert found == []

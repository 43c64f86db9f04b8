"""German in a real Blender that has its languages: the wheels of bpy are built without them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.window.conftest import ADDON
from tests.window.desktop import Desktop

BLENDERS_OWN = {
    "Camera",
    "Play",
    "Point",
    "Face",
    "Facing",
    "Fast",
    "Wave",
    "Walk",
    "None",
    "Crop",
    "Move",
    "Search",
    "Combine",
    "In-Betweens",
    "From",
    "Hold",
    "License",
    "Reverse",
    "Save",
    "Show folders",
    "Sort By",
    "Speed",
    "Tags",
    "Full",
    "Half",
    "Use",
}
"""Blender finds its own translation of these first; the panel asks for ours by its context."""
LOOK = """
import json, bpy, addon_utils
from {addon}.mti_addon.blender import translations
from {addon}.mti_addon.blender.common import addon
from {addon}.mti_addon.wire.problem import Problem
table = translations.read_language(translations.languages()["de_DE"])
texts = {{text: german for (context, text), german in table.items() if context == "*"}}
codes = [[*key, german] for key, german in table.items() if key[0] in ("problem", "remedy")]
bpy.context.preferences.use_preferences_save = False
view, lookup = bpy.context.preferences.view, bpy.app.translations.pgettext_iface
def refusal(operator):
    try:
        return str(operator())
    except RuntimeError as error:
        return str(error)
def told():
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.object.mode_set(mode="EDIT")
    refused = refusal(bpy.ops.mti.add_stick_figure)
    bpy.ops.object.mode_set(mode="OBJECT")
    return dict(
        plain={{key: lookup(key) for key in texts}},
        buttons={{key: lookup(key, "Operator") for key in texts}},
        own={{key: lookup(key, translations.OWN) for key in texts}},
        refused=refused,
        reported=refusal(lambda: bpy.ops.mti.open_log(job="none")),
        filled=translations.translated("Take {{}}", 3),
        codes=[lookup(code, context) for context, code, _ in codes],
        told=translations.told(Problem.literal("motion_small", "7%.", values=dict(share=0.07)))[0],
    )
result = dict(texts=texts, codes=codes, english=told())
view.language = "de_DE"
view.use_translate_interface = view.use_translate_reports = True
result["german"] = told()
addon_utils.disable("{addon}")
result["disabled"] = lookup("Preview Target")
print("RESULT" + json.dumps(result))
"""


@pytest.fixture
def said(desktop: Desktop) -> dict[str, Any]:
    script = desktop.folder / "look.py"
    script.write_text(LOOK.format(addon=ADDON))
    command = ["blender", "-b", "--python-exit-code", "9", "--python", str(script)]
    lines = desktop.run(command).splitlines()
    [line] = [line for line in lines if line.startswith("RESULT")]
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT"))
    return found


def test_every_text_is_shown_in_german(said: dict[str, Any]) -> None:
    texts, english, german = said["texts"], said["english"], said["german"]
    assert all(english["plain"][key] == key for key in texts)
    assert german["own"] == texts
    for context in ("plain", "buttons"):
        others = {key for key in texts if german[context][key] != texts[key]}
        assert sorted(others - BLENDERS_OWN) == []
    assert "Leave Edit Mode first" in english["refused"]
    assert "Zuerst den Bearbeitungsmodus verlassen" in german["refused"]
    assert "This job no longer exists. Its folder was deleted." in english["reported"]
    assert "Dieser Auftrag ist nicht mehr da. Sein Ordner wurde entfernt." in german["reported"]
    assert german["filled"] == "Take 3"
    assert english["codes"] == [code for _, code, _ in said["codes"]]
    assert german["codes"] == [text for _, _, text in said["codes"]]
    assert german["told"] == "Die Bewegung füllt nur 7% des Bildes."
    assert said["disabled"] == "Preview Target"

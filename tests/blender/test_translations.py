"""Every text of the interface has a German one, and nothing else has; what Blender does with it."""

from __future__ import annotations

import string
import sys
from pathlib import Path

import bpy
import pytest

sys.path.insert(0, str(Path(__file__).parent))
import texts


@pytest.fixture
def german(ext):
    return ext("blender.german").TEXTS


@pytest.fixture
def needed(ext):
    return texts.from_sources() | texts.from_rna(ext("blender").CLASSES)


def placeholders(text):
    """(name, format, conversion) of every field, in order."""
    return [field[1:] for field in string.Formatter().parse(text) if field[1] is not None]


def test_the_collector_sees_the_interface(needed):
    assert len(needed) > 350
    labels = {
        "Capture",
        "Sketch",
        "Waiting",
        "Not started",
        "Learn the captured motion, in the background",
    }
    composed = {"Learning {}", "{} has no bones.", "Take {}", "Frames {} to {} ({:.1f} s)"}
    choices = {"As Captured", "Jumping Jack", "The right arm goes up and waves", "Set Up Again"}
    reasons = {"Capture a motion first", "Leave Edit Mode first", "Leave Edit Mode."}
    assert labels | composed | choices | reasons <= needed


def test_every_text_has_a_german_one(needed, german):
    assert sorted(needed - set(german)) == []
    assert [key for key, text in german.items() if not text.strip()] == []


def test_no_german_text_has_lost_its_source(needed, german, ext, tmp_path):
    """A known text of the backend or of the client may be translated where it is shown, too."""
    problem, addon = ext("client.setup_problem"), ext("blender.addon")
    folder = ext("client.setup_folder").BackendFolder(tmp_path)
    hints = set()
    for remedy in (problem.BUTTON, addon.COMMAND):
        hints.add(problem.environment_problem(folder, texts.ROOT, remedy)[1])
    folder.env.mkdir(parents=True)
    for remedy in (problem.BUTTON, addon.COMMAND):
        hints.add(problem.environment_problem(folder, texts.ROOT, remedy)[1])
    known = needed | texts.all_strings() | hints
    assert sorted(set(german) - known) == []
    assert sorted(set(ext("blender.german").TOLD) - texts.told_by_others()) == []


def test_templates_are_filled_in_the_same_way(german, ext):
    german = german | ext("blender.german").TOLD
    wrong = {
        key: text for key, text in german.items() if placeholders(key) != placeholders(text)
    }  # fmt: skip
    named = {key for key in wrong if all(name for name, *_ in placeholders(key))}
    assert set(wrong) - named == set()  # without names, their order is what counts
    for key in named:
        assert sorted(placeholders(key)) == sorted(placeholders(german[key])), key


def test_no_template_is_an_f_string():
    assert texts.phrases_in_f_strings() == []


def test_every_class_has_a_tooltip(ext):
    shown = (bpy.types.Operator, bpy.types.Panel, bpy.types.Menu)
    classes = [cls for cls in ext("blender").CLASSES if issubclass(cls, shown)]
    assert len(classes) > 20
    assert [cls.__name__ for cls in classes if not texts.described(cls).strip()] == []
    for cls in classes:
        if issubclass(cls, bpy.types.Operator):
            rna = getattr(bpy.ops.mti, cls.bl_idname.partition(".")[2]).get_rna_type()
            assert rna.description, cls.__name__
            shown_properties = [p for p in rna.properties if p.identifier != "rna_type"]
            assert [p.identifier for p in shown_properties if not p.description] == []


def test_a_language_is_offered_in_every_context(ext, german):
    german = german | ext("blender.german").TOLD
    messages = ext("blender.translations").messages()
    assert set(messages) == {"de_DE"}
    for context in ("*", "Operator", "MTI"):
        assert messages["de_DE"][context, "Capture"] == "Aufnehmen"
        assert messages["de_DE"][context, "Frames {} to {} ({:.1f} s)"].startswith(
            "Einzelbilder {}"
        )
    assert len(messages["de_DE"]) == len(german) * len(ext("blender.translations").CONTEXTS)


@pytest.fixture
def in_german(enabled):
    view = bpy.context.preferences.view
    was = view.language, view.use_translate_interface
    try:
        view.language = "de_DE"
    except TypeError:
        pytest.skip("this bpy was built without languages (tests/window has one with them)")
    view.use_translate_interface = True
    yield bpy.app.translations.pgettext_iface
    view.language, view.use_translate_interface = was


def test_blender_speaks_german(in_german, ext):
    assert in_german("Capture") == in_german("Capture", "Operator") == "Aufnehmen"
    assert ext("blender.translations").translated("Take {}").format(3) == "Take 3"
    assert ext("blender.translations").sentences("Open one.", "") == "Eines öffnen."


def test_a_sentence_is_known_with_values_in_it(ext):
    told, problem = ext("blender.translations")._told, ext("motion.checks").check_range(9, 3)
    assert told(problem.message) == (
        "The frame range is empty: it ends at {}, before it starts at {}.",
        ("3", "9"),
    )
    assert told("Ready: 4.5 GB in C:\\models.")[0] == "Ready: {}"
    assert told("The frame range is full.") == ("", ())


def test_unknown_texts_pass_through(enabled, ext):
    translations = ext("blender.translations")
    assert translations.translated("svd_walk.001") == "svd_walk.001"
    assert translations.sentences("Nobody knows this.", "", "Nor this.") == (
        "Nobody knows this. Nor this."
    )

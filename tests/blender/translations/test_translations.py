"""Every text of the interface has a German one, and nothing else has; what Blender does with it."""

from __future__ import annotations

import shutil
import string
import subprocess
import time

import bpy
import pytest

from tests.blender.translations import texts


@pytest.fixture
def translations(ext):
    return ext("blender.translations")


@pytest.fixture
def entries(ext, translations):
    read = ext("blender.translations.po").read_po
    return read(translations.languages()["de_DE"].read_text("utf-8"))


@pytest.fixture
def german(entries):
    """Of texts as they stand in the sources."""
    return {entry.text: entry.translation for entry in entries if not entry.context}


@pytest.fixture
def told_in_german(entries):
    """Of problems: (problem or remedy, code) -> the English and the German template."""
    return {tuple(e.context.split()): (e.text, e.translation) for e in entries if e.context}


@pytest.fixture
def needed(ext):
    return texts.from_sources() | texts.from_rna(ext("blender").CLASSES)


def placeholders(text):
    """(name, format, conversion) of every field, in order."""
    return [field[1:] for field in string.Formatter().parse(text) if field[1] is not None]


@pytest.mark.once
def test_the_collector_sees_the_interface(needed):
    assert len(needed) > 350
    labels = {
        "Capture",
        "Sketch",
        "Waiting",
        "Not started",
        "Learn the captured motion, in the background",
    }
    composed = {"Learning {}", "Take {}", "Frames {} to {} ({:.1f} s)"}
    choices = {"As Captured", "Jumping Jack", "The right arm goes up and waves", "Set Up Again"}
    assert labels | composed | choices <= needed


@pytest.mark.once
def test_the_collector_sees_the_problems_of_every_layer():
    problems = texts.problems()
    assert len(problems) > 250
    assert problems["no_bones"] == ("{name} has no bones.", "Add bones, or add a stick figure.")
    assert problems["leave_edit_mode"] == ("Leave Edit Mode first", "")
    assert {"frame_range_empty", "backend_not_set_up", "no_space_left", "loss_not_finite"} <= set(
        problems
    )


@pytest.mark.once
def test_every_text_has_a_german_one(needed, german):
    assert sorted(needed - set(german)) == []


@pytest.mark.once
def test_every_problem_is_told_in_german_and_of_what_it_says_now(told_in_german):
    """A sentence that was changed has to be translated again; and none is left over."""
    wanted = {}
    for code, (sentence, remedy) in texts.problems().items():
        wanted["problem", code] = sentence
        if remedy:
            wanted["remedy", code] = remedy
    assert {key: english for key, (english, _) in told_in_german.items()} == wanted


@pytest.mark.once
def test_no_german_text_has_lost_its_source(needed, german):
    """A known text of the backend or of the client may be translated where it is shown, too."""
    assert sorted(set(german) - needed - texts.all_strings()) == []


@pytest.mark.once
def test_templates_are_filled_in_the_same_way(german, told_in_german):
    for key, text in german.items():
        fields = placeholders(key)
        in_order = not all(name for name, *_ in fields)  # without names, their order is what counts
        how = list if in_order else sorted
        assert how(placeholders(text)) == how(fields), key
    for key, (english, translation) in told_in_german.items():
        assert all(name for name, *_ in placeholders(english)), key
        assert sorted(placeholders(translation)) == sorted(placeholders(english)), key


@pytest.mark.once
def test_a_code_is_no_kind_of_error(ext):
    """An error that says only of which kind it is must not be told as if it were a certain one."""
    assert {error.code for error in ext("wire.errors").ERRORS} & set(texts.problems()) == set()


@pytest.mark.once
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


def test_a_language_is_offered_in_every_context(translations, german, told_in_german):
    assert set(translations.languages()) == {"de_DE"}
    table = translations.read_language(translations.languages()["de_DE"])
    for context in ("*", "Operator", "MTI"):
        assert table[context, "Capture"] == "Aufnehmen"
        assert table[context, "Frames {} to {} ({:.1f} s)"].startswith("Einzelbilder {}")
    assert table["problem", "motion_small"] == "Die Bewegung füllt nur {share:.0%} des Bildes."
    assert len(table) == len(german) * len(translations.CONTEXTS) + len(told_in_german)


def test_another_file_is_another_language(translations, tmp_path):
    path = tmp_path / "fr_FR.po"
    path.write_text('msgid "Capture"\nmsgstr "Capturer"\n', "utf-8")
    assert translations.read_language(path)["Operator", "Capture"] == "Capturer"


def test_a_language_is_read_in_a_moment(translations):
    """It is read whenever the extension is enabled."""
    path, spent = translations.languages()["de_DE"], []
    for _ in range(5):
        begun = time.process_time()
        translations.read_language(path)
        spent.append(time.process_time() - begun)
    assert min(spent) < 0.02


def test_what_the_reader_takes_of_a_file(ext):
    read_po = ext("blender.translations.po").read_po
    source = """
# A translator's note.
msgid ""
msgstr "Language: de\\n"

#, fuzzy
msgid "unsure"
msgstr "unsicher"

#. of the panel
#, python-brace-format
msgctxt "problem a_code"
msgid ""
"It is {name}, "
"and \\"more\\".\\n"
msgstr "Es ist {name}, "
"und \\"mehr\\".\\n"
msgid "not yet"
msgstr ""
#~ msgid "gone"
#~ msgstr "fort"
msgid "last"
msgstr "letzter"
"""
    assert read_po(source) == [
        ("problem a_code", 'It is {name}, and "more".\n', 'Es ist {name}, und "mehr".\n'),
        ("", "last", "letzter"),
    ]
    for broken in ('"text"', "msgid text", 'msgid "a', 'msgid_plural "a"', "msg"):
        with pytest.raises(ValueError, match="line 2"):
            read_po("\n" + broken)


@pytest.mark.once
def test_a_translator_finds_where_each_text_is_from(translations):
    for path in translations.languages().values():
        named = [line[3:] for line in path.read_text("utf-8").splitlines() if line[:3] == "#. "]
        files = {each for each in named if each.endswith(".py")}
        assert (
            len(files) > 50 and [each for each in files if not (texts.ROOT / each).is_file()] == []
        )


@pytest.mark.once
def test_translators_tools_accept_the_file(translations):
    if shutil.which("msgfmt") is None:
        pytest.skip("GNU gettext is not installed here")
    for path in translations.languages().values():
        command = ["msgfmt", "--check", "--output-file=/dev/null", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and done.stderr == ""


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


def test_blender_speaks_german(in_german, ext, translations):
    assert in_german("Capture") == in_german("Capture", "Operator") == "Aufnehmen"
    assert translations.translated("Take {}", 3) == "Take 3"
    problem = ext("motion.checks").check_range(9, 3)
    assert translations.told(problem)[0] == (
        "Der Bildbereich ist leer: er endet bei 3, bevor er bei 9 beginnt."
    )


def test_a_translation_that_does_not_fit_the_values_gives_way(translations):
    """They are a newer backend's, say, which means something else by the code."""
    filled = translations.filled
    assert filled("{share:.0%} davon", {"share": 0.07}, "7% of it") == "7% davon"
    assert filled("{share:.0%} davon", {"part": 0.07}, "7% of it") == "7% of it"
    assert filled("{share:.0%} davon", {"share": "a little"}, "a bit") == "a bit"
    assert filled("{share.real} davon", {"share": "a"}, "a bit") == "a bit"


def test_what_is_unknown_is_shown_as_it_came(enabled, ext, translations):
    problem = ext("wire.problem").Problem
    assert translations.translated("svd_walk.001") == "svd_walk.001"
    assert translations.sentences(None) == ""
    newer = problem.literal("of_tomorrow", "Nobody knows {this}.", "Nor this.", {"x": 1})
    assert translations.told(newer) == ("Nobody knows {this}.", "Nor this.")
    assert translations.sentences(problem.literal("of_tomorrow", "No.")) == "No."

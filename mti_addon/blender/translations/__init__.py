"""The interface in other languages than English, through Blender's own translations.

A language is a .po file in this folder, named as Blender names it. English texts are the keys.
Blender itself looks up what is given to it as a plain literal: labels, buttons, names and
descriptions of properties, reports. It does not see texts that are composed and lines of a wrapped
paragraph: those go through translated(). Problems have keys of their own, their codes, as they may
come from another process, which may be of another version; they go through told().
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...wire.problem import Problem
from .po import read_po

OWN = "MTI"
"""The context of words that Blender translates otherwise itself, and finds there first: a face is
one of a mesh to it, a wave one of water."""
OPERATOR = "Operator"
"""Blender looks up buttons and labels of operators in a context of their own."""
CONTEXTS = ("*", OPERATOR, OWN)
"""All that a plain text is offered in: who asks for it is not known here."""
SENTENCE, REMEDY = "problem", "remedy"
"""Contexts of the two parts of a problem, whose text is the code. In a .po file the code stands in
the context, as in "problem frame_range_empty", and the text is English, for translators to read."""
Table = dict[tuple[str, str], str]
"""As Blender wants a language: {(context, text): translation}."""


def translated(text: str, *values: Any, **named: Any) -> str:
    """A text in the interface's language, itself if it is unknown; a template with its values."""
    from bpy.app import translations  # here, so that modules without bpy may call this

    found: str = translations.pgettext_iface(text)
    return found.format(*values, **named) if values or named else found


def told(problem: Problem) -> tuple[str, str]:
    """What is wrong, and what to do (or nothing), in the interface's language.

    In English, as it came, where the code is unknown, or another version means other values by it.
    """
    sentence = _by_code(SENTENCE, problem.code, problem.message, problem.values)
    remedy = _by_code(REMEDY, problem.code, problem.hint, problem.values)
    return sentence, remedy


def sentences(problem: Problem | None) -> str:
    """told() in one text; empty for no problem."""
    return " ".join(part for part in told(problem) if part) if problem else ""


def _by_code(context: str, code: str, english: str, values: Mapping[str, Any]) -> str:
    from bpy.app import translations

    template: str = translations.pgettext_iface(code, context)
    return filled(template, values, english) if english and template != code else english


def filled(template: str, values: Mapping[str, Any], english: str) -> str:
    """A translated template, or the English text where these are not the values that it names."""
    try:
        return template.format_map(values)
    except (LookupError, ValueError, AttributeError):
        return english


def languages() -> dict[str, Path]:
    """Blender's name of each language, such as de_DE -> its file."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.po"))}


def read_language(path: Path) -> Table:
    """The table of one language. Raises OSError, ValueError."""
    table: Table = {}
    for context, text, translation in read_po(path.read_text("utf-8")):
        part, _, code = context.partition(" ")
        if code:
            table[part, code] = translation
        else:
            table |= {(each, text): translation for each in CONTEXTS}
    return table


def register(name: str) -> None:
    """Hand all languages to Blender, under the extension's name."""
    from bpy.app import translations

    tables = {language: read_language(path) for language, path in languages().items()}
    translations.register(name, tables)


def unregister(name: str) -> None:
    """Take them back."""
    from bpy.app import translations

    translations.unregister(name)

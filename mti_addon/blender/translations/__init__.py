"""Interface translations, through Blender's own translation system.

Each language is a .po file in this folder, named as in Blender, with English texts as keys. Blender
itself translates plain literals: labels, buttons, names and descriptions of properties, reports.
Composed texts and lines of wrapped paragraphs go through translated(). Problems may come from
another process, possibly of another version, so their keys are their codes; they go through told().
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...wire.problem import Problem
from .po import read_po

OWN = "MTI"
"""Context of words that Blender itself translates in another sense, and would find first: its
face is part of a mesh, its wave is water."""
OPERATOR = "Operator"
"""Context in which Blender looks up buttons and operator labels."""
CONTEXTS = ("*", OPERATOR, OWN)
"""Contexts in which each plain text is registered, since its use is not known here."""
SENTENCE, REMEDY = "problem", "remedy"
"""Contexts of a problem's two parts, with its code as the text. In a .po file the code is part
of the context, as in "problem frame_range_empty", and the text is English for translators to
read."""
Table = dict[tuple[str, str], str]
"""A language in Blender's format: {(context, text): translation}."""


def translated(text: str, *values: Any, **named: Any) -> str:
    """Translate a text, or return it unchanged if unknown; templates are filled with the values."""
    from bpy.app import translations  # imported here so that modules without bpy can call this

    found: str = translations.pgettext_iface(text)
    return found.format(*values, **named) if values or named else found


def told(problem: Problem) -> tuple[str, str]:
    """Return a problem's message and its remedy, which may be empty, in the interface's language.

    Returns the original English if the code is unknown, or if another version uses other values.
    """
    sentence = _by_code(SENTENCE, problem.code, problem.message, problem.values)
    remedy = _by_code(REMEDY, problem.code, problem.hint, problem.values)
    return sentence, remedy


def sentences(problem: Problem | None) -> str:
    """Return told() as a single text; empty for no problem."""
    return " ".join(part for part in told(problem) if part) if problem else ""


def _by_code(context: str, code: str, english: str, values: Mapping[str, Any]) -> str:
    from bpy.app import translations

    template: str = translations.pgettext_iface(code, context)
    return filled(template, values, english) if english and template != code else english


def filled(template: str, values: Mapping[str, Any], english: str) -> str:
    """Fill a translated template, or return the English text if the values do not match."""
    try:
        return template.format_map(values)
    except (LookupError, ValueError, AttributeError):
        return english


def languages() -> dict[str, Path]:
    """Map Blender's name of each language, such as de_DE, to its file."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.po"))}


def read_language(path: Path) -> Table:
    """Read the table of one language. Raises OSError, ValueError."""
    table: Table = {}
    for context, text, translation in read_po(path.read_text("utf-8")):
        part, _, code = context.partition(" ")
        if code:
            table[part, code] = translation
        else:
            table |= {(each, text): translation for each in CONTEXTS}
    return table


def register(name: str) -> None:
    """Register all languages with Blender under the extension's name."""
    from bpy.app import translations

    tables = {language: read_language(path) for language, path in languages().items()}
    translations.register(name, tables)


def unregister(name: str) -> None:
    """Unregister all languages."""
    from bpy.app import translations

    translations.unregister(name)

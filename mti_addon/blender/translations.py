"""The interface in other languages than English, through Blender's own translations.

English texts are the keys. Blender itself looks up what is given to it as a plain literal: labels,
buttons, names and descriptions of properties, reports. It does not see texts that are composed,
reasons of greyed buttons, and lines of a wrapped paragraph; those go through translated().
"""

from __future__ import annotations

import functools
import re

from . import german

LANGUAGES: dict[str, dict[str, str]] = {"de_DE": german.TEXTS | german.TOLD}
"""Blender's name of a language -> {English: the same in that language}."""
TOLD = tuple(german.TOLD)
"""Sentences of layers and processes that know no language, with {} for their values."""
OWN = "MTI"
"""The context of words that Blender translates otherwise itself, and finds there first: a face is
one of a mesh to it, a wave one of water."""
OPERATOR = "Operator"
"""Blender looks up buttons and labels of operators in a context of their own."""
CONTEXTS = ("*", OPERATOR, OWN)


def translated(text: str) -> str:
    """A text, or a template to be filled, in the interface's language; itself if it is unknown."""
    from bpy.app import translations  # here, so that modules without bpy may call this

    found: str = translations.pgettext_iface(text)
    if found != text:
        return found
    template, values = _told(text)
    sentence: str = translations.pgettext_iface(template)
    return text if sentence == template else sentence.format(*values)


@functools.lru_cache(maxsize=512)
def _told(text: str) -> tuple[str, tuple[str, ...]]:
    """The template of TOLD that gives this text, and its values; two empty ones if there is none.

    A panel asks for the same few texts at every redraw.
    """
    for template in TOLD:
        pattern = "(.*?)".join(re.escape(part) for part in template.split("{}"))
        if found := re.fullmatch(pattern, text, re.DOTALL):
            return template, found.groups()
    return "", ()


def sentences(*texts: str) -> str:
    """What is wrong and what to do, each in the interface's language, in one text."""
    return " ".join(translated(text) for text in texts if text)


def messages() -> dict[str, dict[tuple[str, str], str]]:
    """As Blender wants them: {language: {(context, English): translation}}."""
    return {
        language: {(context, key): text for key, text in texts.items() for context in CONTEXTS}
        for language, texts in LANGUAGES.items()
    }


def register(name: str) -> None:
    """Hand all languages to Blender, under the extension's name."""
    from bpy.app import translations

    translations.register(name, messages())


def unregister(name: str) -> None:
    """Take them back."""
    from bpy.app import translations

    translations.unregister(name)

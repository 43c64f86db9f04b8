"""The list of this file's results, and which one is active."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import CollectionProperty, IntProperty, StringProperty

from ..common.file_cache import cached_answer
from ..common.lists import Mirror, MTI_PG_entry
from ..queue import polling
from ..translations import OWN, translated
from .file_results import FileResult, gather


class ResultListProperties:
    """Mixin for the settings stored in the window manager."""

    results: CollectionProperty(type=MTI_PG_entry, options={"HIDDEN"})
    result: IntProperty(
        name="Result", description="Result whose details are shown", options={"HIDDEN"}
    )
    result_search: StringProperty(
        name="Search",
        translation_context=OWN,
        description="Only show results of motions whose names contain these words",
        options={"TEXTEDIT_UPDATE"},
    )


def results() -> dict[str, FileResult]:
    """Return the results of this file by key, newest first, as of the last check."""
    question = ("results", bpy.data.filepath)
    return {each.key: each for each in cached_answer(question, lambda: gather(polling.jobs))}


def chosen_result(window: Any) -> FileResult | None:
    """Return the active result of the list."""
    return results().get(mirror.chosen(window))


def result_name(result: FileResult) -> str:
    """Return the motion's name, what it was played in, and the take if its job has several."""
    name = result.name
    if result.prompt:
        name = translated("{}: {}", name, result.prompt)
    if result.take == 1 and f"{result.job}/2" not in results():
        return name
    return translated("{}, take {}", name, result.take)


def has_twin(result: FileResult) -> bool:
    """Return whether another result has the same name and rank."""
    names = [(each.name, each.take) for each in results().values()]
    return names.count((result.name, result.take)) > 1


def _names() -> dict[str, str]:
    return {key: result_name(each) for key, each in results().items()}


mirror = Mirror("results", "result", _names)

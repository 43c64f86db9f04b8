"""docs/job.md and docs/preset.md document everything that the wire can hold, as the code has it."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from mti_addon.wire import (
    codec,
    edit,
    errors,
    events,
    motion_inversion,
    owner,
    request,
    settings,
)
from mti_addon.wire.job import JobFolder, Manifest
from mti_addon.wire.library import motion_embeddings, preset
from mti_addon.wire.remote.note import RemoteNote
from tests.wire.examples import limit_of

ROOT = Path(__file__).parents[1]
PAGES = {name: (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("job", "preset")}
DOCUMENT = PAGES["job"]

TABLES = [
    request.Request,
    request.CaptureInfo,
    settings.Settings,
    settings.InversionSettings,
    settings.Augmentation,
    settings.SamplingSettings,
    motion_inversion.MotionInversionSettings,
    motion_inversion.LearningSettings,
    motion_inversion.PlayingSettings,
    owner.Owner,
    Manifest,
    RemoteNote,
    *events.EVENTS.values(),
]
OF_A_MOTION = [
    preset.Preset,
    preset.Embedding,
    preset.Quality,
    edit.MotionEdit,
    edit.MotionPart,
    motion_embeddings.Header,
    motion_embeddings.Layer,
]


def kind(hint: Any) -> str:
    """The JSON type of a field, as named in the document."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return kind(args[0])
    if origin is Literal:
        return " or ".join(f"`{choice}`" for choice in args)
    if origin in (Union, types.UnionType):
        return " or ".join(sorted((kind(a) for a in args), key=lambda word: word == "null"))
    if origin is tuple:
        return "list" if Ellipsis in args else f"list of {len(args)}"
    if origin is dict or dataclasses.is_dataclass(hint):
        return "object"
    names = {bool: "true or false", int: "whole number", float: "number", str: "text"}
    return names.get(hint, "null" if hint is type(None) else str(hint))


def table(cls: type) -> list[str]:
    """The rows of the document for a dataclass, as patterns: field, type, range with unit, meaning.

    Where the code gives no range or meaning, the document may give a range and must give a meaning.
    """
    hints = get_type_hints(cls, include_extras=True)
    rows = []
    for field in dataclasses.fields(cls):
        spec = limit_of(cls, field.name)
        limits = str(spec) if isinstance(spec, codec.Range) else ""
        begin = re.escape(f"| `{field.name}` | {kind(hints[field.name])} | ")
        end = re.escape(f"{limits} | {spec.doc} |") if spec else r"[^|\n]* \| \w[^|\n]* \|"
        rows.append(begin + end)
    return rows


@pytest.mark.parametrize("cls", [*TABLES, *OF_A_MOTION], ids=lambda cls: cls.__name__)
def test_every_field_stands_there_with_its_type_range_and_meaning(cls: type) -> None:
    name = "preset" if cls in OF_A_MOTION else "job"
    missing = [row for row in table(cls) if not re.search(row, PAGES[name])]
    assert not missing, f"docs/{name}.md lacks these rows:\n" + "\n".join(missing)


@pytest.mark.parametrize("error", errors.ERRORS, ids=lambda error: error.code)
def test_every_error_stands_there_with_its_exit_code(error: type[errors.MtiError]) -> None:
    assert f"| `{error.code}` | {error.exit_code} |" in DOCUMENT


@pytest.mark.parametrize("name", events.EVENTS)
def test_every_event_stands_there(name: str) -> None:
    assert f"#### `{name}`" in DOCUMENT


@pytest.mark.parametrize("choices", [events.Stage, request.Task, settings.ModelName], ids=str)
def test_every_choice_stands_there(choices: Any) -> None:
    assert all(f"`{choice}`" in DOCUMENT for choice in get_args(choices))


def test_every_file_stands_there() -> None:
    job = JobFolder(Path("job"))
    properties = inspect.getmembers(JobFolder, lambda member: isinstance(member, property))
    paths = [getattr(job, name).relative_to("job").as_posix() for name, _ in properties]
    assert len(paths) > 15
    assert [path for path in paths if f"`{path}" not in DOCUMENT] == []
    names = (preset.PRESET_FILE, *preset.MAX_FILE_BYTES, "embeddings/MODEL-HASH.safetensors")
    assert [name for name in names if f"| `{name}` |" not in PAGES["preset"]] == []


def test_the_protocol_of_the_document_is_the_code_s() -> None:
    assert f"**Protocol {request.PROTOCOL}.**" in DOCUMENT
    assert f"**Preset version {preset.PRESET_VERSION}.**" in PAGES["preset"]


def test_every_key_of_the_result_stands_there() -> None:
    source = (ROOT / "mti_backend" / "runner" / "run.py").read_text("utf-8")
    functions = [n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)]
    result = next(function for function in functions if function.name == "result")
    returned = next(n.value for n in ast.walk(result) if isinstance(n, ast.Return))
    assert isinstance(returned, ast.Dict)
    keys = [key.value for key in returned.keys if isinstance(key, ast.Constant)]
    assert len(keys) > 5
    assert [key for key in keys if f"| `{key}` |" not in DOCUMENT] == []


def test_every_image_that_a_page_shows_is_there_and_none_is_left_over() -> None:
    root = Path(__file__).parents[1]
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), root / "benchmarks" / "README.md"]
    shown = set()
    for page in pages:
        for link in re.findall(r"\]\(([^)\s]+\.(?:png|webp|gif|svg))\)", page.read_text("utf-8")):
            if "://" not in link:
                path = (page.parent / link).resolve()
                assert path.is_file(), f"{page.name}: {link}"
                shown.add(path)
    kept = {path.resolve() for path in (root / "docs" / "images").iterdir()}
    assert kept <= shown, sorted(path.name for path in kept - shown)

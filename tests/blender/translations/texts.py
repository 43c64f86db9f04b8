"""All texts of the Blender layer and the workflow that a person may read: of their sources, and of
Blender's RNA."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parents[3]
WORDS = re.compile(r"[A-Za-z][a-z]{2,}.* |.* [A-Za-z][a-z]{2,}|[A-Z][a-z]{2,}$")
"""A constant that is a phrase or a word; one that only holds signs, units or identifiers is not."""
NO_PHRASES = {
    "MESH CURVE SURFACE META FONT CURVES POINTCLOUD VOLUME GPENCIL GREASEPENCIL",
    "AgX Base sRGB",
    "Filmic sRGB",
    "Khronos PBR Neutral",
    "Khronos PBR Neutral sRGB",
    "Filmic",
    "Standard",
    "Color",
    "Emission",
    "Surface",
    "Strength",
    "Motion Capture",
    "Motion Target",
    "sRGB - Display",
    "sRGB Display",
    "Motions",
    "Layer",
    "Object Transforms",
    "Driver",
    "Asset Browser Main",
    "File Browser Main",
    "The recipe",
    "does not move",
    "a 3D scene, {motion}",
    "a box",
    "a box on white paper",
    "a box that moves, {thing}, {motion}",
    "a dog on white paper",
    "a face on white paper",
    "a stick figure on white paper",
    "a stick figure, {motion}, on a plain background",
    "the camera moves through a scene, {motion}",
}
"""Names of Blender's things and of our own data, which are the same in every language, and
captions, which text encoders read in English."""
INTERNAL = ("curve ", "cd ", 'nodes["', "\nimport bpy", "Blender could not restore")
INTERNAL += ("04d.png", "picture_06d", "download-", "over_", 'pose.bones["')
INTERNAL += ("import sys; from",)
INTERNAL += ("04d.png", "picture_06d", "download-", "over_")
"""How f-strings begin that nobody reads in the interface."""
IDENTIFIER = re.compile(r"[A-Z0-9_-]*|\d+ x \d+|[a-z0-9_.+-]*|[-,;:.{}\W\d]*")
SHOWN = {"translated", "paragraph", "poll_message_set", "report"}
SHOWN_KEYWORDS = {"text", "name", "description", "title"}
"""Keyword arguments that hold a text in calls of these functions."""
WITH_KEYWORDS = {"label", "operator", "prop", "menu", "progress", "popover", "operator_menu_enum"}


def sources() -> dict[str, ast.Module]:
    """The modules that speak to the animator, without the languages, by their paths."""
    found = _trees("mti_addon/blender", "mti_addon/workflow")
    return {path.relative_to(ROOT).as_posix(): tree for path, tree in found}


def _trees(*folders: str) -> list[tuple[Path, ast.Module]]:
    """Every module below these folders, without the languages."""
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    paths = [path for path in paths if path.parent.name != "translations"]
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def strings(*nodes: ast.AST) -> Iterator[str]:
    """Every constant text below these nodes."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


def _called(node: ast.Call) -> str:
    function = node.func
    return getattr(function, "attr", getattr(function, "id", ""))


def _without_internals(tree: ast.Module) -> Iterator[ast.AST]:
    """All nodes but docstrings, annotations, and what is below them or below an f-string."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        for child in ast.iter_child_nodes(node):
            is_text = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            is_schema = isinstance(child, ast.Subscript) and "Annotated" in ast.dump(child.value)
            if not (is_text or is_schema or isinstance(child, ast.JoinedStr)):
                waiting.append(child)
        yield node


def constants(modules: Iterable[ast.Module]) -> dict[str, ast.expr]:
    """Name in capitals -> its value, of all modules."""
    return {
        target.id: node.value
        for tree in modules
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }


def from_sources() -> set[str]:
    """Phrases anywhere, and what is given to whatever shows or translates a text."""
    modules = sources()
    known, found = constants(modules.values()), set()
    for tree in modules.values():
        for node in _without_internals(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} if WORDS.match(node.value) else set()
            if isinstance(node, ast.Call):
                found |= set(_shown(node, known))
    found = {text for text in found if not IDENTIFIER.fullmatch(text)} - NO_PHRASES
    return found - {part for parts in problems().values() for part in parts}


@functools.cache
def problems() -> dict[str, tuple[str, str]]:
    """Code -> (sentence, remedy) of every problem that the sources make.

    But of the studio's server, whose words are for its administrator and its log. Raises
    AssertionError where one is no constant, or two of one code are not alike.
    """
    modules = _trees("mti_addon", "mti_backend")
    modules = [each for each in modules if "mti_backend/server/" not in each[0].as_posix()]
    everywhere = {path.with_suffix(""): constants([tree]) for path, tree in modules}
    found: dict[str, tuple[str, str]] = {}
    for path, tree in modules:
        for scope in [tree, *(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))]:
            for node in ast.walk(scope):
                if not (isinstance(node, ast.Call) and _called(node) == "Problem"):
                    continue
                given = node.args + [k.value for k in node.keywords if k.arg == "remedy"]
                code, *parts = (
                    _constant(each, scope, tree, path, everywhere) for each in given[:3]
                )
                if scope is tree and None in (code, *parts):
                    continue  # a variable of a function, which comes
                place = f"{path.name}:{node.lineno}"
                assert code and None not in parts, f"{place} is no constant"
                both = parts[0], parts[1] if len(parts) > 1 else ""
                assert found.setdefault(code, both) == both, f"{place}: {code} says something else"
    return found


def _constant(
    node: ast.expr,
    scope: ast.AST,
    tree: ast.Module,
    path: Path,
    everywhere: dict[Path, dict[str, ast.expr]],
) -> str | None:
    """What a constant, or a name of one, holds; the last one that it was given before."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.Name):
        return None
    given = [
        (each.lineno, value.value)
        for each in ast.walk(scope)
        if isinstance(each, ast.Assign) and each.lineno <= node.lineno
        for name, value in _assigned(each)
        if name == node.id and isinstance(value, ast.Constant)
    ]
    if given and scope is not tree:
        return str(max(given)[1])
    for imported in (n for n in tree.body if isinstance(n, ast.ImportFrom)):
        if node.id in (alias.name for alias in imported.names):
            folder = path.parents[imported.level - 1] if imported.level else ROOT
            module = folder.joinpath(*(imported.module or "").split("."))
            return _text(everywhere.get(module, {}).get(node.id))
    return _text(constants([tree]).get(node.id))


def _text(node: ast.expr | None) -> str | None:
    return str(node.value) if isinstance(node, ast.Constant) else None


def _assigned(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """Name and value of an assignment, or of each part of one like `a, b = 1, 2`."""
    for target in node.targets:
        if isinstance(target, ast.Name):
            yield target.id, node.value
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=True)
            yield from ((each.id, v) for each, v in pairs if isinstance(each, ast.Name))


def _shown(node: ast.Call, known: dict[str, ast.expr]) -> Iterator[str]:
    given: list[ast.expr] = []
    if _called(node) in SHOWN:
        given += node.args
    if _called(node) in WITH_KEYWORDS or _called(node).endswith("Property"):
        given += [each.value for each in node.keywords if each.arg in SHOWN_KEYWORDS]
    for each in given:
        if not isinstance(each, ast.JoinedStr):
            yield from strings(each)
        for name in ast.walk(each):
            if isinstance(name, ast.Name) and name.id in known:
                yield from strings(known[name.id])


def phrases_in_f_strings() -> list[str]:
    """F-strings that say something: their templates cannot be translated."""
    found = []
    for name, tree in sources().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.JoinedStr):
                said = "".join(strings(*node.values))
                if re.search(r"[A-Za-z]{2,} | [A-Za-z]|[a-z]{3,}", said):
                    found.append((f"{name}:{node.lineno}", said))
    return [f"{place}: {said}" for place, said in found if not said.startswith(INTERNAL)]


def described(cls: Any) -> str:
    """The tooltip of an operator, a panel or a menu, as Blender takes it from the class."""
    return getattr(cls, "bl_description", None) or vars(cls).get("__doc__") or ""


def from_rna(classes: Iterable[Any]) -> set[str]:
    """Labels, tooltips, properties and their choices of registered classes."""
    found = set()
    for cls in classes:
        if issubclass(cls, bpy.types.Operator | bpy.types.Panel | bpy.types.Menu):
            found |= {cls.bl_label, described(cls), getattr(cls, "bl_category", "")}
        category, _, name = getattr(cls, "bl_idname", "").partition(".")
        is_operator = issubclass(cls, bpy.types.Operator)
        rna = (
            getattr(getattr(bpy.ops, category), name).get_rna_type() if is_operator else cls.bl_rna
        )
        # a property may hide one of the same name that Blender gives to every such class
        for each in {each.identifier: each for each in rna.properties}.values():
            if each.identifier in getattr(cls, "__annotations__", {}) and not each.is_hidden:
                found |= {each.name, each.description, *_choices(each)}
    return {text for text in found if not IDENTIFIER.fullmatch(text)}


def _choices(each: Any) -> Iterator[str]:
    if each.type == "ENUM":
        for item in each.enum_items:
            yield from (item.name, item.description)


def all_strings() -> set[str]:
    """Every constant text of the add-on and the backend: where a translated text may come from."""
    return {text for _, tree in _trees("mti_addon", "mti_backend") for text in strings(tree)}

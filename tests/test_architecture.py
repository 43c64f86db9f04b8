"""Import rules and other restrictions, checked on the source without importing it."""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STDLIB = frozenset(sys.stdlib_module_names) | {"__future__"}
BLENDER = frozenset({"bpy", "bpy_extras", "mathutils", "gpu", "blf", "bl_math", "addon_utils"})
BACKEND = frozenset(
    {"torch", "diffusers", "transformers", "numpy", "imageio", "imageio_ffmpeg", "PIL"}
    | {"safetensors", "accelerate", "psutil"}
)
EVALUATION = frozenset({"matplotlib"})
SERVER = {
    # the part of the server that alone may import a package, which is then easy to replace
    "http": frozenset({"starlette"}),
    "store": frozenset({"apsw"}),
    "run.py": frozenset({"starlette", "uvicorn"}),
    "tls.py": frozenset({"cryptography"}),
}

ADDON_PACKAGES = {
    # package: (third-party distributions, our own packages)
    "wire": (frozenset[str](), frozenset({"wire"})),
    # a problem's data class is the only part of the contract that motion uses
    "motion": (frozenset({"numpy"}), frozenset({"motion", "wire.problem"})),
    "client": (frozenset[str](), frozenset({"client", "wire"})),
    # motion works with numpy, which is part of every Blender
    "workflow": (frozenset({"numpy"}), frozenset({"workflow", "motion", "client", "wire"})),
    "blender": (
        BLENDER | {"numpy"},
        frozenset({"blender", "workflow", "client", "motion", "wire"}),
    ),
}
PACKAGES = ("mti_addon", "mti_backend", "benchmarks", "tests", "tools", "demo")
THREADS = frozenset({"threading", "_thread", "concurrent", "multiprocessing", "asyncio", "queue"})
NETWORK = frozenset({"http", "urllib", "ftplib", "smtplib", "socketserver", "xmlrpc"})
FORBIDDEN = frozenset(
    {"sys.path", "os.fork", "os.pipe", "os.popen", "os.system", "subprocess.PIPE"}
    | {"subprocess.check_output", "subprocess.getoutput", "subprocess.getstatusoutput"}
    | {"socket.socket", "socket.create_connection", "socket.create_server"}
)
STUDIO_PROCESSES = "mti_addon/client/remote/relay"
PICKLES = frozenset({"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"})


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def broken(rule: Callable[[Path], Iterable[str]], *folders: str) -> list[str]:
    """What a rule has against each file of these folders: "file: what"."""
    found = [(path.relative_to(ROOT).as_posix(), rule(path)) for path in sources(*folders)]
    assert found
    return [f"{name}: {what}" for name, faults in found for what in faults]


def module_of(path: Path) -> list[str]:
    """The package to which a file's relative imports refer."""
    return list(path.relative_to(ROOT).parent.parts)


@functools.cache
def imports(path: Path) -> list[tuple[str, bool]]:
    """(absolute dotted name, whether it is relative) of every import in a file."""
    return list(_imports(path))


def _imports(path: Path) -> Iterator[tuple[str, bool]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, False) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = module_of(path)[: len(module_of(path)) - node.level + 1]
            base = [*package, *(node.module or "").split(".")] if node.level else [node.module]
            base = [part for part in base if part]
            for alias in node.names:
                yield ".".join([*map(str, base), alias.name]), node.level > 0


def dotted(node: ast.AST) -> str:
    """`a.b.c` for nested attribute access."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def used_names(path: Path) -> set[str]:
    """Every dotted name used in a file."""
    nodes = ast.walk(tree(path))
    return {dotted(node) for node in nodes if isinstance(node, ast.Attribute | ast.Name)}


def test_the_add_on_imports_only_what_its_layer_may() -> None:
    def rule(path: Path) -> Iterator[str]:
        parts = path.relative_to(ROOT).parts
        if len(parts) == 2:
            return  # the front door has its own test
        foreign, own = ADDON_PACKAGES[parts[1]]
        for name, relative in imports(path):
            first, *rest = name.split(".")
            if first == "mti_addon":
                if not relative:
                    yield f"{name}: Blender knows this package by another name; import relatively"
                allowed = rest and (rest[0] in own or ".".join(rest[:2]) in own)
            else:
                allowed = not relative and first in STDLIB | foreign
            if not allowed:
                yield f"{parts[1]} may not import {name}"

    assert broken(rule, "mti_addon") == []


def test_every_package_of_the_add_on_has_its_rule() -> None:
    packages = {path.relative_to(ROOT).parts[1] for path in sources("mti_addon")} - {"__init__.py"}
    assert packages == set(ADDON_PACKAGES)


def imported_modules(path: Path) -> set[str]:
    """Our own modules that a file imports, by dotted name."""
    found = set()
    for name, _ in imports(path):
        *package, _last = name.split(".")
        for candidate in (name, ".".join(package)):
            place = ROOT.joinpath(*candidate.split("."))
            if place.with_suffix(".py").is_file() or (place / "__init__.py").is_file():
                found.add(candidate)
                break
    return found


def dotted_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One cycle of a graph, as the names along it; empty if there is none."""
    done: set[str] = set()

    def walk(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name not in done:
            for other in sorted(graph.get(name, ())):
                if found := walk(other, [*way, name]):
                    return found
            done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])


@pytest.mark.parametrize("folder", ["mti_addon", "mti_backend", "demo", "tools"])
def test_no_modules_import_each_other_in_a_circle(folder: str) -> None:
    graph = {dotted_name(path): imported_modules(path) for path in sources(folder)}
    assert sum(map(len, graph.values())) > 0 and circle(graph) == []


@pytest.mark.parametrize(
    "large", ["mti_addon", "mti_addon/blender", "mti_addon/client", "mti_backend"]
)
def test_no_packages_import_each_other_in_a_circle(large: str) -> None:
    """So they are ordered, and removing one leaves those below it intact."""
    above = len(Path(large).parts)

    def room(module: str) -> str:
        return ".".join(module.split(".")[: above + 1])

    graph: dict[str, set[str]] = {}
    for path in sources(large):
        if path != ROOT / large / "__init__.py":  # which imports all of them
            own = room(dotted_name(path))
            inside = {m for m in imported_modules(path) if m.startswith(large.replace("/", "."))}
            graph.setdefault(own, set()).update({room(m) for m in inside} - {own})
    assert len(graph) > 2 and circle(graph) == []


def test_a_circle_is_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle({"a": {"b", "c"}, "b": {"c"}}) == []


SECTIONS = ("setup", "sketch", "library", "apply", "results", "learn", "jobs", "preferences")
"""Each knows only the ones before it."""


def test_what_is_below_the_sections_knows_none_of_them() -> None:
    below = {folder.name for folder in (ROOT / "mti_addon/blender").iterdir() if folder.is_dir()}
    below -= {*SECTIONS, "__pycache__"}

    def rule(path: Path) -> Iterable[str]:
        if path.parent.name not in below:
            return set()
        layer = [n for n in imported_modules(path) if n.startswith("mti_addon.blender.")]
        return {name.split(".")[2] for name in layer} & set(SECTIONS)

    assert broken(rule, "mti_addon/blender") == []


def test_a_section_knows_only_the_ones_before_it() -> None:
    def rule(path: Path) -> Iterable[str]:
        section = path.relative_to(ROOT / "mti_addon/blender").parts[0]
        if section not in SECTIONS:
            return set()
        layer = [n for n in imported_modules(path) if n.startswith("mti_addon.blender.")]
        return {n.split(".")[2] for n in layer} & set(SECTIONS[SECTIONS.index(section) + 1 :])

    assert broken(rule, "mti_addon/blender") == []


def test_nobody_takes_helpers_from_operators_or_panels() -> None:
    """Except the package that registers them, and the tab that draws the panels."""

    def rule(path: Path) -> Iterable[str]:
        if path.name in ("__init__.py", "tab.py") or path.stem.startswith("operators"):
            return set()
        taken = {name.rpartition(".")[2] for name in imported_modules(path)}
        return {name for name in taken if name == "panel" or name.startswith("operators")}

    assert broken(rule, "mti_addon/blender") == []


def test_files_that_comments_and_docstrings_name_exist() -> None:
    known = {f"/{path.relative_to(ROOT).as_posix()}" for path in sources(*PACKAGES)}

    def rule(path: Path) -> Iterable[str]:
        named = re.findall(r"\b[\w/-]*\w\.py\b", path.read_text("utf-8"))
        return {each for each in named if not any(full.endswith(f"/{each}") for full in known)}

    assert broken(rule, "mti_addon", "mti_backend", "benchmarks") == []


@pytest.mark.parametrize("large", ["mti_addon/blender", "mti_backend"])
def test_few_files_lie_flat_in_a_large_package(large: str) -> None:
    assert len(list((ROOT / large).glob("*.py"))) <= 10


def test_the_front_door_imports_nothing_at_module_level() -> None:
    module = tree(ROOT / "mti_addon" / "__init__.py")
    kinds = {type(node) for node in module.body}
    assert kinds <= {ast.Expr, ast.FunctionDef}
    functions = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]
    assert functions == ["register", "unregister"]
    names = {name for name, _ in imports(ROOT / "mti_addon" / "__init__.py")}
    assert names == {"mti_addon.blender"}


def test_the_backend_imports_only_what_it_may() -> None:
    def rule(path: Path) -> Iterator[str]:
        folder = path.relative_to(ROOT).parts[1]
        allowed = STDLIB | BACKEND | (EVALUATION if folder == "evaluation" else frozenset())
        if folder == "server":
            part = path.relative_to(ROOT).parts[2]
            allowed = STDLIB | SERVER.get(part, frozenset())
        for name, _ in imports(path):
            first, *rest = name.split(".")
            if first == "mti_addon":
                if rest[:1] != ["wire"]:
                    yield f"the backend may not import {name}"
            elif first in ("diffusers", "huggingface_hub"):
                if folder not in ("models", "draft"):
                    yield f"{folder} may not import {name}"
            elif first not in allowed | {"mti_backend"}:
                yield f"the backend may not import {name}"

    assert broken(rule, "mti_backend") == []


def test_the_server_needs_nothing_of_the_backend_that_computes() -> None:
    """It starts in half a second, and whatever torch does happens in a runner's process."""

    def rule(path: Path) -> Iterable[str]:
        own = {n.split(".")[1] for n in imported_modules(path) if n.startswith("mti_backend.")}
        return own - {"server", "models"}

    assert broken(rule, "mti_backend/server") == []


def test_the_models_know_nothing_of_the_method() -> None:
    method = {"runner", "method", "job", "memory", "distributed", "metrics", "evaluation"}

    def rule(path: Path) -> Iterable[str]:
        own = [name.split(".") for name, _ in imports(path) if name.startswith("mti_backend.")]
        return {parts[1] for parts in own} & method

    assert broken(rule, "mti_backend/models") == []


def test_nobody_imports_the_blender_layer() -> None:
    """Except itself, the entry point and its own tests."""
    own = {("mti_addon", "blender"), ("tests", "blender"), ("mti_addon", "__init__.py")}

    def rule(path: Path) -> Iterable[str]:
        if path.relative_to(ROOT).parts[:2] in own:
            return []
        return [name for name, _ in imports(path) if name.startswith("mti_addon.blender")]

    assert broken(rule, "mti_addon", "mti_backend", "tests", "tools") == []


def test_no_threads_pipes_sockets_or_path_edits_in_blender() -> None:
    def rule(path: Path) -> Iterable[str]:
        if _speaks_to_the_studio(path):
            return []
        modules = {name.split(".")[0] for name, _ in imports(path)}
        found = modules & (THREADS | NETWORK) | used_names(path) & FORBIDDEN
        found |= {name for name, _ in imports(path) if name in FORBIDDEN}
        nodes = ast.walk(tree(path))
        found |= {n.arg for n in nodes if isinstance(n, ast.keyword) and n.arg == "capture_output"}
        return sorted(f"not in Blender's process: {name}" for name in found)

    assert broken(rule, "mti_addon") == []


def _speaks_to_the_studio(path: Path) -> bool:
    return path.is_relative_to(ROOT / STUDIO_PROCESSES)


def test_nothing_of_blender_imports_what_speaks_to_the_studio() -> None:
    """It runs in processes of its own, which are started by the module's name."""
    name = STUDIO_PROCESSES.replace("/", ".")

    def rule(path: Path) -> Iterable[str]:
        if _speaks_to_the_studio(path):
            return []
        return [module for module in imported_modules(path) if module.startswith(name)]

    assert broken(rule, "mti_addon") == []
    assert any(_speaks_to_the_studio(path) for path in sources("mti_addon"))


def test_data_is_never_code() -> None:
    def rule(path: Path) -> Iterator[str]:
        yield from {name.split(".")[0] for name, _ in imports(path)} & PICKLES
        yield from used_names(path) & {"eval", "exec", "torch.load", "__import__"}
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.keyword) and node.arg in ("shell", "allow_pickle"):
                if not isinstance(node.value, ast.Constant) or node.value.value is not False:
                    yield f"{node.arg}, in line {node.value.lineno}"
            if isinstance(node, ast.Attribute) and dotted(node) in ("np.load", "numpy.load"):
                yield "numpy.load can unpickle; use safetensors"

    assert broken(rule, "mti_addon", "mti_backend") == []


def test_every_module_says_what_it_is() -> None:
    def rule(path: Path) -> Iterable[str]:
        module = tree(path)
        return ["no docstring"] if module.body and not ast.get_docstring(module) else []

    assert broken(rule, "mti_addon", "mti_backend") == []


def test_nothing_is_left_for_later() -> None:
    words = ("TODO", "FIXME", "XXX", "NotImplemented")

    def rule(path: Path) -> Iterable[str]:
        text = path.read_text("utf-8")
        return [word for word in words if word in text]

    assert broken(rule, "mti_addon", "mti_backend") == []

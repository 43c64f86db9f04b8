"""Who may import whom, and what nobody may do; read from the source, nothing is imported."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
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

ADDON_PACKAGES = {
    # package: (other distributions, our own packages)
    "wire": (frozenset[str](), frozenset({"wire"})),
    # the shape of a problem is all that the motion's layer knows of the contract
    "motion": (frozenset({"numpy"}), frozenset({"motion", "wire.problem"})),
    "client": (frozenset[str](), frozenset({"client", "wire"})),
    # numpy is motion's language, and part of every Blender.
    "blender": (BLENDER | {"numpy"}, frozenset({"blender", "client", "motion", "wire"})),
}
THREADS = frozenset({"threading", "_thread", "concurrent", "multiprocessing", "asyncio", "queue"})
NETWORK = frozenset({"http", "urllib", "ftplib", "smtplib", "socketserver", "xmlrpc"})
FORBIDDEN = frozenset(
    {"sys.path", "os.fork", "os.pipe", "os.popen", "os.system", "subprocess.PIPE"}
    | {"subprocess.check_output", "subprocess.getoutput", "subprocess.getstatusoutput"}
    | {"socket.socket", "socket.create_connection", "socket.create_server"}
)
PICKLES = frozenset({"pickle", "shelve", "marshal", "dill", "cloudpickle", "joblib"})


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_of(path: Path) -> list[str]:
    """The package that a file's relative imports start from."""
    return list(path.relative_to(ROOT).parent.parts)


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(absolute dotted name, is it written relatively) of all that a file imports anywhere."""
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
    """`a.b.c` for an attribute of an attribute of a name."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def used_names(path: Path) -> set[str]:
    """Every dotted name that a file mentions."""
    nodes = ast.walk(tree(path))
    return {dotted(node) for node in nodes if isinstance(node, ast.Attribute | ast.Name)}


@pytest.mark.parametrize("path", sources("mti_addon"), ids=name_of)
def test_the_add_on_imports_only_what_its_layer_may(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if len(parts) == 2:
        pytest.skip("the front door has its own test")
    foreign, own = ADDON_PACKAGES[parts[1]]
    for name, relative in imports(path):
        first, *rest = name.split(".")
        if first == "mti_addon":
            assert relative, (
                f"{name}: Blender knows this package by another name; import relatively"
            )
            allowed = rest and (rest[0] in own or ".".join(rest[:2]) in own)
            assert allowed, f"{parts[1]} may not import {name}"
        else:
            assert not relative and first in STDLIB | foreign, f"{parts[1]} may not import {name}"


def test_every_package_of_the_add_on_has_its_rule() -> None:
    packages = {path.relative_to(ROOT).parts[1] for path in sources("mti_addon")} - {"__init__.py"}
    assert packages <= set(ADDON_PACKAGES)


def test_the_front_door_imports_nothing_at_module_level() -> None:
    module = tree(ROOT / "mti_addon" / "__init__.py")
    kinds = {type(node) for node in module.body}
    assert kinds <= {ast.Expr, ast.FunctionDef}
    functions = [node.name for node in module.body if isinstance(node, ast.FunctionDef)]
    assert functions == ["register", "unregister"]
    names = {name for name, _ in imports(ROOT / "mti_addon" / "__init__.py")}
    assert names == {"mti_addon.blender"}


@pytest.mark.parametrize("path", sources("mti_backend"), ids=name_of)
def test_the_backend_imports_only_what_it_may(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[1]
    allowed = STDLIB | BACKEND | (EVALUATION if folder == "evaluation" else frozenset())
    for name, _ in imports(path):
        first, *rest = name.split(".")
        if first == "mti_addon":
            assert rest and rest[0] == "wire", f"the backend may not import {name}"
        elif first in ("diffusers", "huggingface_hub"):
            assert folder in ("models", "draft"), f"{folder} may not import {name}"
        else:
            assert first in allowed | {"mti_backend"}, f"the backend may not import {name}"


@pytest.mark.parametrize("path", sources("mti_backend/models"), ids=name_of)
def test_the_models_know_nothing_of_the_method(path: Path) -> None:
    method = {"run", "inversion", "sampling", "learn", "events", "checkpoint", "evaluation"}
    own = [name.split(".") for name, _ in imports(path) if name.startswith("mti_backend.")]
    assert not {parts[1] for parts in own} & method


@pytest.mark.parametrize("path", sources("mti_addon", "mti_backend", "tests", "tools"), ids=name_of)
def test_nobody_imports_the_blender_layer(path: Path) -> None:
    """But itself, the front door, and its own tests."""
    parts = path.relative_to(ROOT).parts
    if parts[:2] in (("mti_addon", "blender"), ("tests", "blender"), ("mti_addon", "__init__.py")):
        return
    assert not [name for name, _ in imports(path) if name.startswith("mti_addon.blender")]


@pytest.mark.parametrize("path", sources("mti_addon"), ids=name_of)
def test_no_threads_pipes_sockets_or_path_edits_in_blender(path: Path) -> None:
    modules = {name.split(".")[0] for name, _ in imports(path)}
    found = modules & (THREADS | NETWORK) | used_names(path) & FORBIDDEN
    found |= {name for name, _ in imports(path) if name in FORBIDDEN}
    nodes = ast.walk(tree(path))
    found |= {n.arg for n in nodes if isinstance(n, ast.keyword) and n.arg == "capture_output"}
    assert not found, f"not in Blender's process: {', '.join(sorted(found))}"


@pytest.mark.parametrize("path", sources("mti_addon", "mti_backend"), ids=name_of)
def test_data_is_never_code(path: Path) -> None:
    assert not {name.split(".")[0] for name, _ in imports(path)} & PICKLES
    assert not used_names(path) & {"eval", "exec", "torch.load", "__import__"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.keyword) and node.arg in ("shell", "allow_pickle"):
            assert isinstance(node.value, ast.Constant) and node.value.value is False
        if isinstance(node, ast.Attribute) and dotted(node) in ("np.load", "numpy.load"):
            pytest.fail("numpy.load can unpickle; use safetensors")


@pytest.mark.parametrize("path", sources("mti_addon", "mti_backend"), ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    module = tree(path)
    assert not module.body or ast.get_docstring(module)


@pytest.mark.parametrize("path", sources("mti_addon", "mti_backend"), ids=name_of)
def test_nothing_is_left_for_later(path: Path) -> None:
    words = ("TODO", "FIXME", "XXX", "NotImplemented")
    assert not [word for word in words if word in path.read_text("utf-8")]

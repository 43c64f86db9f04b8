"""docs/http.md, server.md and security.md say everything that they should, and nothing else."""

from __future__ import annotations

import argparse
import ast
import re
from pathlib import Path

import pytest

from mti_addon.wire.remote.messages import MAX_SHARED_BYTES
from mti_backend.server import config
from mti_backend.server.cli import _parser
from mti_backend.server.execution.ending import MAX_STALLED
from mti_backend.server.files import blobs
from mti_backend.server.http import me
from mti_backend.server.http.openapi import SCHEMAS, description

ROOT = Path(__file__).parents[2]
HTTP, SERVER, SECURITY = (
    (ROOT / "docs" / f"{name}.md").read_text("utf-8") for name in ("http", "server", "security")
)


def test_every_request_is_there() -> None:
    paths = description()["paths"]
    found = {
        f"| `{method.upper()} {path}` |"
        for path, operations in paths.items()
        for method in operations
    }
    assert {row for row in found if row not in HTTP} == set()
    told = set(re.findall(r"^\| `[A-Z]+ /v1/[^`]+` \|", HTTP, re.MULTILINE))
    assert told == found


def refusals() -> set[tuple[int, str]]:
    """(status, code) of every refusal in the sources of the API."""
    found = set()
    for path in (ROOT / "mti_backend/server/http").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != "refuse":
                continue
            first = node.args[0]
            args = first.value.elts if isinstance(first, ast.Starred) else node.args  # type: ignore[attr-defined]
            status, code = args[0], args[1]
            if isinstance(status, ast.Constant) and isinstance(code, ast.Constant):
                found.add((int(status.value), str(code.value)))
    return found


def test_every_refusal_is_there_with_its_status() -> None:
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", HTTP, re.MULTILINE)
    told = {(int(status), code) for status, codes in rows for code in re.findall(r"`(\w+)`", codes)}
    found = refusals()
    assert len(found) > 20 and found <= told
    # those that are not made by refuse(), but by the files' and uploads' own checks
    assert told - found == {
        *((409, "upload_gap"), (422, "blob_differs"), (422, "input_not_png")),
        (503, "server_disk_low"),
    }


@pytest.mark.parametrize("name", ["Job", "Motion", "Engine"])
def test_every_field_is_there(name: str) -> None:
    assert [field for field in SCHEMAS[name]["properties"] if f"`{field}`" not in HTTP] == []


def test_every_capability_and_number_is_there() -> None:
    assert all(f"`{each}`" in HTTP for each in me.CAPABILITIES)
    assert f"**API {config.API}.**" in HTTP
    assert (config.MAX_JSON_BYTES, config.MAX_JOB_BYTES) == (64 * 1024, 512 * 1024)
    assert (blobs.MAX_BYTES, MAX_SHARED_BYTES) == (256 * 2**20, 32 * 2**20) and MAX_STALLED == 3
    assert "at most 64 KiB, a submitted job 512 KiB, and a blob 256 MiB" in HTTP
    assert "at most 32 MiB" in HTTP


def options() -> dict[str, list[str]]:
    """The long options of each command."""
    actions = _parser()._subparsers
    assert actions is not None
    (choices,) = (a for a in actions._actions if isinstance(a, argparse._SubParsersAction))
    return {
        name: [o for a in parser._actions for o in a.option_strings if o.startswith("--")]
        for name, parser in choices.choices.items()
    }


def test_every_command_and_option_is_there() -> None:
    found = options()
    assert len(found) == 7
    for name, given in found.items():
        assert name == "run" or f"| `serve {name}" in SERVER
        assert [o for o in given if o != "--help" and f"`{o}" not in SERVER] == [], name


def test_every_test_that_is_named_is_there() -> None:
    named = set(re.findall(r"`((?:\w+/)*test_\w+\.py)`", SECURITY)) | set(
        re.findall(r"`(tests/[\w/]+\.py)`", SECURITY)
    )
    assert len(named) > 8
    for name in named:
        path = ROOT / name if name.startswith("tests/") else ROOT / "tests/server" / name
        assert path.is_file(), name


def test_every_link_leads_somewhere() -> None:
    for page in ("http", "server", "security", "capacity"):
        text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
            assert "://" in link or (ROOT / "docs" / link).exists(), f"{page}: {link}"

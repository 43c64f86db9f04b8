"""What is printed: tables, numbers, and nothing that a terminal takes as a command."""

from __future__ import annotations

import json

import pytest

from mti_addon.wire.errors import DiskFull, UnreadableInput
from mti_addon.wire.problem import Problem
from mti_backend.cli import output


def test_names_from_elsewhere_control_no_terminal() -> None:
    hostile = "\x1b[31mred\x9b2J \u202egpj.exe\nnext\tline\udcff"
    shown = output.printable(hostile)
    assert shown == "\ufffd[31mred\ufffd2J \ufffdgpj.exe next line\ufffd"
    assert output.printable("Grüße 波") == "Grüße 波"


def test_a_table_is_aligned_also_with_wide_letters() -> None:
    rows = [("NAME", "SIZE"), ("波波", "1 KB"), ("e\u0301e", "12 KB"), ("long name", "")]
    assert output.table(rows, frozenset({1})).split("\n") == [
        "NAME        SIZE",
        "波波        1 KB",
        "e\u0301e         12 KB",
        "long name",
    ]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 KB"), (1, "1 KB"), (1499, "1 KB"), (999_999, "1000 KB"), (1_250_000, "1.2 MB"),
     (2_000_000_000, "2.0 GB")],
)  # fmt: skip
def test_sizes(count: int, text: str) -> None:
    assert output.size_text(count) == text


def test_a_quality_is_never_minus_zero() -> None:
    assert output.quality_text(-0.001) == "0.00"
    assert output.quality_text(-0.126) == "-0.13"


def test_an_error_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    error = UnreadableInput(
        Problem("video_unreadable", "{name} is broken.", "Save it again.", {"name": "a\x1b.mp4"})
    )
    output.complain(error)
    output.complain(DiskFull("Full."), "/place")
    told = capsys.readouterr()
    assert told.err == "mti: a\ufffd.mp4 is broken. Save it again.\nmti: /place: Full.\n"
    assert json.loads(output.json_text(output.error_json(error))) == {
        "code": "unreadable_input",
        "exit_code": 2,
        "problem": "video_unreadable",
        "message": "a\x1b.mp4 is broken.",
        "hint": "Save it again.",
    }
    assert output.json_text("ü").isascii()

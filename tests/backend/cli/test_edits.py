"""Options become the edit of a request."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest
from mti_backend.__main__ import main
from mti_backend.cli.edits import add_edit_options, edit_of
from mti_backend.cli.motions import Found, find
from tests.backend.cli import motions


def edit(folder: Path, *arguments: str, count: int = 1) -> MotionEdit:
    """The edit of `count` motions."""
    found = []
    for number in range(count):
        motion = motions.add(folder, f"motion {number}", value=number + 1)
        found.append(Found(motion.preset, motion.folder))
    return edit_of(parse(*arguments), found)


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(exit_on_error=False)
    add_edit_options(parser)
    return parser.parse_args(arguments)


def test_without_options_it_is_as_learned(tmp_path: Path) -> None:
    assert edit(tmp_path) == AS_LEARNED


def test_one_motion(tmp_path: Path) -> None:
    options = "--strength 0.5 --speed 2 --start 0.25 --end 0.75 --reverse --after-end loop"
    assert edit(tmp_path, *options.split()) == MotionEdit(
        parts=(MotionPart(0.5, 0.25, 0.75, 2.0, True, "loop"),)
    )


def test_zero_is_a_value(tmp_path: Path) -> None:
    assert edit(tmp_path, "--strength", "0").parts[0].strength == 0


def test_a_blend(tmp_path: Path) -> None:
    made = edit(
        tmp_path, "--blend", "b", "--weight", "0.7,0.3", "--strength", "1,0.5", "--speed", "2",
        count=2,
    )  # fmt: skip
    first, second = made.parts
    assert (made.mode, first.weight, second.weight) == ("blend", 0.7, 0.3)
    assert (first.strength, second.strength) == (1, 0.5)
    assert (first.speed, second.speed) == (2, 2)


def test_a_chain(tmp_path: Path) -> None:
    made = edit(tmp_path, "--then", "b", "--then", "c", "--seam", "0.4", count=3)
    assert (made.mode, made.seam, len(made.parts)) == ("chain", 0.4, 3)


@pytest.mark.parametrize(
    ("options", "count", "said"),
    [
        ("--start 0.5 --end 0.5", 1, "0.5, must be after its start"),
        ("--strength 1,1", 1, "--strength has 2 numbers, but there are 1 motions"),
        ("--blend b --weight 1,1,1", 2, "--weight has 3 numbers"),
        ("--then b", 5, "At most 4 motions"),
    ],
)
def test_what_cannot_be_carried_out(options: str, count: int, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=said):
        edit(tmp_path, *options.split(), count=count)


@pytest.mark.parametrize(
    "options", ["--strength 1.6", "--strength nan", "--speed 0", "--seam 2", "--end x", "--end 1,"]
)
def test_numbers_outside_of_their_range_are_refused_when_read(options: str) -> None:
    with pytest.raises(argparse.ArgumentError):
        parse(*options.split())


def test_a_combined_motion_is_applied_as_it_is_or_not_at_all(tmp_path: Path) -> None:
    combined = motions.add_blend(tmp_path, "both")
    found = [Found(combined.preset, combined.folder)]
    assert edit_of(parse(), found) == combined.preset.edit
    with pytest.raises(BadRequest, match="both is made of 2 motions"):
        edit_of(parse("--seam", "0"), found)
    other = motions.add(tmp_path, "other")
    with pytest.raises(BadRequest, match="both is made of 2 motions"):
        edit_of(parse("--then", "both"), [Found(other.preset, other.folder), *found])


def test_an_edit_is_kept_as_a_motion(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "own"
    parents = [motions.add(own, name, i + 1) for i, name in enumerate(("Wave", "Nod"))]
    line = ["edit", "wave", "--then", "nod", "--speed", "2,1", "--name", "Both", "--json"]
    assert main([*line, "--library", str(own)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["status"] == "saved" and told["parents"] == [m.preset.id for m in parents]
    kept = find("Both", [own])
    assert kept.preset.edit.mode == "chain" and kept.preset.edit.parts[0].speed == 2.0
    assert kept.embedding("draft") == tuple(
        m.embedding_files("draft")[0].read_bytes() for m in parents
    )
    assert main(["edit", "wave", "--library", str(own)]) == 2
    assert "Nothing is changed" in capsys.readouterr().err

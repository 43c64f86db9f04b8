"""The common data class of all problems."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from mti_addon.wire.problem import Problem


def test_sentence_and_remedy_are_filled_with_the_same_values() -> None:
    problem = Problem(
        "disk", "{path} needs {gb:.1f} GB.", "Free {gb:.0f} GB.", {"path": "a", "gb": 2.04}
    )
    assert (problem.message, problem.hint) == ("a needs 2.0 GB.", "Free 2 GB.")
    assert str(problem) == "a needs 2.0 GB. Free 2 GB."
    assert str(Problem("plain", "It is so.")) == "It is so."


def test_values_are_what_json_can_hold() -> None:
    values = {
        "path": Path("a/b"),
        "count": np.int64(3),
        "share": np.float32(0.5),
        "error": ValueError("No."),
        "wrong": True,
    }
    problem = Problem("x", "{count:d} {share:.0%} {path}", values=values)
    assert problem.values == {
        "path": str(Path("a/b")),
        "count": 3,
        "share": 0.5,
        "error": "No.",
        "wrong": 1,
    }
    assert json.loads(json.dumps(dict(problem.values))) == problem.values
    assert problem.message == f"3 50% {Path('a/b')}"


@pytest.mark.parametrize("text", ["{", "}", "{x}", "{x.__class__}", "{x:9999999999}", "{{}}"])
def test_what_another_process_has_written_is_no_template(text: str) -> None:
    problem = Problem.literal("x", text, text, {"x": 1})
    assert problem.message == problem.hint == text


def test_it_is_a_value() -> None:
    one, same = (Problem("x", "{a}", values={"a": n}) for n in (1, 1))
    other = Problem("x", "{a}", values={"a": 2})
    assert one == same and hash(one) == hash(same) and one != other
    assert pickle.loads(pickle.dumps(one)) == one

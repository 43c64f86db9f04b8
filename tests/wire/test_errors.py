from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from mti_addon.wire import errors
from mti_addon.wire.errors import ERRORS, BadRequest, Internal, MtiError, error_from_code
from mti_addon.wire.problem import Problem


def subclasses(cls: type[MtiError]) -> set[type[MtiError]]:
    direct = set(cls.__subclasses__())
    return direct.union(*(subclasses(each) for each in direct)) if direct else set()


def test_the_list_is_the_whole_tree() -> None:
    elsewhere = {cls for cls in subclasses(MtiError) if cls.__module__ != errors.__name__}
    assert set(ERRORS) == subclasses(MtiError) - elsewhere
    # a class of another module may say more, but on the wire it is the one that it is made from
    assert all(cls.code in {base.code for base in cls.__bases__} for cls in elsewhere)
    assert len({error.code for error in ERRORS}) == len(ERRORS)


@pytest.mark.parametrize("cls", ERRORS, ids=lambda cls: cls.code)
def test_code_and_class_both_ways(cls: type[MtiError]) -> None:
    error = error_from_code(cls.code, "It broke.", "Mend it.")
    assert type(error) is cls
    assert (error.message, error.hint, str(error)) == ("It broke.", "Mend it.", "It broke.")


@pytest.mark.parametrize("cls", ERRORS, ids=lambda cls: cls.code)
def test_the_docstring_draws_the_tree(cls: type[MtiError]) -> None:
    line = next(li for li in (errors.__doc__ or "").splitlines() if f"- {cls.__name__} " in li)
    assert line.split("- ")[1].split()[:3] == [cls.__name__, cls.code, str(cls.exit_code)]


def test_an_unknown_code_is_internal_and_keeps_its_name() -> None:
    error = error_from_code("from_the_future", "Beyond us.")
    assert type(error) is Internal
    assert error.message == "Beyond us. (unknown error code 'from_the_future')"


def test_an_error_of_a_problem_says_what_it_says() -> None:
    problem = Problem("image_unreadable", "{name} cannot be read.", values={"name": Path("a.png")})
    error = errors.UnreadableInput(problem)
    assert (str(error), error.hint, error.problem.values) == (
        "a.png cannot be read.",
        "",
        {"name": "a.png"},
    )
    assert error_from_code("unreadable_input", problem).problem == problem
    assert error_from_code("from_the_future", problem).problem == problem


def test_a_plain_sentence_may_have_braces_in_it() -> None:
    assert BadRequest("inputs lacks {'a'}.").message == "inputs lacks {'a'}."


def test_exit_codes_follow_the_kind() -> None:
    assert {cls.exit_code for cls in ERRORS if issubclass(cls, BadRequest)} == {2}
    assert {cls.exit_code for cls in ERRORS} == {2, 3, 70, 75}


def test_an_error_can_be_sent_to_another_process() -> None:
    problem = Problem("no_space_left", "{path} is full.", "Free some.", {"path": "/a"})
    error = pickle.loads(pickle.dumps(errors.DiskFull(problem)))
    assert (type(error), error.problem) == (errors.DiskFull, problem)

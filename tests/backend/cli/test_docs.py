"""docs/command-line.md describes every command, option, key, and exit code."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from mti_addon.wire.errors import ERRORS, EXIT_DONE
from mti_backend import cli
from mti_backend.cli.learning import Outcome
from mti_backend.cli.results import Result

PAGE = (Path(__file__).parents[3] / "docs" / "command-line.md").read_text("utf-8")


def options_of(command: str) -> set[str]:
    parser = argparse.ArgumentParser(add_help=False)
    cli.COMMANDS[command].add_options(parser)
    return {name for action in parser._actions for name in action.option_strings}


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_and_option_is_there(command: str) -> None:
    assert f"`{command}`" in PAGE
    missing = [name for name in options_of(command) if f"`{name}`" not in PAGE]
    assert missing == []


def test_nothing_is_there_that_does_not_exist() -> None:
    known = {name for command in cli.COMMANDS for name in options_of(command)} | {"--help"}
    assert set(re.findall(r"(--[a-z][a-z-]*)", PAGE)) - known == set()


def test_every_key_is_there() -> None:
    outcome = Outcome(Path("a"), "failed").to_json("draft")
    result = Result(0, 1, 0, None, Path("a"), 14, 7.0, None)
    kinds = [result.to_json(kind, "b") for kind in ("image", "prompt")]
    keys = {*outcome, *kinds[0], *kinds[1], "motions", "results", "engine", "exit_code", "error"}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []


def test_every_exit_code_is_there() -> None:
    codes = {EXIT_DONE, *(error.exit_code for error in ERRORS)}
    assert [code for code in codes if f"\n| {code} | " not in PAGE] == []

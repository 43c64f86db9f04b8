"""What people type is read, or refused before anything begins."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from mti_addon.wire.errors import UnreadableInput
from mti_addon.wire.library import About, Preset
from mti_addon.wire.request import Request
from mti_addon.wire.settings import InversionSettings, SamplingSettings
from mti_backend.cli import options
from mti_backend.cli.learning import Wish, name_of


@pytest.mark.parametrize(
    ("text", "value"), [("0", 0), ("12.5", 12.5), ("1:30", 90), ("1:00:01.5", 3601.5)]
)
def test_times(text: str, value: float) -> None:
    assert options.seconds(text) == value


@pytest.mark.parametrize("text", ["", "x", "-1", "nan", "inf", "1:2:3:4", "1:-5"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        options.seconds(text)


def test_numbers_have_the_range_of_the_field() -> None:
    iterations = options.number(InversionSettings, "iterations")
    assert iterations("60") == 60 and isinstance(iterations("60"), int)
    takes = options.number(SamplingSettings, "takes")
    for text in ("0", "9", "1.5", "nan"):
        with pytest.raises(argparse.ArgumentTypeError):
            takes(text)
    assert isinstance(options.number(InversionSettings, "learning_rate")("1"), float)


def test_texts_are_those_that_can_be_kept() -> None:
    assert options.text(Request, "name")("Wave") == "Wave"
    for text in ("", "x" * 65, "a\nb"):
        with pytest.raises(argparse.ArgumentTypeError):
            options.text(Request, "name")(text)
    tags = options.words(Preset, "tags")
    assert tags(" arm, hello world ,,arm") == ("arm", "hello world")
    with pytest.raises(argparse.ArgumentTypeError):
        tags("x" * 33)


def test_libraries_that_are_named_must_exist(tmp_path: Path) -> None:
    chosen = argparse.Namespace(library=[tmp_path / "gone"])
    with pytest.raises(UnreadableInput, match="There is no library"):
        options.libraries(chosen)
    (tmp_path / "gone").mkdir()
    assert options.libraries(chosen)[0] == (tmp_path / "gone").resolve()
    assert options.own_library(chosen) == tmp_path / "gone"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("my_dance.mp4", "my dance"),
        ("a/b/Take 2.final.mov", "Take 2.final"),
        ("x" * 80 + ".mp4", "x" * 64),
        ("a\nb\x1b.mp4", "a b"),
        ("_.mp4", "Motion"),
    ],
)
def test_a_motion_is_named_after_its_file(path: str, name: str) -> None:
    assert name_of(Path(path)) == name


def test_a_folder_of_images_is_named_after_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "walk.v2"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert name_of(folder) == name_of(Path(".")) == "walk.v2"


def test_the_settings_of_a_wish_are_the_engines_own_with_what_was_chosen() -> None:
    settings = Wish("svd", About(), iterations=7, seed=3).settings
    assert (settings.model, settings.inversion.iterations) == ("svd", 7)
    assert settings.inversion.seed == settings.sampling.seed == 3
    assert Wish("draft", About()).settings.inversion.iterations == 60
    assert Wish("draft", About()).settings.sampling.framing == "subject"
    assert Wish("draft", About(), framing="whole").settings.sampling.framing == "whole"

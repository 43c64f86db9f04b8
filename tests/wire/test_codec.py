from __future__ import annotations

import copy
import dataclasses
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.wire import codec
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.request import Request
from mti_addon.wire.settings import Settings
from tests.wire import strategies
from tests.wire.examples import make_request, with_inputs


@dataclasses.dataclass(frozen=True)
class Inner:
    pair: tuple[int, float]
    many: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Outer:
    flag: bool
    count: Annotated[int, codec.Range(-3, 12, "apples", "")]
    ratio: float
    word: Annotated[str, codec.Constraint("[a-z]+", "")]
    choice: Literal["left", "right"]
    maybe: float | None
    table: dict[str, int]
    anything: dict[str, Any]
    inner: Inner


GOOD = Outer(True, 12, 0.5, "abc", "left", None, {"x": 1}, {"y": [None]}, Inner((1, 2.0), ("a",)))


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of all fields, including objects."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from leaves(item, (*path, key))


def parent(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path[:-1]:
        value = value[key]
    return value


@given(strategies.settings())
def test_any_settings_survive_the_round_trip(settings: Settings) -> None:
    text = codec.dumps(settings.to_dict())
    assert Settings.from_dict(codec.loads(text, "text")) == settings


@given(strategies.JSON)
def test_any_json_is_settings_or_a_sentence(value: Any) -> None:
    """No data on the wire raises anything but BadRequest."""
    with suppress(BadRequest):
        Settings.from_dict(value)


@given(strategies.settings(), st.data())
def test_one_wrong_value_anywhere_is_refused_by_its_path(settings: Settings, data: Any) -> None:
    value = settings.to_dict()
    path = data.draw(st.sampled_from(list(leaves(value))))
    there = parent(value, path)[path[-1]]
    wrong = [each for each in ([], {}, None, -1e9) if type(each) is not type(there)]
    if path[-1] not in ("caption", "negative_prompt"):
        wrong.append("no such word")
    parent(value, path)[path[-1]] = data.draw(st.sampled_from(wrong))
    with pytest.raises(BadRequest, match=rf"^settings\.{re.escape('.'.join(path))}[ .]"):
        Settings.from_dict(value, "settings")


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_a_sentence(data: bytes) -> None:
    with suppress(BadRequest):
        codec.loads(data, "text")


@pytest.mark.parametrize("path", list(leaves(codec.to_dict(GOOD))), ids=str)
def test_a_missing_field_is_named(path: tuple[Any, ...]) -> None:
    if path[0] in ("table", "anything") and len(path) > 1:
        return
    value = codec.to_dict(GOOD)
    del parent(value, path)[path[-1]]
    with pytest.raises(BadRequest, match=rf"^{'.'.join(path)} is missing\.$"):
        codec.from_dict(Outer, value)


REQUEST = json.loads(with_inputs(make_request()).to_json())
WORDS = json.loads(with_inputs(make_request("apply", "animatediff")).to_json())


@pytest.mark.parametrize("request_", [REQUEST, WORDS], ids=["first method", "second method"])
@pytest.mark.parametrize("path", list(leaves(WORDS)), ids=lambda path: ".".join(path))
def test_every_field_of_a_request_refuses_a_wrong_type_by_its_path(
    request_: dict[str, Any], path: tuple[Any, ...]
) -> None:
    if path not in leaves(request_):
        return
    for wrong in ([], {}, "\x00 wrong", -1e99, True, None):
        value = copy.deepcopy(request_)
        if type(parent(value, path)[path[-1]]) is type(wrong):
            continue
        parent(value, path)[path[-1]] = wrong
        with pytest.raises(BadRequest) as caught:
            Request.from_json(json.dumps(value))
        named, dotted = caught.value.message.split(" ")[0], ".".join(path)
        assert dotted.startswith(named) or named.startswith(f"{dotted}.")


@pytest.mark.parametrize("place", [(), ("settings",), ("settings", "inversion"), ("capture",)])
def test_an_unknown_field_is_named(place: tuple[str, ...]) -> None:
    value = copy.deepcopy(REQUEST)
    parent(value, (*place, "more"))["more"] = 1
    with pytest.raises(BadRequest, match=rf"^{'.'.join((*place, 'more'))} is unknown\.$"):
        Request.from_json(json.dumps(value))


def test_what_is_wrong_is_said_in_a_sentence() -> None:
    def message(**changes: Any) -> str:
        value = {**codec.to_dict(GOOD), **changes}
        with pytest.raises(BadRequest) as caught:
            codec.from_dict(Outer, value, "top")
        return caught.value.message

    assert message(flag=1) == "top.flag must be true or false, not a number."
    assert message(count=True) == "top.count must be a whole number, not true or false."
    assert message(count=1.0) == "top.count must be a whole number, not a number."
    assert message(count=13) == "top.count is 13, outside -3 to 12 apples."
    assert message(ratio=None) == "top.ratio must be a number, not null."
    assert message(ratio=10**400) == "top.ratio is too large."
    assert message(ratio=float("inf")) == "top.ratio must be a finite number."
    assert message(ratio=float("nan")) == "top.ratio must be a finite number."
    assert message(word="ABC") == "top.word is 'ABC', which is not allowed."
    assert message(word="abc\n") == "top.word is 'abc\\n', which is not allowed."
    assert message(choice="up") == "top.choice is 'up', and must be one of: left, right."
    assert message(maybe="x") == "top.maybe must be a number, not a text."
    assert message(table={"x": "y"}) == "top.table.x must be a whole number, not a text."
    assert message(inner=[]) == "top.inner must be an object, not a list."
    assert message(inner={"pair": [1], "many": []}) == "top.inner.pair must have 2 values, not 1."
    assert (
        message(inner={"pair": [1, 2], "many": ["a", 3]})
        == "top.inner.many.1 must be a text, not a number."
    )


def test_a_whole_number_will_do_for_a_number() -> None:
    result = codec.from_dict(Outer, {**codec.to_dict(GOOD), "ratio": 3})
    assert (result.ratio, type(result.ratio)) == (3.0, float)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "nul",
        '{"a":NaN}',
        '{"a":Infinity}',
        '{"a":1,"a":2}',
        "{} {}",
        b"\xff\xfe{}",
        "[" * 100_000,
        '{"a":' + "9" * 5000 + "}",
    ],
    ids=lambda text: str(text)[:20],
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(BadRequest, match=r"^It is not valid JSON: .*\.$"):
        codec.loads(text, "It")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", {1, 2}])
def test_what_json_does_not_have_is_not_written(value: Any) -> None:
    with pytest.raises(BadRequest):
        codec.dumps({"value": value})


def test_check_finds_what_was_made_wrong_in_code() -> None:
    codec.check(GOOD)
    with pytest.raises(BadRequest, match=r"^x\.inner\.pair\.0 must be a whole number"):
        codec.check(dataclasses.replace(GOOD, inner=Inner((0.5, 1.0), ())), "x")  # type: ignore


@given(strategies.dataclass_values(Settings))
def test_plain_values_of_any_dataclass_are_json(value: Settings) -> None:
    assert json.loads(json.dumps(codec.to_dict(value))) == codec.to_dict(value)

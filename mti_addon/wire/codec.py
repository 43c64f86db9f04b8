"""Strict conversion of frozen dataclasses to and from JSON; stdlib only.

A field's type may carry a `Range` (numbers) or a `Constraint` (strings) through `typing.Annotated`.
Reading rejects unknown and missing fields, wrong types and values out of range, each with one
sentence that names the field by its dotted path, e.g. `settings.inversion.learning_rate`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin
from typing import get_type_hints as _get_type_hints

from .errors import BadRequest
from .problem import Problem

T = TypeVar("T")
_Decoder = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Range:
    """Allowed numbers, low <= value <= high, with their unit and meaning (including its source)."""

    low: float
    high: float
    unit: str
    doc: str

    def __str__(self) -> str:
        return f"{_plain(self.low)} to {_plain(self.high)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Constraint:
    """Allowed strings, lists or booleans: a full-match pattern (None: any), and their meaning."""

    pattern: str | None
    doc: str


def to_dict(value: Any) -> Any:
    """Convert a dataclass to plain JSON values: fields in order, tuples as lists."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_dict(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [to_dict(item) for item in value]
    if isinstance(value, dict):
        return {key: to_dict(item) for key, item in value.items()}
    if isinstance(value, str):
        # File names that are not UTF-8 arrive with surrogates, which none of our files can contain.
        return value.encode("utf-8", "replace").decode("utf-8")
    return value


def from_dict(cls: type[T], value: Any, path: str = "") -> T:
    """Read `cls` from plain JSON values; raise BadRequest naming the first invalid field."""
    result: T = _decoder(cls)(value, path)
    return result


def check(value: Any, path: str = "") -> None:
    """Raise BadRequest if a dataclass created in code could not be read back."""
    from_dict(type(value), to_dict(value), path)


def dumps(value: Any, indent: int | None = None) -> str:
    """Return JSON text; raise BadRequest for NaN and infinity, which JSON does not support."""
    separators = (",", ":") if indent is None else (",", ": ")
    try:
        return json.dumps(
            value, indent=indent, separators=separators, ensure_ascii=False, allow_nan=False
        )
    except (ValueError, TypeError) as error:
        raise BadRequest(f"This cannot be written as JSON: {error}.") from error


def loads(data: bytes | str, what: str) -> Any:
    """Parse JSON; raise BadRequest for anything but exactly one value (`what` names the file)."""
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"{what} is not valid JSON: {error}.") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return result


def _finite(digits: str) -> float:
    """Reject numbers such as 1e999, which RFC 8259 allows but floats turn into infinity."""
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:40]} is too large")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return _get_type_hints(cls, include_extras=True)


def _fail(path: str, problem: str) -> NoReturn:
    raise BadRequest(f"{path or 'The request'} {problem}.")


def _build_decoder(hint: Any) -> _Decoder:
    origin, args = get_origin(hint), get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass_decoder(hint)
    if origin is Annotated:
        return _limited(_decoder(args[0]), args[1])
    if origin is Literal:
        return functools.partial(_literal, args)
    if origin in (types.UnionType, Union):
        return functools.partial(_optional, _decoder(next(a for a in args if a is not type(None))))
    if origin is tuple:
        many = args[-1] is Ellipsis
        items = [_decoder(a) for a in args if a is not Ellipsis]
        return functools.partial(_tuple, items, many)
    if origin is dict:
        return functools.partial(_mapping, _decoder(args[0]), _decoder(args[1]))
    return {bool: _bool, int: _int, float: _float, str: _str, Any: _any}[hint]


# Cached per type, because events are read by the thousands.
_decoder: Callable[[Any], _Decoder] = functools.cache(_build_decoder)


def _dataclass_decoder(cls: type) -> _Decoder:
    fields = {f.name: _decoder(_hints(cls)[f.name]) for f in dataclasses.fields(cls)}

    def decode(value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            _fail(path, f"must be an object, not {_kind(value)}")
        prefix = f"{path}." if path else ""
        for name in fields:
            if name not in value:
                _fail(prefix + name, "is missing")
        if len(value) != len(fields):
            _fail(prefix + next(name for name in value if name not in fields), "is unknown")
        return cls(**{name: read(value[name], prefix + name) for name, read in fields.items()})

    return decode


def _limited(decode: _Decoder, limit: Any) -> _Decoder:
    def within(value: Any, path: str) -> Any:
        result = decode(value, path)
        if not limit.low <= result <= limit.high:
            raise BadRequest(
                Problem(
                    "number_out_of_range",
                    "{field} is {value}, outside {limits}.",
                    values={
                        "field": path or "The request", "value": _plain(result),
                        "limits": str(limit),
                    },
                )
            )  # fmt: skip
        return result

    def matching(value: Any, path: str) -> Any:
        result = decode(value, path)
        if re.fullmatch(limit.pattern, result) is None:
            _fail(path, f"is {_short(result)}, which is not allowed")
        return result

    if isinstance(limit, Range):
        return within
    return matching if limit.pattern is not None else decode


def _literal(choices: tuple[str, ...], value: Any, path: str) -> Any:
    if not isinstance(value, str) or value not in choices:
        _fail(path, f"is {_short(value)}, and must be one of: {', '.join(choices)}")
    return value


def _optional(decode: _Decoder, value: Any, path: str) -> Any:
    return None if value is None else decode(value, path)


def _tuple(items: list[_Decoder], many: bool, value: Any, path: str) -> Any:
    if not isinstance(value, list):
        _fail(path, f"must be a list, not {_kind(value)}")
    if many:
        return tuple(items[0](item, f"{path}.{i}") for i, item in enumerate(value))
    if len(value) != len(items):
        _fail(path, f"must have {len(items)} values, not {len(value)}")
    return tuple(
        read(v, f"{path}.{i}") for i, (read, v) in enumerate(zip(items, value, strict=True))
    )


def _mapping(key: _Decoder, item: _Decoder, value: Any, path: str) -> Any:
    if not isinstance(value, dict):
        _fail(path, f"must be an object, not {_kind(value)}")
    return {key(k, f"a name in {path}"): item(v, f"{path}.{k}") for k, v in value.items()}


def _bool(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        _fail(path, f"must be true or false, not {_kind(value)}")
    return value


def _int(value: Any, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        _fail(path, f"must be a whole number, not {_kind(value)}")
    return value


def _float(value: Any, path: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        _fail(path, f"must be a number, not {_kind(value)}")
    try:
        result = float(value)
    except OverflowError:
        _fail(path, "is too large")
    if not math.isfinite(result):
        _fail(path, "must be a finite number")
    return result


def _str(value: Any, path: str) -> str:
    if not isinstance(value, str):
        _fail(path, f"must be a text, not {_kind(value)}")
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        _fail(path, "contains an unpaired surrogate")
    return value


def _any(value: Any, path: str) -> Any:
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text"}
    return names.get(type(value), "a list" if isinstance(value, list) else "an object")


def _plain(number: float) -> str:
    """Format a number naturally: all digits of an integer, no trailing zeros."""
    return str(number) if isinstance(number, int) else f"{number:g}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."

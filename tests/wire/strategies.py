"""Hypothesis strategies for the wire's dataclasses, derived from their fields' constraints."""

from __future__ import annotations

import dataclasses
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from mti_addon.wire.codec import Constraint, Range
from mti_addon.wire.events import EVENTS, Event
from mti_addon.wire.motion_inversion import MotionInversionSettings
from mti_addon.wire.settings import MODELS_OF, SIZE_MULTIPLE, Settings

# the same examples in every run, however slow the machine is
hypothesis_settings.register_profile("gate", derandomize=True, deadline=None, database=None)
hypothesis_settings.load_profile("gate")

# characters that break line-based formats; no lone surrogates, which UTF-8 cannot encode
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
WHOLE = st.integers(-(2**60), 2**60)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


def values(hint: Any) -> SearchStrategy[Any]:
    """Valid values for a field of this type, often at the edges of its range."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _limited(args[0], args[1])
    if origin is Literal:
        return st.sampled_from(args)
    if origin in (Union, types.UnionType):
        return st.none() | values(args[0])
    if origin is tuple and args[-1] is Ellipsis:
        return st.lists(values(args[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, args))
    if origin is dict:
        return st.dictionaries(values(args[0]), values(args[1]), max_size=3)
    if dataclasses.is_dataclass(hint):
        return dataclass_values(hint)
    simple = {bool: st.booleans(), int: WHOLE, float: NUMBER, str: TEXT, Any: JSON}
    return simple[hint]


def dataclass_values(cls: Any) -> SearchStrategy[Any]:
    """A dataclass with any value of its type for every field."""
    hints = get_type_hints(cls, include_extras=True)
    return st.builds(cls, **{f.name: values(hints[f.name]) for f in dataclasses.fields(cls)})


def _limited(kind: Any, limit: Range | Constraint) -> SearchStrategy[Any]:
    if isinstance(limit, Constraint):
        return (
            values(kind) if limit.pattern is None else st.from_regex(limit.pattern, fullmatch=True)
        )
    if kind is int:
        low, high = int(limit.low), int(limit.high)
        return st.sampled_from([low, high]) | st.integers(low, high)
    return st.floats(limit.low, limit.high) | st.sampled_from([float(limit.low), float(limit.high)])


def settings() -> SearchStrategy[Settings]:
    """Any valid settings of a request."""
    sides = st.integers(2, 4096 // SIZE_MULTIPLE).map(lambda n: n * SIZE_MULTIPLE)
    whole: SearchStrategy[Settings] = dataclass_values(Settings)
    words: SearchStrategy[MotionInversionSettings] = dataclass_values(MotionInversionSettings)
    return st.builds(_of_one_method, whole, words, sides, sides)


def _of_one_method(
    made: Settings, words: MotionInversionSettings, width: int, height: int
) -> Settings:
    """The same with a model that the method can use, and with words only if it needs some."""
    models = MODELS_OF[made.method]
    learning = dataclasses.replace(
        words.learning,
        keep=tuple(max(1, step) for step in words.learning.keep),
        levels=words.learning.levels or (2,),
    )
    model = made.model if made.model in models else models[0]
    in_between = made.sampling.in_between if model == "draft" else 0
    return dataclasses.replace(
        made,
        model=model,
        sampling=dataclasses.replace(made.sampling, in_between=in_between),
        motion_inversion=(
            dataclasses.replace(words, learning=learning)
            if made.method == "motion-inversion"
            else None
        ),
        width=width,
        height=height,
    )


def events() -> SearchStrategy[Event]:
    """Any event."""
    return st.one_of(*map(dataclass_values, EVENTS.values()))

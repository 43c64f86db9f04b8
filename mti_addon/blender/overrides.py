"""Set Blender properties for a while, and put every one of them back.

Rendering a picture for a job needs another engine, size and colour management than the
animator's; afterwards the scene must be as it was, also when the render fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

Change = tuple[Any, Mapping[str, Any]]
Saved = tuple[Any, str, Any]


@contextmanager
def overriding(*changes: Change) -> Iterator[None]:
    """Set the attributes of each (owner, {name: value}), in order, and restore them all at the end.

    A name that the owner does not have (another Blender version) is skipped, and so is what has
    its value already when its turn comes: it is never written. Raises what Blender raises for a
    value that it does not take, with everything put back before.

    What Blender cannot show reads as something else (the engine of an add-on that is not enabled
    as EEVEE) and cannot be put back: never change such a setting of the animator's scene.
    """
    wanted = [
        (owner, name, value)
        for owner, values in changes
        for name, value in values.items()
        if hasattr(owner, name)
    ]
    # Two memories are needed. `before` is the state as a whole: setting a media type may change the
    # file format, too. `stepwise` is each property as it was when its turn came: one may stand for
    # another when a third is changed (studio_light is the matcap's name until light is STUDIO).
    before = [(owner, name, _copied(getattr(owner, name))) for owner, name, _ in wanted]
    stepwise: list[Saved] = []
    try:
        for owner, name, value in wanted:
            current = _copied(getattr(owner, name))
            if current == value:
                continue
            stepwise.append((owner, name, current))
            setattr(owner, name, value)
        yield
    finally:
        for item in reversed(stepwise):
            _put_back(item)
        _settle(before)


def _copied(value: Any) -> Any:
    """Vectors and colours are views into Blender's memory; text, numbers and pointers are not."""
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _put_back(saved: Saved) -> None:
    owner, name, value = saved
    with suppress(TypeError):  # not allowed yet: another one has to be put back first
        setattr(owner, name, value)


def _settle(before: list[Saved]) -> None:
    """Put back what still differs; each property can spoil or block the others at most once."""
    for _ in before:
        wrong = [item for item in before if _copied(getattr(item[0], item[1])) != item[2]]
        if not wrong:
            return
        for item in reversed(wrong):
            _put_back(item)
    names = [name for owner, name, value in before if _copied(getattr(owner, name)) != value]
    if names:
        raise RuntimeError(f"Blender did not take back its settings: {', '.join(names)}")

"""Change Blender properties temporarily, and restore all of them.

Rendering an image for a job needs a different engine, size and color management than the
animator's. Afterwards the scene must be unchanged, even if the render fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

Change = tuple[Any, Mapping[str, Any]]
Saved = tuple[Any, str, Any]


@contextmanager
def overriding(*changes: Change) -> Iterator[None]:
    """Set the attributes of each (owner, {name: value}) in order; restore all of them at the end.

    Names that the owner lacks (in another Blender version) are skipped, as are values already set.
    Raises what Blender raises for an invalid value, after restoring everything.

    A value that Blender cannot display reads as another one (a disabled add-on's engine reads as
    EEVEE) and cannot be restored, so never change such a setting of the animator's scene.
    """
    wanted = [
        (owner, name, value)
        for owner, values in changes
        for name, value in values.items()
        if hasattr(owner, name)
    ]
    # Two snapshots are needed. `before` is the overall state: setting a media type may also change
    # the file format. `stepwise` is each property just before it was set: a property can change
    # meaning when another changes (studio_light is the matcap's name until light is STUDIO).
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
    """Copy vectors and colors, which are views into Blender's memory; other values are not."""
    return tuple(value) if hasattr(value, "__len__") and not isinstance(value, str) else value


def _put_back(saved: Saved) -> None:
    owner, name, value = saved
    with suppress(TypeError):  # not allowed yet: another property must be restored first
        setattr(owner, name, value)


def _settle(before: list[Saved]) -> None:
    """Restore what still differs; each property can affect or block the others at most once."""
    for _ in before:
        wrong = [item for item in before if _copied(getattr(item[0], item[1])) != item[2]]
        if not wrong:
            return
        for item in reversed(wrong):
            _put_back(item)
    names = [name for owner, name, value in before if _copied(getattr(owner, name)) != value]
    if names:
        raise RuntimeError(f"Blender could not restore its settings: {', '.join(names)}")

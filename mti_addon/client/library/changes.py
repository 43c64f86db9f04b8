"""What an animator changes of a motion in the own library; wire and stdlib only.

Every function takes the own library and the motion's folder. A motion of another library (a
studio's, the shipped ones) is not changed: NotWritable says so. It can be copied.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...wire.errors import BadRequest
from ...wire.library import Kind, Motion
from ...wire.library.changing import changing, copy_motion, sweep_motion
from ...wire.library.preset import MAX_NAME, MAX_TAG, Preset, update_preset
from ...wire.library.texts import plain
from ...wire.problem import Problem
from .entry import fold


def change(
    own: Path,
    folder: Path,
    *,
    name: str | None = None,
    kind: Kind | None = None,
    tags: Iterable[str] | None = None,
    author: str | None = None,
    license: str | None = None,
    notes: str | None = None,
) -> Motion:
    """Change what a motion's preset says; None leaves a field as it is.

    Its folder keeps its name, and its id does not change. Raises BadRequest, NotWritable (also if
    it is not in the library `own`), UnreadableInput if it is gone, Busy, DiskFull.
    """
    given: dict[str, Any] = {
        "name": None if name is None else clean_name(name),
        "kind": kind,
        "tags": None if tags is None else clean_tags(tags),
        "author": author,
        "license": license,
        "notes": notes,
    }
    given = {field: value for field, value in given.items() if value is not None}
    with changing(own, folder) as before:
        after: Preset = replace(before, **given)
        if after != before:
            after = update_preset(folder, after)
        sweep_motion(folder, after)
    return Motion(folder, after)


def duplicate(own: Path, folder: Path, name: str) -> Motion:
    """Add a copy of a motion, from any library, to the own one under a name; see `free_name`.

    Raises UnreadableInput if the motion is damaged or gone, BadRequest, DiskFull, NotWritable.
    """
    return copy_motion(folder, own, clean_name(name))


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name for a copy, numbered as Blender does: Wave, Wave.001, Wave.002 ..."""
    stem, dot, number = name.rpartition(".")
    base = stem if dot and len(number) == 3 and number.isdigit() else name
    candidates = (f"{base[: MAX_NAME - 4]}.{i:03d}" for i in range(1, 1000))
    return name if name not in taken else next((n for n in candidates if n not in taken), name)


def clean_name(name: str) -> str:
    """Return a motion's name without spaces around it. Raises BadRequest."""
    name = " ".join(plain(name).split())
    if not name:
        raise BadRequest(Problem("motion_name_empty", "A motion needs a name.", "Enter a name."))
    if len(name) > MAX_NAME:
        what = "The name {name} is longer than {most} characters."
        values = {"name": name[:20] + "...", "most": MAX_NAME}
        raise BadRequest(Problem("motion_name_too_long", what, "Shorten it.", values))
    return name


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without empty and repeated ones (in any case), in order. Raises BadRequest."""
    found: dict[str, str] = {}
    for tag in (" ".join(plain(tag).split()) for tag in tags):
        if len(tag) > MAX_TAG:
            what = "The tag {name} is longer than {most} characters."
            values = {"name": tag[:20] + "...", "most": MAX_TAG}
            raise BadRequest(Problem("motion_tag_too_long", what, "Shorten it.", values))
        if tag:
            found.setdefault(fold(tag), tag)
    return tuple(found.values())

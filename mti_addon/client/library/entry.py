"""What is shown of a motion without reading its files; wire and stdlib only."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from ...wire.library import Kind, Preset, Quality
from ...wire.library.preset import PREVIEW, THUMBNAIL
from ...wire.request import reference_name
from ...wire.settings import ALL_MODELS, ModelName

Origin = Literal["own", "studio", "shipped"]


@dataclass(frozen=True)
class Root:
    """A folder of motions. Only the own one is ever written to."""

    path: Path
    origin: Origin


@dataclass(frozen=True)
class Entry:
    """One motion as it was when its preset.json was last read.

    Whoever uses the motion reads its preset again (`wire.library.read_motion(entry.folder)`):
    another program may have changed or deleted it since.
    """

    folder: Path
    """Identifies the entry: a copy of a motion has its id, but another folder."""
    origin: Origin
    id: str
    name: str
    kind: Kind
    tags: tuple[str, ...]
    author: str
    license: str
    notes: str
    num_frames: int
    fps: float
    date: float
    """When it was made, in seconds since 1970."""
    models: Mapping[ModelName, Quality]
    """The models that have learned it, in the order of `wire.settings.ALL_MODELS`."""
    parents: tuple[str, ...]
    """Of an edited motion: the ids of the motions it was made of."""
    has_poses: bool
    num_references: int
    has_thumbnail: bool
    has_preview: bool
    favorite: bool = False
    used: float = 0.0
    """When it was last used, in seconds since 1970; 0 for never."""

    @property
    def is_writable(self) -> bool:
        """Return whether it can be changed and deleted; others can be copied to the own library."""
        return self.origin == "own"

    @property
    def is_edited(self) -> bool:
        """Return whether it was made of other motions."""
        return bool(self.parents)

    @property
    def thumbnail(self) -> Path | None:
        """Return the path of its thumbnail, or None."""
        return self.folder / THUMBNAIL if self.has_thumbnail else None

    @property
    def preview(self) -> Path | None:
        """Return the path of its moving preview, or None."""
        return self.folder / PREVIEW if self.has_preview else None

    @property
    def references(self) -> tuple[Path, ...]:
        """Return the paths of the captured images in order; () if there are none."""
        return tuple(self.folder / reference_name(i + 1) for i in range(self.num_references))

    @cached_property
    def search_text(self) -> str:
        """Everything that a search looks in, folded."""
        return fold("\n".join((self.name, *self.tags, self.author, self.kind, self.notes)))

    @cached_property
    def name_key(self) -> tuple[tuple[int, str], ...]:
        """Sorts names as people do: Wave 2 before Wave 10."""
        parts = re.split(r"([0-9]+)", fold(self.name))
        # every second part is digits
        return tuple((int(p[:9]) if i % 2 else 0, p) for i, p in enumerate(parts))

    def prepare(self) -> None:
        """Compute what a search needs, while there is time."""
        _ = self.search_text, self.name_key

    def marked(self, favorite: bool, used: float) -> Entry:
        """Return it with what somebody has marked."""
        if favorite == self.favorite and used == self.used:
            return self
        marked = replace(self, favorite=favorite, used=used)
        vars(marked).update(search_text=self.search_text, name_key=self.name_key)
        return marked


def fold(text: str) -> str:
    """Return text without case and accents, to be compared."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text)
    return "".join(each for each in letters if not unicodedata.combining(each)).casefold()


def entry_of(preset: Preset, folder: Path, origin: Origin) -> Entry:
    """Return what is shown of a motion."""
    learned = preset.embeddings
    return Entry(
        folder=folder,
        origin=origin,
        id=preset.id,
        name=preset.name,
        kind=preset.kind,
        tags=preset.tags,
        author=preset.author,
        license=preset.license,
        notes=preset.notes,
        num_frames=preset.num_frames,
        fps=preset.fps,
        date=_seconds(preset.created),
        models={model: learned[model].quality for model in ALL_MODELS if model in learned},
        parents=preset.parents,
        has_poses=preset.has_poses,
        num_references=len(preset.references),
        has_thumbnail=THUMBNAIL in preset.files,
        has_preview=PREVIEW in preset.files,
    )


def to_row(entry: Entry) -> list[Any]:
    """Return an entry as JSON, without its folder and what is not part of the motion."""
    models = {model: astuple(quality) for model, quality in entry.models.items()}
    return [
        entry.id, entry.name, entry.kind, entry.tags, entry.author, entry.license, entry.notes,
        entry.num_frames, entry.fps, entry.date, models, entry.parents, entry.has_poses,
        entry.num_references, entry.has_thumbnail, entry.has_preview,
    ]  # fmt: skip


def from_row(row: list[Any], folder: Path, origin: Origin) -> Entry:
    """Return the entry of `to_row`. Raises TypeError, ValueError, IndexError."""
    row = list(row)
    row[3], row[11] = tuple(row[3]), tuple(row[11])
    row[10] = {model: Quality(*numbers) for model, numbers in dict(row[10]).items()}
    return Entry(folder, origin, *row)


def _seconds(iso: str) -> float:
    """Return a time in seconds since 1970; 0 if there is no such day."""
    try:
        return datetime.fromisoformat(iso).timestamp()
    except (ValueError, OverflowError):
        return 0.0

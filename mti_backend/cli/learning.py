"""Learns motions from videos, images, and captured actions, and keeps them in a library. Imports
numpy and PIL, and torch while a job runs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from mti_addon.wire import codec
from mti_addon.wire.errors import MtiError
from mti_addon.wire.events import Done
from mti_addon.wire.job import JobFolder
from mti_addon.wire.library import (
    About,
    Motion,
    Quality,
    find_motions,
    save_embedding,
    save_motion,
)
from mti_addon.wire.library.preset import content_id
from mti_addon.wire.request import (
    PROTOCOL,
    TARGET,
    CaptureInfo,
    Request,
    reference_name,
)
from mti_addon.wire.settings import Framing, ModelName, Settings

from .. import frames
from .footage.source import Footage, open_source, sample
from .motions import Found
from .output import error_json
from .pictures import png
from .progress import Screen
from .running import Jobs

LONGEST_PREVIEW = 512


@dataclass(frozen=True)
class Wish:
    """What to learn from each source, and how."""

    engine: ModelName
    about: About
    name: str = ""
    """Empty: after the source."""
    start: float = 0.0
    end: float | None = None
    image_fps: float = 24.0
    flip_safe: bool = False
    iterations: int | None = None
    """None: as recommended for the engine."""
    seed: int = 0
    framing: Framing | None = None
    """None: as is usual for the engine."""
    size: tuple[int, int] | None = None
    """Width and height in pixels; None: the engine's own."""
    frames: int | None = None
    """Length of the clip, by Motion Inversion; None: the engine's own."""
    caption: str = ""
    """What is seen in the source, for Motion Inversion."""

    @property
    def settings(self) -> Settings:
        """All settings of the job."""
        settings = Settings.for_model(self.engine)
        if self.size is not None:
            settings = settings.sized(*self.size)
        if settings.motion_inversion is not None:
            return self._by_words(settings)
        inversion = replace(settings.inversion, seed=self.seed)
        if self.iterations is not None:
            inversion = replace(inversion, iterations=self.iterations)
        sampling = replace(settings.sampling, seed=self.seed)
        if self.framing is not None:
            sampling = replace(sampling, framing=self.framing)
        return replace(settings, inversion=inversion, sampling=sampling)

    def _by_words(self, settings: Settings) -> Settings:
        """The library's preview plays the motion in what it was learned from, if that was said."""
        words = settings.words
        learning = replace(words.learning, seed=self.seed)
        if self.iterations is not None:
            learning = replace(learning, iterations=self.iterations)
        prompts = (self.caption,) if self.caption.strip() else ()
        playing = replace(words.playing, seed=self.seed)
        words = replace(
            words, caption=self.caption, prompts=prompts, learning=learning, playing=playing
        )
        frames = settings.num_frames if self.frames is None else self.frames
        return replace(settings, num_frames=frames, motion_inversion=words)


@dataclass(frozen=True)
class Reference:
    """What a motion is learned from: the request of a job without its `job`, and its inputs.

    notices: what could be better.
    """

    source: Path
    request: Request
    inputs: Mapping[str, bytes]
    notices: tuple[str, ...] = ()
    action: str | None = None
    """The action, if the source is a .blend file."""


@dataclass(frozen=True)
class Outcome:
    """What became of one source: learned, known (the library has it already), or failed."""

    source: Path
    status: str
    motion: Found | None = None
    quality: Quality | None = None
    warning: str = ""
    seconds: float = 0.0
    error: MtiError | None = None
    action: str | None = None

    @property
    def label(self) -> str:
        """What it is called in a list of sources."""
        return self.source.name if self.action is None else self.action

    def to_json(self, engine: str) -> dict[str, Any]:
        """The outcome for a program."""
        preset = self.motion.preset if self.motion else None
        return {
            "source": str(self.source),
            "action": self.action,
            "status": self.status,
            "name": preset.name if preset else None,
            "id": preset.id if preset else None,
            "folder": str(self.motion.place) if self.motion else None,
            "engine": engine,
            "quality": codec.to_dict(self.quality) if self.quality else None,
            "warning": self.warning,
            "seconds": round(self.seconds, 1),
            "error": error_json(self.error) if self.error else None,
        }


class Learner:
    """Learns one source after the other."""

    def __init__(self, wish: Wish, library: Path, jobs: Jobs, screen: Screen) -> None:
        self.wish, self._library, self.jobs, self._screen = wish, library.resolve(), jobs, screen

    def learn(self, source: Path) -> Outcome:
        """Learn the motion of footage, unless the library already has it from this engine.

        Raises MtiError; the library is unchanged then."""
        name = self.wish.name or name_of(source)
        self._screen.progress(f"{name}: reading {source.name}", now=True)
        return self.learn_from(_of_footage(source, name, self.wish))

    def learn_from(self, reference: Reference) -> Outcome:
        """The same for what has been read or captured."""
        began, engine = time.monotonic(), self.wish.engine
        request, inputs = reference.request, reference.inputs
        tell = partial(Outcome, reference.source, action=reference.action)
        same = self._same(inputs)
        if same is not None and _has_learned(same, request.settings):
            self.jobs.forget(request, inputs)
            quality = same.preset.embeddings[engine].quality
            return tell("known", Found(same.preset, same.folder), quality)
        for notice in reference.notices:
            self._screen.note(f"{request.name}: {notice}")
        job = self.jobs.run(request, inputs, request.name)
        motion = self._save(job, same)
        final = job.finished()
        warning = str(final.result["warning"]) if isinstance(final, Done) else ""
        self.jobs.remove(job)
        found = Found(motion.preset, motion.folder)
        quality = motion.preset.embeddings[engine].quality
        return tell("learned", found, quality, warning, time.monotonic() - began)

    def _same(self, inputs: Mapping[str, bytes]) -> Motion | None:
        """The motion of the library that was learned from the same poses or pictures; of several,
        one that this engine has learned."""
        sums = {name: hashlib.sha256(data).hexdigest() for name, data in inputs.items()}
        same = find_motions(self._library, content_id(sums))
        same.sort(key=lambda each: self.wish.engine not in each.preset.embeddings)
        return same[0] if same else None

    def _save(self, job: JobFolder, same: Motion | None) -> Motion:
        """Save a new motion, or what was learned anew of one that the library has."""
        if same is not None and same.folder.is_dir():
            return save_embedding(job, self._library, same.folder)
        return save_motion(job, self._library, self.wish.about)


def _has_learned(motion: Motion, settings: Settings) -> bool:
    """True if the engine has learned it with the same settings."""
    embedding = motion.preset.embeddings.get(settings.model)
    return embedding is not None and _learning(embedding.settings) == _learning(settings)


def _learning(settings: Settings) -> object:
    """All settings that decide what is learned."""
    if settings.motion_inversion is None:
        return settings.inversion
    words = settings.words
    return words.caption, words.learning, settings.num_frames, settings.size


def name_of(source: Path) -> str:
    """A motion's name after its file: 'my_dance.mp4' is 'my dance'."""
    base = source.resolve().name if source.is_dir() else source.stem
    text = "".join(letter if letter.isprintable() else " " for letter in base.replace("_", " "))
    return " ".join(text.split())[:64].strip() or "Motion"


def _of_footage(source: Path, name: str, wish: Wish) -> Reference:
    """What is learned from a video or images. Raises UnreadableInput, BadRequest, NoMotion."""
    settings = wish.settings
    opened = open_source(source, wish.image_fps)
    footage = sample(opened, wish.start, wish.end, settings.num_frames, settings.size)
    inputs = {
        reference_name(i + 1): png(Image.fromarray(picture))
        for i, picture in enumerate(footage.pictures)
    }
    request = _request(name, settings, footage, wish.flip_safe)
    if request.targets:
        inputs |= {TARGET: _first(footage, settings)}
    return Reference(source, request, inputs, footage.notices)


def _request(name: str, settings: Settings, footage: Footage, flip_safe: bool) -> Request:
    """Learn the motion, and apply it to its own first picture, or to its own caption, which is the
    library's preview."""
    words = settings.motion_inversion
    return Request(
        protocol=PROTOCOL,
        job="",
        task="learn" if words is not None and not words.prompts else "learn+apply",
        name=name,
        settings=settings,
        inputs={},
        reference_frames=settings.num_frames,
        references=1,
        targets=1 if words is None else 0,
        capture=CaptureInfo(footage.fps, footage.first, footage.last, footage.size, flip_safe),
    )


def _first(footage: Footage, settings: Settings) -> bytes:
    """The first picture as a PNG, at most LONGEST_PREVIEW pixels along a side."""
    still = Image.fromarray(footage.still)
    scale = min(1.0, LONGEST_PREVIEW / max(still.size)) if settings.keeps_size else 1.0
    size = max(1, round(still.width * scale)), max(1, round(still.height * scale))
    return png(frames.fit(still, size if settings.keeps_size else settings.size))

"""Small libraries of real motions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.library import Embedding, Kind, Motion, Preset, Quality, add_motion
from mti_addon.wire.library.preset import PRESET_VERSION, embedding_name
from mti_addon.wire.request import CaptureInfo
from mti_addon.wire.settings import Settings
from tests.wire.library.examples import tokens

NOW = "2026-01-31T12:00:00+00:00"
DRAFT = Settings.for_model("draft")


def add(
    root: Path,
    name: str,
    value: float = 0.5,
    kind: Kind = "body",
    tags: tuple[str, ...] = (),
    quality: float | None = 0.5,
    **more: str,
) -> Motion:
    """Add a motion that the draft has learned; each value is another motion."""
    data = tokens(value=value)
    file = embedding_name("draft", data)
    embedding = Embedding((file,), "ab12", DRAFT, Quality(quality, None, 0.1), NOW, "0.2.0")
    preset = Preset(
        version=PRESET_VERSION,
        id="",
        name=name,
        kind=kind,
        tags=tags,
        author=more.get("author", ""),
        license="",
        notes=more.get("notes", ""),
        num_frames=DRAFT.num_frames,
        fps=7.0,
        capture=CaptureInfo(24.0, 1, 48, (640, 360), False),
        created=NOW,
        created_with="0.2.0",
        embeddings={"draft": embedding},
        edit=AS_LEARNED,
        parents=(),
        files={},
    )
    return add_motion(root, preset, {file: data})


def add_blend(root: Path, name: str) -> Motion:
    """Add a motion that is a blend of two others."""
    data = [tokens(value=0.25), tokens(value=0.75)]
    files = tuple(embedding_name("draft", each) for each in data)
    one = add(root, f"{name}, before").preset
    embedding = replace(one.embeddings["draft"], files=files)
    edit = MotionEdit(mode="blend", parts=(MotionPart(weight=0.7), MotionPart(weight=0.3)))
    preset = replace(
        one, name=name, embeddings={"draft": embedding}, edit=edit, parents=("0" * 32, "1" * 32)
    )
    return add_motion(root, preset, dict(zip(files, data, strict=True)))

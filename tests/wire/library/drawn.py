"""Motions with real poses and the images drawn from them; what they have learned is made up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mti_addon.motion import draw, encode_png
from mti_addon.wire.edit import AS_LEARNED
from mti_addon.wire.library import PRESET_VERSION, Embedding, Motion, Preset, Quality, add_motion
from mti_addon.wire.library.preset import THUMBNAIL, embedding_name
from mti_addon.wire.request import POSES, CaptureInfo, reference_name
from tests.motion.figures import figure_poses
from tests.wire.library.examples import DRAFT, tokens

LEARNED = "2026-11-29T12:00:00+00:00"


def drawn_motion(own: Path, name: str, move: Callable[..., Any], **about: Any) -> Motion:
    """A motion of the starter figure in the library `own`."""
    poses = figure_poses(move)
    data = tokens(value=(len(name) + ord(name[0])) / 1000)
    file = embedding_name("draft", data)
    images = {
        reference_name(i + 1): encode_png(picture) for i, picture in enumerate(draw(poses))
    }  # fmt: skip
    contents: dict[str, bytes | Path] = {file: data, POSES: poses.to_json().encode(), **images}
    contents[THUMBNAIL] = images[reference_name(8)]
    embedding = Embedding((file,), "ab12", DRAFT, Quality(None, None, None), LEARNED, "0.2.0")
    fields: dict[str, Any] = {
        "version": PRESET_VERSION, "id": "", "name": name, "kind": "body", "tags": (),
        "author": "", "license": "", "notes": "", "num_frames": 14, "fps": 7.0,
        "capture": CaptureInfo(24.0, 1, 48, (640, 480), False), "created": LEARNED,
        "created_with": "0.2.0", "embeddings": {"draft": embedding}, "edit": AS_LEARNED,
        "parents": (), "files": {},
    }  # fmt: skip
    return add_motion(own, Preset(**(fields | about)), contents)

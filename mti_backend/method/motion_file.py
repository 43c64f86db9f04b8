"""What reading a motion's file is like for both methods. Imports safetensors."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from mti_addon.wire.errors import BadEmbedding, WrongModel
from mti_addon.wire.problem import Problem

MAX_VALUE = 1e4
AGAIN = "Learn the motion again, or use the file from where it was originally saved."


@contextmanager
def readable(path: Path, max_bytes: int) -> Iterator[None]:
    """Refuse a file that is too large; an unreadable one raises BadEmbedding in the context."""
    try:
        if path.stat().st_size > max_bytes:
            raise BadEmbedding(
                Problem(
                    "motion_too_large",
                    "The file {file} is too large to be a motion.",
                    AGAIN,
                    {"file": path.name},
                )
            )
        yield
    except (SafetensorError, OSError) as error:
        raise BadEmbedding(
            Problem(
                "motion_damaged",
                "The motion {file} cannot be read: it is damaged or truncated.",
                AGAIN,
                {"file": path.name},
            )
        ) from error


def without_motion(path: Path) -> BadEmbedding:
    """The error of a safetensors file that is none of ours."""
    return BadEmbedding(
        Problem(
            "file_without_motion",
            "The file {file} does not contain a motion.",
            "Choose a motion.safetensors file.",
            {"file": path.name},
        )
    )


def learned_elsewhere(name: str, engine: str, frames: int) -> WrongModel:
    """The error of a motion whose model is not the one that should play it: another engine's, or
    another release of the same engine's."""
    return WrongModel(
        Problem(
            "motion_of_other_model",
            (
                "The motion {name!r} was learned on a different model, or on another version of "
                "it ({engine}, {frames} frames)."
            ),
            "Learn it again on this engine, or choose the one it was learned on.",
            {"name": name, "engine": engine, "frames": frames},
        )
    )

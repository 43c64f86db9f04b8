"""Motions in a library: each is a folder, and can be sent as one file; stdlib only."""

from .folder import (
    Motion,
    add_motion,
    export_to,
    find_motions,
    import_motion,
    read_library,
    read_motion,
)
from .preset import KINDS, PRESET_VERSION, Embedding, Kind, Preset, Quality, read_preset
from .saving import About, save_embedding, save_motion

__all__ = [
    "KINDS",
    "PRESET_VERSION",
    "About",
    "Embedding",
    "Kind",
    "Motion",
    "Preset",
    "Quality",
    "add_motion",
    "export_to",
    "find_motions",
    "import_motion",
    "read_library",
    "read_motion",
    "read_preset",
    "save_embedding",
    "save_motion",
]

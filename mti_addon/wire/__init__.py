"""The contract between Blender and any backend: a job is a folder; stdlib only."""

from .errors import MtiError, error_from_code
from .events import Event, EventReader, decode, encode
from .job import JobFolder, create_job
from .request import PROTOCOL, CaptureInfo, Request
from .settings import Augmentation, InversionSettings, SamplingSettings, Settings

__all__ = [
    "PROTOCOL",
    "Augmentation",
    "CaptureInfo",
    "Event",
    "EventReader",
    "InversionSettings",
    "JobFolder",
    "MtiError",
    "Request",
    "SamplingSettings",
    "Settings",
    "create_job",
    "decode",
    "encode",
    "error_from_code",
]

"""Real disks that are full or read-only."""

from tests.wire.conftest import read_only, small_disk

__all__ = ["read_only", "small_disk"]

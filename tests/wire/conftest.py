"""Real disks that are full or read-only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wire import strategies  # noqa: F401  the same examples in every run of every test


def _mount(*arguments: str) -> None:
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount a small disk here: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB: a real one rather than a patched write()."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    _mount("-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder with a file `old` and a folder `sub` that is not writable: by permission, or, for
    root, by mount."""
    place = tmp_path / "read-only"
    place.mkdir()
    (place / "old").write_bytes(b"old")
    (place / "sub").mkdir()
    if sys.platform == "win32":
        pytest.skip("Windows ignores the permission bits of folders")
    if os.geteuid() != 0:
        (place / "old").chmod(0o400)
        place.chmod(0o500)
        yield place
        place.chmod(0o700)
        return
    if sys.platform != "linux":
        pytest.skip("root ignores permission bits")
    _mount("--bind", str(place), str(place))
    try:
        _mount("-o", "remount,ro,bind", str(place))
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)

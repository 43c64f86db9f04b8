"""Lock file of the backend's packages: every version and file hash; stdlib only.

`requirements.lock` is written by `make lock` (uv) for Linux, Windows and macOS at once. pip
verifies each downloaded file against it, so that files cannot be tampered with in transit, and
every machine gets the same packages.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

LOCK = "requirements.lock"
_BLOCK = re.compile(r"^(?=[A-Za-z0-9])", re.MULTILINE)
_PIN = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+) *(?:; *([^\\\n]+?))? *(?:\\|$)", re.MULTILINE
)
_HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
_VIA = re.compile(r"^ +# +(?:via )?(?!via$)([A-Za-z0-9][A-Za-z0-9._-]*)(?: \(.*\))?$", re.MULTILINE)
ONLY_WITH_CUDA = ("nvidia-", "cuda-", "triton")
"""Prefixes of packages that only CUDA builds of torch require."""


@dataclass(frozen=True)
class LockedPackage:
    """One package at one version.

    marker: environment marker (PEP 508); empty if unconditional. hashes: 'sha256:...' of all its
    files. needed_by: names of the packages in the lock that require it.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def line(self) -> str:
        """Return it as a line of a requirements file, with hashes for pip to verify."""
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" --hash={each}" for each in self.hashes)
        return f"{self.name}=={self.version}{marker}{hashes}"


@functools.cache
def read_lock(root: Path, file: str = LOCK) -> tuple[LockedPackage, ...]:
    """Read all packages of the lock. Raises OSError, and ValueError if a package has no hash."""
    text = (root / file).read_text(encoding="utf-8")
    packages = []
    for block in _BLOCK.split(text):
        pin = _PIN.match(block)
        if pin is None:
            continue
        hashes = tuple(_HASH.findall(block))
        if not hashes:
            raise ValueError(f"{file}: {pin[1]} has no hash")
        needed_by = frozenset(_VIA.findall(block))
        packages.append(LockedPackage(pin[1], pin[2], pin[3] or "", hashes, needed_by))
    return tuple(packages)


def needed_for(
    names: set[str], lock: tuple[LockedPackage, ...], cuda: bool = True
) -> list[LockedPackage]:
    """Return the named packages and all of their dependencies.

    cuda: whether torch is a CUDA build; otherwise packages that only such builds need are omitted.
    """
    found = set(names)
    while more := {p.name for p in lock if p.needed_by & found} - found:
        found |= more
    return [
        package
        for package in lock
        if package.name in found and (cuda or not package.name.startswith(ONLY_WITH_CUDA))
    ]


def as_requirements(packages: list[LockedPackage]) -> str:
    """Return the text of a requirements file for these packages."""
    return "".join(f"{package.line}\n" for package in packages)

"""The lock of the backend's packages: every version and every file's hash; stdlib only.

`requirements.lock` is written by `make lock` (uv) for Linux, Windows and macOS at once. pip checks
each file that it fetches against it, so nobody between the package index and this machine can slip
another one in, and two machines get the same packages.
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
"""Names of what torch's builds with CUDA bring, and its other builds do not."""


@dataclass(frozen=True)
class LockedPackage:
    """One package at one version.

    marker: where it is wanted, as PEP 508 says it; empty: everywhere. hashes: 'sha256:...' of all
    its files. needed_by: names of the packages of the lock that ask for it.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: frozenset[str]

    @property
    def line(self) -> str:
        """It as a line of a requirements file, which pip then checks by its hashes."""
        marker = f" ; {self.marker}" if self.marker else ""
        hashes = "".join(f" --hash={each}" for each in self.hashes)
        return f"{self.name}=={self.version}{marker}{hashes}"


@functools.cache
def read_lock(root: Path, file: str = LOCK) -> tuple[LockedPackage, ...]:
    """All packages of the lock. Raises OSError, and ValueError where a package has no hash."""
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
    """The packages of these names and all that they need.

    cuda: whether torch is a build with CUDA; what only such a build needs is left out otherwise.
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
    """The text of a requirements file of these packages."""
    return "".join(f"{package.line}\n" for package in packages)

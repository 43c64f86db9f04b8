"""The backend's packages: selection, source, integrity, and pip's errors; wire and stdlib only.

pip is run on the backend's environment; Blender's Python is not touched.
"""

from __future__ import annotations

import csv
import functools
import re
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ...wire.errors import BackendMissing, DiskFull, MtiError, NotWritable
from ...wire.problem import Problem
from .gpu import Gpu

TORCH_INDEX = "https://download.pytorch.org/whl/"
"""PyTorch's own index of builds that the usual one lacks: CPU-only for Linux, and CUDA for
Windows."""
NEEDED_BYTES = {"cpu": 3_000_000_000, "cuda": 12_000_000_000}
"""Required free space in bytes. Measured for the CPU: 1.2 GB remain, plus 0.3 GB of wheels
during installation; an estimate for CUDA."""


@functools.cache
def pinned(root: Path) -> tuple[str, ...]:
    """Return the backend's requirements as pinned in pyproject.toml. Raises OSError, KeyError."""
    text = (root / "pyproject.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["project"]["optional-dependencies"]["backend"])


def chosen(requirements: tuple[str, ...], gpu: Gpu, system: str = sys.platform) -> tuple[str, ...]:
    """Return the requirements for this machine's GPU, to install from the network.

    On Linux the default torch build includes gigabytes of CUDA, on Windows it includes none; where
    another build is needed, it is specified.
    """
    build = _build(gpu, system)
    return tuple(
        f"{each}+{build}" if build and name_of(each) == "torch" else each for each in requirements
    )


def index_for(gpu: Gpu, wish: str, system: str = sys.platform) -> str:
    """Return the URL of an additional index for torch; empty if the usual one suffices."""
    build = _build(gpu, system)
    return wish or (TORCH_INDEX + build if build else "")


def needed_bytes(gpu: Gpu) -> int:
    """Return the free space that a full installation needs."""
    return NEEDED_BYTES["cuda" if gpu.kind == "cuda" else "cpu"]


def _build(gpu: Gpu, system: str) -> str:
    if system == "darwin":
        return ""
    if gpu.kind == "cuda":
        return "cu130" if system == "win32" else ""
    return "cpu" if system.startswith("linux") else ""


def name_of(requirement: str) -> str:
    """Return 'torch' for 'torch==2.13.0', normalized for comparison."""
    return re.split(r"[^A-Za-z0-9._-]", requirement.strip())[0].lower().replace("_", "-")


def mismatches(requirements: tuple[str, ...], versions: Mapping[str, str]) -> list[str]:
    """Return 'torch is 2.12.0, 2.13.0 is needed' for each pinned package that does not match."""
    found = {name_of(name): version for name, version in versions.items()}
    wrong = []
    for requirement in requirements:
        name, _, wanted = requirement.partition("==")
        have = found.get(name_of(name), "")
        if not have:
            wrong.append(f"{name} is missing")
        elif wanted and have.partition("+")[0] != wanted.partition("+")[0]:
            wrong.append(f"{name} is {have}, {wanted} is needed")
    return wrong


def in_order(requirements: tuple[str, ...]) -> tuple[str, ...]:
    """Return torch, then the others in reverse order, as pyproject.toml lists dependencies last.

    Each is installed separately, and correct versions are kept: so none may pull in another in a
    version of its own choice.
    """
    torch = tuple(each for each in requirements if name_of(each) == "torch")
    return torch + tuple(each for each in reversed(requirements) if each not in torch)


def pip_locked_command(python: Path, file: Path) -> list[str]:
    """Return the command to install exactly what a requirements file with hashes lists."""
    return [*_pip_install(python), "--no-deps", "--require-hashes", "-r", str(file)]


def _pip_install(python: Path) -> list[str]:
    command = [str(python), "-m", "pip", "install", "--no-input", "--no-compile"]
    # source distributions would require a compiler, and a lot of time
    return [*command, "--disable-pip-version-check", "--only-binary", ":all:"]


def pip_command(python: Path, requirement: str, wheels: str, index: str) -> list[str]:
    """Return the command to install one requirement and its dependencies."""
    command = _pip_install(python)
    if wheels:
        command += ["--no-index", "--find-links", wheels]
    elif index:
        command += ["--extra-index-url", index]
    return [*command, requirement]


def remove_broken(site: Path) -> list[str]:
    """Remove packages left incomplete by a killed pip, so that the next run reinstalls them.

    pip considers a package installed as soon as its metadata exists, and writes its list of files
    last. Returns the names of removed packages.
    """
    gone = []
    for metadata in sorted(site.glob("*.dist-info")):
        if not _whole(metadata):
            shutil.rmtree(metadata, ignore_errors=True)
            gone.append(metadata.name.removesuffix(".dist-info"))
    for moved in site.glob("~*"):
        shutil.rmtree(moved, ignore_errors=True)
    return gone


def _whole(metadata: Path) -> bool:
    """Return whether every file that the package lists exists with the right size."""
    try:
        with open(metadata / "RECORD", encoding="utf-8", newline="") as stream:
            rows = [row for row in csv.reader(stream) if len(row) == 3]
        for name, _, size in rows:
            if size and (metadata.parent / name).stat().st_size != int(size):
                return False
    except (OSError, ValueError):
        return False
    return bool(rows)


def version_installed(site: Path, name: str) -> str:
    """Return a package's version from its metadata folder; empty if it is not installed."""
    for metadata in site.glob("*.dist-info"):
        found, _, version = metadata.name.removesuffix(".dist-info").rpartition("-")
        if name_of(found) == name_of(name):
            return version
    return ""


_NETWORK = re.compile(
    "NewConnectionError|NameResolutionError|Temporary failure in name resolution|getaddrinfo failed"
    "|Connection refused|Network is unreachable|ConnectTimeout|Read timed out|ProxyError"
    "|CERTIFICATE_VERIFY_FAILED|Max retries exceeded|Connection aborted|IncompleteRead"
)
_NOT_FOUND = re.compile(r"No matching distribution found for ([A-Za-z0-9._\-]+)([^\s;()]*)")


def disk_full() -> DiskFull:
    """Return the error for a disk that became full during the installation."""
    return DiskFull(
        Problem(
            "disk_full_while_installing",
            "The disk became full while the backend's packages were being installed.",
            "Free some space, then set up again to resume.",
        )
    )


def complaint(output: str, requirement: str, wheels: str) -> MtiError:
    """Return the error, with a remedy, for a failure of pip."""
    if re.search("No space left on device|Errno 28|Disk quota exceeded", output):
        return disk_full()
    if "Long Path" in output:
        return NotWritable(
            Problem(
                "path_too_long",
                "The path of the backend's environment is too long for Windows.",
                "Choose a folder with a shorter path for the environment, or enable long paths.",
            )
        )
    missing = _NOT_FOUND.search(output)
    if missing and wheels:
        return BackendMissing(
            Problem(
                "wheel_missing",
                "The folder of wheels, {folder}, has no wheel of {package} for this Python.",
                "Add the wheel, or clear the folder in the preferences to use the network.",
                {"folder": wheels, "package": missing[1] + missing[2]},
            )
        )
    if _NETWORK.search(output):
        return BackendMissing(
            Problem(
                "index_out_of_reach",
                "The package index cannot be reached, so {package} could not be installed.",
                (
                    "Check the network (or the proxy), or choose a folder of wheels; then set "
                    "up again."
                ),
                {"package": requirement},
            )
        )
    if missing:
        return BackendMissing(
            Problem(
                "package_not_in_index",
                "The package index has no {package} for this Python and system.",
                "Choose another Python or package index in the preferences, then set up again.",
                {"package": missing[1] + missing[2]},
            )
        )
    if "DO NOT MATCH THE HASHES" in output:
        return BackendMissing(
            Problem(
                "package_is_another",
                (
                    "The file that the package index provides for {package} does not match its "
                    "expected hash."
                ),
                "Check the proxy or the package index in the preferences, then set up again.",
                {"package": requirement},
            )
        )
    if re.search("Permission denied|Errno 13|Read-only file system|WinError 5", output):
        return NotWritable(
            Problem(
                "environment_not_writable",
                "The backend's environment is not writable.",
                "Allow writing to its folder, or choose another one in the preferences.",
            )
        )
    return BackendMissing(
        Problem(
            "package_not_installed",
            "{package} could not be installed: {reason}",
            "Check the log, then set up again to resume.",
            {"package": requirement, "reason": _last_error(output)},
        )
    )


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip printed nothing"])[-1][:200]

"""The lock file of the backend's packages, and pip's compliance with it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mti_addon.client.setup import packages
from mti_addon.client.setup.environment import Setup
from mti_addon.client.setup.lock import LockedPackage, as_requirements, needed_for, read_lock
from mti_addon.wire.errors import BackendMissing

from .wheels import make_wheel

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def lock() -> tuple[LockedPackage, ...]:
    return read_lock(ROOT)


def test_the_lock_has_what_is_pinned_and_all_that_it_needs(lock: tuple[LockedPackage, ...]) -> None:
    pins = {f"{packages.name_of(p)}=={p.partition('==')[2]}" for p in packages.pinned(ROOT)}
    locked = {f"{package.name}=={package.version}" for package in lock}
    assert pins <= locked, "run `make lock`"
    assert {p.name for p in needed_for({packages.name_of(p) for p in pins}, lock)} == {
        p.name for p in lock
    }
    assert all(package.hashes for package in lock)


def test_make_installs_what_an_animator_gets(lock: tuple[LockedPackage, ...]) -> None:
    dev = {(p.name, p.version): set(p.hashes) for p in read_lock(ROOT, "requirements-dev.lock")}
    for package in lock:
        assert dev[package.name, package.version] == set(package.hashes), "run `make lock`"


def test_what_only_cuda_needs_nobody_else_asks_for(lock: tuple[LockedPackage, ...]) -> None:
    every = {p.name for p in needed_for({"torch"}, lock)}
    cuda = every - {p.name for p in needed_for({"torch"}, lock, cuda=False)}
    assert {"triton", "nvidia-cudnn-cu13"} <= cuda and "sympy" not in cuda
    for package in lock:
        if package.name in cuda:
            assert package.needed_by <= cuda | {"torch", "via"}, package
            assert "sys_platform == 'linux'" in package.marker


def test_three_systems_have_their_own(lock: tuple[LockedPackage, ...]) -> None:
    marked = {package.name: package.marker for package in lock}
    assert "win32" in marked["colorama"] and "linux" in marked["nvidia-nccl-cu13"]
    assert marked["torch"] == marked["numpy"] == ""


def test_a_package_without_a_hash_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text("one==1.0\n    # via two\n")
    with pytest.raises(ValueError, match="one has no hash"):
        read_lock(tmp_path)


def lock_of(folder: Path, *wheels: Path) -> None:
    lines = []
    for wheel in wheels:
        name, version = wheel.name.split("-")[:2]
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        lines.append(f"{name}=={version} \\\n    --hash=sha256:{digest}\n    # via top\n")
    (folder / "requirements.lock").write_text("".join(lines))


def pip(command: list[str], wheels: Path, into: Path) -> subprocess.CompletedProcess[str]:
    """Run real pip, with a folder of wheels in place of an index."""
    environment = os.environ | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    return subprocess.run(
        [*command, "--target", str(into)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_pip_refuses_another_file_of_the_same_version(tmp_path: Path) -> None:
    wheels, into = tmp_path / "wheels", tmp_path / "site"
    top, below = make_wheel(wheels, "top", needs=["below"]), make_wheel(wheels, "below")
    lock_of(tmp_path, top, below)
    file = tmp_path / "top.txt"
    file.write_text(as_requirements(needed_for({"top"}, read_lock(tmp_path))))
    command = packages.pip_locked_command(Path(sys.executable), file)
    assert pip(command, wheels, into).returncode == 0
    assert {path.name for path in into.glob("*/__init__.py")} == {"__init__.py"}
    assert (into / "top").is_dir() and (into / "below").is_dir()

    make_wheel(wheels, "below", files=2)  # a different file with the same name
    ended = pip(command, wheels, tmp_path / "again")
    assert ended.returncode != 0 and not (tmp_path / "again" / "below").exists()
    error = packages.complaint(ended.stdout + ended.stderr, "top==1.0", "")
    assert isinstance(error, BackendMissing) and "does not match its expected hash" in error.message


@pytest.mark.parametrize(
    ("requirement", "further", "locked"),
    [("numpy==2.4.6", 0, {"numpy"}), ("torch==2.13.0+cpu", 1, {"sympy"}),
     ("torch==2.13.0", 0, {"torch", "triton", "sympy"}),
     ("torch==2.13.0+cu130", 1, {"triton", "sympy"})],
)  # fmt: skip
def test_only_another_build_of_torch_goes_without_hashes(
    tmp_path: Path, requirement: str, further: int, locked: set[str],
    lock: tuple[LockedPackage, ...],
) -> None:  # fmt: skip
    from mti_addon.client.setup.folder import TaskSpec

    setup = Setup(None, TaskSpec("setup", backend=str(tmp_path), root=str(ROOT)))  # type: ignore[arg-type]
    setup.folder.temp.mkdir(parents=True)
    first, *rest = setup._commands(requirement, "https://index", lock)
    assert "--require-hashes" in first and "--no-deps" in first
    names = {line.split("==")[0] for line in Path(first[-1]).read_text().splitlines()}
    assert locked <= names and ("torch" in names) == (not further and "torch" in requirement)
    assert ("triton" in names) == ("triton" in locked)
    assert len(rest) == further
    for command in rest:
        assert command[-2:] == [requirement, "--no-deps"] and "https://index" in command

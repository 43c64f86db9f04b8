"""Creation of the backend's environment by a task's process; wire and stdlib only."""

from __future__ import annotations

import os
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from ...wire import files
from ...wire.errors import BackendMissing, DiskFull
from ...wire.problem import Problem
from ...wire.version import version_of
from ..jobs.launch import runner_environment
from . import packages
from .check import check, silent
from .child import TaskProcess
from .folder import BackendFolder, TaskSpec, read_json, write_json
from .gpu import Gpu, find_gpu
from .lock import LockedPackage, as_requirements, needed_for, read_lock
from .python import Interpreter, find_python, probe

_PACKAGES_FROM, _PACKAGES_TO = 0.06, 0.94
_HEAVY = {"torch": 8.0}
"""Relative share of the time, if not 1."""
_FULL_BYTES = 1_000_000
_SIZE = re.compile(r"Downloading (\S+)(?: \(([\d.]+) (kB|MB|GB)\))?")
_UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


@dataclass(frozen=True)
class Marker:
    """Contents of mti.json in the environment, which marks it as complete."""

    version: str
    """Version of the extension."""
    requirements: tuple[str, ...]
    made_with: str
    python: str
    made_at: float


class Setup:
    """Creates the environment, or completes an incomplete one."""

    def __init__(self, process: TaskProcess, spec: TaskSpec) -> None:
        self.process, self.spec = process, spec
        self.folder = BackendFolder(Path(spec.backend))
        self.root = Path(spec.root)
        self.requirements = spec.requirements or packages.pinned(self.root)
        self._repaired = False
        """A package was incomplete, so the others cannot be trusted."""

    def run(self) -> None:
        """Run all steps, each checking first what is done. Raises MtiErrors with a message."""
        self.process.tell(Problem("looking_at_machine", "Detecting hardware"), 0.0)
        if self.spec.wheels and not Path(self.spec.wheels).is_dir():
            raise BackendMissing(
                Problem(
                    "wheels_folder_missing",
                    "The folder of wheels does not exist: {folder}.",
                    "Choose it again in the preferences, or clear it to use the network.",
                    {"folder": self.spec.wheels},
                )
            )
        with files.translating_os_errors(self.folder.path):
            self.folder.path.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(self.folder.temp, ignore_errors=True)
            self.folder.temp.mkdir()
            self.folder.marker_file.unlink(missing_ok=True)
        gpu = find_gpu(self._ask)
        self.process.log(str(gpu.said))
        self._check_disk(gpu)
        python = self._environment()
        self._packages(gpu, trusting=not self._repaired)
        try:
            self._try(gpu)
        except BackendMissing as error:
            self.process.log(f"{error.message} Checking every package with pip.")
            self._packages(gpu, trusting=False)
            self._try(gpu)
        shutil.rmtree(self.folder.temp, ignore_errors=True)
        name = ".".join(map(str, python.version))
        version = version_of(self.root)
        write_json(
            self.folder.marker_file,
            Marker(version, self.requirements, python.path, name, time.time()),
        )
        self.process.end(said=Problem("backend_ready", "The backend is ready."), fraction=1.0)

    def _check_disk(self, gpu: Gpu) -> None:
        """Check whether there is disk space for what is missing, before downloading anything."""
        needed = self.spec.needed_bytes or packages.needed_bytes(gpu)
        missing = max(needed - files.size_of(self.folder.env), needed // 10)
        free = shutil.disk_usage(self.folder.path).free
        if free < missing:
            gigabytes = {"missing": missing / 1e9, "free": free / 1e9}
            raise DiskFull(
                Problem(
                    "no_space_for_backend",
                    "The backend needs {missing:.1f} GB more, and {free:.1f} GB are free in "
                    "{folder}.",
                    "Free some space, or choose a folder on another disk in the preferences.",
                    {**gigabytes, "folder": str(self.folder.path)},
                )
            )

    def _raise_if_disk_full(self) -> None:
        """Raise DiskFull if no space is left, since a program's own message did not fit either."""
        if shutil.disk_usage(self.folder.path).free < _FULL_BYTES:
            raise packages.disk_full()

    def _environment(self) -> Interpreter:
        """Return a venv with working Python and pip: the existing one, or a new one."""
        self.process.tell(Problem("looking_for_python", "Looking for Python"), 0.01)
        there = probe(str(self.folder.python), self._ask) if self.folder.env.is_dir() else None
        if there is not None and not there.problem and self._pip_answers():
            self.process.log(f"resuming {self.folder.env} (Python {there.version})")
            return there
        base = find_python(self._ask, self.spec.python)
        self.process.tell(Problem("making_environment", "Creating the environment"), 0.02)
        self.process.log(f"with {base.path} (Python {base.version})")
        with files.translating_os_errors(self.folder.env):
            if self.folder.env.exists():
                files.remove_folder(self.folder.env)
        ended = self.process.run(
            [base.path, "-I", "-m", "venv", str(self.folder.env)], self._environ()
        )
        if ended.returncode != 0 or not self._pip_answers():
            self._raise_if_disk_full()
            raise BackendMissing(
                Problem(
                    "environment_not_made",
                    "{python} could not create an environment.",
                    (
                        "Choose another Python in the preferences, then set up again; see the "
                        "log for details."
                    ),
                    {"python": base.path},
                )
            )
        return base

    def _pip_answers(self) -> bool:
        site = self._site()
        if site is not None:
            for gone in packages.remove_broken(site):
                self.process.log(f"{gone} was incomplete; reinstalling it")
                self._repaired = True
        code, _ = self._ask([str(self.folder.python), "-m", "pip", "--version"])
        return code == 0

    def _packages(self, gpu: Gpu, trusting: bool) -> None:
        """Install each requirement separately, so that setup can be resumed.

        pip installs a package's dependencies before the package itself; so, if `trusting`, it is
        not run for packages that are present.
        """
        wheels, wanted, own = self.spec.wheels, self.requirements, not self.spec.requirements
        if own and not wheels:
            wanted = packages.chosen(wanted, gpu)
        index = packages.index_for(gpu, self.spec.index) if own else self.spec.index
        # a folder of wheels, and what it contains, is the animator's own choice
        lock = read_lock(self.root) if own and not wheels else ()
        wanted = packages.in_order(wanted)
        shares = [_HEAVY.get(packages.name_of(each), 1.0) for each in wanted]
        for place, requirement in enumerate(wanted):
            if trusting and self._is_there(requirement):
                self.process.log(f"{requirement} is already installed")
                continue
            span = _PACKAGES_TO - _PACKAGES_FROM
            begin = _PACKAGES_FROM + span * sum(shares[:place]) / sum(shares)
            # for torch only: otherwise pip would query, and wait for, another index for every
            # package
            further = index if not own or packages.name_of(requirement) == "torch" else ""
            for command in self._commands(requirement, further, lock):
                self._install(requirement, command, begin, span * shares[place] / sum(shares))

    def _commands(
        self, requirement: str, index: str, lock: tuple[LockedPackage, ...]
    ) -> list[list[str]]:
        """Return the pip commands that install one requirement.

        With a lock, they install it and all of its dependencies, verifying each file's hash. The
        lock covers the builds on the usual index; another build of torch ('+cpu', '+cu130') comes
        from PyTorch's own index, pinned only by version.
        """
        python, wheels = self.folder.python, self.spec.wheels
        if not lock:
            return [packages.pip_command(python, requirement, wheels, index)]
        name = packages.name_of(requirement)
        needed = needed_for({name}, lock, cuda=not requirement.endswith("+cpu"))
        if other_build := "+" in requirement:
            needed = [package for package in needed if package.name != name]
        file = self.folder.temp / f"{name}.txt"
        file.write_text(as_requirements(needed), encoding="utf-8")
        commands = [packages.pip_locked_command(python, file)]
        if other_build:
            commands.append([*packages.pip_command(python, requirement, "", index), "--no-deps"])
        return commands

    def _install(self, requirement: str, command: list[str], begin: float, share: float) -> None:
        said = Problem("installing", "Installing {name}", values={"name": requirement})
        self.process.tell(said, begin)

        def watch(output: str) -> None:
            name, total = _downloading(output)
            there = min(self._downloaded(), total)
            if total and there < total:
                fraction = begin + share * 0.8 * there / total
                shown = Problem("downloading", "Downloading {name}", values={"name": name})
                self.process.tell(shown, fraction, done_bytes=there, total_bytes=total)
            else:
                self.process.tell(said, begin + (share * 0.8 if total else 0))

        ended = self.process.run(command, self._environ(), watch)
        if ended.returncode != 0:
            self._raise_if_disk_full()
            raise packages.complaint(ended.output, requirement, self.spec.wheels)

    def _is_there(self, requirement: str) -> bool:
        name, _, version = requirement.partition("==")
        site = self._site()
        found = packages.version_installed(site, name) if site else ""
        return bool(found) and version in (found, found.partition("+")[0])

    def _try(self, gpu: Gpu) -> None:
        self.process.tell(Problem("trying_backend", "Testing the backend"), _PACKAGES_TO)
        check(self.process, self.spec, str(self.folder.python), self.requirements, gpu)
        self._load()

    def _load(self) -> None:
        """Import what a job imports.

        This verifies that the packages work together, and lets Python compile them now instead of
        during the first job.
        """
        if "diffusers" not in map(packages.name_of, self.requirements):
            return
        self.process.tell(
            Problem("loading_backend", "Loading the backend for the first time"), 0.97
        )
        code, output = self._ask([str(self.folder.python), "-c", "import mti_backend.models.svd"])
        if code != 0:
            raise BackendMissing(silent(str(self.folder.python), output))

    def _downloaded(self) -> int:
        """Return the size in bytes of the wheel that pip is downloading to its temporary folder."""
        sizes = [0]
        for path in self.folder.temp.glob("pip-unpack-*/*"):
            try:
                sizes.append(path.stat().st_size)
            except OSError:
                continue
        return max(sizes)

    def _site(self) -> Path | None:
        found = [
            *self.folder.env.glob("lib/python3.*/site-packages"),
            *self.folder.env.glob("Lib/site-packages"),
        ]
        return found[0] if found else None

    def _ask(self, command: list[str]) -> tuple[int, str]:
        try:
            ended = self.process.run(command, self._environ())
        except OSError:
            return -1, ""
        return ended.returncode, ended.output

    def _environ(self) -> dict[str, str]:
        temp = str(self.folder.temp)
        extra = {"TMPDIR": temp, "TEMP": temp, "TMP": temp, "PIP_USER": "0", "PIP_NO_INPUT": "1"}
        return runner_environment(os.environ, self.root, extra)


def _downloading(output: str) -> tuple[str, int]:
    """Return name and size in bytes of the file that pip downloads last; '' and 0 if none."""
    found = _SIZE.findall(output)
    if not found:
        return "", 0
    name, size, unit = found[-1]
    return name.rpartition("/")[2].split("-")[0], int(float(size or 0) * _UNITS.get(unit, 0))


def read_marker(folder: BackendFolder) -> Marker | None:
    """Return what the environment was made from; None while it is incomplete."""
    return read_json(Marker, folder.marker_file)

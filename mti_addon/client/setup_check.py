"""Does the backend answer, and what does it say of this machine? Wire and stdlib only.

A task's process asks it and keeps the answer in capabilities.json; Blender only reads that file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..wire.errors import BackendMissing
from ..wire.problem import Problem
from ..wire.request import PROTOCOL
from . import setup_packages as packages
from .launch import runner_environment
from .setup_child import TaskProcess
from .setup_folder import BackendFolder, TaskSpec, read_json, typed, write_json
from .setup_gpu import Gpu, find_gpu


@dataclass(frozen=True)
class Capabilities:
    """capabilities.json: what was asked, and the answer."""

    python: str
    """The interpreter that was asked."""
    version: str
    """Of the extension that asked."""
    asked_at: float
    gpu: dict[str, Any] = field(default_factory=dict)
    """As setup_gpu.Gpu."""
    told: dict[str, Any] = field(default_factory=dict)
    """As mti_backend/capabilities.py tells; empty if it did not answer."""
    problem: Problem | None = None
    """What is wrong with it."""

    def gpu_said(self) -> Problem | None:
        """What was found of a GPU."""
        try:
            said: Problem | None = typed(self.gpu.get("said"), Problem | None)
        except TypeError:
            return None
        return said

    def versions(self) -> dict[str, str]:
        """Versions of Python and of the packages."""
        found = self.told.get("versions")
        return dict(found) if isinstance(found, dict) else {}

    def devices(self) -> list[dict[str, Any]]:
        """Of torch, best first."""
        found = self.told.get("devices")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def cards(self) -> list[dict[str, Any]]:
        """The devices that are not the CPU."""
        return [device for device in self.devices() if device.get("kind") != "cpu"]


def check(
    process: TaskProcess,
    spec: TaskSpec,
    python: str,
    requirements: tuple[str, ...],
    gpu: Gpu | None = None,
) -> Capabilities:
    """Run `capabilities` on the backend and keep what it says. BackendMissing if it is not well."""

    def ask(command: list[str]) -> tuple[int, str]:
        try:
            ended = process.run(command, environment)
        except OSError as error:
            return -1, str(error)
        return ended.returncode, ended.output

    root = Path(spec.root)
    models = {"MTI_MODELS_DIR": spec.models} if spec.models else {}
    environment = runner_environment(os.environ, root, models)
    gpu = gpu or find_gpu(ask)
    problem = None
    names = [packages.name_of(each) for each in requirements]
    code, output = ask([python, "-m", "mti_backend", "capabilities", *names])
    told = _last_json(output)
    if code != 0:
        problem = silent(python, output)
    elif told.get("protocol") != PROTOCOL:
        problem = Problem(
            "backend_speaks_other_protocol",
            "The backend speaks protocol {backend}, the add-on {own}.",
            "Update the extension and the backend to the same version.",
            {"backend": str(told.get("protocol")), "own": PROTOCOL},
        )
    elif wrong := packages.mismatches(requirements, told.get("versions") or {}):
        problem = Problem(
            "backend_has_other_packages",
            "The backend's packages are not those of this version: {packages}.",
            "Set up the backend again: only what has changed is installed.",
            {"packages": "; ".join(wrong[:3])},
        )
    folder = BackendFolder(Path(spec.backend))
    seen = dataclasses.asdict(gpu)
    capabilities = Capabilities(python, packages.version_of(root), time.time(), seen, told, problem)
    write_json(folder.capabilities_file, capabilities)
    if problem:
        raise BackendMissing(problem)
    return capabilities


def run_check(process: TaskProcess, spec: TaskSpec) -> None:
    """The task `check`."""
    process.tell(Problem("asking_backend", "Asking the backend"), 0.1)
    check(process, spec, spec.python, spec.requirements or packages.pinned(Path(spec.root)))
    process.end(said=Problem("backend_answers", "The backend answers."), fraction=1.0)


def read_capabilities(folder: BackendFolder) -> Capabilities | None:
    """The last answer; None if nobody has asked yet."""
    return read_json(Capabilities, folder.capabilities_file)


def _last_json(output: str) -> dict[str, Any]:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            return found if isinstance(found, dict) else {}
    return {}


def silent(python: str, output: str) -> Problem:
    """Of a backend that ended without an answer."""
    if "WinError 126" in output or "DLL load failed" in output:
        return Problem(
            "windows_library_missing",
            "The backend does not start: a library of Windows that torch needs is missing.",
            "Install Microsoft's Visual C++ Redistributable (x64), then check again.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return Problem(
        "backend_does_not_start",
        "The backend does not start with {python}: {last}.",
        "Set up the backend again, or choose another Python; the log says more.",
        {"python": python, "last": last[:160]},
    )

"""Check whether the backend responds, and what it reports; wire and stdlib only.

A task's process runs the check and stores the response in capabilities.json; Blender only reads
that file.
"""

from __future__ import annotations

import dataclasses
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...wire.errors import BackendMissing
from ...wire.problem import Problem
from ...wire.request import PROTOCOL
from ...wire.version import version_of
from ..jobs.launch import runner_environment
from . import packages
from .child import TaskProcess
from .folder import BackendFolder, TaskSpec, read_json, typed, write_json
from .gpu import Gpu, find_gpu


@dataclass(frozen=True)
class Capabilities:
    """Contents of capabilities.json: what was checked, and the response."""

    python: str
    """The interpreter that was checked."""
    version: str
    """Version of the extension that ran the check."""
    asked_at: float
    gpu: dict[str, Any] = field(default_factory=dict)
    """Like gpu.Gpu."""
    told: dict[str, Any] = field(default_factory=dict)
    """Reported by mti_backend/runner/capabilities.py; empty if it did not respond."""
    problem: Problem | None = None
    """What is wrong with it."""

    def gpu_said(self) -> Problem | None:
        """Return what was detected about a GPU."""
        try:
            said: Problem | None = typed(self.gpu.get("said"), Problem | None)
        except TypeError:
            return None
        return said

    def versions(self) -> dict[str, str]:
        """Return the versions of Python and of the packages."""
        found = self.told.get("versions")
        return dict(found) if isinstance(found, dict) else {}

    def devices(self) -> list[dict[str, Any]]:
        """Return torch's devices, best first."""
        found = self.told.get("devices")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def cards(self) -> list[dict[str, Any]]:
        """Return the devices that are not the CPU."""
        return [device for device in self.devices() if device.get("kind") != "cpu"]


def check(
    process: TaskProcess,
    spec: TaskSpec,
    python: str,
    requirements: tuple[str, ...],
    gpu: Gpu | None = None,
) -> Capabilities:
    """Run `capabilities` on the backend and store its response.

    Raises BackendMissing if it has a problem.
    """

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
            "The backend uses protocol {backend}, the add-on protocol {own}.",
            "Update the extension and the backend to the same version.",
            {"backend": str(told.get("protocol")), "own": PROTOCOL},
        )
    elif wrong := packages.mismatches(requirements, told.get("versions") or {}):
        problem = Problem(
            "backend_has_other_packages",
            "The backend's packages do not match this version: {packages}.",
            "Set up the backend again: only what has changed is installed.",
            {"packages": "; ".join(wrong[:3])},
        )
    folder = BackendFolder(Path(spec.backend))
    seen = dataclasses.asdict(gpu)
    capabilities = Capabilities(python, version_of(root), time.time(), seen, told, problem)
    write_json(folder.capabilities_file, capabilities)
    if problem:
        raise BackendMissing(problem)
    return capabilities


def run_check(process: TaskProcess, spec: TaskSpec) -> None:
    """Run the task `check`."""
    process.tell(Problem("asking_backend", "Checking the backend"), 0.1)
    check(process, spec, spec.python, spec.requirements or packages.pinned(Path(spec.root)))
    process.end(said=Problem("backend_answers", "The backend responds."), fraction=1.0)


def read_capabilities(folder: BackendFolder) -> Capabilities | None:
    """Return the last response; None if there was no check yet."""
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
    """Return the problem of a backend that exited without a response."""
    if "WinError 126" in output or "DLL load failed" in output:
        return Problem(
            "windows_library_missing",
            "The backend does not start: a Windows library that torch needs is missing.",
            "Install Microsoft's Visual C++ Redistributable (x64), then check again.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else "no output"
    return Problem(
        "backend_does_not_start",
        "The backend does not start with {python}: {last}.",
        "Set up the backend again, or choose another Python; see the log for details.",
        {"python": python, "last": last[:160]},
    )

"""Does the backend answer, and what does it say of this machine? Wire and stdlib only.

A task's process asks it and keeps the answer in capabilities.json; Blender only reads that file.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..wire.errors import BackendMissing
from ..wire.request import PROTOCOL
from . import setup_packages as packages
from .launch import runner_environment
from .setup_child import TaskProcess
from .setup_folder import BackendFolder, TaskSpec, read_json, write_json
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
    problem: tuple[str, str] = ("", "")
    """Message and hint of what is wrong with it."""

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
    message, hint = "", ""
    names = [packages.name_of(each) for each in requirements]
    code, output = ask([python, "-m", "mti_backend", "capabilities", *names])
    told = _last_json(output)
    if code != 0:
        message, hint = silent(python, output)
    elif told.get("protocol") != PROTOCOL:
        message = f"The backend speaks protocol {told.get('protocol')}, the add-on {PROTOCOL}."
        hint = "Update the extension and the backend to the same version."
    elif wrong := packages.mismatches(requirements, told.get("versions") or {}):
        message = f"The backend's packages are not those of this version: {'; '.join(wrong[:3])}."
        hint = "Set up the backend again: only what has changed is installed."
    folder = BackendFolder(Path(spec.backend))
    capabilities = Capabilities(
        python, packages.version_of(root), time.time(), vars(gpu), told, (message, hint)
    )  # fmt: skip
    write_json(folder.capabilities_file, capabilities)
    if message:
        raise BackendMissing(message, hint)
    return capabilities


def run_check(process: TaskProcess, spec: TaskSpec) -> None:
    """The task `check`."""
    process.tell("Asking the backend", 0.1)
    check(process, spec, spec.python, spec.requirements or packages.pinned(Path(spec.root)))
    process.end(text="The backend answers.", fraction=1.0)


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


def silent(python: str, output: str) -> tuple[str, str]:
    """Message and hint for a backend that ended without an answer."""
    if "WinError 126" in output or "DLL load failed" in output:
        return (
            "The backend does not start: a library of Windows that torch needs is missing.",
            "Install Microsoft's Visual C++ Redistributable (x64), then check again.",
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    last = lines[-1] if lines else "it said nothing"
    return (
        f"The backend does not start with {python}: {last[:160]}.",
        "Set up the backend again, or choose another Python; the log says more.",
    )

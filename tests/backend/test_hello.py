"""hello: one line of JSON that says what this backend is and can do."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mti_addon.wire import PROTOCOL
from mti_addon.wire.errors import BadRequest
from mti_backend import device
from mti_backend.hello import versions

ROOT = Path(__file__).parents[2]


def test_hello_is_one_line_of_json(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "svd").mkdir(parents=True)
    (models / "svd" / "model_index.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "mti_backend", "hello"],
        cwd=ROOT,
        env={**os.environ, "MTI_MODELS_DIR": str(models), "MTI_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told["protocol"] == PROTOCOL
    # the CUDA wheel says less of itself to pip than to Python
    assert told["versions"]["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert told["devices"][-1]["kind"] == "cpu"
    assert told["devices"][-1]["threads"] >= 1
    assert set(told["estimates"]) == {"draft 14 x 64 x 64"}
    assert told["models"]["svd"] == str(models / "svd")
    assert told["models"]["svd-xt"] is None


def test_hello_answers_where_nothing_is_installed() -> None:
    command = [sys.executable, "-S", "-m", "mti_backend", "hello"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["devices"], list(told["versions"])) == ([], ["python"])
    assert told["estimates"] == {}


def test_versions_are_found_without_importing() -> None:
    assert {"python", "torch", "diffusers", "transformers", "numpy"} <= set(versions())


def test_versions_of_further_packages_can_be_asked_for() -> None:
    command = [sys.executable, "-m", "mti_backend", "hello", "tqdm", "no-such-package"]
    environment = {**os.environ, "MTI_DEVICE": "cpu"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    told = json.loads(done.stdout)["versions"]
    assert "tqdm" in told and "torch" in told and "no-such-package" not in told


def test_a_command_that_is_not_there_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mti_backend", "dance"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "dance" in done.stderr


def test_the_device_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(device.DEVICE_VARIABLE, "cpu")
    assert device.pick_devices() == ["cpu"]
    for missing in ("cuda:99", "abacus"):
        monkeypatch.setenv(device.DEVICE_VARIABLE, missing)
        with pytest.raises(BadRequest, match=missing):
            device.pick_devices()
    monkeypatch.delenv(device.DEVICE_VARIABLE)
    assert device.pick_devices()[0] in ("cuda", "mps", "cpu")


def test_threads_of_the_checkpoint_come_before_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    try:
        monkeypatch.setenv(device.THREADS_VARIABLE, "2")
        assert device.fix_threads(1) == torch.get_num_threads() == 1
        assert device.fix_threads(None) == torch.get_num_threads() == 2
        monkeypatch.setenv(device.THREADS_VARIABLE, "many")
        assert device.fix_threads(None) == torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_memory_is_told() -> None:
    if sys.platform == "win32":
        pytest.skip("not told on Windows")
    assert device.peak_memory_mib()["process"] > 50
    memory = device.devices()[-1]["memory_mib"]
    assert isinstance(memory, int) and memory > 500

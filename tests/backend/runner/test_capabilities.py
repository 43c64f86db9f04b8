"""Capabilities: one line of JSON that describes this backend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from mti_addon.wire import PROTOCOL
from mti_addon.wire.errors import BadRequest
from mti_backend import device
from mti_backend.versions import versions

ROOT = Path(__file__).parents[3]


def test_capabilities_is_one_line_of_json(tmp_path: Path) -> None:
    models = tmp_path / "models"
    (models / "svd").mkdir(parents=True)
    (models / "svd" / "model_index.json").write_text("{}")
    done = subprocess.run(
        [sys.executable, "-m", "mti_backend", "capabilities"],
        cwd=ROOT,
        env={**os.environ, "MTI_MODELS_DIR": str(models), "MTI_DEVICE": "cpu"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert told["protocol"] == PROTOCOL
    # the CUDA wheel's metadata is less specific than its module
    assert told["versions"]["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert told["devices"][-1]["kind"] == "cpu"
    assert told["devices"][-1]["threads"] >= 1
    assert set(told["estimates"]) == {"draft 14 x 128 x 128", "draft-by-words 16 x 64 x 64"}
    assert told["models"]["svd"] == str(models / "svd")
    assert told["models"]["svd-xt"] is None


def test_capabilities_answers_where_nothing_is_installed() -> None:
    command = [sys.executable, "-S", "-m", "mti_backend", "capabilities"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["devices"], list(told["versions"])) == ([], ["python"])
    assert told["estimates"] == {}


def test_versions_are_found_without_importing() -> None:
    assert {"python", "torch", "diffusers", "transformers", "numpy"} <= set(versions())


def test_versions_of_further_packages_can_be_asked_for() -> None:
    command = [sys.executable, "-m", "mti_backend", "capabilities", "tqdm", "no-such-package"]
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
    assert device.peak_memory_mib()["process"] > 50
    memory = device.devices()[-1]["memory_mib"]
    assert isinstance(memory, int) and memory > 500


def test_windows_tells_its_memory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """From psutil, which reports the peak on Windows."""

    class Process:
        def memory_info(self) -> SimpleNamespace:
            return SimpleNamespace(rss=100 * 2**20, peak_wset=700 * 2**20)

    monkeypatch.setattr(device.sys, "platform", "win32")
    monkeypatch.setattr(device.psutil, "Process", Process)
    assert device.peak_memory_mib()["process"] == 700
    memory = device.devices()[-1]["memory_mib"]
    assert isinstance(memory, int) and memory > 500


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Simulate a machine with three GPUs; returns those whose peak was reset."""
    gibibytes, forgotten = [6, 24, 24], []
    answers = {
        "is_available": lambda: True,
        "is_initialized": lambda: True,
        "device_count": lambda: 3,
        "get_device_properties": lambda i: SimpleNamespace(
            name=f"Card {i}", total_memory=gibibytes[i] * 2**30
        ),
        "mem_get_info": lambda i: (2**30, gibibytes[i] * 2**30),
        "max_memory_allocated": lambda i: i * 2**30,
        "reset_peak_memory_stats": forgotten.append,
    }
    for name, answer in answers.items():
        monkeypatch.setattr(torch.cuda, name, answer)
    return forgotten


def test_of_several_gpus_the_largest_is_taken_and_told_first(
    cards: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(device.DEVICE_VARIABLE, raising=False)
    assert device.pick_devices() == ["cuda:1"]
    told = [each for each in device.devices() if each["kind"] == "cuda"]
    assert [each["index"] for each in told] == [1, 2, 0]
    assert told[0] == {
        "kind": "cuda", "index": 1, "name": "Card 1", "memory_mib": 24576, "free_mib": 1024,
    }  # fmt: skip
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert device.pick_devices() == ["cuda"]


def test_a_gpu_that_does_not_answer_is_told_all_the_same(
    cards: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the backend would seem not to start at all."""

    def at_odds(index: int) -> tuple[int, int]:
        if index == 2:
            raise RuntimeError("CUDA error: CUDA-capable device(s) is/are busy or unavailable")
        return 2**30, 2**34

    monkeypatch.setattr(torch.cuda, "mem_get_info", at_odds)
    told = [each for each in device.devices() if each["kind"] == "cuda"]
    assert ["free_mib" in each for each in told] == [True, False, True]


def test_the_peak_is_that_of_the_fullest_gpu_and_of_this_job(cards: list[int]) -> None:
    assert device.peak_memory_mib()["gpu"] == 2048
    device.forget_peak_memory()
    assert cards == [0, 1, 2]


@pytest.mark.parametrize("command", ["evaluate", "train-draft", "download"])
def test_the_other_commands_are_found(command: str) -> None:
    line = [sys.executable, "-m", "mti_backend", command, "--help"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "") and command in done.stdout

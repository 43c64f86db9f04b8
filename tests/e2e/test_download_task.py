"""Downloading a model as the preferences do: a detached task around the real command, with progress
in bytes, killed and resumed."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from mti_addon.client.jobs.launch import reap
from mti_addon.client.setup.folder import BackendFolder, SetupTaskFolder, SetupTaskState, TaskSpec
from mti_addon.client.setup.models import model_folder
from mti_addon.client.setup.start import cancel_task, look, start_task
from mti_addon.wire.owner import read_owner
from tests.e2e.jobs import ROOT, wait_for
from tests.e2e.test_download import FILES, TOKEN, Hub, hub, weights

__all__ = ["hub", "weights"]


def start(hub: Hub, root: Path, token: str = TOKEN) -> SetupTaskFolder:  # noqa: F811
    host, port = hub.server_address[:2]
    spec = TaskSpec(
        "download", str(root / "backend"), str(ROOT), python=sys.executable,
        models=str(root / "models"), model="svd",
    )  # fmt: skip
    environment = {
        "HF_ENDPOINT": f"http://{host!s}:{port}", "HF_HOME": str(root / "home"), "HF_TOKEN": token,
    }  # fmt: skip
    return start_task(spec, environment)


def ended(task: SetupTaskFolder) -> SetupTaskState:
    wait_for(lambda: look(task).phase != "running", 120)
    reap()
    return look(task)


def test_bytes_are_told_and_a_killed_one_goes_on(
    hub: Hub,  # noqa: F811
    weights: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    total = sum((weights / name).stat().st_size for name in FILES)
    hub.rate = total // 6
    task = start(hub, tmp_path)
    wait_for(lambda: look(task).done_bytes > total / 3, 60)
    state = look(task)
    assert state.total_bytes == total and 0.3 < state.fraction < 1 and state.seconds_left > 0
    owner = read_owner(task.job.owner_file)
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    wait_for(lambda: look(task).phase == "dead", 10)
    assert not model_folder(tmp_path / "models", "svd").whole
    sent, hub.rate = hub.sent, 0
    again = start(hub, tmp_path)
    assert ended(again).phase == "done", look(again)
    # the command that outlived the killed task was ended first; nothing was downloaded twice
    assert hub.sent - sent < 0.9 * total
    folder = model_folder(tmp_path / "models", "svd")
    assert folder.whole and folder.size == total
    assert BackendFolder(tmp_path / "backend").task("download-svd").path == again.path


def test_cancelled_it_stops_and_keeps_what_is_there(hub: Hub, tmp_path: Path) -> None:  # noqa: F811
    hub.rate = 2**20
    task = start(hub, tmp_path)
    wait_for(lambda: look(task).done_bytes > 0, 60)
    cancel_task(task)
    assert ended(task).phase == "cancelled"
    time.sleep(0.6)
    before = hub.sent
    time.sleep(1)
    assert hub.sent == before
    folder = model_folder(tmp_path / "models", "svd")
    assert folder.size > 0 and not folder.whole


@pytest.mark.parametrize(
    ("token", "refusal", "sentence"),
    [("", 0, "set HF_TOKEN to a token"), (TOKEN, 403, "license of")],
)
def test_a_refusal_is_told_in_the_hub_s_own_sentence(
    hub: Hub,  # noqa: F811
    tmp_path: Path,
    token: str,
    refusal: int,
    sentence: str,
) -> None:
    hub.refusal = refusal
    state = ended(start(hub, tmp_path, token))
    assert state.phase == "failed" and state.error is not None
    assert sentence in str(state.error.said) and state.error.code == "model_missing"

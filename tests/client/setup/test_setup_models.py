"""Moving models to another disk and deleting them, with real disks and real kills."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_addon.client.setup import models as setup_models
from mti_addon.client.setup import task_process as install
from mti_addon.client.setup.folder import SetupTaskFolder, SetupTaskState, TaskSpec
from mti_addon.client.setup.models import INDEX, model_folder
from mti_addon.client.setup.start import look, prepare, start_task
from mti_addon.wire.errors import DiskFull
from mti_addon.wire.owner import read_owner
from tests.client.conftest import wait_for
from tests.mounting import mounted
from tests.wire.examples import ROOT

SIZE = 48 * 2**20


def model(root: Path, name: str) -> bytes:
    """Weights that take a while to copy."""
    (root / name / "unet").mkdir(parents=True)
    data = os.urandom(2**20) * (SIZE // 2**20)
    (root / name / "unet" / "weights").write_bytes(data)
    (root / name / INDEX).write_text("{}")
    return data


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 80 MiB, which has room for one model."""
    with mounted(tmp_path / "disk", "size=80m") as place:
        yield place


def start(kind: str, root: Path, target: Path | None = None, name: str = "") -> SetupTaskFolder:
    spec = TaskSpec(
        kind, str(root / "backend"), str(ROOT), models=str(root / "models"),  # type: ignore[arg-type]
        target=str(target or ""), model=name,
    )  # fmt: skip
    return start_task(spec)


def ended(task: SetupTaskFolder) -> SetupTaskState:
    wait_for(lambda: look(task).phase != "running", 60)
    return look(task)


def test_to_another_disk_killed_on_the_way(tmp_path: Path, other_disk: Path) -> None:
    data = model(tmp_path / "models", "svd")
    task = start("move", tmp_path, other_disk / "models")
    copy = other_disk / "models" / "svd" / "unet"
    wait_for(lambda: any(copy.glob("*weights")) or look(task).phase != "running")
    owner = read_owner(task.job.owner_file)
    assert owner is not None
    os.kill(owner.pid, signal.SIGKILL)
    wait_for(lambda: look(task).phase != "running")
    whole = [
        place
        for place in (tmp_path / "models", other_disk / "models")
        if model_folder(place, "svd").whole
        and (place / "svd/unet/weights").stat().st_size == len(data)
    ]
    assert whole  # nothing is lost, whenever it was killed
    assert ended(start("move", tmp_path, other_disk / "models")).phase == "done"
    assert (copy / "weights").read_bytes() == data
    assert not (tmp_path / "models" / "svd").exists()
    assert sorted(path.name for path in copy.iterdir()) == ["weights"]


def test_no_room_there(tmp_path: Path, other_disk: Path) -> None:
    model(tmp_path / "models", "svd")
    model(tmp_path / "models", "svd-xt")
    state = ended(start("move", tmp_path, other_disk))
    assert state.phase == "failed" and state.error is not None
    assert "svd-xt needs 0.1 GB" in state.error.message and str(other_disk) in state.error.message
    assert model_folder(other_disk, "svd").whole  # there was room for the first one
    assert model_folder(tmp_path / "models", "svd-xt").whole
    assert not (other_disk / "svd-xt").exists()


def test_places_that_will_not_do(tmp_path: Path) -> None:
    model(tmp_path / "models", "svd")
    state = ended(start("move", tmp_path, tmp_path / "models" / "inside"))
    assert state.error is not None and "contains the other" in state.error.message
    model(tmp_path / "taken", "svd")
    state = ended(start("move", tmp_path, tmp_path / "taken"))
    assert state.error is not None and "another svd" in state.error.message
    assert model_folder(tmp_path / "models", "svd").whole


def test_deleting(tmp_path: Path) -> None:
    model(tmp_path / "models", "svd")
    assert ended(start("delete", tmp_path, name="svd")).phase == "done"
    assert list((tmp_path / "models").iterdir()) == []


def test_a_disk_that_others_fill_on_the_way(
    tmp_path: Path, other_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The initially free space is gone; the partial copy is deleted to free it again."""
    data = model(tmp_path / "models", "svd")
    (other_disk / "others").write_bytes(bytes(60 * 2**20))
    monkeypatch.setattr(setup_models, "_check_space", lambda *of: None)
    spec = TaskSpec(
        "move", str(tmp_path / "backend"), str(ROOT), models=str(tmp_path / "models"),
        target=str(other_disk / "models"),
    )  # fmt: skip
    task = prepare(spec)
    assert install.do(task) == DiskFull.exit_code
    state = task.state()
    assert state.error is not None and state.error.code == "disk_full"
    assert list((other_disk / "models" / "svd" / "unet").iterdir()) == []
    assert (tmp_path / "models/svd/unet/weights").read_bytes() == data
    (other_disk / "others").unlink()
    assert install.do(prepare(spec)) == 0
    assert (other_disk / "models/svd/unet/weights").read_bytes() == data

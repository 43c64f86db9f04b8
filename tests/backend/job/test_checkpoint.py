"""Checkpoints: the last two, verified, even after a crash between two writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from mti_addon.wire.errors import DiskFull
from mti_backend.job import checkpoint
from mti_backend.job.checkpoint import Checkpoint, CheckpointFolder, config_hash


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    return CheckpointFolder(tmp_path / "checkpoint")


def make(step: int) -> Checkpoint:
    generator = torch.Generator().manual_seed(step)
    tensors = {"tokens": torch.randn(4, 2, 8, generator=generator), "step": torch.tensor(step)}
    return Checkpoint(step, tensors, tuple(1 / 3 + index for index in range(step)))


def same(one: Checkpoint | None, other: Checkpoint) -> bool:
    return (
        one is not None
        and (one.step, one.losses) == (other.step, other.losses)
        and one.tensors.keys() == other.tensors.keys()
        and all(torch.equal(one.tensors[key], other.tensors[key]) for key in one.tensors)
    )


def test_nothing_saved_nothing_found(folder: CheckpointFolder) -> None:
    assert folder.load("c") is None
    assert folder.threads() is None


def test_the_newest_is_found_bit_for_bit(folder: CheckpointFolder) -> None:
    for step in (5, 10, 100):
        folder.save(make(step), "c")
    assert same(folder.load("c"), make(100))
    assert folder.threads() == torch.get_num_threads()


def test_two_are_kept_and_leftovers_are_swept(folder: CheckpointFolder) -> None:
    folder.save(make(5), "c")
    (folder.folder / ".tmp-abc-00000007.safetensors").write_bytes(b"left by a killed runner")
    (folder.folder / "00000007.safetensors").write_bytes(b"without its header")
    for step in (10, 15):
        folder.save(make(step), "c")
    names = sorted(path.name for path in folder.folder.iterdir())
    assert names == [f"000000{step}.{end}" for step in (10, 15) for end in ("json", "safetensors")]


def flip_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-3] ^= 4
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8])


def change_step(path: Path) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), "step": 15}))


def drop_field(path: Path) -> None:
    header = json.loads(path.read_text())
    del header["sha256"]
    path.write_text(json.dumps(header))


@pytest.mark.parametrize(
    ("name", "harm"),
    [
        ("00000010.safetensors", flip_bit),
        ("00000010.safetensors", truncate),
        ("00000010.safetensors", Path.unlink),
        ("00000010.json", truncate),
        ("00000010.json", Path.unlink),
        ("00000010.json", change_step),
        ("00000010.json", drop_field),
        ("00000010.json", lambda path: path.write_bytes(b"[]")),
        ("00000010.json", lambda path: path.write_bytes(b"\xff\x00")),
    ],
)
def test_a_broken_one_gives_way_to_the_older(
    folder: CheckpointFolder, name: str, harm: object, capsys: pytest.CaptureFixture[str]
) -> None:
    folder.save(make(5), "c")
    folder.save(make(10), "c")
    assert callable(harm)
    harm(folder.folder / name)
    assert same(folder.load("c"), make(5))


def test_another_configuration_begins_at_the_beginning(folder: CheckpointFolder) -> None:
    for step in (5, 10):
        folder.save(make(step), "c")
    assert folder.load("d") is None
    folder.save(make(2), "d")
    assert same(folder.load("d"), make(2)), "not outlived by later ones of the other"
    assert folder.load("c") is None


def test_after_a_broken_one_the_newly_saved_is_kept(folder: CheckpointFolder) -> None:
    for step in (5, 10):
        folder.save(make(step), "c")
    flip_bit(folder.folder / "00000010.safetensors")
    folder.save(make(7), "c")
    assert same(folder.load("c"), make(7))
    assert len(list(folder.folder.iterdir())) == 4


def test_a_configuration_is_its_parts_and_not_their_order() -> None:
    assert config_hash({"a": 1, "b": [2]}) == config_hash({"b": [2], "a": 1})
    assert config_hash({"a": 1}) != config_hash({"a": 2})


def test_a_crash_at_any_write_leaves_a_good_one(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies at each write and each deletion while saving; either the last valid
    checkpoint or the new one is found."""

    class Killed(BaseException):
        pass

    calls = [0]

    def counted(action: object, dies_at: int) -> object:
        def call(*args: object, **kwargs: object) -> object:
            calls[0] += 1
            if calls[0] == dies_at:
                raise Killed
            assert callable(action)
            return action(*args, **kwargs)

        return call

    write, unlink = checkpoint.write_atomic, Path.unlink
    for dies_at in range(1, 20):
        calls[0] = 0
        for step in (dies_at * 100 + 5, dies_at * 100 + 10, dies_at * 100 + 15):
            folder.save(make(step), "c")
        newest = dies_at * 100 + 20
        calls[0] = 0
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "write_atomic", counted(write, dies_at))
            patch.setattr(Path, "unlink", counted(unlink, dies_at))
            try:
                folder.save(make(newest), "c")
            except Killed:
                pass
            else:
                assert dies_at > 4, "two writes and two removals at least"
                return
        found = folder.load("c")
        assert found is not None
        assert same(found, make(found.step))
        assert found.step == (newest if dies_at > 2 else newest - 5)
    pytest.fail("saving does not end")


def test_a_full_disk_leaves_the_older_ones(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.save(make(5), "c")

    def full(path: Path, data: bytes) -> None:
        raise DiskFull("There is no space left.")

    monkeypatch.setattr(checkpoint, "write_atomic", full)
    with pytest.raises(DiskFull):
        folder.save(make(10), "c")
    assert same(folder.load("c"), make(5))

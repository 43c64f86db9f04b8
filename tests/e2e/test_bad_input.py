"""Invalid jobs end with one sentence and the right code, without partial output."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mti_addon.wire.events import Failed
from mti_addon.wire.job import JobFolder
from tests.e2e import jobs
from tests.tiny import FRAMES


def assert_refused(job: JobFolder, models: Path, code: str, exit_code: int = 2) -> Failed:
    """The job ends with `failed`, this code and one sentence, and leaves no output."""
    done = jobs.run(job, models)
    assert done.returncode == exit_code, done.stderr
    failed = jobs.told(job)[-1]
    assert isinstance(failed, Failed)
    assert failed.code == code
    assert done.stderr == f"mti: {failed.message} {failed.hint}".rstrip() + "\n"
    assert len(failed.message) > 20
    assert "Traceback" not in failed.message + failed.hint
    assert not job.output_dir.exists()
    assert not [path for path in job.path.iterdir() if path.name.startswith(".")]
    assert not job.checkpoint_dir.exists()
    assert jobs.phase_of(job) == "failed"
    return failed


def edit_request(job: JobFolder, change: Callable[[dict[str, object]], None]) -> None:
    request = json.loads(job.request_file.read_text())
    change(request)
    job.request_file.write_text(json.dumps(request))


def test_a_job_of_a_newer_protocol(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path)
    edit_request(job, lambda request: request.update(protocol=5, something_new=True))
    failed = assert_refused(job, models, "newer_protocol")
    assert "4" in failed.message
    assert "Update" in failed.hint


def test_a_setting_out_of_range(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path)
    edit_request(job, lambda request: request["settings"]["inversion"].update(learning_rate=-1))
    failed = assert_refused(job, models, "bad_request")
    assert "settings.inversion.learning_rate" in failed.message


def test_no_job(models: Path, tmp_path: Path) -> None:
    done = jobs.run(JobFolder(tmp_path / "nothing"), models)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    done = jobs.run(JobFolder(tmp_path), models)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_an_input_that_was_changed(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path)
    job.target_file.write_bytes(jobs.target(33, 33))
    failed = assert_refused(job, models, "unreadable_input")
    assert "target.png" in failed.message


def damaged(data: bytes) -> bytes:
    """Flip one bit of the compressed image."""
    place = data.index(b"IDAT") + 20
    return data[:place] + bytes([data[place] ^ 16]) + data[place + 1 :]


def bomb(data: bytes) -> bytes:
    """A header that claims 65536 x 65536 pixels."""
    return data[:16] + (65536).to_bytes(4, "big") * 2 + data[24:]


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (damaged, "damaged"),
        (lambda data: data[: len(data) // 2], "damaged"),
        (bomb, "65536"),
        (lambda data: b"", "not a PNG"),
        (lambda data: b"\xff\xd8\xff\xe0 a photo", "not a PNG"),
    ],
    ids=["bit", "truncated", "bomb", "empty", "jpeg"],
)
def test_a_reference_picture_that_is_none(
    change: Callable[[bytes], bytes], word: str, models: Path, tmp_path: Path
) -> None:
    picture = jobs.reference()["reference/0002.png"]
    assert isinstance(picture, bytes)
    job = jobs.new_job(tmp_path, "learn", {"reference/0002.png": change(picture)})
    failed = assert_refused(job, models, "unreadable_input")
    assert "0002.png" in failed.message
    assert word in failed.message


def test_reference_pictures_of_several_sizes(models: Path, tmp_path: Path) -> None:
    other = jobs.png(np.zeros((16, 32, 3), np.uint8))
    job = jobs.new_job(tmp_path, "learn", {"reference/0003.png": other})
    assert_refused(job, models, "unreadable_input")


def test_references_of_several_sizes(models: Path, tmp_path: Path) -> None:
    """Each consistent in itself, but of different sizes."""
    other = jobs.png(np.zeros((16, 32, 3), np.uint8))
    second = dict.fromkeys(jobs.reference(2), other)
    job = jobs.new_job(tmp_path, "learn", second, references=2)
    failed = assert_refused(job, models, "unreadable_input")
    assert failed.message == "The references differ in size."


def test_references_of_several_lengths(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn", references=2)
    (job.further_reference_dir(2) / f"{FRAMES:04d}.png").unlink()
    failed = assert_refused(job, models, "unreadable_input")
    assert failed.message == f"inputs/reference_02/{FRAMES:04d}.png is missing."
    job = jobs.new_job(tmp_path, "learn", references=2)
    edit_request(job, lambda request: request["inputs"].pop(f"reference_02/{FRAMES:04d}.png"))
    failed = assert_refused(job, models, "bad_request")
    assert f"inputs lacks 'reference_02/{FRAMES:04d}.png'" in failed.message


def test_a_truncated_motion(finished: JobFolder, models: Path, tmp_path: Path) -> None:
    motion = finished.output_motion.read_bytes()[:100]
    job = jobs.new_job(tmp_path, "apply", {"motion.safetensors": motion})
    failed = assert_refused(job, models, "bad_embedding")
    assert "motion.safetensors" in failed.message


def test_a_motion_of_another_model(finished: JobFolder, other_models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "apply", {"motion.safetensors": finished.output_motion})
    failed = assert_refused(job, other_models, "wrong_model")
    assert "to the right" in failed.message


def test_a_model_that_is_not_there(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn")
    edit_request(job, lambda request: request["settings"].update(model="svd-xt"))
    failed = assert_refused(job, models, "model_missing")
    assert "svd-xt" in failed.message
    assert failed.hint


def test_a_backend_that_is_not_set_up(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn")
    done = jobs.run(job, models, "-S")  # without site-packages
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    failed = job.finished()
    assert isinstance(failed, Failed)
    assert failed.code == "backend_missing"
    assert "is missing the package" in failed.message


def test_the_unexpected_leaves_its_traceback_in_the_log_alone(models: Path, tmp_path: Path) -> None:
    job = jobs.new_job(tmp_path, "learn", iterations=1)
    job.checkpoint_dir.write_text("a file where a folder should be")
    done = jobs.run(job, models)
    assert done.returncode == 70
    failed = jobs.told(job)[-1]
    assert isinstance(failed, Failed)
    assert (failed.code, "log.txt" in failed.hint) == ("internal", True)
    assert "Traceback" in job.log_file.read_text()
    assert "Traceback" not in job.events_file.read_text() + done.stderr

"""Jobs of Motion Inversion that cannot be done: one sentence each, before anything is learned; and
what is kept where learning fails."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mti_addon.wire.events import EventReader, Failed, Planned, Progress
from mti_addon.wire.job import PREVIEW_VARIABLE, JobFolder
from mti_backend.method.motion_inversion.motion import Motion
from mti_backend.models import load_engine
from mti_backend.models.gradient_checkpointing import POLICIES
from mti_backend.models.text_to_video import TextToVideoModel
from mti_backend.runner.run import run_job
from tests.e2e import jobs, words
from tests.tiny_text_to_video import make_tiny_text_to_video, random_motion

LONG = "a fox that runs " * 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    make_tiny_text_to_video("animatediff", root / "animatediff")
    return root


@pytest.fixture(autouse=True)
def models(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder))
    monkeypatch.setenv("MTI_DEVICE", "cpu")


def told(job: JobFolder, kind: type) -> list[Any]:
    return [e for _, _, e in EventReader(job.events_file).read_new() if isinstance(e, kind)]


def failure(job: JobFolder, load: Callable[[str, str], Any] = load_engine) -> Failed:
    """How a job fails, once it is known that it does."""
    assert run_job(job.path, load) == 2
    (failed,) = told(job, Failed)
    assert isinstance(failed, Failed) and failed.said.message == failed.message
    return failed


@pytest.mark.parametrize(
    "changes", [{"prompts": ("a fox", LONG)}, {"caption": LONG}, {"negative_prompt": LONG}]
)
def test_words_that_are_too_many_are_named_before_anything_is_learned(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    job = words.new_job(tmp_path, **changes)
    failed = failure(job)
    assert failed.problem == "prompt_too_long"
    # every letter is a token of the tiny tokenizer, and two begin and end the text: 75 are left
    fitting = next(n for n in range(99) if len("".join(LONG.split()[: n + 1])) > 75)
    assert failed.values["limit"] == 77
    cut = str(failed.values["cut"]).removesuffix("...")
    assert " ".join(LONG.split()[fitting:]).startswith(cut) and cut in failed.message
    assert {event.stage for event in told(job, Progress)} == {"load"}


def edited(job: JobFolder, change: Callable[[dict[str, Any]], None]) -> JobFolder:
    """A job whose request somebody else has written."""
    value = json.loads(job.request_file.read_text())
    change(value["settings"]["motion_inversion"])
    job.request_file.write_text(json.dumps(value))
    return job


def test_an_empty_prompt_and_a_strength_out_of_range(tmp_path: Path) -> None:
    job = edited(words.new_job(tmp_path), lambda value: value.update(prompts=[" "]))
    assert failure(job).problem == "prompt_empty"
    job = edited(words.new_job(tmp_path), lambda value: value["playing"].update(strength=1.6))
    failed = failure(job)
    assert failed.problem == "number_out_of_range"
    assert failed.message.endswith("playing.strength is 1.6, outside 0 to 1.5.")


@pytest.fixture(scope="module")
def model(folder: Path) -> TextToVideoModel:
    from mti_backend.models import load_text_to_video

    return load_text_to_video("animatediff", folder=folder / "animatediff")


@pytest.fixture
def motion(model: TextToVideoModel, tmp_path: Path) -> Path:
    path = tmp_path / "motion.safetensors"
    random_motion(model, words.FRAMES, words.SIZE, words.SIZE).save(path)
    return path


@pytest.mark.parametrize(
    "change", [{"num_frames": words.FRAMES + 1}, {"width": 24}, {"height": 24}]
)
def test_a_motion_of_another_size_or_length_is_refused_before_the_model_is_loaded(
    tmp_path: Path, motion: Path, change: dict[str, Any]
) -> None:
    made = replace(words.settings(), **change)
    job = words.new_job(tmp_path, "apply", {"motion.safetensors": motion}, made=made)
    failed = failure(job)
    assert (failed.code, failed.problem) == ("bad_request", "motion_of_other_size")
    assert "4 frames of 16 x 16 px" in failed.message
    assert told(job, Progress) == []


def test_a_motion_of_another_model_or_method_is_refused(
    tmp_path: Path, motion: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    make_tiny_text_to_video("animatediff", other / "animatediff", seed=1)
    monkeypatch.setenv("MTI_MODELS_DIR", str(other))
    job = words.new_job(tmp_path, "apply", {"motion.safetensors": motion})
    failed = failure(job)
    assert (failed.code, failed.problem) == ("wrong_model", "motion_of_other_model")
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder))
    svd = jobs.new_job(tmp_path, "apply", {"motion.safetensors": motion})
    assert failure(svd).problem == "file_without_motion"


def test_a_model_without_its_text_encoder_is_named(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(folder, tmp_path / "models")
    shutil.rmtree(tmp_path / "models" / "animatediff" / "text_encoder")
    monkeypatch.setenv("MTI_MODELS_DIR", str(tmp_path / "models"))
    failed = failure(words.new_job(tmp_path))
    assert (failed.code, failed.problem) == ("model_missing", "model_incomplete")
    assert "text_encoder" in failed.message


def test_a_reference_of_a_length_that_the_model_cannot_have_is_refused(tmp_path: Path) -> None:
    made = replace(words.settings(), num_frames=33)
    pictures = [data for data in words.reference().values()] * 9
    inputs = {f"reference/{i + 1:04d}.png": data for i, data in enumerate(pictures[:33])}
    job = words.new_job(tmp_path, "learn", inputs, made=made)
    failed = failure(job)
    assert failed.problem == "clip_length"
    assert failed.message == "animatediff makes clips of 2 to 32 frames, not of 33."


class Broken:
    """The model, whose network's output is not finite from one call on, or that has no memory
    until more is recomputed."""

    def __init__(self, calls: int, enough: int | None = None) -> None:
        self.calls, self.enough = calls, enough

    def load(self, name: str, device: str) -> Any:
        self.model = load_engine(name, device)
        self.network = self.model.network
        self.model.network = self  # type: ignore[method-assign, assignment]
        return self.model

    def __call__(self, *given: Any) -> torch.Tensor:
        self.calls -= 1
        if self.calls >= 0:
            return self.network(*given)  # type: ignore[no-any-return]
        if self.enough is None:
            return self.network(*given) * float("nan")  # type: ignore[no-any-return]
        if [policy.name for policy in POLICIES].index(self.model.policy) < self.enough:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.network(*given)  # type: ignore[no-any-return]


def test_a_loss_that_is_not_finite_stops_and_what_was_good_is_kept(tmp_path: Path) -> None:
    whole, broken = (
        words.new_job(
            tmp_path, "learn",
            learning=replace(words.LEARNING, iterations=n, precision="float32", keep=(2, 5)),
        )
        for n in (5, 24)
    )  # fmt: skip
    assert run_job(whole.path, load_engine) == 0
    # four calls invert the reference; the seventh iteration fails, of which the sixth is to blame
    failed = failure(broken, Broken(4 + 6).load)
    assert failed.problem == "learning_diverged" and failed.values == {"failed": 7, "good": 5}
    assert set(broken.verify_output()) == {"motion.safetensors", "early/0002.safetensors"}
    kept, same = (Motion.load(job.output_motion) for job in (broken, whole))
    assert kept.header.about["iterations"] == "5"
    assert all(torch.equal(kept.v[name], same.v[name]) for name in same.v)
    assert all(torch.equal(kept.qk[name], same.qk[name]) for name in same.qk)
    assert words.same(broken.early_dir / "0002.safetensors", whole.early_dir / "0002.safetensors")


def test_a_first_loss_that_is_not_finite_leaves_no_motion(tmp_path: Path) -> None:
    job = words.new_job(tmp_path, "learn")
    failed = failure(job, Broken(4).load)
    assert failed.problem == "learning_diverged" and failed.values["good"] == 0
    assert not job.output_dir.exists()


def test_where_memory_ends_more_is_computed_again(tmp_path: Path) -> None:
    job = words.new_job(
        tmp_path, "learn", learning=replace(words.LEARNING, iterations=3, precision="bfloat16")
    )
    broken = Broken(4 + 1, enough=2)
    assert run_job(job.path, broken.load) == 0
    assert [event.text for event in told(job, Planned)] == [
        "Out of memory; learning continues with more recomputation (feed-forwards).",
        "Out of memory; learning continues with more recomputation (finest level).",
    ]
    assert broken.model.policy == POLICIES[2].name


def test_what_was_learned_so_far_is_shown_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mti_addon.wire.events import Preview
    from mti_backend.runner import preview

    monkeypatch.setattr(preview, "SHARE", 1.0)
    found = []
    for seconds in ("", "0.01"):
        monkeypatch.setenv(PREVIEW_VARIABLE, seconds)
        job = words.new_job(tmp_path, "learn", learning=replace(words.LEARNING, iterations=12))
        assert run_job(job.path, load_engine) == 0
        assert bool(told(job, Preview)) == bool(seconds)
        assert not job.live_dir.exists()
        found.append(job.output_motion)
    assert words.same(*found)

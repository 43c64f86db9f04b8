"""Which jobs compute the same, and which do not."""

from __future__ import annotations

import dataclasses
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.request import CaptureInfo, Request
from mti_addon.wire.settings import ModelName, Settings
from mti_backend.models import SHIPPED_DRAFT
from mti_backend.server.execution.work import learning, work_of
from tests.server.serving import Client, invited, running
from tests.wire.examples import make_request, with_inputs

UNUSED: tuple[dict[str, Any], ...] = (
    {"job": "b" * 32},
    {"name": "another"},
    {"capture": CaptureInfo(24.0, 101, 148, (1920, 1080), True)},
    {"capture": CaptureInfo(48.0, 1, 96, (640, 480), True)},  # the same seconds
)
USED: tuple[dict[str, Any], ...] = (
    {"capture": CaptureInfo(24.0, 1, 24, (640, 480), True)},
    {"inputs": {"reference_02/0001.png": "a" * 64}},
    {"inputs": {"reference/0001.png": "b" * 64}},
)


def changed(value: Any, path: str, to: Any) -> Any:
    """A copy of nested data classes with another value at a dotted path."""
    name, _, rest = path.partition(".")
    return replace(value, **{name: changed(getattr(value, name), rest, to) if rest else to})


@pytest.fixture
def request_() -> Request:
    return with_inputs(make_request("learn"))


@pytest.mark.parametrize("change", UNUSED)
def test_what_learning_does_not_depend_on_is_left_out(
    request_: Request, change: dict[str, Any]
) -> None:
    assert work_of(replace(request_, **change)) == work_of(request_)


@pytest.mark.parametrize("change", USED)
def test_what_is_learned_from_counts(request_: Request, change: dict[str, Any]) -> None:
    assert work_of(replace(request_, **change)) != work_of(request_)


@pytest.mark.parametrize(
    ("path", "to", "counts"),
    [
        ("inversion.seed", 7, True),
        ("inversion.iterations", 61, True),
        ("inversion.checkpoint_every", 7, False),
        ("inversion.augmentation.hue", 0.1, True),
        ("num_frames", 15, True),
        ("sampling.takes", 3, False),
        ("sampling.in_between", 3, False),
        ("sampling.attention", True, False),
        ("sampling.fps", 8, True),
        ("sampling.framing", "whole", True),
        ("sampling.num_inference_steps", 5, True),  # of the judgement on its own reference
    ],
)
def test_settings_count_if_learning_uses_them(
    request_: Request, path: str, to: Any, counts: bool
) -> None:
    other = replace(request_, settings=changed(request_.settings, path, to))
    assert (work_of(other) != work_of(request_)) is counts


def test_without_a_judgement_only_the_conditions_of_applying_count(request_: Request) -> None:
    plain = changed(request_, "settings.inversion.reconstruct", False)
    assert work_of(plain) == work_of(changed(plain, "settings.sampling.num_inference_steps", 5))
    assert work_of(plain) != work_of(changed(plain, "settings.sampling.motion_bucket_id", 5))


def test_mirroring_counts_only_where_it_is_allowed(request_: Request) -> None:
    mirrored = changed(request_, "settings.inversion.augmentation.horizontal_flip", True)
    assert work_of(mirrored) != work_of(request_)
    unsafe = changed(mirrored, "capture.flip_safe", False)
    assert work_of(unsafe) == work_of(request_)


def test_poses_count_where_the_motion_is_taken_from_them(request_: Request) -> None:
    """Of equal images, drawn from other poses, nothing is shared then."""
    keyed = changed(request_, "settings.inversion.token_init", "poses")
    for each, count in ((request_, 1), (keyed, 2)):
        names = {
            work_of(replace(each, inputs={**each.inputs, "poses.json": digit * 64}))
            for digit in "ab"
        }
        assert len(names) == count


@pytest.mark.parametrize(
    ("path", "to", "counts"),
    [
        ("caption", "a woman waves", True),
        ("learning.iterations", 10, True),
        ("prompts", ("a bear",), False),
        ("playing.strength", 0.5, False),
    ],
)
def test_of_words_only_the_caption_counts(path: str, to: Any, counts: bool) -> None:
    request = with_inputs(make_request("learn", "animatediff"))
    other = changed(request, f"settings.motion_inversion.{path}", to)
    assert (learning(other) != learning(request)) is counts


def test_all_settings_count_where_a_motion_is_applied_as_well() -> None:
    request = with_inputs(make_request("learn+apply"))
    assert work_of(request) == work_of(replace(request, name="another"))
    for path, to in (
        ("settings.sampling.takes", 2),
        ("inputs", {**request.inputs, "target.png": "b" * 64}),
    ):
        assert work_of(changed(request, path, to)) != work_of(request)
    assert work_of(request) != work_of(with_inputs(make_request("learn")))


def test_every_setting_has_been_thought_of() -> None:
    """A new one belongs to learning or to applying: see work.py, and then this list."""
    fields = [field.name for field in dataclasses.fields(Settings)]
    assert fields == ["model", "num_frames", "width", "height", "method", "inversion", "sampling",
                      "motion_inversion"]  # fmt: skip
    names: tuple[ModelName, ...] = ("draft", "animatediff")
    told = [learning(with_inputs(make_request("learn", name))) for name in names]
    assert [set(each) for each in told] == [
        {"inputs", "method", "model", "size", "fps", "numbers", "sampling"},
        {"inputs", "method", "model", "size", "fps", "numbers", "caption"},
    ]


def test_new_weights_are_not_answered_with_what_the_old_ones_learned(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "draft"
    shutil.copytree(SHIPPED_DRAFT, folder)
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder.parent))
    with running(data) as server:
        client = Client(server.port, invited(data, "anna"))

        def device(name: str) -> str:
            job = client.submit(name, "learn", seed=5)["id"]
            assert client.wait(job)["state"] == "done"
            return str(client.lines(job)[0]["device"])

        assert [device("real one"), device("real two")] == ["cpu", "studio"]
        weights = next((folder / "unet").glob("*.safetensors"))
        content = bytearray(weights.read_bytes())
        content[-2000:-1000] = bytes(1000)
        weights.write_bytes(content)
        assert [device("real three"), device("real four")] == ["cpu", "studio"]
        client.close()


def test_what_changed_weights_have_learned_is_not_kept_under_the_old_name(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "models" / "draft"
    shutil.copytree(SHIPPED_DRAFT, folder)
    monkeypatch.setenv("MTI_MODELS_DIR", str(folder.parent))
    index = folder / "model_index.json"
    old = index.read_text()
    with running(data, "--slots", "1", "--steps", "4") as server:
        client = Client(server.port, invited(data, "anna"))
        client.wait(client.submit("slow")["id"], "running")
        waiting = client.submit("real one", "learn", seed=5)["id"]  # named by the old files
        index.write_text(json.dumps(json.loads(old) | {"_new": True}))
        assert client.job(waiting)["state"] == "queued"
        assert client.wait(waiting)["state"] == "done"
        index.write_text(old)
        again = client.submit("real two", "learn", seed=5)["id"]
        assert client.wait(again)["state"] == "done"
        assert client.lines(again)[0]["device"] == "cpu"
        client.close()

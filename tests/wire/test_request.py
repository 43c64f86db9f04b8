from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.errors import BadRequest, NewerProtocol
from mti_addon.wire.request import (
    MAX_REQUEST_BYTES,
    PROTOCOL,
    TASKS,
    CaptureInfo,
    Request,
    Task,
)
from mti_addon.wire.settings import (
    Augmentation,
    InversionSettings,
    SamplingSettings,
    Settings,
)
from tests.wire.examples import make_request, with_inputs

GOLDEN = Path(__file__).parents[1] / "golden"

GOLDEN_REQUEST = Request(
    protocol=1,
    job="0123456789abcdef0123456789abcdef",
    task="learn+apply",
    name="Wave, träge 🕺",
    settings=Settings(
        model="draft",
        frames=3,
        width=64,
        height=48,
        inversion=InversionSettings(
            tokens_per_frame=5,
            iterations=120,
            learning_rate=0.02,
            batch_size=1,
            p_mean=0.8,
            p_std=1.4,
            init_noise_std=0.1,
            per_frame=True,
            augmentation=Augmentation(True, 0.8, False, 0.1, 0.2, 0.3, 0.05),
            checkpoint_every=10,
            seed=7,
        ),
        sampling=SamplingSettings(10, 1.0, 1.5, 7, 127, 0.0, 0, 4294967295),
    ),
    inputs={
        "reference/0001.png": "1" * 64,
        "reference/0002.png": "2" * 64,
        "reference/0003.png": "3" * 64,
        "target.png": "a" * 64,
    },
    reference_frames=3,
    capture=CaptureInfo(
        fps=23.976, frame_start=-4, frame_end=43, size=(1920, 1080), flip_safe=False
    ),
)


def changed(**changes: Any) -> str:
    """A good request's JSON with some of its fields replaced."""
    return json.dumps({**json.loads(with_inputs(make_request()).to_json()), **changes})


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    data = (GOLDEN / "request.json").read_bytes()
    assert Request.from_json(data) == GOLDEN_REQUEST
    assert GOLDEN_REQUEST.to_json().encode() == data


@pytest.mark.parametrize("task", TASKS)
def test_a_request_survives_the_round_trip(task: Task) -> None:
    request = with_inputs(make_request(task))
    request.check()
    assert Request.from_json(request.to_json()) == request


def test_a_newer_protocol_is_seen_before_anything_else() -> None:
    text = json.dumps({"protocol": PROTOCOL + 1, "job": 5, "from": "the future"})
    with pytest.raises(NewerProtocol) as caught:
        Request.from_json(text)
    assert caught.value.message == "This job was written for protocol 2, and this version speaks 1."
    assert caught.value.hint.startswith("Update")
    with pytest.raises(NewerProtocol):
        dataclasses.replace(make_request(), protocol=9, name="").check()


@pytest.mark.parametrize("protocol", [0, -1, "1", 1.0, None, True])
def test_a_protocol_that_never_was_is_a_bad_request(protocol: Any) -> None:
    with pytest.raises(BadRequest, match="^protocol "):
        Request.from_json(changed(protocol=protocol))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"job": "../../etc"}, "job is '../../etc'"),
        ({"job": "0123456789ABCDEF0123456789ABCDEF"}, "job is "),
        ({"task": "sing"}, "task is 'sing', and must be one of: learn, apply, learn+apply"),
        ({"name": ""}, "name is ''"),
        ({"name": "a\nb"}, "name is "),
        ({"name": "x" * 65}, "name is "),
        ({"reference_frames": 13}, "reference_frames is 13, and must be 14 "),
        ({"inputs": {}}, "inputs lacks 'reference/0001.png'"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Request.from_json(changed(**changes))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "name",
    ["../../.bashrc", "/etc/passwd", "reference/0015.png", "motion.safetensors", "x\\y", "", "."],
)
def test_only_the_task_s_own_inputs_are_allowed(name: str) -> None:
    inputs = {**with_inputs(make_request()).inputs, name: "a" * 64}
    with pytest.raises(BadRequest, match="^inputs must not have "):
        Request.from_json(changed(inputs=inputs))


def test_a_sha256_must_look_like_one() -> None:
    inputs = {**with_inputs(make_request()).inputs, "target.png": "A" * 64}
    with pytest.raises(BadRequest, match=r"^inputs\.target\.png is 'A"):
        Request.from_json(changed(inputs=inputs))


@pytest.mark.parametrize(("start", "end"), [(1, 1), (5, 4)])
def test_an_empty_or_one_frame_range_is_refused(start: int, end: int) -> None:
    capture = CaptureInfo(24.0, start, end, (64, 64), True)
    with pytest.raises(BadRequest, match="^capture.frame_end must be after") as caught:
        with_inputs(make_request(capture=capture)).check()
    assert "two frames" in caught.value.hint


def test_a_request_that_is_too_large_is_not_parsed() -> None:
    with pytest.raises(BadRequest, match="larger than 65536 bytes"):
        Request.from_json("{" + " " * MAX_REQUEST_BYTES)


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b'"x"', b"{}"])
def test_garbage_is_a_bad_request(data: bytes) -> None:
    with pytest.raises(BadRequest):
        Request.from_json(data)


def test_the_tasks_need_what_they_use() -> None:
    assert make_request("apply").input_names() == ("target.png", "motion.safetensors")
    assert make_request("learn").input_names()[::13] == ("reference/0001.png", "reference/0014.png")
    assert make_request("learn+apply").input_names()[-1] == "target.png"
    assert [(r.learns, r.applies) for r in map(make_request, TASKS)] == [
        (True, False),
        (False, True),
        (True, True),
    ]


def test_the_largest_possible_request_fits_the_limit() -> None:
    settings = dataclasses.replace(Settings.for_model("svd-xt"), frames=128)
    request = with_inputs(make_request(settings=settings, reference_frames=128, name="漢" * 64))
    assert Request.from_json(request.to_json().encode()) == request

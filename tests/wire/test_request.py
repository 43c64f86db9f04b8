from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire import settings
from mti_addon.wire.edit import MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest, NewerProtocol
from mti_addon.wire.request import (
    MAX_REQUEST_BYTES,
    POSES,
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
    protocol=4,
    job="0123456789abcdef0123456789abcdef",
    task="learn+apply",
    name="Wave, träge 🕺",
    settings=Settings(
        model="draft",
        num_frames=3,
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
            token_init="mean",
            per_frame=True,
            augmentation=Augmentation(True, 0.8, False, 0.1, 0.2, 0.3, 0.05, variants=8),
            learning_rate_decay="cosine",
            reconstruct=True,
            precision="float32",
            checkpoint_every=10,
            seed=7,
        ),
        sampling=SamplingSettings(
            num_inference_steps=10,
            min_guidance_scale=1.0,
            max_guidance_scale=1.5,
            appearance="target",
            attention=True,
            takes=3,
            fps=7,
            motion_bucket_id=127,
            noise_aug_strength=0.0,
            decode_chunk_size=0,
            hold_still=0.25,
            seed=4294967295,
        ),  # fmt: skip
    ),
    inputs={
        "reference/0001.png": "1" * 64,
        "reference/0002.png": "2" * 64,
        "reference/0003.png": "3" * 64,
        "reference_02/0001.png": "4" * 64,
        "reference_02/0002.png": "5" * 64,
        "reference_02/0003.png": "6" * 64,
        "target.png": "a" * 64,
        "target_02.png": "b" * 64,
    },
    reference_frames=3,
    references=2,
    targets=2,
    capture=CaptureInfo(
        fps=23.976, frame_start=-4, frame_end=43, size=(1920, 1080), flip_safe=False
    ),
)


def with_edit(mode: Any, *parts: MotionPart, task: Task = "apply") -> Request:
    """A request that applies as many motions as there are parts."""
    return with_inputs(make_request(task, edit=MotionEdit(mode=mode, parts=parts)))


def test_each_part_of_an_edit_has_its_motion() -> None:
    request = with_edit("chain", MotionPart(), MotionPart(reverse=True), MotionPart(speed=2.0))
    names = [name for name in request.input_names() if name.startswith("motion")]
    assert names == ["motion.safetensors", "motion_02.safetensors", "motion_03.safetensors"]
    assert Request.from_json(request.to_json()) == request


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (with_edit("one"), "edit.parts has 0, and must have 1 for one."),
        (with_edit("one", MotionPart(), MotionPart()), "edit.parts has 2, and must have 1"),
        (with_edit("blend", MotionPart()), "edit.parts has 1, and must have 2 to 4 for blend."),
        (with_edit("chain", *[MotionPart()] * 5), "edit.parts has 5, and must have 2 to 4"),
        (with_edit("one", MotionPart(strength=1.6)), "edit.parts.0.strength is 1.6"),
        (with_edit("one", MotionPart(start=0.5, end=0.5)), "edit.parts.0.end must be after"),
        (with_edit("one", MotionPart(speed=2.0), task="learn"), "edit must be left out for task"),
    ],
)
def test_an_edit_that_cannot_be_carried_out(request_: Request, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Request.from_json(request_.to_json())
    assert caught.value.message.startswith(message)
    with pytest.raises(BadRequest):
        request_.check()


def test_what_is_learned_may_come_with_its_poses() -> None:
    for task in TASKS:
        request = with_inputs(make_request(task))
        request = dataclasses.replace(request, inputs={**request.inputs, POSES: "b" * 64})
        if request.learns:
            assert Request.from_json(request.to_json()) == request
        else:
            with pytest.raises(BadRequest, match="must not contain 'poses.json'"):
                Request.from_json(request.to_json())


def changed(**changes: Any) -> str:
    """A valid request's JSON with some fields replaced."""
    return json.dumps({**json.loads(with_inputs(make_request()).to_json()), **changes})


def test_tokens_of_poses_need_the_poses() -> None:
    request = with_inputs(make_request("learn"))
    inversion = dataclasses.replace(request.settings.inversion, token_init="poses")
    settings = dataclasses.replace(request.settings, inversion=inversion)
    lacking = dataclasses.replace(request, settings=settings)
    with pytest.raises(BadRequest, match="poses.json"):
        lacking.check()
    dataclasses.replace(lacking, inputs={**request.inputs, POSES: "b" * 64}).check()


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    data = (GOLDEN / "request.json").read_bytes()
    assert Request.from_json(data) == GOLDEN_REQUEST
    assert GOLDEN_REQUEST.to_json().encode() == data


def test_a_request_of_protocol_1_means_what_it_meant() -> None:
    request = Request.from_json((GOLDEN / "request_1.json").read_bytes())
    inputs = {name: sha for name, sha in GOLDEN_REQUEST.inputs.items() if "_02" not in name}
    counts = request.references, request.targets
    assert (request.protocol, counts, request.inputs) == (PROTOCOL, (1, 1), inputs)
    augmentation = request.settings.inversion.augmentation
    inversion = dataclasses.replace(
        GOLDEN_REQUEST.settings.inversion,
        augmentation=dataclasses.replace(augmentation, variants=0),
        learning_rate_decay="none",
        token_init="image_embeddings",
        reconstruct=False,
    )
    sampling = dataclasses.replace(
        GOLDEN_REQUEST.settings.sampling,
        hold_still=0.0,
        attention=False,
        takes=1,
    )
    assert request.settings == dataclasses.replace(
        GOLDEN_REQUEST.settings, inversion=inversion, sampling=sampling
    )


def test_a_request_of_protocol_3_means_the_first_method() -> None:
    data = (GOLDEN / "request_3.json").read_bytes()
    assert Request.from_json(data) == Request.from_json(data, to_run=True) == GOLDEN_REQUEST
    early = json.loads(data)
    del early["edit"]  # before motions could be edited
    assert Request.from_json(json.dumps(early)) == GOLDEN_REQUEST
    mixed = json.loads(data) | {"protocol": 4}
    with pytest.raises(BadRequest, match="settings.method is missing"):
        Request.from_json(json.dumps(mixed))


def test_a_request_of_protocol_2_means_what_it_meant() -> None:
    request = Request.from_json((GOLDEN / "request_2.json").read_bytes())
    sampling = dataclasses.replace(GOLDEN_REQUEST.settings.sampling, framing="whole")
    inversion = dataclasses.replace(
        GOLDEN_REQUEST.settings.inversion, token_init="image_embeddings"
    )
    meant = dataclasses.replace(GOLDEN_REQUEST.settings, sampling=sampling, inversion=inversion)
    assert request == dataclasses.replace(GOLDEN_REQUEST, settings=meant)


REMOVED = {
    "inversion.sigmas": ("random", "stratified"),
    "inversion.average": (0.0, 0.99),
    "inversion.half_size": (0, 0.5),
    "inversion.patience": (0, 40),
    "inversion.start": ("mean", "predictor"),
    "sampling.solver": ("euler", "dpmpp_2m"),
    "sampling.guidance_sigma_min": (0.0, 0.5),
    "sampling.guidance_sigma_max": (1000, 50.0),
}
"""Fields of protocol 2: their values when off, and when on."""


def of_protocol_2(**changes: Any) -> str:
    """The golden request with every experiment off except `changes`, by dotted path."""
    value = json.loads((GOLDEN / "request_2.json").read_bytes())
    for path, each in {**{path: off for path, (off, _) in REMOVED.items()}, **changes}.items():
        group, name = path.split(".")
        value["settings"][group][name] = each
    return json.dumps(value)


def test_a_request_of_protocol_2_without_experiments_is_run() -> None:
    request = Request.from_json(of_protocol_2(), to_run=True)
    assert request == Request.from_json(of_protocol_2()) and request.protocol == PROTOCOL
    assert request.settings.inversion.token_init == "mean"


@pytest.mark.parametrize("path", REMOVED)
def test_a_removed_experiment_is_read_but_not_run_again(path: str) -> None:
    text = of_protocol_2(**{path: REMOVED[path][1]})
    assert Request.from_json(text).settings.model == "draft"
    with pytest.raises(BadRequest) as caught:
        Request.from_json(text, to_run=True)
    assert caught.value.message == (
        f"settings.{path} is {REMOVED[path][1]!r}, an experiment that this version no longer has."
    )
    assert caught.value.hint


@pytest.mark.parametrize("settings_", [None, 3, [], {"inversion": 3}])
def test_what_is_no_settings_is_refused_as_such_even_to_be_run(settings_: object) -> None:
    value = json.loads(of_protocol_2()) | {"settings": settings_}
    with pytest.raises(BadRequest, match="settings"):
        Request.from_json(json.dumps(value), to_run=True)


def test_a_motion_that_mirrors_badly_is_never_mirrored() -> None:
    request = make_request(settings=Settings.for_model("svd"))
    assert request.inversion.augmentation.horizontal_flip
    for capture in (request.capture, dataclasses.replace(request.capture, flip_safe=False)):
        inversion = dataclasses.replace(request, capture=capture).inversion
        assert inversion.augmentation.horizontal_flip == capture.flip_safe


def test_a_capture_lasts_as_long_as_its_frames_are_shown() -> None:
    assert CaptureInfo(24.0, 1, 48, (640, 480), True).seconds == 2.0
    assert CaptureInfo(12.5, -4, 20, (640, 480), True).seconds == 2.0


def old(task: Task) -> dict[str, Any]:
    """A valid request of protocol 1, as plain JSON."""
    value: dict[str, Any] = json.loads(with_inputs(make_request(task)).to_json())
    del value["references"], value["targets"]
    for path, new in settings._RENAMED_BY_3:
        part, name = settings._part(value["settings"], path)
        part[name] = part.pop(new)
    for path, _ in settings._ADDED_BY_2 + settings._ADDED_BY_3 + settings._ADDED_BY_4:
        part, name = settings._part(value["settings"], path)
        del part[name]
    return value | {"protocol": 1}


@pytest.mark.parametrize("task", TASKS)
def test_an_older_request_of_any_task_is_read(task: Task) -> None:
    request = Request.from_json(json.dumps(old(task)))
    assert request.references == (0 if task == "apply" else 1)
    assert request.targets == (0 if task == "learn" else 1)
    request.check()


def test_a_request_that_mixes_the_protocols_is_refused() -> None:
    for mixed in (
        old("learn") | {"references": 1},
        old("learn") | {"protocol": 2},
        old("learn") | {"protocol": 3},
    ):
        with pytest.raises(BadRequest):
            Request.from_json(json.dumps(mixed))
    with pytest.raises(BadRequest, match="protocol is 1, but a new request's is 4"):
        dataclasses.replace(make_request(), protocol=1).check()


@pytest.mark.parametrize("task", TASKS)
def test_a_request_survives_the_round_trip(task: Task) -> None:
    request = with_inputs(make_request(task))
    request.check()
    assert Request.from_json(request.to_json()) == request


def test_a_newer_protocol_is_seen_before_anything_else() -> None:
    text = json.dumps({"protocol": PROTOCOL + 1, "job": 5, "from": "the future"})
    with pytest.raises(NewerProtocol) as caught:
        Request.from_json(text)
    assert (
        caught.value.message
        == "This job was written for protocol 5, but this version uses protocol 4."
    )
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
        ({"references": 0}, "references is 0, and must be at least 1 for task learn+apply"),
        ({"references": 17}, "references is 17, outside 0 to 16 references"),
        ({"references": 2}, "inputs lacks 'reference_02/0001.png'"),
        (
            {"targets": 0},
            "targets is 0, and must be at least 1 for task learn+apply with appearance",
        ),
        ({"targets": 9}, "targets is 9, outside 0 to 8 targets"),
        ({"targets": 3}, "inputs lacks 'target_02.png'"),
        ({"inputs": {}}, "inputs lacks 'reference/0001.png'"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        Request.from_json(changed(**changes))
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    "name",
    [
        "../../.bashrc",
        "/etc/passwd",
        "reference/0015.png",
        "reference_02/0001.png",
        "motion.safetensors",
        "x\\y",
        "",
        ".",
    ],
)
def test_only_the_task_s_own_inputs_are_allowed(name: str) -> None:
    inputs = {**with_inputs(make_request()).inputs, name: "a" * 64}
    with pytest.raises(BadRequest, match="^inputs must not contain "):
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
    with pytest.raises(BadRequest, match="larger than 262144 bytes"):
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


def test_references_lie_beside_the_first_in_order() -> None:
    names = make_request("learn", references=3).input_names()
    assert len(names) == 3 * 14
    assert names[::14] == (
        "reference/0001.png",
        "reference_02/0001.png",
        "reference_03/0001.png",
    )
    one_missing = with_inputs(make_request("learn", references=3))
    del one_missing.inputs["reference_03/0014.png"]
    with pytest.raises(BadRequest, match="inputs lacks 'reference_03/0014.png' for task learn"):
        Request.from_json(one_missing.to_json())
    with pytest.raises(BadRequest, match="references is 2, and must be 0 for task apply"):
        with_inputs(make_request("apply", references=2)).check()


def test_several_targets_are_moved_by_one_motion() -> None:
    names = make_request("apply", targets=3).input_names()
    assert names == ("target.png", "target_02.png", "target_03.png", "motion.safetensors")


def test_a_motion_without_an_appearance_needs_no_target() -> None:
    draft = Settings.for_model("draft")
    shown = dataclasses.replace(
        draft, sampling=dataclasses.replace(draft.sampling, appearance="none")
    )
    request = with_inputs(make_request("apply", settings=shown, targets=0))
    request.check()
    assert request.input_names() == ("motion.safetensors",)
    with pytest.raises(BadRequest, match="targets is 1, and must be 0 for task apply with appear"):
        with_inputs(make_request("apply", settings=shown, targets=1)).check()


def test_the_largest_possible_request_fits_the_limit() -> None:
    settings = dataclasses.replace(Settings.for_model("svd-xt"), num_frames=128)
    request = with_inputs(
        make_request(settings=settings, reference_frames=128, references=16, name="漢" * 64)
    )
    assert Request.from_json(request.to_json().encode()) == request

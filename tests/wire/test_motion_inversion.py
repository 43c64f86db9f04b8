"""Requests of the second method: what they say, and what is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from mti_addon.wire.edit import MotionEdit, MotionPart
from mti_addon.wire.errors import BadRequest
from mti_addon.wire.motion_inversion import LearningSettings, PlayingSettings
from mti_addon.wire.request import TASKS, Request, Task
from mti_addon.wire.settings import MODELS_OF, ModelName, Settings
from tests.wire.examples import make_request, with_inputs

GOLDEN = Path(__file__).parents[1] / "golden" / "request_words.json"


def request(task: Task = "apply", model: ModelName = "animatediff", **changes: Any) -> Request:
    """A request whose `settings.motion_inversion` has these changes."""
    whole = make_request(task, model)
    words = dataclasses.replace(whole.settings.words, **changes)
    return with_inputs(
        dataclasses.replace(
            whole, settings=dataclasses.replace(whole.settings, motion_inversion=words)
        )
    )


def refused(request_: Request) -> BadRequest:
    """What is said against it; the same where it is written and where it is read."""
    with pytest.raises(BadRequest) as caught:
        Request.from_json(request_.to_json())
    with pytest.raises(BadRequest) as caught_too:
        request_.check()
    assert caught.value.problem == caught_too.value.problem
    return caught.value


GOLDEN_REQUEST = dataclasses.replace(
    request(
        "learn+apply",
        "zeroscope",
        caption="a person waves, träge",
        prompts=("a fox in snow", "ein Roboter 🤖"),
        negative_prompt="blurry",
        learning=LearningSettings(iterations=200, keep=(50, 100), loss="hybrid", seed=3),
        playing=PlayingSettings(view="camera", strength=0.75, noise_prior=0.25, takes=2, seed=11),
    ),
    job="0123456789abcdef0123456789abcdef",
)


def test_the_golden_file_is_read_and_written_byte_for_byte() -> None:
    data = GOLDEN.read_bytes()
    assert Request.from_json(data) == GOLDEN_REQUEST
    assert GOLDEN_REQUEST.to_json().encode() == data


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("model", MODELS_OF["motion-inversion"])
def test_a_request_survives_the_round_trip(task: Task, model: ModelName) -> None:
    asked = request(task, model)
    asked.check()
    assert Request.from_json(asked.to_json()) == asked
    assert asked.targets == 0 and "target.png" not in asked.inputs
    assert ("motion.safetensors" in asked.inputs) == (task == "apply")
    assert asked.references == (task != "apply")


def test_learning_alone_needs_no_prompt() -> None:
    request("learn", prompts=()).check()


@pytest.mark.parametrize("prompts", [(), ("",), ("a fox", " \u00a0")])
@pytest.mark.parametrize("task", ["apply", "learn+apply"])
def test_an_empty_prompt_is_refused(task: Task, prompts: tuple[str, ...]) -> None:
    problem = refused(request(task, prompts=prompts)).problem
    assert (problem.code, problem.message) == ("prompt_empty", "The prompt is empty.")
    assert problem.hint == "Describe what is to be seen."


@pytest.mark.parametrize("strength", [-0.1, 1.51, 3.0])
def test_a_strength_out_of_range_is_refused(strength: float) -> None:
    problem = refused(request(playing=PlayingSettings(strength=strength))).problem
    assert problem.code == "number_out_of_range"
    place = "settings.motion_inversion.playing.strength"
    assert problem.message == f"{place} is {strength:g}, outside 0 to 1.5."


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompts": ("a",) * 9}, "There are 9 prompts, and one job can have 8."),
        ({"prompts": ("a\nb",)}, "settings.motion_inversion.prompts.0 is 'a"),
        ({"learning": LearningSettings(keep=(0,))}, "settings.motion_inversion.learning.keep name"),
        ({"learning": LearningSettings(keep=tuple(range(1, 10)))}, "settings.motion_inversion."),
        ({"learning": LearningSettings(levels=())}, "settings.motion_inversion.learning.levels is"),
    ],
)
def test_words_that_cannot_be_carried_out(changes: dict[str, Any], message: str) -> None:
    assert refused(request(**changes)).message.startswith(message)


def test_a_motion_applied_by_words_is_not_edited_and_has_one_reference_and_no_target() -> None:
    edit = MotionEdit(parts=(MotionPart(reverse=True),))
    assert refused(dataclasses.replace(request(), edit=edit)).problem.code == "words_not_edited"
    two = with_inputs(dataclasses.replace(request("learn"), references=2))
    assert refused(two).message == "references is 2, and must be 1 for motion-inversion."
    target = with_inputs(dataclasses.replace(request(), targets=1))
    assert refused(target).message == "targets is 1, and must be 0: prompts are applied."


def test_a_model_works_by_its_own_method_only() -> None:
    draft, words = Settings.for_model("draft"), Settings.for_model("animatediff")
    for wrong in (
        dataclasses.replace(draft, model="animatediff"),
        dataclasses.replace(words, model="svd"),
    ):
        with pytest.raises(BadRequest) as caught:
            wrong.check()
        assert caught.value.problem.code == "model_of_other_method"
    with pytest.raises(BadRequest, match="motion_inversion is null, but the method is motion-inv"):
        dataclasses.replace(words, motion_inversion=None).check()
    with pytest.raises(BadRequest, match="motion_inversion must be null for motion-textual-inver"):
        dataclasses.replace(draft, motion_inversion=words.motion_inversion).check()
    with pytest.raises(BadRequest):
        _ = draft.words


def test_the_defaults_are_those_of_the_models() -> None:
    for name, size, steps, guidance in (
        ("animatediff", (16, 512, 512), 25, 7.5),
        ("zeroscope", (24, 576, 320), 30, 12.0),
    ):
        made = Settings.for_model(name)
        assert (made.num_frames, made.width, made.height) == size
        playing = made.words.playing
        assert (playing.num_inference_steps, playing.guidance_scale) == (steps, guidance)
        assert (playing.view, playing.strength, playing.noise_prior) == ("object", 1.0, 0.5)
        assert made.words.learning.keep == (100, 200, 350)
        assert json.loads(json.dumps(made.to_dict())) == made.to_dict()

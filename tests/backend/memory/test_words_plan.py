"""Which policy of Motion Inversion fits which GPU, and the error if none does."""

from dataclasses import replace

import pytest

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.settings import ModelName, Settings
from mti_backend.memory.plan import plan

GIB = 2**30


@pytest.mark.parametrize(
    ("gigabytes", "model", "policy"),
    [
        (24, "animatediff", "nothing"),
        (16, "animatediff", "nothing"),
        (12, "animatediff", "feed-forwards"),
        (8, "animatediff", "two levels"),
        (16, "zeroscope", "nothing"),
        (12, "zeroscope", "finest level"),
        (8, "zeroscope", "all blocks"),
        (7.5, "zeroscope", "all blocks in parts"),
    ],
)
def test_a_card_gets_the_fastest_policy_that_fits(
    gigabytes: float, model: ModelName, policy: str
) -> None:
    settings = Settings.for_model(model)
    found = plan(settings, int(gigabytes * GIB), learns=True, applies=True)
    assert found.policy == policy and found.memory <= gigabytes * GIB
    assert found.decode_chunk == 1


def test_more_prompts_and_takes_cost_time_and_no_memory() -> None:
    settings = Settings.for_model("animatediff")
    words = settings.words
    one, many = (
        plan(
            replace(
                settings,
                motion_inversion=replace(
                    words, prompts=prompts, playing=replace(words.playing, takes=takes)
                ),
            ),
            24 * GIB, learns=False, applies=True,
        )
        for prompts, takes in ((("a fox",), 1), (("a fox", "a dog"), 3))
    )  # fmt: skip
    assert many.flops == pytest.approx(6 * one.flops) and many.memory == one.memory


def test_what_cannot_fit_is_refused_with_a_size_or_fewer_frames() -> None:
    settings = Settings.for_model("animatediff")
    with pytest.raises(OutOfMemory) as refused:
        plan(settings, int(6.1 * GIB), learns=True, applies=True)
    assert refused.value.problem.code == "gpu_full_to_learn_at_size"
    assert "Choose 384 x 384" in refused.value.hint
    with pytest.raises(OutOfMemory) as refused:
        plan(settings, 3 * GIB, learns=True, applies=False)
    assert refused.value.problem.code == "gpu_full_to_learn_words"
    with pytest.raises(OutOfMemory) as refused:
        plan(settings, 3 * GIB, learns=False, applies=True)
    assert refused.value.problem.code == "gpu_full_to_apply_words"
    assert "fewer frames" in refused.value.hint

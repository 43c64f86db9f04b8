"""Which policy fits which GPU, and the error if none does."""

from dataclasses import replace

import pytest

from mti_addon.wire.errors import OutOfMemory
from mti_addon.wire.settings import Settings
from mti_backend.memory.plan import FASTEST, plan

SVD, XT = Settings.for_model("svd"), Settings.for_model("svd-xt")
GIB = 2**30


@pytest.mark.parametrize(
    ("free", "policy"),
    [
        (80e9, "nothing"),
        (40e9, "nothing"),
        (24 * GIB, "feed-forwards"),
        (18e9, "finest level"),
        (16 * GIB, "two levels"),
        (12 * GIB, "all blocks"),
        (11e9, "all blocks in parts"),
    ],
)
def test_a_card_gets_the_fastest_policy_that_fits(free: float, policy: str) -> None:
    found = plan(SVD, int(free), learns=True, applies=False)
    assert found.policy == policy and found.memory <= free


def test_more_frames_need_more(capsys: pytest.CaptureFixture[str]) -> None:
    short, long = (plan(s, int(30e9), learns=True, applies=False) for s in (SVD, XT))
    assert short.policy == "feed-forwards" and long.policy == "finest level"
    assert long.flops > 1.7 * short.flops


def test_decoding_takes_turns_where_memory_is_small() -> None:
    chunks = [plan(SVD, int(free), learns=False, applies=True).decode_chunk
              for free in (80e9, 12e9, 8e9)]  # fmt: skip
    assert chunks[0] == 14 > chunks[1] > chunks[2] >= 1
    wish = replace(SVD, sampling=replace(SVD.sampling, decode_chunk_size=4))
    assert plan(wish, int(80e9), learns=False, applies=True).decode_chunk == 4


def test_applying_alone_asks_for_less() -> None:
    both = plan(SVD, int(80e9), learns=True, applies=True)
    alone = plan(SVD, int(80e9), learns=False, applies=True)
    assert alone.memory < both.memory and alone.flops < both.flops


@pytest.mark.parametrize(("free", "remedy"), [(6e9, "Choose 512 x 320"), (1e9, "Draft engine")])
def test_what_cannot_fit_is_refused_with_two_remedies(free: float, remedy: str) -> None:
    with pytest.raises(OutOfMemory) as refused:
        plan(SVD, int(free), learns=True, applies=True)
    assert "1024 x 576 with 14 frames needs 8.2 GB" in refused.value.message
    assert f"{free / GIB:.1f} GB are free" in refused.value.message
    assert remedy in refused.value.hint and "close other programs" in refused.value.hint


def test_a_portrait_is_offered_a_portrait() -> None:
    portrait = SVD.sized(576, 1024)
    with pytest.raises(OutOfMemory) as refused:
        plan(portrait, int(6.5e9), learns=True, applies=False)
    assert "320 x 512" in refused.value.hint or "448 x 768" in refused.value.hint


def test_the_plan_is_told_in_a_sentence() -> None:
    found = plan(SVD, int(16 * GIB), learns=True, applies=True)
    assert found.sentence(1500.0).message == (
        "Up to 15.2 GB of the GPU will be used (recomputing: two levels), for about 25 min."
    )
    assert replace(found, policy=FASTEST).sentence(12.3).message == (
        "Up to 15.2 GB of the GPU will be used, for about 12 s."
    )


def test_several_gpus_share_out_a_batch() -> None:
    batch = replace(SVD, inversion=replace(SVD.inversion, batch_size=4))
    alone, two, three = (
        plan(batch, int(80e9), learns=True, applies=False, devices=n) for n in (1, 2, 3)
    )
    one = plan(SVD, int(80e9), learns=True, applies=False)
    assert alone.policy != "nothing" == one.policy
    assert (
        two.memory < 80e9 and two.memory == three.memory
    )  # two clips each; the third device has only one
    assert two.policy == "nothing" and two.flops == pytest.approx(2 * one.flops)
    with pytest.raises(OutOfMemory, match="Learning at 1024 x 576"):
        plan(batch, int(9e9), learns=True, applies=False, devices=2)

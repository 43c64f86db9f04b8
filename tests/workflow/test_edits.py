"""Motions and an edit as one thing: merged with what the motions already are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mti_addon.wire import CaptureInfo, Settings
from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.edit_timing import chain_windows, time_of, timing
from mti_addon.wire.errors import BadRequest
from mti_addon.workflow.edits import combined, fitted_chain, names_in, unfitted_chain
from mti_addon.workflow.job_requests import create_apply_job
from mti_addon.workflow.motions import KnownMotion
from tests.wire.library.examples import tokens
from tests.wire.test_edit_timing import parts


def known(name: str, seconds: float = 2.0, edit: MotionEdit = AS_LEARNED, model: str = "draft"):
    capture = CaptureInfo(24.0, 10, 10 + round(seconds * 24) - 1, (640, 360), False)
    file, *more = (Path(f"/motions/{name}/{k}.safetensors") for k in range(len(edit.parts)))
    settings = Settings.for_model(model)
    return KnownMotion(f"{name} ({model})", name, (file, *more), settings, capture, edit)


def one(**changes: object) -> MotionEdit:
    return MotionEdit(parts=(MotionPart(**changes),))  # type: ignore[arg-type]


CHAIN = MotionEdit("chain", 0.2, (MotionPart(), MotionPart()))
BLEND = MotionEdit("blend", 0.2, (MotionPart(weight=0.5), MotionPart(weight=0.5)))


def test_an_unchanged_motion_is_itself() -> None:
    found = combined([known("Wave")], AS_LEARNED)
    assert (found.name, found.edit, found.capture) == ("Wave", AS_LEARNED, known("Wave").capture)
    own = one(strength=0.5, reverse=True)
    assert combined([known("Half", edit=own)], AS_LEARNED).edit == own
    assert combined([known("Both", edit=BLEND)], AS_LEARNED).edit == BLEND


def test_changes_of_an_edited_motion_add_up() -> None:
    own = known("Half", edit=one(strength=0.5, start=0.2, end=0.8, speed=2.0, reverse=True))
    found = combined([own], one(strength=1.5, start=0.5, speed=3.0, reverse=True)).edit.parts[0]
    assert found.strength == 0.75 and found.speed == 6.0 and not found.reverse
    # the second half of what is shown backward is the first half of what was learned
    assert (found.start, found.end) == pytest.approx((0.2, 0.5))
    assert combined([own], one(strength=1.5, speed=10.0)).edit.parts[0].speed == 10.0


@given(parts, parts)
def test_whatever_is_merged_can_be_carried_out(own: MotionPart, more: MotionPart) -> None:
    motion = known("A", edit=MotionEdit(parts=(replace(own, weight=1.0),)))
    found = combined([motion], MotionEdit(parts=(replace(more, weight=1.0),)))
    found.edit.check()
    (part,) = found.edit.parts
    assert 0 <= part.start < part.end <= 1 and 0 <= part.strength <= 1.5
    assert 0.1 <= part.speed <= 10


def test_of_a_combination_only_the_strength_can_be_changed() -> None:
    both = known("Both", edit=CHAIN)
    found = combined([both], one(strength=0.5)).edit
    assert found.mode == "chain" and [part.strength for part in found.parts] == [0.5, 0.5]
    with pytest.raises(BadRequest, match="Both consists of several motions, and only its strength"):
        combined([both], one(reverse=True))
    with pytest.raises(BadRequest, match="Both consists of several motions already"):
        combined([known("Wave"), both], BLEND)


def test_a_chain_shows_each_motion_in_full_and_lasts_as_long_as_both() -> None:
    found = combined([known("Walk", 3.0), known("Wave", 1.0)], CHAIN)
    assert found.name == "Walk + Wave" and found.capture.seconds == 4.0
    assert found.capture.frame_start == 10 and len(found.files) == 2
    plan = timing(found.edit, 14)
    for each, part, (start, end) in zip(
        plan, found.edit.parts, chain_windows(found.edit), strict=True
    ):
        assert max(each.times) == pytest.approx(1, abs=0.02)
        assert time_of(part, end - start) == pytest.approx(1)
    half = MotionEdit("chain", 0.2, (MotionPart(end=0.5), MotionPart(speed=0.5)))
    assert combined([known("Walk", 3.0), known("Wave", 1.0)], half).capture.seconds == 3.5


def test_a_chain_of_trimmed_motions_shows_what_is_left_of_them() -> None:
    trimmed = known("Step", 2.0, one(start=0.25, end=0.75))
    found = combined([trimmed, known("Wave")], CHAIN)
    start, end = chain_windows(found.edit)[0]
    part = found.edit.parts[0]
    assert time_of(part, end - start) == pytest.approx(0.75)
    assert time_of(part, (end - start) * 0.5) == pytest.approx(0.5)
    assert found.capture.seconds == 3.0


@given(st.lists(parts, min_size=2, max_size=4), st.floats(0, 1))
def test_fitting_a_chain_can_be_undone(each: list[MotionPart], seam: float) -> None:
    plain = tuple(replace(part, speed=1.0, start=0.2, end=0.9) for part in each)
    fitted = fitted_chain(MotionEdit("chain", seam, plain))
    for part, back in zip(fitted.parts, unfitted_chain(fitted).parts, strict=True):
        if 0.1 < part.speed < 10:  # otherwise it was limited
            assert back.speed == pytest.approx(1)


def test_motions_of_two_engines_and_too_many_are_refused() -> None:
    with pytest.raises(BadRequest, match="Wave was learned with draft, and Bow with svd"):
        combined([known("Wave"), known("Bow", model="svd")], BLEND)


def test_the_name_of_many_motions_fits_a_request() -> None:
    found = combined([known("W" * 60), known("B" * 60)], BLEND)
    assert len(found.name) == 64
    assert combined([known("Wave"), known("Wave")], BLEND).name == "Wave"


def test_an_order_holds_every_motion_and_the_edit(tmp_path: Path) -> None:
    files = [tmp_path / f"{name}.safetensors" for name in ("a", "b")]
    for value, file in enumerate(files):
        file.write_bytes(tokens(value=value + 0.5))
    motions = [replace(known(name), files=(file,)) for name, file in zip("ab", files, strict=True)]
    job = create_apply_job(tmp_path / "jobs", motions, b"target", 3, 2, "WHOLE", BLEND)
    request = job.request()
    job.verify_inputs()
    assert request.edit == BLEND and request.name == "a + b" and request.targets == 1
    assert request.settings.sampling.takes == 2 and request.settings.sampling.framing == "whole"
    assert (job.inputs / "motion_02.safetensors").read_bytes() == files[1].read_bytes()


def test_names_are_read_from_the_motions_themselves(tmp_path: Path) -> None:
    file = tmp_path / "motion.safetensors"
    file.write_bytes(tokens())
    assert names_in([file]) == [""]
    (tmp_path / "broken.safetensors").write_bytes(b"a motion")
    assert names_in([file, tmp_path / "broken.safetensors"]) == []

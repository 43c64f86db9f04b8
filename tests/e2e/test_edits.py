"""Edits of motions, carried out by real runner processes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mti_addon.wire import codec
from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_addon.wire.events import Failed
from mti_addon.wire.job import JobFolder, create_job
from mti_addon.wire.request import PROTOCOL, CaptureInfo, Request, motion_name
from mti_backend.method.motion_textual_inversion.edits import edited
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.models.svd import identity
from mti_backend.models.token_layout import TokenLayout
from tests.e2e import jobs
from tests.tiny import FRAMES

pytestmark = pytest.mark.e2e


def motion(models: Path, seed: int, tokens: int = 2, **meta: str) -> MotionEmbedding:
    """Strong tokens for the tiny model, whose weights are random."""
    g = torch.Generator().manual_seed(seed)
    about = {"model": identity(models / "svd"), "name": f"motion {seed}", "engine": "svd"}
    return MotionEmbedding(
        3 * torch.randn(FRAMES, tokens, 32, generator=g),
        3 * torch.randn(tokens, 32, generator=g),
        about | meta,
    )


def apply(spool: Path, motions: list[MotionEmbedding], edit: MotionEdit) -> JobFolder:
    """A job that applies an edit of motions."""
    files: dict[str, bytes | Path] = {"target.png": jobs.target()}
    for number, each in enumerate(motions, start=1):
        path = spool / f"{uuid.uuid4().hex}.safetensors"
        each.save(path)
        files[motion_name(number)] = path
    request = Request(
        protocol=PROTOCOL,
        job=uuid.uuid4().hex,
        task="apply",
        name="edited",
        settings=jobs.settings(),
        inputs={},
        reference_frames=0,
        references=0,
        targets=1,
        capture=CaptureInfo(24.0, 1, 48, (320, 320), False),
        edit=edit,
    )
    return create_job(spool, request, files)


def frames(job: JobFolder, staying: jobs.StayingRunner) -> np.ndarray:
    """Do the job; its images (F, H, W, 3)."""
    result = staying.done(job)
    assert result["edit"] == codec.to_dict(job.request().edit)
    paths = sorted(job.frames_dir.glob("*.png"))
    return np.stack([np.asarray(Image.open(path).convert("RGB")) for path in paths]).astype(int)


def failure(job: JobFolder, staying: jobs.StayingRunner) -> Failed:
    final = staying.finish(job)
    assert isinstance(final, Failed)
    return final


EDITS: Mapping[str, MotionEdit] = {
    "one": MotionEdit(parts=(MotionPart(strength=0.5, reverse=True),)),
    "blend": MotionEdit("blend", parts=(MotionPart(weight=0.3), MotionPart(weight=0.7))),
    "chain": MotionEdit("chain", 0.3, (MotionPart(speed=1.5), MotionPart(speed=1.5))),
}


@pytest.mark.parametrize(
    "name", ["chain", *(pytest.param(name, marks=pytest.mark.slow) for name in ("one", "blend"))]
)
def test_a_job_applies_what_the_edit_makes_of_its_motions(
    models: Path, staying: jobs.StayingRunner, name: str
) -> None:
    edit = EDITS[name]
    own = [motion(models, seed) for seed in range(len(edit.parts))]
    found = frames(apply(staying.spool, own, edit), staying)
    made = edited(own, edit, TokenLayout(), "svd")
    meant = frames(apply(staying.spool, [replace(made, meta=own[0].meta)], AS_LEARNED), staying)
    assert (found == meant).all()
    plain = frames(apply(staying.spool, own[:1], AS_LEARNED), staying)
    assert np.abs(found - plain).max() > 2


def test_a_motion_of_another_model_among_several_is_named(
    models: Path, staying: jobs.StayingRunner
) -> None:
    own = [motion(models, 0), motion(models, 1, model="0123456789abcdef")]
    told = failure(apply(staying.spool, own, EDITS["blend"]), staying)
    assert (
        told.code == "wrong_model" and "'motion 1' was learned on a different model" in told.message
    )


def test_motions_with_different_numbers_of_tokens_are_named(
    models: Path, staying: jobs.StayingRunner
) -> None:
    own = [motion(models, 0), motion(models, 1, tokens=5)]
    told = failure(apply(staying.spool, own, EDITS["chain"]), staying)
    assert "'motion 0' and 'motion 1' have different numbers of tokens" in told.message
    assert told.hint == "Learn one of them again with the settings of the other."


def test_a_second_motion_that_was_changed_is_named(
    models: Path, staying: jobs.StayingRunner
) -> None:
    job = apply(staying.spool, [motion(models, 0), motion(models, 1)], EDITS["blend"])
    path = job.inputs / motion_name(2)
    path.write_bytes(path.read_bytes()[:-4])
    told = failure(job, staying)
    assert told.code == "unreadable_input" and "motion_02.safetensors" in told.message

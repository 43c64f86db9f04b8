"""The shipped motions are complete and were made with the shipped draft model."""

from pathlib import Path

import pytest

from mti_addon.wire.library import read_library
from mti_addon.wire.library.preset import verify_preset
from mti_backend.method.textual_inversion.embedding import MotionEmbedding
from mti_backend.models import SHIPPED_DRAFT, load_model
from mti_backend.models.svd import SvdModel

PRESETS = Path(__file__).resolve().parents[1] / "presets"


@pytest.fixture(scope="module")
def draft() -> SvdModel:
    return load_model("draft")


def test_every_shipped_motion_plays_on_the_shipped_model(draft: SvdModel):
    motions, problems = read_library(PRESETS)
    assert motions and not problems
    for motion in motions:
        verify_preset(motion.folder, motion.preset)
        assert motion.preset.license == "GPL-3.0-or-later"
        (file,) = motion.embedding_files("draft")
        embedding = MotionEmbedding.load(file)
        embedding.check_model(draft.identity, draft.num_frames, draft.token_width)


def test_the_shipped_model_is_small_and_of_svds_layout(draft: SvdModel):
    size = sum(path.stat().st_size for path in SHIPPED_DRAFT.rglob("*"))
    assert size <= 40_000_000
    assert draft.num_frames == 14 and draft.token_width == 64
    assert (SHIPPED_DRAFT / "model_index.json").is_file()

"""The shipped motions are complete, and were learned on the shipped draft model."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mti_addon.motion import draw
from mti_addon.wire.library import read_library
from mti_addon.wire.library.preset import update_preset, verify_preset
from mti_addon.workflow.motion_poses import read_poses
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.models import SHIPPED_DRAFT, load_model
from mti_backend.models.svd import SvdModel, identity
from tools.presets import store
from tools.presets.__main__ import weak
from tools.presets.catalog import CAMERA, LIBRARY, MOST_BYTES, PRESETS
from tools.presets.pages import PAGE, README, is_optimized, summary


@pytest.fixture(scope="module")
def draft() -> SvdModel:
    return load_model("draft")


def test_every_shipped_motion_plays_on_the_shipped_model(draft: SvdModel):
    motions, problems = read_library(PRESETS)
    assert motions and not problems
    for motion in motions:
        verify_preset(motion.folder, motion.preset)
        assert motion.preset.license == "GPL-3.0-or-later"
        if "draft" not in motion.preset.embeddings:
            continue  # the draft plays it so badly that Blender would warn
        (file,) = motion.embedding_files("draft")
        embedding = MotionEmbedding.load(file)
        embedding.check_model(draft.identity, draft.num_frames, draft.token_width)


def test_the_shipped_model_is_small_and_of_svds_layout(draft: SvdModel):
    size = sum(path.stat().st_size for path in SHIPPED_DRAFT.rglob("*"))
    assert size <= 40_000_000
    assert draft.num_frames == 14 and draft.token_width == 64
    assert (SHIPPED_DRAFT / "model_index.json").is_file()


def test_the_library_is_as_the_catalog_says():
    """Present, measured, described, whole, and none that Blender would warn about."""
    assert store.problems(identity(SHIPPED_DRAFT), weak()) == []


def test_the_catalog_holds_what_animators_are_promised():
    names = {wanted.slug for wanted in LIBRARY}
    assert len(names) == len(LIBRARY) >= 35
    assert names >= {
        *("wave", "walk-in-place", "run", "kick", "squat"),
        *("cheer", "raise-arms", "balance", "lunge", "dance", "point"),
        *("quadruped-walk", "quadruped-trot", "face-talk", "face-smile", "face-nod"),
        *("pan", "zoom", "orbit", "crane", "bounce", "sway", "spin", "fall"),
    }
    assert MOST_BYTES <= 15_000_000


def test_the_shipped_images_are_what_the_shipped_poses_look_like():
    """So what is learned for another engine, from the poses, is the same motion."""
    motions, _ = read_library(PRESETS)
    drawn = {wanted.slug for wanted in LIBRARY if wanted.source != CAMERA}
    compared = 0
    for motion in motions:
        if motion.folder.name not in drawn:
            continue
        poses, chosen = read_poses(motion), [0, motion.preset.num_frames // 2]
        some = replace(
            poses, joints=poses.joints[chosen], world_to_clip=poses.world_to_clip[chosen]
        )
        for index, picture in zip(chosen, draw(some), strict=True):
            with Image.open(motion.folder / motion.preset.references[index]) as shown:
                apart = np.abs(np.asarray(shown.convert("RGB")).astype(int) - picture)
            assert apart.mean() < 0.5, f"{motion.folder.name}, image {index + 1}"
        compared += 1
    assert compared == len(drawn)


def test_the_pages_say_how_each_motion_was_learned():
    motions, _ = read_library(PRESETS)
    told = summary(motions)
    for page in (README, PAGE):
        assert told in page.read_text("utf-8"), f"{page.name}: run make presets"
    optimized = {m.preset.name for m in motions if is_optimized(m)}
    assert optimized == {"Bow", "Nod", "Face Smile", "Side Stretch", "Spin", "Sway"}
    assert all(motion.preset.has_poses for motion in motions), "presets/README.md says so"


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped library, which the checks look at."""
    shutil.copytree(PRESETS, tmp_path / "presets")
    monkeypatch.setattr(store, "PRESETS", tmp_path / "presets")
    return tmp_path / "presets"


def test_what_is_wrong_with_a_library_is_told(copied: Path):
    model = identity(SHIPPED_DRAFT)
    shutil.rmtree(copied / "wave")
    (copied / "walk-in-place" / "poses.json").write_text("{}")
    shutil.copytree(copied / "run", copied / "stroll")
    (motion,) = [m for m in read_library(copied)[0] if m.folder.name == "bow"]
    learned = motion.preset.embeddings["draft"]
    unmeasured = replace(learned, quality=replace(learned.quality, motion_gain=None))
    update_preset(motion.folder, replace(motion.preset, embeddings={"draft": unmeasured}))
    told = store.problems(model, ["Nod"])
    assert "Wave: is missing." in told
    assert any(text.startswith("Walk in Place: ") and "poses.json" in text for text in told)
    assert "stroll is not in the catalog." in told
    assert "Bow: was not measured." in told
    assert "Nod was learned badly." in told
    assert len(told) == 5
    others = store.problems("another model")
    learned = [m for m in read_library(copied)[0] if "draft" in m.preset.embeddings]
    told = [text for text in others if "not learned on the shipped draft" in text]
    assert len(told) == len(learned) - 1 >= 12  # all but the one that is not in the catalog

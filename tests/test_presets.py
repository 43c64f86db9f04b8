"""The shipped motions are complete, learned on the shipped draft, and none is a weak one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mti_addon.client import Library
from mti_addon.motion import PoseSequence, decode_png, draw
from mti_addon.motion.starters.catalog import KINDS as FIGURES
from mti_addon.wire.library import KINDS, Motion
from mti_addon.wire.request import POSES
from mti_backend.method.textual_inversion.embedding import MotionEmbedding
from mti_backend.models import SHIPPED_DRAFT, load_model
from mti_backend.models.svd import SvdModel, identity
from tools.presets import pages, store
from tools.presets.__main__ import main, weak
from tools.presets.catalog import LIBRARY, MOST_BYTES, PRESETS


@pytest.fixture(scope="module")
def draft() -> SvdModel:
    return load_model("draft")


@pytest.fixture(scope="module")
def motions() -> list[Motion]:
    library = Library([PRESETS])
    found = library.motions()
    assert not library.problems
    return found


def test_the_shipped_library_is_complete_and_of_the_shipped_model(motions: list[Motion]):
    assert store.problems(identity(SHIPPED_DRAFT), weak()) == []
    assert len(motions) >= 24
    assert {motion.preset.kind for motion in motions} == set(KINDS)
    assert sum(path.stat().st_size for path in PRESETS.rglob("*") if path.is_file()) < MOST_BYTES


def test_all_starter_motions_are_in_it():
    starters = {(figure.name, motion.name) for figure in FIGURES for motion in figure.motions}
    assert starters == {(each.figure, each.motion) for each in LIBRARY if each.figure}
    assert len({wanted.slug for wanted in LIBRARY}) == len(LIBRARY)


def test_every_shipped_motion_plays_on_the_shipped_model(draft: SvdModel, motions: list[Motion]):
    for motion in motions:
        assert motion.preset.license == "GPL-3.0-or-later" and motion.preset.author
        (file,) = motion.embedding_files("draft")
        embedding = MotionEmbedding.load(file)
        embedding.check_model(draft.identity, draft.num_frames, draft.token_width)


def test_its_images_are_those_of_its_poses(motions: list[Motion]):
    for motion in motions:
        poses = PoseSequence.from_json((motion.folder / POSES).read_bytes())
        assert poses.frames == motion.preset.num_frames == len(motion.preset.references)
        middle = poses.frames // 2
        picture = decode_png((motion.folder / motion.preset.references[middle]).read_bytes())
        assert (draw(poses)[middle] == picture).all(), motion.preset.name
        thumbnail = decode_png((motion.folder / "thumbnail.png").read_bytes())
        assert (thumbnail == picture).all()


def test_the_pages_show_its_figures(motions: list[Motion]):
    table = pages.table(motions)
    for page in (pages.README, pages.PAGE):
        assert table in page.read_text("utf-8"), f"{page.name} is not of these motions"
    for motion in motions:
        gain = motion.preset.embeddings["draft"].quality.motion_gain
        assert f"| {motion.preset.name} | " in table and gain is not None and f"{gain:.2f}" in table


def test_what_is_wrong_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    copy = tmp_path / "presets"
    shutil.copytree(PRESETS, copy)
    monkeypatch.setattr(store, "PRESETS", copy)
    assert main(["--check"]) == 0
    shutil.rmtree(copy / "wave")
    shutil.copytree(copy / "squat", copy / "squat-2")
    (copy / "run" / "reference" / "0003.png").write_bytes(b"")
    _change(copy / "kick", lambda preset: preset["embeddings"]["draft"].update(model="0123"))
    _change(copy / "bow", lambda preset: preset.update(notes="Something else."))
    _change(
        copy / "nod", lambda preset: _quality(preset).update(reconstruction=0.1, motion_gain=None)
    )
    assert main(["--check"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert sorted(line.split(": ", 1)[1] for line in told) == sorted(
        [
            "Wave: is missing.",
            "squat-2 is not in the catalog.",
            "Run: reference/0003.png is not the file that it was when it was written. "
            "It is damaged or was changed: make it again.",
            "Kick: was not learned on the shipped draft.",
            "Bow: is not described as in the catalog.",
            "Nod: was not measured.",
            "Nod was learned badly.",
        ]
    )


def _quality(preset: dict) -> dict:
    return preset["embeddings"]["draft"]["quality"]


def _change(folder: Path, change) -> None:
    path = folder / "preset.json"
    preset = json.loads(path.read_text("utf-8"))
    change(preset)
    path.write_text(json.dumps(preset), "utf-8")


def test_the_shipped_model_is_small_and_of_svds_layout(draft: SvdModel):
    size = sum(path.stat().st_size for path in SHIPPED_DRAFT.rglob("*"))
    assert size <= 40_000_000
    assert draft.num_frames == 14 and draft.token_width == 64
    assert (SHIPPED_DRAFT / "model_index.json").is_file()

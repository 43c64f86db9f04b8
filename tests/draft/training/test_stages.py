"""The stages in order, in one folder."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from mti_backend.draft.training import stages as training
from mti_backend.draft.training.networks import is_temporal
from mti_backend.draft.training.stages import STAGES, stages, train
from mti_backend.draft.training.trainer import Stage
from tests.draft.procedural.examples import small_unet


@pytest.fixture(autouse=True)
def quick_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = iter(range(9))  # every network gets another seed
    monkeypatch.setattr(training, "make_unet", lambda: small_unet(next(seeds)))
    monkeypatch.setattr(training, "_CODE_CLIPS", 8)


def without_steps() -> dict[str, training.StageSettings]:
    return {name: replace(numbers, steps=0) for name, numbers in STAGES.items()}


def test_the_stages_have_seeds_of_their_own() -> None:
    """Step s of a stage draws with seed * 10^7 + s; no two may coincide."""
    seeds = [numbers.seed for numbers in STAGES.values()]
    assert len(set(seeds)) == len(seeds) == 4
    assert all(numbers.steps < 10_000_000 for numbers in STAGES.values())
    assert all(numbers.batch % 14 == 0 for name, numbers in STAGES.items() if name == "clips")


def test_all_stages_in_order_and_each_from_the_one_before(tmp_path: Path) -> None:
    made: list[Stage] = []
    for stage in stages(tmp_path / "new", without_steps()):
        made.append(stage)
        assert stage.run(lambda line: None)
    assert [stage.name for stage in made] == list(STAGES)
    frames, pairs, _, clips = made
    # single frames train no temporal layers and nothing of the pair encoder
    assert not [n for n in frames.weights if is_temporal(n) or ".pair." in n or "basis" in n]
    assert {n.split(".")[0] for n in frames.weights} == {"autoencoder", "unet"}
    assert all(n.startswith("pair.") for n in pairs.weights)
    # later stages start from the complete average of the frames stage, including its code
    trained = {n for n in clips.weights if is_temporal(n)}
    assert trained == {n for n, _ in clips.network.named_parameters() if is_temporal(n)}
    assert all(".attn2." in n for n in set(clips.weights) - trained)
    average = dict(frames.average)
    for name, weight in clips.network.unet.named_parameters():
        if not is_temporal(name):
            assert (weight == average[f"unet.{name}"]).all()
    code = [stage.network.autoencoder.basis for stage in (frames, clips)]
    assert (code[0] == code[1]).all() and (code[0] == pairs.network.basis).all()
    names = {f"{name}.checkpoint.safetensors" for name in STAGES}
    assert names <= {path.name for path in (tmp_path / "new").iterdir()}


def test_an_unfinished_stage_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []

    class Recorded:
        def __init__(self, name: str, finished: bool) -> None:
            self.name, self.finished = name, finished

        def run(self, report: object, minutes: float | None) -> bool:
            ran.append((self.name, minutes))
            return self.finished

    monkeypatch.setattr(
        training,
        "stages",
        lambda folder, settings: (Recorded(n, n != "pairs") for n in settings),
    )
    train(tmp_path, minutes=0.5)
    assert ran == [("frames", 0.5), ("pairs", 0.5)]


def test_one_stage_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(stage: Stage, report: object, minutes: float | None) -> bool:
        ran.append(stage.name)
        return False

    for stage in stages(tmp_path, without_steps()):  # later stages start from these
        if stage.name == "frames":
            stage.run(lambda line: None)
            break
    monkeypatch.setattr(Stage, "run", run)
    train(tmp_path, without_steps(), only="image-encoder")
    assert ran == ["image-encoder"]


def test_the_docstring_names_the_stages() -> None:
    text = ast.get_docstring(ast.parse(inspect.getsource(training))) or ""
    lines = [
        line.split()[0] for line in text.splitlines() if line.startswith("    ") and line[4] != " "
    ]
    assert lines == list(STAGES)

"""The stages in their order, from one folder."""

from __future__ import annotations

import ast
import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from mti_backend.draft import losses, training
from mti_backend.draft.networks import make_vae
from mti_backend.draft.stage import Stage
from mti_backend.draft.training import STAGES, stages, train
from tests.draft.examples import MeanColour, small_unet


@pytest.fixture(autouse=True)
def quick_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "frozen_vae", lambda folder: MeanColour())
    monkeypatch.setattr(losses, "latent_scale", lambda vae: 2.0)
    seeds = iter(range(9))  # every network made is another
    monkeypatch.setattr(training, "make_unet", lambda: small_unet(next(seeds)))


def without_steps() -> dict[str, training.StageSettings]:
    return {name: replace(numbers, steps=0) for name, numbers in STAGES.items()}


def test_the_stages_have_seeds_of_their_own() -> None:
    """Step s of a stage draws with seed * 10^7 + s; no two may meet."""
    seeds = [numbers.seed for numbers in STAGES.values()]
    assert len(set(seeds)) == len(seeds) == 5
    assert all(numbers.steps < 10_000_000 for numbers in STAGES.values())
    assert all(numbers.batch % 14 == 0 for name, numbers in STAGES.items() if name == "clips")


def test_all_stages_in_order_and_each_from_the_one_before(tmp_path: Path) -> None:
    made: list[Stage] = []
    for stage in stages(tmp_path / "new", without_steps()):
        made.append(stage)
        assert stage.run(lambda line: None)
    assert [stage.name for stage in made] == list(STAGES)
    vae, _, _, frames, clips = made
    # the autoencoder learns pictures; its temporal layers stay the identity
    frozen = {n for n, p in vae.network.named_parameters() if not p.requires_grad}
    assert frozen and all("temporal" in n or "time_" in n for n in frozen)
    assert not [n for n in vae.weights if "temporal" in n or "time_" in n]
    assert {n for n, _ in make_vae().named_parameters()} == frozen | set(vae.weights)
    # the clips' network begins as the frames' average, whole
    assert clips.weights.keys() == frames.weights.keys()
    assert all((clips.weights[n] == frames.average[n]).all() for n in clips.weights)
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
        lambda folder, settings, keep_latents: (Recorded(n, n != "frames") for n in settings),
    )
    train(tmp_path, minutes=0.5)
    assert ran == [("vae", 0.5), ("image-encoder", 0.5), ("predictor", 0.5), ("frames", 0.5)]


def test_one_stage_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(stage: Stage, report: object, minutes: float | None) -> bool:
        ran.append(stage.name)
        return False

    monkeypatch.setattr(Stage, "run", run)
    train(tmp_path, without_steps(), only="image-encoder")
    assert ran == ["image-encoder"]


def test_latents_may_be_kept(tmp_path: Path) -> None:
    """Then nothing that makes a latent is trained, and everything that shows one is."""
    for keep in (False, True):
        stage = next(stages(tmp_path / str(keep), without_steps(), keep))
        trained = {name.split(".")[0] for name in stage.weights}
        assert trained == ({"decoder"} if keep else {"encoder", "quant_conv", "decoder"})


def test_the_docstring_names_the_stages() -> None:
    text = ast.get_docstring(ast.parse(inspect.getsource(training))) or ""
    lines = [line.split()[0] for line in text.splitlines() if line.startswith("    ")]
    assert lines == list(STAGES)

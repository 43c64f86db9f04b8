"""The model card agrees with the files beside the weights, and quotes no other model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from mti_backend.draft.training import history, networks
from mti_backend.draft.training.card import write_card
from mti_backend.draft.training.train import main
from mti_backend.evaluation.summary import summarise
from mti_backend.models import SHIPPED_DRAFT

NOT_MEASURED = "has not been measured for these weights yet"


def run(identity: str, started_from: str | None = None, **more: Any) -> dict[str, Any]:
    """A record as written by history.py."""
    stages = [
        {
            "stage": "pairs", "steps": 600, "seconds": 754,
            "first_loss": 0.04, "last_loss": 0.00512,
            "settings": {"steps": 600, "batch": 16, "learning_rate": 5e-4, "seed": 1},
        }
    ]  # fmt: skip
    return {
        "date": "2026-01-02", "started_from": started_from, "identity": identity,
        "machine": "4 threads of a processor, torch 2.13.0", "stages": stages,
    } | more  # fmt: skip


def evaluated(model: str) -> dict[str, Any]:
    """A handmade evaluation of 5 pairs."""
    results = [
        {"row": row, "pair": pair, "motion": "walk", "gain": gain + 0.01 * pair}
        for row, gain in (("autoencoder", 0.9), ("true_tokens", 0.5))
        for pair in range(5)
    ]
    return summarise(results) | {"model": model}


def card_of(
    tmp_path: Path, runs: list[dict[str, Any]], evaluation: dict[str, Any] | None = None
) -> str:
    history.save(tmp_path, runs)
    measured = tmp_path / "evaluation.json"
    if evaluation is not None:
        measured.write_text(json.dumps(evaluation), encoding="utf-8")
    write_card(tmp_path, measured, tmp_path / "card.md")
    return (tmp_path / "card.md").read_text("utf-8")


def test_every_run_is_told_the_oldest_first(tmp_path: Path) -> None:
    text = card_of(tmp_path, [run("aaaa"), run("bbbb", "aaaa", note="A wider set of data")])
    assert "1. 2026-01-02, on 4 threads of a processor, torch 2.13.0; model `aaaa`\n" in text
    assert text.index("`aaaa`") < text.index("2. 2026-01-02") < text.index("`bbbb`. A wider set")
    assert text.count("| pairs | 600 | 16 | 0.0005 | 1 | 13 | 0.0400 to 0.0051 |") == 2


def test_figures_of_the_same_model_are_quoted(tmp_path: Path) -> None:
    text = card_of(tmp_path, [run("aaaa"), run("bbbb", "aaaa")], evaluated("bbbb"))
    assert "on 5 held-out pairs" in text and NOT_MEASURED not in text
    rows = [line for line in text.splitlines() if line.count("|") == 5]
    gains = {line.split("|")[3].strip() for line in rows[2:]}
    assert gains == {"0.920", "0.520"} and "0.900 to 0.940" in text
    captions = {line.split("|")[1].strip() for line in rows[2:]}
    assert "" not in captions and len(captions) == 2


@pytest.mark.parametrize("model", ["aaaa", "cccc"])
def test_figures_of_another_model_are_not(tmp_path: Path, model: str) -> None:
    """Not even those of the model from which training started."""
    text = card_of(tmp_path, [run("aaaa"), run("bbbb", "aaaa")], evaluated(model))
    assert NOT_MEASURED in text and "0.920" not in text


def test_figures_of_nobody_knows_whom_are_not(tmp_path: Path) -> None:
    assert NOT_MEASURED in card_of(tmp_path, [], evaluated("aaaa"))


def test_without_an_evaluation_there_are_no_figures(tmp_path: Path) -> None:
    text = card_of(tmp_path, [run("aaaa")])
    assert "Performance" not in text and "`aaaa`" in text


def test_the_card_counts_what_the_networks_have(tmp_path: Path) -> None:
    text = " ".join(card_of(tmp_path, [run("aaaa")]).split())
    made: dict[str, nn.Module] = {
        "`UNetSpatioTemporalConditionModel` ({:.1f} M parameters)": networks.make_unet(),
        "`MotionAutoencoder` ({:.1f} M,": networks.make_autoencoder(),
        "`CLIPVisionModelWithProjection` ({:.1f} M,": networks.make_image_encoder(),
    }
    for words, network in made.items():
        numbers = sum(p.numel() for p in network.parameters())
        assert words.format(numbers / 1e6) in text
    assert networks.LATENT_CHANNELS == 20 and "20 channels" in text


def test_the_command_writes_the_card_of_the_shipped_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With lines of readable length, except in tables."""
    card = tmp_path / "card.md"
    evaluation = tmp_path / "evaluation.json"
    model = history.load(SHIPPED_DRAFT)[-1]["identity"]
    evaluation.write_text(json.dumps(evaluated(model)), encoding="utf-8")
    assert main(["--card", str(card), "--evaluation", str(evaluation)]) == 0
    assert str(card) in capsys.readouterr().out
    text = card.read_text("utf-8")
    assert f"`{model}`" in text and "on 5 held-out pairs" in text
    assert max(len(line) for line in text.splitlines()) < 120
    assert all(len(line) <= 100 for line in text.splitlines() if "|" not in line)

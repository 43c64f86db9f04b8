"""Pairs of different kinds of figures, and the verdict derived from their results."""

from __future__ import annotations

import pytest
import torch

from mti_backend.draft.procedural.clips import token_basis
from mti_backend.evaluation.cross_domain import (
    RENDERED,
    Domain,
    domains,
    summarise_domains,
    verdict,
)

ALL = {domain.key: domain for domain in domains()}


def test_every_kind_is_there() -> None:
    kinds = {"stick_to_solid", "solid_to_stick", "to_quadruped", "to_object", "camera"}
    assert kinds | {"two_at_once"} <= set(ALL)


@pytest.mark.parametrize("domain", list(ALL.values()), ids=list(ALL))
def test_its_pairs_move_and_differ(domain: Domain) -> None:
    assert domain.count >= 5
    one, two = domain.make(0), domain.make(1)
    assert one.fingerprint == domain.make(0).fingerprint != two.fingerprint
    for pair in (one, two):
        assert (pair.answer[1:] - pair.answer[:1]).square().mean() > 1e-4
        assert (pair.reference[1:] - pair.reference[:1]).square().mean() > 1e-4
        assert pair.tokens.shape == (len(pair.answer), 64)


def test_a_camera_move_moves_no_limb() -> None:
    features = ALL["camera"].make(0).tokens @ token_basis().T
    limbs, camera = features[:, :36], features[:, 38:]
    assert (limbs - limbs[:1]).abs().max() < 1e-4 and camera.abs().max() > 0.5


def test_two_motions_at_once_move_both() -> None:
    for index in range(3):
        features = ALL["two_at_once"].make(index).tokens @ token_basis().T
        change = (features - features[:1]).abs().amax(0)
        assert change[:36].max() > 0.3 and change[38:].max() > 0.5


def test_the_sentence_follows_from_the_figures() -> None:
    assert verdict([0.5, 0.6, 0.7, 0.6], [0.7] * 4).startswith("Works: 4 of 4")
    assert verdict([-0.2, 0.4, 0.5, 0.45], [0.7] * 4).startswith("Works for some: 3 of 4")
    assert "learning misses" in verdict([0.0, 0.1, 0.1, 0.2], [0.7] * 4)
    assert "cannot do it" in verdict([0.0, 0.1, 0.1, 0.2], [0.1] * 4)


def test_the_table_has_a_row_for_what_was_measured() -> None:
    results = [
        {"row": row, "gain": gain, "pair": pair}
        for row, gain in (("learned", 0.5), ("true_tokens", 0.6))
        for pair in range(3)
    ]
    (row,) = summarise_domains({"camera": results})
    assert row["caption"] == "camera to anything" and row["n"] == 3
    assert row["gain"]["learned"]["median"] == 0.5 and "autoencoder" not in row["gain"]
    assert torch.tensor(row["gain"]["true_tokens"]["interval"]).tolist() == pytest.approx([0.6] * 2)


def test_without_the_learned_motion_there_are_figures_and_no_verdict() -> None:
    results = [{"row": "autoencoder", "gain": 0.9, "pair": pair} for pair in range(2)]
    (row,) = summarise_domains({RENDERED: results})
    assert (row["n"], row["verdict"], list(row["gain"])) == (2, "", ["autoencoder"])

"""The benchmark of edits: its right answers, and what it makes of measured figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.edits.measure import LIMBS, amplitude, limb_paths
from benchmarks.edits.plots import make_plots
from benchmarks.edits.summary import summary, told
from benchmarks.edits.truth import edited_motion
from benchmarks.edits.units import PAIRS, RAW, SEAMS, STRENGTHS, TIMES, WEIGHTS, chained, one
from mti_addon.wire.edit import AS_LEARNED, MotionEdit, MotionPart
from mti_backend.draft.procedural.motions import FRAMES, INDEX, frame_times
from mti_backend.draft.procedural.named import NAMED, named_motion
from mti_backend.models.warp import Box
from tests.benchmarks.test_benchmarks import run

TIME = frame_times(1)


def values(names: list[str], edit: MotionEdit) -> torch.Tensor:
    return edited_motion(names, edit).values(TIME)[0]


def plain(name: str) -> torch.Tensor:
    """A motion whose paths begin at 0, as an edited one's do."""
    found = named_motion(name).values(TIME)[0]
    for channel in ("root_x", "pan_x"):
        found[INDEX[channel]] -= found[INDEX[channel], 0].clone()
    return found


@pytest.mark.parametrize("name", sorted(NAMED))
def test_the_right_answer_of_no_edit_is_the_motion(name: str) -> None:
    torch.testing.assert_close(values([name], AS_LEARNED), plain(name))


def test_the_right_answers_of_time_and_strength() -> None:
    back = values(["wave"], one(TIMES["reverse"]))
    torch.testing.assert_close(back, plain("wave").flip(1), rtol=0, atol=1e-5)
    half = values(["walk"], one(MotionPart(strength=0.5)))
    whole = plain("walk")
    torch.testing.assert_close(half, whole[:, :1] + 0.5 * (whole - whole[:, :1]))
    twice = values(["walk"], one(TIMES["speed 200 %, loop"]))[INDEX["root_x"]]
    torch.testing.assert_close(twice, torch.linspace(0, 0.6, FRAMES), rtol=0, atol=1e-5)


def test_the_right_answers_of_blend_and_chain() -> None:
    parts = (MotionPart(weight=0.25), MotionPart(weight=0.75))
    blend = values(["wave", "squat"], MotionEdit("blend", parts=parts))
    torch.testing.assert_close(blend, 0.25 * plain("wave") + 0.75 * plain("squat"))
    chain = values(["walk", "wave"], chained(0.2))
    path = chain[INDEX["root_x"]]
    assert (path.diff() >= -1e-6).all() and float(path[-1]) == pytest.approx(0.3, abs=1e-4)
    torch.testing.assert_close(chain[INDEX["arm_r"], -1], plain("wave")[INDEX["arm_r"], -1])


def test_the_path_of_a_limb_is_the_mean_flow_of_its_pixels() -> None:
    classes = torch.full((128, 128), -1)
    classes[40:60, 30:40] = LIMBS[1]
    flow = torch.zeros(3, 2, 64, 64)
    flow[1, 0], flow[2, 1] = 0.25, -0.5
    paths = limb_paths(flow, Box(0, 0, 64), classes)
    assert paths.shape == (3, len(LIMBS), 2) and paths[:, 0].isnan().all()
    # flow is in widths of the square that the model sees, here half the image
    torch.testing.assert_close(paths[:, 1], torch.tensor([[0, 0], [0.125, 0], [0, -0.25]]))
    assert amplitude(paths, torch.tensor([True] * len(LIMBS))) == pytest.approx(0.1976, abs=1e-3)


def rows(dead: float) -> dict[str, dict[str, Any]]:
    """Made-up trials of a model that ignores the first part of the way."""

    def reached(factor: float) -> float:
        return max(0.0, (factor - dead) / (1 - dead))

    found: dict[str, dict[str, Any]] = {}
    for name in NAMED:
        points = [{"strength": s, "amplitude": s, "true_amplitude": s, "gain": 0.5, "bound": 0.6,
                   "unedited": 0.1} for s in STRENGTHS]  # fmt: skip
        raw = [{"factor": f, "amplitude": reached(f)} for f in RAW]
        strength = {"motion": name, "learned": 0.1, "points": points, "raw": raw}
        found[f"strength-{name}-0"] = strength
        gains = {"gain": 0.4, "bound": 0.5, "unedited": 0.0, "without_layout": 0.2}
        step = {"first": 0.01, "later": 0.05}
        found[f"time-{name}-0"] = {"motion": name, "rows": {t: gains for t in TIMES},
                                   "reverse": {**step, "from_other_pose": step}}  # fmt: skip
    jerk = {"speed": 0.1, "acceleration": 0.1, "jerk": 0.2}
    for first, second in PAIRS:
        gains = {"gain": 0.4, "bound": 0.5, "first": 0.0, "second": 0.1, "without_layout": 0.2}
        blends = [{"weight": w, **gains} for w in WEIGHTS]
        chains = [{"seam": s, **gains, "seam_jerk": jerk, "true_jerk": jerk} for s in SEAMS]
        found[f"blend-{first}-{second}-0"] = {"motions": [first, second], "points": blends}
        found[f"chain-{first}-{second}-0"] = {"motions": [first, second], "points": chains}
    return found


def test_the_dead_zone_is_found_and_checked_on_other_motions() -> None:
    of = summary(rows(0.125))["strength"]
    assert of["dead_zone"]["fitted"] == pytest.approx(0.125, abs=0.011)
    assert of["dead_zone"]["checked"]["mean"] < 0.01
    assert of["monotonic"] == of["linear"] == of["n"] == len(NAMED)


def test_a_motion_that_hardly_moves_is_named_and_left_out() -> None:
    found = rows(0.1)
    found["strength-nod-0"]["learned"] = 0.01
    figures = summary({"strength-nod-0": found["strength-nod-0"], **found})
    of = figures["strength"]
    assert of["n"] == len(NAMED) - 1 and list(of["still"]) == ["nod 1"]
    figures["about"] = {"model": "0123", "commit": "abc", "machine": "one"}
    assert "Left out: nod 1, learned with an amplitude of 0.010 frame widths" in told(figures)


def test_tables_and_plots_are_made_of_whatever_was_measured(tmp_path: Path) -> None:
    figures = summary(rows(0.1))
    figures["about"] = {"model": "0123", "commit": "abc", "machine": "one"}
    text = told(figures)
    assert "| 50% |" in text and "| reverse | 0.40 (0.40 to 0.40) |" in text
    made = make_plots(figures, tmp_path)
    kinds = ("strength", "time", "blend", "chain")
    assert [path.name for path in made] == [f"edits_{kind}.png" for kind in kinds]
    assert all(path.stat().st_size > 10_000 for path in made)
    chain = {name: row for name, row in rows(0.1).items() if name.startswith("chain")}
    assert set(summary(chain)) == {"chain"}


@pytest.mark.slow
def test_the_command_learns_measures_and_resumes(tmp_path: Path) -> None:
    small = ["--kinds", "strength", "--motions", "1", "--targets", "1", "--no-clips"]
    first = run("edits", *small, "--out", str(tmp_path))
    figures = json.loads((tmp_path / "edits.json").read_text())
    still = figures["strength"]["points"][0]["amplitude"]
    assert figures["strength"]["n"] == 1 and still["median"] < 0.1
    again = run("edits", *small, "--out", str(tmp_path))
    assert first == again and (tmp_path / "edits_strength.png").is_file()

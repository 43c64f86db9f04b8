"""The judge learns from true frames, and is right on clips that it has not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from mti_backend.draft.by_words.captions import COLOURS, SUBJECTS
from mti_backend.evaluation.motion_inversion.judge import SETTINGS, Verdict, trained_judge
from mti_backend.evaluation.motion_inversion.pairs import make_pair


def verdict(subjects: list[str], colours: list[str]) -> Verdict:
    numbers = torch.tensor([SUBJECTS.index(s) for s in subjects])
    return Verdict("", "", numbers, torch.tensor([[*COLOURS].index(c) for c in colours]))


def test_leakage_counts_frames_with_the_reference_s_subject_or_colour() -> None:
    found = verdict(["dog", "dog", "ball", "ball"], ["red", "blue", "blue", "red"])
    assert found.leaked("dog", "red") == 0.75
    assert found.leaked("face", "red") == 0.5
    assert found.leaked("face", "green") == 0.0


def test_a_stopped_training_of_the_judge_goes_on(tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=4, batch=4, save_every=2)
    for folder, steps in (("whole", 4), ("halves", 2), ("halves", 4)):
        trained_judge(tmp_path / folder, replace(settings, steps=steps, cooldown=1e-9), print)
    one, two = (
        load_file(tmp_path / f / "judge.checkpoint.safetensors") for f in ("whole", "halves")
    )
    assert all(torch.equal(one[key], two[key]) for key in one)


@pytest.mark.slow
def test_it_is_right_on_true_clips_and_finds_others_wrong(tmp_path: Path) -> None:
    """With the steps of the command: subject and color of 48 pairs' true clips."""
    judge = trained_judge(tmp_path)
    pairs = [make_pair(index) for index in range(48)]
    answers = [judge.verdict(pair.answer) for pair in pairs]
    right = [v.subject == p.prompt.subject for v, p in zip(answers, pairs, strict=True)]
    colours = [v.colour == p.prompt.colour for v, p in zip(answers, pairs, strict=True)]
    leaked = [
        v.leaked(p.reference_caption.subject, str(p.reference_caption.colour))
        for v, p in zip(answers, pairs, strict=True)
    ]
    assert sum(right) / 48 >= 0.9 and sum(colours) / 48 >= 0.9
    assert sum(leaked) / 48 <= 0.1
    # a clip that shows the reference instead is neither, and has leaked
    references = [judge.verdict(pair.reference) for pair in pairs]
    wrong = [v.subject == p.prompt.subject for v, p in zip(references, pairs, strict=True)]
    copied = [
        v.leaked(p.reference_caption.subject, str(p.reference_caption.colour))
        for v, p in zip(references, pairs, strict=True)
    ]
    assert sum(wrong) / 48 <= 0.1 and sum(copied) / 48 >= 0.9

"""What of a target the draft is told to move, and that it gets the target as it is."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from tests.blender.queue.following import ended, learn, wait


@pytest.mark.parametrize(
    ("source", "chosen", "framing"),
    [
        ("ARMATURE", "AUTO", "subject"),
        ("ARMATURE", "WHOLE", "whole"),
        ("CAMERA", "AUTO", "whole"),
        ("CAMERA", "SUBJECT", "subject"),
    ],
)
def test_what_a_learned_motion_is_for(captured, polling, source, chosen, framing):
    captured.mti.source, captured.mti.framing = source, chosen
    learn(polling, captured, "wave")
    row = wait(polling, ended)
    assert row.request.settings.sampling.framing == framing


def test_a_motion_keeps_what_it_was_learned_for_unless_another_is_chosen(captured, polling):
    captured.mti.framing = "WHOLE"
    learn(polling, captured, "wave")
    wait(polling, ended)
    for chosen, framing in (("AUTO", "whole"), ("SUBJECT", "subject")):
        captured.mti.framing = chosen
        bpy.ops.mti.apply()
        row = wait(polling, lambda row: row.request.task == "apply" and ended(row))
        assert row.request.settings.sampling.framing == framing
        bpy.ops.mti.remove_job(job=row.request.job)


def test_the_target_is_sent_as_it_is_and_the_result_has_its_shape(captured, polling, ext, tmp_path):
    motion, mti = ext("motion"), captured.mti
    picture = np.full((90, 160, 3), 77, np.uint8)
    picture[20:40] = 200
    (tmp_path / "wide.png").write_bytes(motion.encode_png(picture))
    mti.target, mti.target_image = "IMAGE", str(tmp_path / "wide.png")
    mti.also_apply, mti.fit = True, "PAD"
    learn(polling, captured, "wave")
    row = wait(polling, ended)
    sent = motion.decode_png(row.folder.target_file.read_bytes())
    assert (sent == picture).all() and not (row.folder.path / "target_whole.png").exists()
    result = ext("workflow.kept_results").export_take(
        row, 1, tmp_path / "kept", ext("blender.scene.images").read_png
    )
    shown = motion.decode_png((result.folder / result.names[0]).read_bytes())
    assert shown.shape == (36, 64, 3) and result.recipe.made_size == (160, 90)

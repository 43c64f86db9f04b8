"""A result before it is added: it plays in the panel, and one that hardly moves is told."""

from __future__ import annotations

import bpy
import pytest

from tests.blender.queue.following import ended, learn, wait


@pytest.fixture
def apply(captured, polling):
    """apply(name, takes) -> a job that has applied its motion; the runner behaves by the name."""

    def apply(name, takes=1):
        captured.mti.also_apply, captured.mti.takes = True, takes
        learn(polling, captured, name)
        return wait(polling, ended)

    return apply


def test_a_result_plays_as_fast_as_it_will_be_shown(apply, ext, captured, monkeypatch):
    row, playback = apply("wave", 2), ext("blender.results.playback")
    job = row.request.job
    assert playback.picture(row, 2) is None
    assert bpy.ops.mti.play_result(job=job, take=2) == {"FINISHED"}
    began = playback._playing["since"]
    seen = []
    for k in range(28):  # 14 pictures in two seconds, twice
        monkeypatch.setattr(playback.time, "monotonic", lambda k=k: began + (k + 0.5) / 7)
        seen.append(playback.picture(row, 2))
    folder = row.folder.path / "output" / "takes" / "02"
    assert seen == 2 * [folder / f"{number:04d}.png" for number in range(1, 15)]
    assert playback.picture(row, 1) is None and playback._next() == pytest.approx(1 / 7)
    assert bpy.ops.mti.play_result(job=job, take=2) == {"FINISHED"}
    assert playback.picture(row, 2) is None and not bpy.app.timers.is_registered(playback._next)
    captured.mti.result_speed, captured.mti.result_fps = "CHOSEN", 12.0
    assert playback.pictures_a_second(row, captured.mti) == 12


def test_it_stops_by_itself_and_with_its_job(apply, ext, polling, monkeypatch):
    row, playback = apply("wave"), ext("blender.results.playback")
    bpy.ops.mti.play_result(job=row.request.job)
    bpy.ops.mti.remove_job(job=row.request.job)
    assert playback.picture(row, 1) is None
    later = playback._playing["since"] + playback.SECONDS + 1
    monkeypatch.setattr(playback.time, "monotonic", lambda: later)
    assert playback._next() is None and not playback.playing(row, 1)
    with pytest.raises(RuntimeError, match="no images to show"):
        bpy.ops.mti.play_result(job=row.request.job)


def test_a_result_that_hardly_moves_is_told(apply, ext, captured, polling, tmp_path):
    stillness, reports = ext("blender.queue.stillness"), []
    moving = apply("wave", 2)
    assert stillness.still_takes(moving) == []
    still = apply("still one", 2)
    assert stillness.still_takes(still) == [1, 2]
    captured.mti.result_folder = str(tmp_path)
    operators = ext("blender.results.operators")

    class Told:
        job, take, set_view_transform, replace = still.request.job, 1, False, True
        row = operators.MTI_OT_import_result.row

        def report(self, level, text):
            reports.append((level, text))

    operators.MTI_OT_import_result.execute(Told(), bpy.context)
    (level, text) = reports[0]
    assert level == {"WARNING"} and "frames 1-48; it hardly moves" in text

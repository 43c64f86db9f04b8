"""Quality as a number of iterations, and the time and memory that the panel expects of them."""

from __future__ import annotations

import pytest

from tests.blender.queue.following import ended, learn, wait

pytestmark = pytest.mark.once


def test_times_are_known_after_the_first_job(captured, polling, ext):
    quality, costs = ext("blender.learn.quality"), ext("blender.setup.costs")
    learn(polling, captured)
    wait(polling, ended)
    polling.poll()
    settings = quality.planned_settings(
        captured.mti, ext("blender.setup.engines").chosen_settings()
    )
    assert costs.estimate(settings, False) == "60 iterations, about 0:41"
    captured.mti.quality = "BEST"
    settings = quality.planned_settings(
        captured.mti, ext("blender.setup.engines").chosen_settings()
    )
    assert costs.estimate(settings, False) == "150 iterations, about 1:41"
    svd = quality.planned_settings(captured.mti, ext("wire").Settings.for_model("svd"))
    assert "time not known yet" in costs.estimate(svd, False)


def test_before_the_first_job_the_backend_s_guess_is_shown(
    captured, polling, prefs, ext, tmp_path, monkeypatch
):
    none = ext("client").Timings(tmp_path / "timings.json")
    monkeypatch.setattr(polling, "timings", lambda: none)
    quality, costs = ext("blender.learn.quality"), ext("blender.setup.costs")
    engines, client = ext("blender.setup.engines"), ext("blender.common.addon")
    settings = quality.planned_settings(captured.mti, engines.chosen_settings())
    assert costs.estimate(settings, True) == "60 iterations, time not known yet"
    folder = client.backend_folder()
    guess = {"load": 5.0, "learn": 0.5, "apply": 2.0, "memory_learn": 835.0}
    check = ext("client.setup.check")
    told = {"estimates": {"draft 14 x 128 x 128": guess}}
    folder.path.mkdir(parents=True, exist_ok=True)
    for python, words in (
        (client.backend_python(), "60 iterations, roughly 0:37, 0.8 GB"),
        ("another", "60 iterations, time not known yet"),
    ):
        capabilities = check.Capabilities(python, "0.1.0", 0.0, {}, told)
        ext("client.setup.folder").write_json(folder.capabilities_file, capabilities)
        try:
            assert costs.estimate(settings, True) == words
        finally:
            folder.capabilities_file.unlink()


@pytest.mark.parametrize(
    ("quality", "iterations"), [("FAST", 20), ("BALANCED", 60), ("BEST", 150), ("CUSTOM", 7)]
)
def test_quality_is_a_number_of_iterations(captured, polling, quality, iterations):
    captured.mti.iterations = 7
    assert captured.mti.quality == "CUSTOM"
    captured.mti.quality = quality
    learn(polling, captured)
    request = wait(polling, ended).request
    assert request.settings.inversion.iterations == iterations

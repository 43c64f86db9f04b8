"""What becomes of a source in the library. The runner's part is played by one that is done at once;
tests/e2e/test_command_line.py has the real one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mti_addon.wire import events
from mti_addon.wire.errors import DiskFull, MtiError
from mti_addon.wire.job import JobFolder, manifest_of
from mti_addon.wire.library import About, read_library
from mti_addon.wire.library.tensors import WIDTHS
from mti_backend.cli import running
from mti_backend.cli.learning import Learner, Outcome, Wish
from mti_backend.cli.progress import Screen
from mti_backend.cli.running import Jobs
from mti_backend.frames import png_size
from tests.backend.cli.footage import animation, numbered, square
from tests.wire.library.examples import tokens

WISH = Wish("draft", About("object", ("red",)))
WEAK = "Weak: only part of the motion was learned."


class Runner:
    """Learns something else each time."""

    def __init__(self) -> None:
        self.ran = 0
        self.error: MtiError | None = None

    def work_on(self, path: Path, load: object) -> MtiError | None:
        self.ran += 1
        job = JobFolder(path)
        job.verify_inputs()
        if self.error is not None:
            return self.error
        job.output_dir.mkdir()
        settings = job.request().settings
        shape = settings.num_frames, WIDTHS[settings.model], self.ran / 10
        job.output_motion.write_bytes(tokens(*shape))
        animation(job.preview_file, square(3))
        job.manifest_file.write_text(manifest_of(job.output_dir).to_json())
        result = {"reconstruction": self.ran / 10, "loss": 0.1, "warning": WEAK}
        job.events_file.write_text(events.encode(events.Done(result), 1, 1.0) + "\n")
        return None


@pytest.fixture
def runner(monkeypatch: pytest.MonkeyPatch) -> Runner:
    one = Runner()
    monkeypatch.setattr(running, "work_on", one.work_on)
    return one


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return animation(tmp_path / "red_square.gif", square(24))


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return tmp_path / "library"


def learn(library: Path, source: Path, wish: Wish = WISH) -> Outcome:
    screen = Screen(quiet=True)
    jobs = Jobs(library.parent / "work", screen, lambda: None)
    return Learner(wish, library, jobs, screen).learn(source)


def test_a_motion_is_kept_with_what_is_known_of_it(
    runner: Runner, library: Path, source: Path
) -> None:
    outcome = learn(library, source)
    assert (outcome.status, outcome.warning) == ("learned", WEAK)
    ([motion], _) = read_library(library)
    preset = motion.preset
    assert (preset.name, preset.kind, preset.tags) == ("red square", "object", ("red",))
    assert len(preset.references) == 14 and preset.num_frames == 14
    capture = preset.capture
    assert (capture.fps, capture.frame_start, capture.frame_end) == (25.0, 1, 24)
    assert capture.size == (160, 96) and preset.fps == pytest.approx(14 / (24 / 25))
    assert outcome.quality is not None and outcome.quality.reconstruction == 0.1
    assert not any((library.parent / "work").iterdir())


def test_the_same_pictures_are_learned_once_whatever_they_come_as(
    runner: Runner, library: Path, source: Path, tmp_path: Path
) -> None:
    first = learn(library, source)
    folder = numbered(tmp_path / "images", square(24))
    again = learn(library, folder, replace(WISH, image_fps=25.0, name="Another"))
    assert (again.status, runner.ran) == ("known", 1)
    assert again.motion is not None and first.motion is not None
    assert again.motion.place == first.motion.place and again.quality == first.quality


def test_other_settings_learn_it_anew_and_it_stays_the_same_motion(
    runner: Runner, library: Path, source: Path
) -> None:
    first = learn(library, source)
    again = learn(library, source, replace(WISH, iterations=99, about=About(), name="Another"))
    assert (again.status, runner.ran) == ("learned", 2)
    ([motion], problems) = read_library(library)
    assert not problems and motion.preset.name == "red square" and motion.preset.tags == ("red",)
    assert first.motion is not None and motion.preset.id == first.motion.preset.id
    embedding = motion.preset.embeddings["draft"]
    assert embedding.settings.inversion.iterations == 99 and embedding.quality == again.quality
    (file,) = (motion.folder / "embeddings").iterdir()
    assert file.read_bytes() == tokens(value=0.2)


def test_another_part_or_another_engine_is_another_motion(
    runner: Runner, library: Path, source: Path
) -> None:
    learn(library, source)
    learn(library, source, replace(WISH, start=0.2))
    assert runner.ran == 2 and len(read_library(library)[0]) == 2


def test_another_engine_has_its_own_number_and_shape_of_pictures(
    runner: Runner, library: Path, source: Path
) -> None:
    outcome = learn(library, source, Wish("svd-xt", About()))
    assert outcome.motion is not None
    folder, preset = outcome.motion.place, outcome.motion.preset
    assert list(preset.embeddings) == ["svd-xt"] and len(preset.references) == 25
    assert {png_size(folder / name) for name in preset.references} == {(1024, 576)}


def test_what_failed_changes_nothing_and_its_job_waits_for_the_next_time(
    runner: Runner, library: Path, source: Path
) -> None:
    runner.error = DiskFull("There is no space left.")
    with pytest.raises(DiskFull):
        learn(library, source)
    assert not library.exists()
    (job,) = (library.parent / "work").iterdir()
    runner.error = None
    assert learn(library, source).status == "learned"
    assert not job.exists()


def test_what_a_process_left_that_was_killed_at_its_very_end_is_removed(
    runner: Runner, library: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Jobs, "remove", lambda self, job: None)
        learn(library, source)
    assert any((library.parent / "work").iterdir())
    assert learn(library, source).status == "known"
    assert not any((library.parent / "work").iterdir())

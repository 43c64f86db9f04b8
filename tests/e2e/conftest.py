"""Two tiny models and one finished job, shared by all e2e tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mti_addon.wire.job import JobFolder
from tests.e2e import jobs
from tests.tiny import make_tiny_model


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a tiny model named `svd`."""
    folder = tmp_path_factory.mktemp("models")
    make_tiny_model(folder / "svd", seed=0)
    return folder


@pytest.fixture(scope="session")
def other_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with different weights."""
    folder = tmp_path_factory.mktemp("other-models")
    make_tiny_model(folder / "svd", seed=1)
    return folder


@pytest.fixture(scope="session")
def finished(models: Path, tmp_path_factory: pytest.TempPathFactory) -> JobFolder:
    """A job that has learned and applied successfully. Do not modify it."""
    job = jobs.new_job(tmp_path_factory.mktemp("spool"))
    done = jobs.run(job, models)
    assert done.returncode == 0, job.log_file.read_text()
    assert (done.stdout, done.stderr) == ("", "")
    return job


@pytest.fixture(scope="session")
def staying(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[jobs.StayingRunner]:
    """A runner for the jobs of `staying.spool`; started when the first is to be done."""
    runner = jobs.StayingRunner(tmp_path_factory.mktemp("staying"), models)
    yield runner
    runner.end()

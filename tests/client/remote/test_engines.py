"""What is said of the studio's engines, by the server's last answer alone."""

from __future__ import annotations

import pytest

from mti_addon.client.remote.engines import studio_engine, studio_seconds
from mti_addon.client.remote.studio import STATUS_SECONDS, Status
from mti_addon.wire.events import Failed
from mti_addon.wire.remote.messages import EngineCosts, Me, RemoteEngine

NOW = 1.8e9
FREE = RemoteEngine("draft", True, None, 2, 1, 0, 0.0, EngineCosts(20.0, 5.0))
BUSY = RemoteEngine("svd", True, None, 1, 0, 3, 245.0, EngineCosts(1800.0, None))
LONG = RemoteEngine("svd", True, None, 1, 0, 900, 1e9)
UNKNOWN = RemoteEngine("svd-xt", True, None, 1, 0, 2, None)


def status(*engines: RemoteEngine, age: float = 1.0) -> Status:
    return Status(NOW - age, "studio:1", Me("anna", "0.2.0", 3, engines))


@pytest.mark.parametrize(
    "engine, sentence",
    [
        (FREE, "Ready at the studio: starts at once."),
        (BUSY, "Ready at the studio. Jobs waiting there: 3; starts in about 4:05."),
        (LONG, "Ready at the studio. Jobs waiting there: 900; starts in about 100:00:00."),
        (UNKNOWN, "Ready at the studio. Jobs waiting there: 2."),
    ],
)
def test_an_engine_says_how_soon_a_job_starts(engine: RemoteEngine, sentence: str) -> None:
    state = studio_engine(engine.model, status(engine), NOW)
    assert state.ready and not state.missing and state.sentence == sentence


def test_an_engine_that_the_studio_lacks_is_missing() -> None:
    assert studio_engine("svd", status(FREE), NOW).sentence == "The studio does not have SVD."
    broken = RemoteEngine("svd", False, "Its {weights} are missing.")
    state = studio_engine("svd", status(broken), NOW)
    assert state.missing
    assert state.sentence == "SVD cannot be used at the studio: Its {weights} are missing."


@pytest.mark.parametrize("clock", [STATUS_SECONDS + 1, -STATUS_SECONDS - 1])
def test_an_old_answer_is_not_shown_as_the_present(clock: float) -> None:
    """Nor one of the future: the clock was set back."""
    state = studio_engine("draft", status(FREE, age=clock), NOW)
    assert state.condition == "unknown" and not state.missing
    assert studio_engine("draft", None, NOW).condition == "unknown"
    failed = Status(NOW, "studio:1", None, Failed("studio", "No.", ""))
    assert studio_engine("draft", failed, NOW).sentence.startswith("No connection to the studio.")


def test_the_time_of_a_job_is_known_when_all_its_parts_are() -> None:
    known = status(FREE, BUSY)
    assert studio_seconds("draft", known, True, True) == 25.0
    assert studio_seconds("svd", known, True, False) == 1800.0
    assert studio_seconds("svd", known, True, True) is None
    assert studio_seconds("svd-xt", known, True, False) is None
    assert studio_seconds("draft", None, True, False) is None

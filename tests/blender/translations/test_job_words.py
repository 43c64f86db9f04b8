"""What is said of a job that has failed, and of what could be better in one that is done."""

from __future__ import annotations

import pytest


@pytest.fixture
def failed(ext):
    def failed(*event):
        return ext("client").JobState("failed", error=ext("wire.events").Failed(*event))

    return failed


def test_the_backend_s_own_remedy_comes_first(ext, failed):
    advice = ext("blender.queue.rows").advice
    said = failed("disk_full", "Full.", "Free {some}.", "of_tomorrow", {"path": "/"})
    assert advice(said) == "Free {some}."
    assert advice(failed("disk_full", "Full.", "")) == "Free some space, then resume the job."


def test_a_warning_is_known_by_its_code(ext):
    warning_of = ext("blender.queue.rows").warning_of
    said = warning_of(
        {"warning": "{It} may not.", "warning_code": "c", "warning_values": {"gain": 0.5}}
    )
    assert (said.code, said.message, said.hint, said.values) == (
        "c",
        "{It} may not.",
        "",
        {"gain": 0.5},
    )
    assert warning_of({"warning": "", "warning_code": ""}) is None
    assert warning_of({}) is None and warning_of({"warning": 5}) is None
    assert warning_of({"warning": "a", "warning_code": 5, "warning_values": 7}).message == "a"


def test_the_warning_of_an_older_result_is_known_too(ext):
    said = ext("blender.queue.rows").warning_of({"warning": "Weak."})
    assert said.code == "motion_weak" and said.message == "Weak."

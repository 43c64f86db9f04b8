"""Advice on a job with a problem; wire and stdlib only."""

from __future__ import annotations

from .state import JobState


def advice(state: JobState) -> str:
    """Return one English sentence of advice on a job with a problem; empty if there is none."""
    if state.phase == "failed" and state.error is not None:
        return state.error.hint or _ADVICE.get(state.error.code, _ADVICE["internal"])
    return _PHASE_ADVICE.get(state.phase, "")


_PHASE_ADVICE = {
    "dead": "The backend stopped unexpectedly; resume the job to continue where it stopped.",
    "stuck": "The backend has not responded for a while; wait, or cancel the job and resume it.",
    "cancelled": "Resume the job where it stopped.",
    "paused": "",
}
_ADVICE = {
    "bad_request": "Change what the message mentions, and start a new job.",
    "newer_protocol": "Update the extension and the backend to the same version.",
    "wire_error": "The job's folder is damaged; start a new job.",
    "unreadable_input": "Capture the motion or choose the image again, and start a new job.",
    "bad_embedding": "The motion file is damaged; learn the motion again.",
    "wrong_model": "Choose the model that the motion was learned on, or learn it on this one.",
    "no_motion": "Choose a range in which something moves.",
    "model_missing": "Install the model in the preferences, then resume the job.",
    "backend_missing": "Set up the backend in the preferences.",
    "busy": "Another process is working on this job; wait for it.",
    "disk_full": "Free some space, then resume the job.",
    "not_writable": "Allow writing to the jobs folder, or choose another in the preferences.",
    "out_of_memory": "Close other programs, or choose a smaller model, then resume the job.",
    "studio": "Check the connection to the studio in the preferences, then resume the job.",
    "cancelled": "Resume the job where it stopped.",
    "internal": "Check the job's log, then resume it; please report the log if it happens again.",
}

"""Errors that users can encounter, each with a wire code and an exit code; stdlib only.

The class tells the kind of error, and whether to retry; its problem tells what exactly is wrong.

MtiError
 |- BadRequest          bad_request       2   the request cannot be carried out as is
 |   |- NewerProtocol   newer_protocol    2   written by a newer version than this one
 |   |- WireError       wire_error        2   an event line that no runner could have written
 |   |- UnreadableInput unreadable_input  2   an input file is missing, damaged or not an image
 |   |- BadEmbedding    bad_embedding     2   a motion file is damaged or has the wrong shape
 |   |- WrongModel      wrong_model       2   a motion learned on another model
 |   `- NoMotion        no_motion         2   nothing moves in the reference
 |- ModelMissing        model_missing     2   the model's weights are not on this machine
 |- BackendMissing      backend_missing   2   the backend's own Python cannot be started
 |- Busy                busy             75   another runner is working on this job
 |- DiskFull            disk_full        75   no space left
 |- NotWritable         not_writable     75   the folder is not writable
 |- OutOfMemory         out_of_memory    75   the model or the clip does not fit
 |- StudioError         studio           75   the studio's server is not there, or refuses
 |- Cancelled           cancelled         3   stopped on request
 `- Internal            internal         70   a bug in this program; the log has the traceback

Exit code 2 must not be retried, 75 (EX_TEMPFAIL) may be retried once its cause is resolved, and
70 (EX_SOFTWARE) may be resumed. The names of the codes are from BSD's sysexits.h.
"""

from __future__ import annotations

from .problem import Problem

EXIT_DONE = 0


class MtiError(Exception):
    """Base class, with a Problem, or with an English message and remedy that are not translated."""

    code = "internal"
    exit_code = 70

    def __init__(self, said: Problem | str, remedy: str = "") -> None:
        if isinstance(said, str):
            said = Problem.literal(self.code, said, remedy)
        super().__init__(said.message)
        self.problem = said

    @property
    def message(self) -> str:
        """Return what is wrong, in English."""
        return self.problem.message

    @property
    def hint(self) -> str:
        """Return what to do about it, in English; may be empty."""
        return self.problem.hint

    def __reduce__(self) -> tuple[type[MtiError], tuple[Problem]]:
        return type(self), (self.problem,)


class BadRequest(MtiError):
    """The request cannot be carried out as is."""

    code = "bad_request"
    exit_code = 2


class NewerProtocol(BadRequest):
    """The folder was written by a newer version, and cannot be interpreted."""

    code = "newer_protocol"


class WireError(BadRequest):
    """A line of events.jsonl that no runner of this protocol could have written."""

    code = "wire_error"


class UnreadableInput(BadRequest):
    """An input file is missing, damaged, too large, or not the expected image."""

    code = "unreadable_input"


class BadEmbedding(BadRequest):
    """A motion file is damaged, or does not contain a motion's arrays."""

    code = "bad_embedding"


class WrongModel(BadRequest):
    """The motion was learned on a different model than the one applying it."""

    code = "wrong_model"


class NoMotion(BadRequest):
    """The reference is (almost) still, so there is nothing to learn."""

    code = "no_motion"


class ModelMissing(MtiError):
    """The model's weights are not on this machine."""

    code = "model_missing"
    exit_code = 2


class BackendMissing(MtiError):
    """The backend, or the Python that it needs, is missing."""

    code = "backend_missing"
    exit_code = 2


class Busy(MtiError):
    """Another running process is working on this job."""

    code = "busy"
    exit_code = 75


class DiskFull(MtiError):
    """The disk, or the user's quota, is full."""

    code = "disk_full"
    exit_code = 75


class NotWritable(MtiError):
    """The folder is read-only, or belongs to another user."""

    code = "not_writable"
    exit_code = 75


class OutOfMemory(MtiError):
    """The model or the clip does not fit into the device's memory."""

    code = "out_of_memory"
    exit_code = 75


class StudioError(MtiError):
    """The studio's server cannot be reached, is another one, or refuses what it is asked."""

    code = "studio"
    exit_code = 75


class Cancelled(MtiError):
    """The job was asked to stop, and did."""

    code = "cancelled"
    exit_code = 3


class Internal(MtiError):
    """A bug in this program, not in the request."""

    code = "internal"
    exit_code = 70


ERRORS: tuple[type[MtiError], ...] = (
    BadRequest,
    NewerProtocol,
    WireError,
    UnreadableInput,
    BadEmbedding,
    WrongModel,
    NoMotion,
    ModelMissing,
    BackendMissing,
    Busy,
    DiskFull,
    NotWritable,
    OutOfMemory,
    StudioError,
    Cancelled,
    Internal,
)
_BY_CODE = {error.code: error for error in ERRORS}


def error_from_code(code: str, said: Problem | str, remedy: str = "") -> MtiError:
    """Return an error of the kind `code`, or Internal if the kind is unknown."""
    error = _BY_CODE.get(code)
    if error is not None:
        return error(said, remedy)
    if isinstance(said, Problem):
        return Internal(said)
    return Internal(f"{said} (unknown error code {code!r})", remedy)

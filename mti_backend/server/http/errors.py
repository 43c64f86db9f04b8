"""What is refused, in the API's one shape: code, values, sentence, and an id for the log."""

from __future__ import annotations

import logging
import secrets

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mti_addon.wire.errors import DiskFull, MtiError, NotWritable
from mti_addon.wire.problem import Problem

log = logging.getLogger(__name__)


class ApiError(Exception):
    """A refusal. retry_after: seconds, for 429 and 503."""

    def __init__(self, status: int, problem: Problem, retry_after: int | None = None) -> None:
        super().__init__(problem.message)
        self.status, self.problem, self.retry_after = status, problem, retry_after
        self.challenge = "Bearer"
        """How to say who one is, for 401."""


def refuse(
    status: int,
    code: str,
    sentence: str,
    remedy: str = "",
    retry_after: int | None = None,
    **values: str | int | float,
) -> ApiError:
    """Return a refusal to raise. The texts are templates, as in Problem."""
    return ApiError(status, Problem(code, sentence, remedy, values), retry_after)


def not_found() -> ApiError:
    """Return the refusal of what does not exist, or belongs to another user."""
    return refuse(404, "not_found", "There is nothing of this name on the server.")


def token_unknown() -> ApiError:
    """Return the refusal of a token that is none, or none any longer."""
    what = "The studio's server does not know this token, or it has expired."
    return refuse(401, "token_unknown", what, "Ask the administrator for a new invitation.")


def response(error: ApiError) -> Response:
    """Return the answer that tells of a refusal."""
    problem = error.problem
    content = {
        "error": {
            "code": problem.code,
            "values": dict(problem.values),
            "sentence": str(problem),
            "id": secrets.token_hex(6),
        }
    }
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == 401:
        headers["WWW-Authenticate"] = error.challenge
    return JSONResponse(content, error.status, headers)


async def on_api_error(request: Request, error: Exception) -> Response:
    """Answer a refusal."""
    assert isinstance(error, ApiError)
    return response(error)


async def on_mti_error(request: Request, error: Exception) -> Response:
    """Answer a check of the wire's that what was sent has not passed."""
    assert isinstance(error, MtiError)
    if isinstance(error, DiskFull | NotWritable):
        log.error("%s", error.problem)
        what = "The studio's server has no space left."
        hint = "Try again later, and tell the administrator."
        return response(refuse(503, "server_disk_full", what, hint, retry_after=60))
    return response(ApiError(422, error.problem))


def fault() -> Response:
    """Answer a fault of the server's own, whose traceback is in its log under the same id."""
    what = "The studio's server has a fault."
    error = refuse(500, "server_fault", what, "Tell the administrator the id of this error.")
    answer = response(error)
    log.exception("fault: %s", bytes(answer.body).decode())
    return answer

"""A server's refusal, and everything else that can go wrong on the way to it, as problems.

The sentences are written here, not by the server: what another machine says is only shown where
nothing better is known, and never filled in as a template.
"""

from __future__ import annotations

import re
from typing import Any

from .. import codec
from ..errors import BadRequest, DiskFull, MtiError, StudioError
from ..problem import Problem

_LONGEST = 300
_ADMIN = "Ask the studio's administrator."


def unreachable(address: str, reason: str) -> StudioError:
    """Return that there is no connection."""
    return StudioError(
        Problem(
            "studio_unreachable",
            "The studio's server at {address} cannot be reached ({reason}).",
            "Check the network, then try again; jobs go on by themselves.",
            {"address": address, "reason": reason},
        )
    )


def other_certificate(address: str) -> StudioError:
    """Return that somebody else answers, or that the server has a new certificate."""
    return StudioError(
        Problem(
            "studio_other_certificate",
            "The server at {address} is not the one that was paired: its certificate differs.",
            "Nothing was sent to it. Ask the studio's administrator for a new pairing string.",
            {"address": address},
        )
    )


def unknown_authority(address: str, reason: str) -> StudioError:
    """Return that no authority which this system trusts vouches for the server's certificate."""
    return StudioError(
        Problem(
            "studio_unknown_authority",
            "This system does not trust the certificate of the server at {address} ({reason}).",
            "Nothing was sent to it. Ask the studio's administrator.",
            {"address": address, "reason": reason},
        )
    )


def expired(address: str) -> StudioError:
    """Return that the paired certificate is no longer valid."""
    return StudioError(
        Problem(
            "studio_certificate_expired",
            "The certificate of the studio's server at {address} has expired.",
            "Ask the studio's administrator for a new pairing string.",
            {"address": address},
        )
    )


def redirected(address: str) -> StudioError:
    """Return that the server sends us elsewhere, which would hand the token to another one."""
    return StudioError(
        Problem(
            "studio_redirects",
            "The server at {address} sends to another address, which is refused.",
            _ADMIN,
            {"address": address},
        )
    )


def not_a_studio(address: str) -> StudioError:
    """Return that what answers does not speak the interface."""
    return StudioError(
        Problem(
            "studio_not_understood",
            "What answers at {address} is not a server of this extension.",
            "Check the address and the port, or ask the studio's administrator.",
            {"address": address},
        )
    )


def refusal(status: int, body: bytes, address: str) -> MtiError:
    """Return the error for a status of 400 and above."""
    values: dict[str, Any] = {"address": address}
    if status == 401:
        what = "The studio's server at {address} does not accept this token (any more)."
        remedy = "Ask the studio's administrator for a new pairing string."
        return StudioError(Problem("studio_token_refused", what, remedy, values))
    if status in (404, 405):
        what = "The studio's server at {address} no longer has this."
        remedy = "It may have been deleted there. Start again."
        return StudioError(Problem("studio_not_found", what, remedy, values))
    if status == 413:
        what = "The studio's server at {address} does not accept files or requests of this size."
        return StudioError(Problem("studio_too_large", what, _ADMIN, values))
    if status == 507:
        what = "The disk of the studio's server at {address} is full."
        return DiskFull(Problem("studio_disk_full", what, _ADMIN, values))
    code, sentence = said_by_server(body)
    values |= {"said": sentence or str(status), "code": code}
    what = "The studio's server at {address} refused this: {said}"
    if status == 422:
        return BadRequest(Problem("studio_refused_request", what, "", values))
    return StudioError(Problem("studio_refused", what, "", values))


def said_by_server(body: bytes) -> tuple[str, str]:
    """Return the code and the sentence of an error; empty if it has none that can be shown."""
    try:
        error = codec.loads(body, "The error")["error"]
        code, sentence = str(error["code"]), str(error["sentence"])
    except (BadRequest, KeyError, TypeError):
        return "", ""
    return _plain(code)[:64], _plain(sentence)[:_LONGEST]


def _plain(text: str) -> str:
    """Return a text without line breaks and control characters."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()

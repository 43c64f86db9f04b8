"""The API's OpenAPI description, served at /v1/openapi.json. The tests hold the server to it."""

from __future__ import annotations

from typing import Any

from mti_addon.wire.library import KINDS
from mti_addon.wire.settings import ALL_MODELS
from mti_addon.wire.version import version_of

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer", "minimum": 0}
TIME: Json = {"type": "number", "description": "Unix seconds."}
SECONDS: Json = {"type": ["number", "null"], "minimum": 0}
SHA256: Json = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
ID: Json = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
BINARY: Json = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _object(**fields: Json) -> Json:
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def _list(item: Json) -> Json:
    return {"type": "array", "items": item}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}


SCHEMAS: Json = {
    "Error": _object(
        error=_object(code=TEXT, values={"type": "object"}, sentence=TEXT, id=TEXT),
    ),
    "Job": _object(
        id=ID,
        key=TEXT,
        name=TEXT,
        task={"enum": ["learn", "apply", "learn+apply"]},
        model={"enum": list(ALL_MODELS)},
        state={"enum": ["queued", "running", "done", "failed", "cancelled"]},
        attempt=WHOLE,
        position={"type": ["integer", "null"], "minimum": 1},
        wait_seconds=SECONDS,
        created=TIME,
        seq=WHOLE,
    ),
    "Motion": _object(
        id=ID,
        name=TEXT,
        kind={"enum": list(KINDS)},
        tags=_list(TEXT),
        author=TEXT,
        engines=_list(TEXT),
        bytes=WHOLE,
        published=TIME,
    ),
    "Engine": _object(
        model={"enum": list(ALL_MODELS)},
        available={"type": "boolean"},
        why_not={"type": ["string", "null"]},
        slots=WHOLE,
        free=WHOLE,
        queued=WHOLE,
        wait_seconds=SECONDS,
        seconds_per_job={
            "anyOf": [{"type": "null"}, _object(learn=SECONDS, apply=SECONDS)],
        },
    ),
    "Received": {
        **_object(received=WHOLE, in_progress={"type": "boolean"}),
        "required": ["received"],
    },
}

_ERRORS = {
    "400": "The Host is none of the server's names, or the request is no HTTP.",
    "401": "The token is missing, wrong, revoked, or expired.",
    "403": "The request has an Origin.",
    "404": "There is none, or it is another user's.",
    "405": "This is not done there.",
    "408": "The body did not arrive in time.",
    "409": "It conflicts with what is there.",
    "411": "There is no Content-Length.",
    "413": "It is too large.",
    "416": "The file does not have this range.",
    "422": "The content is wrong; the sentence says what.",
    "429": "Too much at once; Retry-After says when to try again.",
    "500": "A fault of the server; its log has the id.",
    "503": "The server has no space; Retry-After says when to try again.",
}
_ALWAYS = ("400", "401", "403", "404", "405", "429", "500")


def _answers(ok: Json, *errors: str) -> Json:
    codes = sorted({*_ALWAYS, *errors})
    told: Json = {
        code: {"description": _ERRORS[code], "content": _json(_ref("Error"))} for code in codes
    }
    return {**ok, **told}


def _ok(schema: Json, code: str = "200", what: str = "Done.") -> Json:
    return {code: {"description": what, "content": _json(schema)}}


def _path(name: str, schema: Json) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _header(name: str, schema: Json, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "schema": schema}


def _do(name: str, what: str, answers: Json, *parameters: Json, body: Json | None = None) -> Json:
    found: Json = {"operationId": name, "summary": what, "responses": answers}
    if parameters:
        found["parameters"] = list(parameters)
    if body is not None:
        found["requestBody"] = {"required": True, "content": body}
    return found


_NUMBER: Json = {"type": "integer", "minimum": 0, "maximum": 10**12}
_RANGE = _header("Range", {"type": "string", "pattern": r"^bytes=[0-9]{1,9}-[0-9]{1,9}$"})
_FILE: Json = {
    "200": {"description": "The file.", "content": BINARY},
    "206": {"description": "The range of it.", "content": BINARY},
}


def _picture(kind: str) -> Json:
    content = {kind: {"schema": {"type": "string", "format": "binary"}}}
    return {
        "200": {"description": "The picture.", "content": content},
        "206": {"description": "The range of it.", "content": content},
    }


def _blobs() -> Json:
    sha256 = _path("sha256", SHA256)
    content_range = _header(
        "Content-Range", {"type": "string", "pattern": r"^bytes [0-9]{1,8}-[0-9]{1,8}/[0-9]{1,8}$"}
    )
    received = {
        **_ok(_ref("Received"), "200", "It was there already."),
        **_ok(_ref("Received"), "201", "It is complete, and its sum is right."),
        **_ok(_ref("Received"), "202", "This part has been received."),
    }
    head: Json = {code: {"description": _ERRORS[code]} for code in (*_ALWAYS, "422")}
    head["200"] = {"description": "This user has uploaded it."}
    return {
        "/v1/blobs/{sha256}": {
            "head": _do("has_blob", "Whether this user has uploaded a blob", head, sha256),
            "put": _do(
                *("put_blob", "Upload a blob, or the next part of it"),
                _answers(received, "408", "409", "411", "413", "422", "503"),
                *(sha256, content_range),
                body=BINARY,
            ),
        },
        "/v1/blobs/{sha256}/upload": {
            "get": _do(
                *("get_upload", "How much of an upload has arrived"),
                _answers(_ok(_ref("Received"))),
                sha256,
            )
        },
    }


def _jobs() -> Json:
    job = _path("id", ID)
    submission = _object(
        request={"type": "object", "description": "request.json of the job folder (job.md)."},
        inputs={"type": "object", "additionalProperties": SHA256},
    )
    key = _header("Idempotency-Key", {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"}, True)
    created = {
        **_ok(_ref("Job"), "200", "It was there already."),
        **_ok(_ref("Job"), "201", "It is queued."),
    }
    sent = {  # one of the stream's events, as its fields
        "type": "object",
        "properties": {"id": {"type": "string"}, "event": {"type": "string"}, "data": TEXT},
        "required": ["data"],
    }
    stream = {"description": "Events.", "content": {"text/event-stream": {"schema": sent}}}
    event = _object(seq=WHOLE, line=TEXT)
    file = _object(name=TEXT, bytes=WHOLE, sha256=SHA256)
    after = _query("after", _NUMBER)
    wait = _query("wait", {"type": "integer", "minimum": 0, "maximum": 60})
    return {
        "/v1/jobs": {
            "get": _do("list_jobs", "Own jobs", _answers(_ok(_object(jobs=_list(_ref("Job")))))),
            "post": _do(
                *("submit_job", "Queue a job"),
                _answers(created, "408", "409", "411", "413", "422", "503"),
                key,
                body=_json(submission),
            ),
        },
        "/v1/jobs/{id}": {
            "get": _do("get_job", "A job", _answers(_ok(_ref("Job"))), job),
            "delete": _do(
                *("delete_job", "Delete a finished job"),
                _answers({"204": {"description": "It is gone."}}, "409"),
                job,
            ),
        },
        "/v1/jobs/{id}/cancel": {
            "post": _do(
                *("cancel_job", "Stop a job"),
                _answers(_ok(_ref("Job"), "202", "It stops, or has ended.")),
                job,
            )
        },
        "/v1/jobs/{id}/resume": {
            "post": _do(
                *("resume_job", "Queue a failed or cancelled job again"),
                _answers(_ok(_ref("Job"), "202", "It is queued."), "409"),
                job,
            )
        },
        "/v1/jobs/{id}/events": {
            "get": _do(
                *("stream_events", "Events as they happen"),
                _answers({"200": stream}, "422"),
                *(job, after, _header("Last-Event-ID", _NUMBER)),
            )
        },
        "/v1/jobs/{id}/events.json": {
            "get": _do(
                *("poll_events", "Events, by long polling"),
                _answers(_ok(_object(events=_list(event), done={"type": "boolean"})), "422"),
                *(job, after, wait),
            )
        },
        "/v1/jobs/{id}/live": {
            "get": _do(
                *("get_live", "What a running job has learned so far, as a picture"),
                _answers({"200": _picture("image/png")["200"]}),
                job,
            )
        },
        "/v1/jobs/{id}/files": {
            "get": _do(
                *("list_files", "The files of a job's results"),
                _answers(_ok(_object(files=_list(file)))),
                job,
            )
        },
        "/v1/jobs/{id}/files/{name}": {
            "get": _do(
                *("get_file", "A file of a job's results"),
                _answers(_FILE, "416"),
                *(job, _path("name", TEXT), _RANGE),
            )
        },
    }


def _library() -> Json:
    motion = _path("id", ID)
    page = _object(motions=_list(_ref("Motion")), next={"type": ["string", "null"]})
    published = {
        **_ok(_ref("Motion"), "200", "It was published already."),
        **_ok(_ref("Motion"), "201", "It is published."),
    }
    return {
        "/v1/library": {
            "get": _do(
                *("list_motions", "Published motions"),
                _answers(_ok(page), "422"),
                _query("query", TEXT),
                _query("kind", {"enum": list(KINDS)}),
                _query("after", ID),
            ),
            "post": _do(
                *("publish_motion", "Publish an uploaded .motion file"),
                _answers(published, "408", "411", "413", "422", "503"),
                body=_json(_object(sha256=SHA256)),
            ),
        },
        "/v1/library/{id}": {
            "delete": _do(
                *("withdraw_motion", "Withdraw an own motion"),
                _answers({"204": {"description": "It is gone."}}),
                motion,
            )
        },
        "/v1/library/{id}/motion": {
            "get": _do("get_motion", "A .motion file", _answers(_FILE, "416"), motion, _RANGE)
        },
        "/v1/library/{id}/thumbnail": {
            "get": _do(
                *("get_thumbnail", "Its picture", _answers(_picture("image/png"), "416")),
                *(motion, _RANGE),
            )
        },
        "/v1/library/{id}/preview": {
            "get": _do(
                *("get_preview", "Its moving picture", _answers(_picture("image/webp"), "416")),
                *(motion, _RANGE),
            )
        },
    }


def _me() -> Json:
    limits = _object(queued=WHOLE, blob_bytes=WHOLE, stored_bytes=WHOLE)
    used = _object(queued=WHOLE, running=WHOLE, stored_bytes=WHOLE)
    me = _object(
        user=TEXT,
        server_version=TEXT,
        protocol=WHOLE,
        api=WHOLE,
        capabilities=_list(TEXT),
        engines=_list(_ref("Engine")),
        limits=limits,
        used=used,
    )
    return {
        "/v1/me": {"get": _do("get_me", "This user, and the server", _answers(_ok(me)))},
        "/v1/openapi.json": {
            "get": _do("get_openapi", "This description", _answers(_ok({"type": "object"})))
        },
    }


def description() -> Json:
    """Return the description as plain JSON values."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "MTI studio server", "version": version_of()},
        "security": [{"token": []}],
        "paths": {**_me(), **_blobs(), **_jobs(), **_library()},
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }

"""The description is the server's: schemathesis sends what it allows and what it does not, and
compares every answer with it."""

from __future__ import annotations

import hashlib
import time
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mti_backend.server.http.app import ROUTES
from mti_backend.server.http.openapi import description
from tests.server.http.test_library import make_motion
from tests.server.serving import Client, Server, contents, invited, job_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis
    from schemathesis import GenerationMode, checks

EXAMPLES = 8
OPERATIONS = [
    (path, method) for path, operations in description()["paths"].items() for method in operations
]
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def there(server: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Names of things that are on the server, and stay."""
    client = Client(server.port, invited(server.data, "anna"))
    job = client.submit("finish")["id"]
    client.wait(job)
    file = client.upload(make_motion(tmp_path_factory.mktemp("motion"), "described", ()))
    motion = client.post("/v1/library", {"sha256": file}).json["id"]
    found = {"job": job, "sha256": client.upload(b"something"), "motion": motion, "file": file}
    client.close()
    return found


def real(path: str, there: dict[str, str]) -> dict[str, str]:
    """Path parameters that lead to something."""
    kind = "motion" if "library" in path else "job"
    names = {"id": there[kind], "sha256": there["sha256"], "name": "frames/0001.png"}
    return {name: value for name, value in names.items() if f"{{{name}}}" in path}


def succeeding(case: Any, operation: str, there: dict[str, str], client: Client) -> None:
    """Make a request one that the server carries out."""
    case.path_parameters = real(case.path, there)
    case.headers = {}
    case.query = {}
    if operation == "put_blob":
        case.path_parameters = {"sha256": hashlib.sha256(case.body or b"").hexdigest()}
    elif operation == "submit_job":
        request, case.body = job_of("finish")
        for data in contents(request).values():
            client.upload(data)
        case.headers = {"Idempotency-Key": request.job}
    elif operation == "publish_motion":
        case.body = {"sha256": there["file"]}
    elif operation == "get_live":
        job = client.submit("live")["id"]
        until = time.monotonic() + 30
        while client.get(f"/v1/jobs/{job}/live").status != 200:
            assert time.monotonic() < until
            time.sleep(0.02)
        case.path_parameters = {"id": job}
    elif operation in ("delete_job", "resume_job", "cancel_job"):
        job = client.submit("slow")["id"]
        client.wait(job, "running")
        if operation != "cancel_job":
            client.post(f"/v1/jobs/{job}/cancel")
            client.wait(job)
        case.path_parameters = {"id": job}
    elif operation == "withdraw_motion":
        client.ask("DELETE", f"/v1/library/{there['motion']}")
        there["motion"] = client.post("/v1/library", {"sha256": there["file"]}).json["id"]
        case.path_parameters = {"id": there["motion"]}


def after_success(operation: str, case: Any, there: dict[str, str], client: Client) -> None:
    """Leave nothing at work, and what the others need."""
    if operation in ("resume_job", "get_live"):
        client.post(f"/v1/jobs/{case.path_parameters['id']}/cancel")
    elif operation == "withdraw_motion":
        there["motion"] = client.post("/v1/library", {"sha256": there["file"]}).json["id"]


def test_every_route_is_described() -> None:
    described = {(path, method.upper()) for path, method in OPERATIONS}
    real = {
        (route.path.replace("{name:path}", "{name}"), method)
        for route in ROUTES
        for method in route.methods or ()
        if method != "HEAD" or route.path == "/v1/blobs/{sha256}"
    }
    assert real - described == {("/admin", "GET")} and described <= real


def test_the_description_is_served(anna: Client) -> None:
    assert anna.get("/v1/openapi.json").json == description()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_as_described(
    server: Server,
    there: dict[str, str],
    anna: Client,
    path: str,
    method: str,
    mode: GenerationMode,
) -> None:
    schema = schemathesis.openapi.from_dict(description())
    operation = schema[path][method]
    if mode is GenerationMode.NEGATIVE and not (
        operation.body or operation.query or operation.headers or operation.path_parameters
    ):
        return  # there is nothing in it that could be wrong

    name, first, statuses = operation.definition.raw["operationId"], True, set[int]()
    positive = mode is GenerationMode.POSITIVE

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case: Any) -> None:
        nonlocal first
        succeeds = positive and first
        if succeeds:
            succeeding(case, name, there, anna)
        elif positive and method != "delete":  # random names would never be there
            case.path_parameters = {**(case.path_parameters or {}), **real(path, there)}
        response = case.call(
            base_url=f"http://127.0.0.1:{server.port}", headers=anna.headers(), timeout=30
        )
        case.validate_response(response, checks=CHECKS)
        if succeeds:
            after_success(name, case, there, anna)
        first = False
        statuses.add(response.status_code)

    check()
    if positive and name != "get_preview":  # the motion has none
        assert any(status < 300 for status in statuses), statuses

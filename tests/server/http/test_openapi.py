"""The description is the server's: schemathesis sends what it allows and what it does not, and
compares every answer with it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from mti_backend.server.http.app import ROUTES
from mti_backend.server.http.openapi import description
from tests.server.serving import Client, Server, invited

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
def there(server: Server) -> dict[str, str]:
    """Names of things that are on the server."""
    client = Client(server.port, invited(server.data, "anna"))
    job = client.submit("finish")["id"]
    client.wait(job)
    found = {"job": job, "sha256": client.upload(b"something"), "motion": "0" * 32}
    client.close()
    return found


def real(path: str, there: dict[str, str]) -> dict[str, str]:
    """Path parameters that lead to something."""
    kind = "motion" if "library" in path else "job"
    names = {"id": there[kind], "sha256": there["sha256"], "name": "motion.safetensors"}
    return {name: value for name, value in names.items() if f"{{{name}}}" in path}


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
        if mode is GenerationMode.POSITIVE:  # random names would never be there
            case.path_parameters = {**(case.path_parameters or {}), **real(path, there)}
        response = case.call(
            base_url=f"http://127.0.0.1:{server.port}", headers=anna.headers(), timeout=30
        )
        case.validate_response(response, checks=CHECKS)

    check()

"""One server with fake runners for all tests that do not kill theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.server.serving import Client, Server, invited, running


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server") / "data", "--slots", "3") as found:
        yield found


@pytest.fixture
def user(server: Server) -> Iterator[Callable[..., Client]]:
    """A function that invites a user, and returns their client."""
    clients: list[Client] = []

    def make(name: str, admin: bool = False) -> Client:
        clients.append(Client(server.port, invited(server.data, name, admin)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def anna(user: Callable[..., Client]) -> Client:
    return user("anna")


@pytest.fixture
def ben(user: Callable[..., Client]) -> Client:
    return user("ben")


@pytest.fixture(scope="session")
def done(server: Server) -> str:
    """A job of anna's that is done, for tests that do not change it."""
    client = Client(server.port, invited(server.data, "anna"))
    job: str = client.submit("finish")["id"]
    assert client.wait(job)["state"] == "done"
    client.close()
    return job


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder for a server of the test's own."""
    return tmp_path / "data"

"""The server's lock file: what is pinned, with hashes, and the same as everybody's."""

from __future__ import annotations

import tomllib
from pathlib import Path

from mti_addon.client.setup.lock import read_lock

ROOT = Path(__file__).parents[2]


def test_the_server_s_packages_are_locked() -> None:
    locked = {p.name: p for p in read_lock(ROOT, "requirements-server.lock")}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for group in ("backend", "server"):
        for pin in project["optional-dependencies"][group]:
            name, _, version = pin.partition("==")
            package = locked[name.replace("_", "-").lower()]
            assert package.version == version, "run `make lock`"
    assert all(package.hashes for package in locked.values())


def test_tests_and_artists_have_the_same_packages() -> None:
    dev = {p.name: p for p in read_lock(ROOT, "requirements-dev.lock")}
    server = {p.name: p for p in read_lock(ROOT, "requirements-server.lock")}
    for name, package in server.items():
        assert (dev[name].version, dev[name].hashes) == (package.version, package.hashes)
    versions = {(p.name, p.version) for p in read_lock(ROOT, "requirements-server.lock")}
    assert {(p.name, p.version) for p in read_lock(ROOT)} <= versions

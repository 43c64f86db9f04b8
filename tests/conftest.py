"""Setup for all tests, before any of them loads torch."""

from __future__ import annotations

import gc
import os

# OpenMP threads busy-wait for each other, which on busy cores made a 0.09 s step take 8.2 s;
# mti_backend/__main__.py does the same for real runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_configure() -> None:
    """What the tests import makes a million objects, none of which is garbage; looking for some
    takes a fifth of the time. `mti_backend.models.import_packages` does the same for real runs."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Nor does any later search for garbage look at them."""
    gc.freeze()
    gc.enable()

"""Setup for all tests, before any of them loads torch."""

from __future__ import annotations

import os

# OpenMP threads busy-wait for each other, which on busy cores made a 0.09 s step take 8.2 s;
# mti_backend/__main__.py does the same for real runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""For all tests, before any of them loads torch."""

from __future__ import annotations

import os

# torch's threads wait for each other in busy loops, which on cores that have other work made a step
# of 0.09 s take 8.2 s; mti_backend/__main__.py does the same for real runs.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

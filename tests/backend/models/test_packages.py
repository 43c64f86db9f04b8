"""Importing torch and diffusers, which is most of what a runner does before its first step."""

from __future__ import annotations

import gc
import subprocess
import sys

from mti_backend.models import import_packages

COLLECTIONS = """
import gc, sys
collected = []
gc.callbacks.append(lambda phase, info: collected.append(phase))
from mti_backend.models import import_packages
before = len(collected)
import_packages()
print(len(collected) - before, gc.isenabled(), "diffusers" in sys.modules)
"""


def test_the_collector_is_paused_for_imports_only() -> None:
    ran = subprocess.run([sys.executable, "-c", COLLECTIONS], capture_output=True, text=True)
    assert ran.stdout.split() == ["0", "True", "True"], ran.stderr


def test_a_second_call_leaves_the_collector_alone() -> None:
    import_packages()
    frozen = gc.get_freeze_count()
    gc.disable()
    try:
        import_packages()
        assert not gc.isenabled() and gc.get_freeze_count() == frozen
    finally:
        gc.enable()

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

import mti_addon.client
import mti_addon.wire
from tests.wire.examples import ROOT


@pytest.mark.parametrize("module", [mti_addon.wire, mti_addon.client], ids=lambda m: m.__name__)
def test_all_is_complete_and_sorted(module: ModuleType) -> None:
    names = module.__all__
    assert names == sorted(
        names, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )
    public = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType)
    }
    assert public == set(names)


@pytest.mark.parametrize("package", ["mti_addon", "mti_addon.wire", "mti_addon.client"])
def test_a_bare_python_can_import_it(package: str) -> None:
    """Without site-packages, so that only the standard library can be imported."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import {package}\n"
        "assert not {'bpy', 'numpy', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-I", "-S", "-W", "error", "-c", code], check=True)

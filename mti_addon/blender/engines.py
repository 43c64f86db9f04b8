"""What each engine needs on this machine, for panels; asked of files only, never of the backend."""

from __future__ import annotations

from ..client.engines import EngineState
from ..client.engines import engine_states as judged
from ..client.setup_check import read_hello
from ..client.setup_models import DOWNLOADS, model_folder
from . import addon

__all__ = ["EngineState", "engine_state", "engine_states", "missing_problem"]


def engine_states() -> dict[str, EngineState]:
    """draft, svd and svd-xt, each with a sentence; a few file look-ups, under a millisecond."""
    models = addon.models_folder()
    folders = {name: model_folder(models, name) for name in DOWNLOADS}
    hello = read_hello(addon.backend_folder())
    if hello is not None and hello.python != addon.backend_python():
        hello = None
    return judged(hello, addon.backend_problem(), folders)


def engine_state(name: str) -> EngineState:
    """One of them. Raises KeyError for another name."""
    return engine_states()[name]


def missing_problem(name: str) -> str:
    """What an engine lacks to be used at all; empty if nothing."""
    state = engine_state(name)
    return state.sentence if state.missing else ""

"""What each engine needs on this machine, for panels; asked of files only, never of the backend."""

from __future__ import annotations

from ..client.engines import EngineState
from ..client.engines import engine_states as judged
from ..client.setup_check import Capabilities, read_capabilities
from ..client.setup_folder import BackendFolder
from ..client.setup_models import DOWNLOADS, model_folder
from ..client.timings import Costs, guessed_costs
from ..wire import Settings
from ..wire.problem import Problem
from ..wire.settings import SIZES
from . import addon
from .glance import glanced

__all__ = [
    "EngineState",
    "chosen_settings",
    "chosen_size",
    "engine_state",
    "engine_states",
    "guess",
    "capabilities",
    "missing_problem",
    "seen_model",
]


def chosen_settings() -> Settings:
    """The defaults of the engine, at the size, that the preferences say."""
    settings = Settings.for_model(addon.preferences().engine)
    return settings if settings.model == "draft" else settings.sized(*chosen_size())


def guess(settings: Settings) -> Costs:
    """What such a job may take, as the backend guessed when it was asked last."""
    found = capabilities()
    return guessed_costs(found.told.get("estimates"), settings) if found else {}


def chosen_size() -> tuple[int, int]:
    """Width and height of SVD's pictures."""
    return SIZES[int(addon.preferences().size)]


def engine_states() -> dict[str, EngineState]:
    """draft, svd and svd-xt, each with a sentence."""
    models = addon.models_folder()
    folders = {name: seen_model(models, name) for name in DOWNLOADS}
    return judged(capabilities(), addon.backend_problem(), folders, chosen_size())


seen_model = glanced(model_folder)
"""A model's folder, as it was seen last."""
_seen_capabilities = glanced(lambda backend: read_capabilities(BackendFolder(backend)))


def capabilities() -> Capabilities | None:
    """What the backend that is used now said when it was asked last."""
    found = _seen_capabilities(addon.backend_folder().path)
    return found if found is not None and found.python == addon.backend_python() else None


def engine_state(name: str) -> EngineState:
    """One of them. Raises KeyError for another name."""
    return engine_states()[name]


def missing_problem(name: str) -> Problem | None:
    """What an engine lacks to be used at all; None if nothing."""
    state = engine_state(name)
    return state.said if state.missing else None

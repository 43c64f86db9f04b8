"""State of each engine, here or at the studio, for panels; only reads files, asks nobody."""

from __future__ import annotations

from ...client.jobs.timings import Costs, guessed_costs
from ...client.setup.check import Capabilities, read_capabilities
from ...client.setup.engines import EngineState, words_size_of
from ...client.setup.engines import engine_states as judged
from ...client.setup.folder import BackendFolder
from ...client.setup.models import DOWNLOADS, INCLUDED_FOLDERS, included_folder, model_folder
from ...wire import Settings
from ...wire.problem import Problem
from ...wire.settings import SIZES
from ..common import addon
from ..common.file_cache import cached
from ..studio import place

__all__ = [
    "EngineState",
    "chosen_settings",
    "chosen_size",
    "chosen_words_size",
    "engine_state",
    "engine_states",
    "guess",
    "capabilities",
    "missing_problem",
    "seen_model",
]


def chosen_settings() -> Settings:
    """Return the default settings of the engine and size chosen in the preferences."""
    settings = Settings.for_model(addon.chosen_engine())
    if settings.model == "draft":
        return settings
    if settings.motion_inversion is not None:
        return settings.sized(*words_size_of(settings.model, chosen_words_size()))
    return settings.sized(*chosen_size())


def guess(settings: Settings) -> Costs:
    """Return the backend's most recent cost estimate for such a job."""
    found = capabilities()
    return guessed_costs(found.told.get("estimates"), settings) if found else {}


def chosen_size() -> tuple[int, int]:
    """Return width and height of SVD's images."""
    return SIZES[int(addon.preferences().size)]


def chosen_words_size() -> int:
    """Return the number of the text-to-video models' size."""
    return int(addon.preferences().words_size)


def engine_states() -> dict[str, EngineState]:
    """Return the states of all engines on this machine, each with a message."""
    models = addon.models_folder()
    folders = {name: seen_model(models, name) for name in DOWNLOADS}
    for name in INCLUDED_FOLDERS:
        folders[name] = _seen_included(models, addon.EXTENSION_ROOT, name)
    return judged(
        capabilities(), addon.backend_problem(), folders, chosen_size(), chosen_words_size()
    )


seen_model = cached(model_folder)
"""Cached lookup of a model's folder."""
_seen_included = cached(included_folder)
_seen_capabilities = cached(lambda backend: read_capabilities(BackendFolder(backend)))


def capabilities() -> Capabilities | None:
    """Return the most recent response of the current backend."""
    found = _seen_capabilities(addon.backend_folder().path)
    return found if found is not None and found.python == addon.backend_python() else None


def engine_state(name: str) -> EngineState:
    """Return the state of one engine where new jobs run. Raises KeyError for an unknown name."""
    return place.engine(name) if place.at_studio() else engine_states()[name]


def missing_problem(name: str) -> Problem | None:
    """Return what an engine lacks to be usable, or None."""
    state = engine_state(name)
    return state.said if state.missing else None

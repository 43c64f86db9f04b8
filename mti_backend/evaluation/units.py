"""Units of measurement that any process can run. Imports torch and the models.

A suite is a list of pairs with the rows to measure for each; a unit is one row of one pair.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mti_addon.wire.settings import Settings

from ..frames import to_pictures
from ..models.svd import SvdModel, identity
from .bench import Bench, Played
from .cross_domain import ROWS as DOMAIN_ROWS
from .cross_domain import domains
from .curves import curve_pair, play_curves
from .pairs import Pair, held_out_pair
from .rows import HEADLINE, ROWS, STARTS
from .store import Store, result_key

HELD_OUT, CURVES, DOMAIN = "held_out", "curves", "domain_"
# Held-out pairs whose gain is also measured during learning.
_LOOKED_AT = 8
# Rough seconds per iteration of learning, and of everything else in a row. Only used to estimate
# the remaining time, which is scaled by measured times.
_ITERATION, _AUGMENTED, _PLAY = 0.1, 0.3, 2.0


@dataclass(frozen=True)
class Unit:
    """One row of one pair of a suite: 'held_out', 'curves' or 'domain_KEY'."""

    suite: str
    index: int
    row: str


@dataclass(frozen=True)
class Plan:
    """Everything that affects results. iterations: of learning, None for each row's own."""

    settings: Settings
    iterations: int | None
    out: Path


def held_out_units(rows: Iterable[str], counts: dict[str, int]) -> list[Unit]:
    """Units pair by pair; `counts`: the number of pairs of each budget."""
    wanted = [ROWS[key] for key in rows]
    return [
        Unit(HELD_OUT, index, row.key)
        for index in range(max((counts[row.budget] for row in wanted), default=0))
        for row in wanted
        if index < counts[row.budget]
    ]


def curve_units(count: int) -> list[Unit]:
    return [Unit(CURVES, index, HEADLINE) for index in range(count)]


def domain_units(rows: Iterable[str] = DOMAIN_ROWS) -> list[Unit]:
    """Units of all domains, for those of their rows that are in `rows`."""
    wanted = set(rows)
    return [
        Unit(DOMAIN + domain.key, index, row)
        for domain in domains()
        for index in range(domain.count)
        for row in DOMAIN_ROWS
        if row in wanted
    ]


def effort(unit: Unit, plan: Plan) -> float:
    """Rough duration of a unit in seconds; only the proportions matter."""
    row = ROWS[unit.row]
    if row.kind != "learned":
        return _PLAY
    settings = row.inversion(plan.settings.inversion, "", plan.iterations)
    each = _ITERATION if settings.augmentation.variants else _AUGMENTED
    plays = 20 if unit.suite == CURVES else 2
    return settings.iterations * each + plays * _PLAY


@lru_cache(maxsize=2)
def pair_of(suite: str, index: int) -> Pair:
    """The pair of a unit; deterministic."""
    if suite == HELD_OUT:
        return held_out_pair(index)
    if suite == CURVES:
        return curve_pair(index)
    domain = next(d for d in domains() if DOMAIN + d.key == suite)
    return domain.make(index)


def place_of(unit: Unit, pair: Pair) -> str:
    """Folder of a pair's results within the store."""
    return f"{unit.suite}/{unit.index:03d}_{pair.name.replace(' ', '_')}"


def weights_key(folder: Path) -> str:
    """Key of all weights that affect results; `identity` covers only those that use the tokens."""
    return f"{identity(folder)} {identity(folder, ('vae',))}"


class Worker:
    """Measures units one after another and stores the results; reads stored results."""

    def __init__(self, load: Callable[[], SvdModel], identity: str, plan: Plan) -> None:
        """`load` is called when something has to be measured; `identity` is the weights_key."""
        self.plan, self.store = plan, Store(plan.out)
        self._load, self.identity = load, identity
        self._model: SvdModel | None = None
        self._bench: tuple[str, Bench] | None = None

    def kept(self, unit: Unit) -> dict[str, Any] | None:
        """Result of an earlier run with the same model, settings and images."""
        pair = pair_of(unit.suite, unit.index)
        return self.store.read(place_of(unit, pair), unit.row, self._key(unit, pair))

    def measure(self, unit: Unit) -> dict[str, Any]:
        """Measure a unit and store its result; returns it."""
        pair = pair_of(unit.suite, unit.index)
        place, row = place_of(unit, pair), ROWS[unit.row]
        bench = self._bench_of(place, pair)
        about: dict[str, Any] = {"suite": unit.suite, "pair": unit.index, "motion": pair.name}
        played = bench.play(row, self.plan.iterations, curve=self._looked_at(unit))
        if unit.suite == CURVES:
            about["points"] = self._points(bench, unit, played)
        return self.store.write(place, unit.row, self._key(unit, pair), played, **about)

    def forget(self) -> None:
        """Delete all stored results."""
        shutil.rmtree(self.store.folder, ignore_errors=True)

    def _looked_at(self, unit: Unit) -> bool:
        return unit.suite == HELD_OUT and unit.row in STARTS and unit.index < _LOOKED_AT

    def _points(self, bench: Bench, unit: Unit, played: Played) -> list[dict[str, float | str]]:
        assert played.motion is not None
        return play_curves(bench.model, played.motion, unit.index, self.plan.settings)

    def _bench_of(self, place: str, pair: Pair) -> Bench:
        if self._bench is None or self._bench[0] != place:
            self._model = self._model or self._load()
            self._bench = place, Bench(self._model, pair, self.plan.settings)
            for name, clip in (("_reference", pair.reference), ("_answer", pair.answer)):
                self.store.write_clip(place, name, to_pictures(clip))
        return self._bench[1]

    def _key(self, unit: Unit, pair: Pair) -> str:
        row, settings = ROWS[unit.row], self.plan.settings
        learning: Any = None
        if row.kind == "learned":
            learning = repr(row.inversion(settings.inversion, pair.name, self.plan.iterations))
        return result_key(
            model=self.identity,
            unit=[unit.suite, unit.index, unit.row, row.references],
            learning=learning,
            sampling=repr(row.sampling(settings.sampling)),
            pair=pair.fingerprint,
            looked_at=self._looked_at(unit),
        )

"""Contact sheets of an evaluation: all pairs, the best and worst, the domains.

Imports numpy, PIL and the results kept by store.py.
"""

from pathlib import Path
from typing import Any

from PIL import Image

from ..contact_sheet import Pictures, contact_sheet
from .cross_domain import domains
from .rows import HEADLINE, ROWS
from .store import Store
from .units import DOMAIN, HELD_OUT

PAIRS_ON_A_PAGE = 4
_ENDS = 3  # pairs from each end, on the page of the worst and best
_ROWS_OF_A_DOMAIN = (HEADLINE, "true_tokens")

Result = dict[str, Any]


def make_pages(results: list[Result], store: Store, frames: int, folder: Path) -> list[Path]:
    """Write all pages that the results allow, as PNG; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("page_*.png"):
        old.unlink()  # from an earlier run with more pairs
    pairs = _by_pair([r for r in results if r["suite"] == HELD_OUT])
    paths = []
    for start in range(0, len(pairs), PAIRS_ON_A_PAGE):
        path = folder / f"page_{start // PAIRS_ON_A_PAGE + 1:02d}.png"
        paths.append(_page(pairs[start : start + PAIRS_ON_A_PAGE], store, frames, path))
    ranked = sorted((p for p in pairs if _gain(p) is not None), key=lambda p: _gain(p) or 0.0)
    if len(ranked) > 2 * _ENDS:
        ends = [*ranked[:_ENDS], *ranked[-_ENDS:]]
        paths.append(_page(ends, store, frames, folder / "worst_and_best.png", (HEADLINE,)))
    paths += _domain_sheet(results, store, frames, folder / "cross_domain.png")
    return paths


def _by_pair(results: list[Result]) -> list[list[Result]]:
    pairs: dict[int, list[Result]] = {}
    for result in sorted(results, key=lambda r: (r["pair"], list(ROWS).index(r["row"]))):
        pairs.setdefault(result["pair"], []).append(result)
    return list(pairs.values())


def _gain(pair: list[Result]) -> float | None:
    return next((r["gain"] for r in pair if r["row"] == HEADLINE), None)


def _page(
    pairs: list[list[Result]], store: Store, frames: int, path: Path,
    only: tuple[str, ...] = (),
) -> Path:  # fmt: skip
    strips: list[tuple[str, Pictures]] = []
    for pair in pairs:
        place = _place(pair[0])
        name = f"{pair[0]['pair']} {pair[0]['motion']}"
        strips += [
            (f"{name}: reference", store.read_clip(place, "_reference", frames)),
            (f"{name}: right answer", store.read_clip(place, "_answer", frames)),
        ]
        for result in pair:
            if result["row"] in ("answer", "still") or (only and result["row"] not in only):
                continue
            caption = f"{name}: {ROWS[result['row']].caption}, gain {result['gain']:+.2f}"
            strips.append((caption, store.read_clip(place, result["row"], frames)))
    contact_sheet(strips).save(path)
    return path


def _domain_sheet(results: list[Result], store: Store, frames: int, path: Path) -> list[Path]:
    """For each domain, the pair of median gain: neither the best nor the worst."""
    strips: list[tuple[str, Pictures]] = []
    for domain in domains():
        pairs = _by_pair([r for r in results if r["suite"] == DOMAIN + domain.key])
        ranked = sorted((p for p in pairs if _gain(p) is not None), key=lambda p: _gain(p) or 0.0)
        if not ranked:
            continue
        middle = ranked[(len(ranked) - 1) // 2]
        place, name = _place(middle[0]), f"{domain.caption}, {middle[0]['motion']}"
        strips += [
            (f"{name}: reference", store.read_clip(place, "_reference", frames)),
            ("right answer", store.read_clip(place, "_answer", frames)),
        ]
        for result in middle:
            if result["row"] in _ROWS_OF_A_DOMAIN:
                caption = f"{ROWS[result['row']].caption}, gain {result['gain']:+.2f}"
                strips.append((caption, store.read_clip(place, result["row"], frames)))
    if not strips:
        return []
    sheet: Image.Image = contact_sheet(strips)
    sheet.save(path)
    return [path]


def _place(result: Result) -> str:
    return f"{result['suite']}/{result['pair']:03d}_{result['motion'].replace(' ', '_')}"

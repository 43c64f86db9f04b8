"""The library with thousands of motions: how long Blender's main thread is held up.

    python -m benchmarks.library      # 2,000 motions, a minute; prints a table, writes library.json
    python -m benchmarks.library --motions 10000

The baseline is what a library without an index does each time it is opened: it reads every
preset.json. Times are of the CPU, so other programs do not count; the files are in the system's
cache. Imports the add-on only, so any Python can run it, such as Blender's own.
"""

import argparse
import gc
import json
import math
import os
import platform
import random
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mti_addon.client import Library, Query
from mti_addon.client.library.state import set_favorite
from mti_addon.wire.library import KINDS, Preset, Quality, read_library, read_motion
from mti_addon.wire.library.preset import EMBEDDINGS, content_id, to_bytes
from mti_addon.wire.request import POSES, reference_name
from mti_addon.wire.settings import Settings

BASELINE = "reading every preset.json"
SLICE = 0.004
"""Seconds that a call of `refresh` may take on Blender's timer."""
TYPED = "slow wave arm"
"""What is typed into the search field, key by key."""
WORDS = (
    "slow fast wave jump run walk nod smile left right arm leg head turn spin fall bounce sway "
    "happy tired heavy light step reach throw catch point sit stand climb"
).split()


@dataclass(frozen=True)
class Timing:
    """Milliseconds of one call: the median of all, and the longest."""

    median: float
    longest: float


def presets(count: int) -> Iterator[Preset]:
    """Different motions as one might have: 14 images, one or two models, tags and notes."""
    rng = random.Random(0)
    pattern = read_motion(Path(__file__).parents[1] / "presets" / "wave").preset
    (learned,) = pattern.embeddings.values()
    for number in range(count):
        models = ("draft", "svd") if number % 3 == 0 else ("draft",)
        hashes = [f"{rng.getrandbits(256):064x}" for _ in range(16)]
        names = [f"{EMBEDDINGS}/{model}-{hashes[0][:8]}.safetensors" for model in models]
        sums = dict.fromkeys(names, hashes[0]) | {POSES: hashes[1], "thumbnail.png": hashes[2]}
        sums |= {reference_name(i + 1): hashes[2 + i] for i in range(pattern.num_frames)}
        yield replace(
            pattern,
            id=content_id(sums),
            name=" ".join(rng.sample(WORDS, 2)).title() + f" {number}",
            kind=rng.choice(KINDS),
            tags=tuple(rng.sample(WORDS, 3)),
            author=rng.choice(("Ada", "Grace", "Björn")),
            notes=" ".join(rng.choices(WORDS, k=30)),
            embeddings={
                model: replace(
                    learned,
                    files=(name,),
                    settings=Settings.for_model(model),
                    quality=Quality(0.7, None, 0.1),
                )
                for model, name in zip(models, names, strict=True)
            },
            files=sums,
        )


def make_library(own: Path, count: int) -> None:
    """Write motions, of which only preset.json is there: nothing else is ever looked at."""
    for number, preset in enumerate(presets(count)):
        preset.check()
        folder = own / f"motion-{number:05d}"
        folder.mkdir(parents=True)
        file = folder / "preset.json"
        file.write_bytes(to_bytes(preset))
        os.utime(file, (1.7e9 + number, 1.7e9 + number))  # not just written


def timed(call: Callable[[], object]) -> float:
    """Return the milliseconds of one call."""
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1000


def timing(values: list[float]) -> Timing:
    return Timing(statistics.median(values), max(values))


def remove_index(own: Path) -> None:
    for path in (own / ".index").glob("*"):
        path.unlink()


def sliced(library: Library) -> list[float]:
    """Refresh as Blender's timer does, until everything was looked at; milliseconds per call."""
    found = []
    while True:
        found.append(timed(lambda: library.refresh(SLICE)))
        if library._pass is None:
            return found


def opened(own: Path) -> Library:
    library = Library(own)
    library.refresh()
    return library


def shown(own: Path) -> Library:
    """Open the library and show its first page, as when the tab is opened."""
    library = Library(own)
    library.refresh(SLICE)
    library.entries(Query())
    return library


def measure(own: Path, repeats: int) -> dict[str, Timing]:
    """Measure everything in turn, so that disturbances affect all alike."""
    found: dict[str, list[float]] = {}

    def add(name: str, *values: float) -> None:
        found.setdefault(name, []).extend(values)

    for turn in range(repeats):
        add(BASELINE, timed(lambda: read_library(own)))
        remove_index(own)
        add("opening without an index, all at once", timed(lambda: opened(own)))
        remove_index(own)
        add("opening without an index, each call on the timer", *sliced(Library(own)))
        add("opening with an index, all at once", timed(lambda: opened(own)))
        add("opening with an index, until motions are shown", timed(lambda: shown(own)))
        library = shown(own)
        add("then, each call on the timer", *sliced(library))
        add("refreshing, nothing changed, all at once", timed(library.refresh))
        _change(own, turn)
        add("refreshing, one changed, all at once", timed(library.refresh))
        add("refreshing, each call on the timer", *sliced(library))
        for query in keys():
            look = partial(library.entries, query)
            add("searching, each key", timed(look))
            add("drawing again what was found", timed(look))
        set_favorite(own, f"{turn:032x}", True)
        add("a favorite was marked elsewhere", timed(library.refresh))
    return {name: timing(values) for name, values in found.items()}


def keys() -> Iterator[Query]:
    """The searches while a text is typed, in each order."""
    for order in ("name", "date", "used"):
        for end in range(1, len(TYPED) + 1):
            yield Query(text=TYPED[:end], order=order)


def _change(own: Path, number: int) -> None:
    """Change one motion, as another program would."""
    folder = own / f"motion-{number:05d}"
    preset = replace(read_motion(folder).preset, notes=f"Changed {number}.")
    (folder / "preset.json").write_bytes(to_bytes(preset))


def memory(own: Path) -> dict[str, float]:
    """Return MiB that the open library and all presets hold."""

    def held(make: Callable[[], object]) -> float:
        gc.collect()
        tracemalloc.start()
        kept = make()
        size = tracemalloc.get_traced_memory()[0] / 2**20
        tracemalloc.stop()
        assert kept
        return size

    def searched() -> Library:
        library = opened(own)
        list(map(library.entries, keys()))
        return library

    return {"library": held(searched), "presets": held(lambda: read_library(own))}


def table(found: dict[str, Timing]) -> str:
    """Markdown table; the ratio is the row's median over the baseline's."""
    base = found[BASELINE].median
    lines = [
        "| main-thread time | median, ms | longest, ms | of the baseline |",
        "|---|---|---|---|",
    ]
    for name, each in found.items():
        digits = max(0, 1 - math.floor(math.log10(each.median / base)))
        ratio = f"{each.median / base:.{digits}f}"
        lines.append(f"| {name} | {each.median:.3g} | {each.longest:.3g} | {ratio} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--motions", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="where to make the library; default: temporary")
    parser.add_argument("--out", type=Path, default=Path("out/benchmarks"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as place:
        own = Path(place) / "library"
        make_library(own, options.motions)
        found = measure(own, options.repeats)
        index = next((own / ".index").glob("*.json")).stat().st_size
        sizes = memory(own)
    print(f"{options.motions} motions, index of {index / 2**20:.2f} MiB")
    print(f"in memory: {sizes['library']:.1f} MiB, all presets {sizes['presets']:.1f} MiB\n")
    print(table(found))
    options.out.mkdir(parents=True, exist_ok=True)
    result = {
        "python": platform.python_version(),
        "motions": options.motions,
        "milliseconds": {name: vars(each) for name, each in found.items()},
        "index_bytes": index,
        "mebibytes": sizes,
    }
    (options.out / "library.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

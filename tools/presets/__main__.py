"""Make the shipped library, `presets/`.

    python -m tools.presets [--only NAME ...] [--fresh] [--check] [--bpy PYTHON] [--out FOLDER]

Every motion is captured in headless Blender, learned by the backend, measured on held-out targets
and saved. A motion that is already there, of the same capture, settings and model, is kept, and an
interrupted job is resumed. Run it with the backend's Python.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mti_addon.wire import codec
from mti_addon.wire.library import Motion
from mti_addon.workflow.captures import CAPTURE_FILE, Capture, CaptureFile
from mti_backend.frames import read_reference
from mti_backend.method.motion_textual_inversion.embedding import MotionEmbedding
from mti_backend.metrics.ranking import warning
from mti_backend.models import SHIPPED_DRAFT, load_model
from mti_backend.models.svd import SvdModel, identity

from . import learning, pages, store
from .catalog import LIBRARY, ROOT, Wanted, chosen
from .held_out import held_out
from .measuring import Measured, measure


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 1 if the library is not as it should be."""
    options = _parser().parse_args(argv)
    try:
        motions = chosen(options.only)
    except ValueError as error:
        _parser().error(str(error))
    if options.check:
        return _tell(store.problems(identity(SHIPPED_DRAFT), weak()))
    out = options.out.resolve()
    print(f"capturing {len(motions)} motions in headless Blender", flush=True)
    command = [options.bpy, "-m", "tools.presets.capture", str(out / "captures")]
    subprocess.run([*command, *(each.slug for each in motions)], cwd=ROOT, check=True)
    model = load_model("draft", folder=SHIPPED_DRAFT)
    print(_HEAD, flush=True)
    for wanted in motions:
        print(_make(wanted, model, out, options.fresh), flush=True)
    if not options.only:
        for name in store.remove_others():
            print(f"removed {name}, which is not in the catalog")
    found = [motion for wanted in LIBRARY if (motion := store.find(wanted))]
    print("wrote", *(path.relative_to(ROOT) for path in pages.write_pages(found)))
    return _tell(store.problems(model.identity, weak()))


def _make(wanted: Wanted, model: SvdModel, out: Path, fresh: bool) -> str:
    """Make one motion, or keep it as it is; return its line of the table."""
    begun = time.monotonic()
    capture = read_capture(out / "captures" / wanted.slug)
    motion = store.find(wanted)
    settings = learning.settings_of(wanted, capture)
    if motion is not None and not fresh:
        if store.is_current(motion, capture, settings, model.identity):
            return _line(store.describe(motion, wanted), "kept")
    job = learning.job_of(wanted, capture, model.identity, out / "jobs", fresh)
    if not learning.is_done(job):
        learning.learn(job)
    targets = held_out(capture.poses())
    measured = measure(model, MotionEmbedding.load(job.output_motion), settings, targets)
    reference = read_reference(capture.path, capture.about.frames, capture.about.size)
    captions = [f"motion gain {gain:.2f}" for gain in measured.gains]
    answers = [target.answer for target in targets]
    path = out / "sheets" / f"{wanted.slug}.png"
    pages.sheet(path, reference, answers, measured.results, captions)
    motion = store.put(wanted, job, measured.gain, measured.share, out / "library")
    return _line(motion, _spread(measured, time.monotonic() - begun))


def read_capture(folder: Path) -> Capture:
    """Return the capture in a folder. Raises OSError, BadRequest."""
    value = codec.loads((folder / CAPTURE_FILE).read_bytes(), CAPTURE_FILE)
    return Capture(folder, codec.from_dict(CaptureFile, value, "capture"))


def weak() -> list[str]:
    """Return the names of the shipped motions that the product itself warns about."""
    found = [motion for wanted in LIBRARY if (motion := store.find(wanted))]
    learned = [m.preset for m in found if "draft" in m.preset.embeddings]
    qualities = {preset.name: preset.embeddings["draft"].quality for preset in learned}
    return [
        name
        for name, each in qualities.items()
        if warning("draft", each.reconstruction, each.motion_gain)
    ]


_HEAD = f"{'motion':16}{'kind':8}{'loss':>7}{'reconstruction':>16}{'motion gain':>13}{'drawn':>7}"


def _line(motion: Motion, note: str) -> str:
    preset = motion.preset
    text = f"{preset.name:16}{preset.kind:8}"
    if "draft" not in preset.embeddings:
        return f"{text}  poses and images only, since the draft plays it badly: {note}"
    quality = preset.embeddings["draft"].quality
    shown = ["-" if value is None else f"{value:.2f}" for value in (
        quality.reconstruction, quality.motion_gain, quality.drawn)]  # fmt: skip
    loss = "-" if quality.loss is None else f"{quality.loss:.3f}"
    return f"{text}{loss:>7}{shown[0]:>16}{shown[1]:>13}{shown[2]:>7}  {note}"


def _spread(measured: Measured, seconds: float) -> str:
    low, high = min(measured.gains), max(measured.gains)
    return f"gain {low:.2f} to {high:.2f} on {len(measured.gains)} targets, {seconds:.0f} s"


def _tell(problems: list[str]) -> int:
    for problem in problems:
        print(f"presets: {problem}", file=sys.stderr)
    if not problems:
        print(f"the library is complete: {len(LIBRARY)} motions")
    return 1 if problems else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tools.presets", description="Make the shipped library of motions, presets/."
    )
    add = parser.add_argument
    add("--only", nargs="+", default=[], metavar="NAME", help="only these motions")
    add("--fresh", action="store_true", help="learn again even what is up to date")
    add("--check", action="store_true", help="make nothing; say what is missing or out of date")
    bpy = ROOT / ".venv" / "bpy-5.0" / "bin" / "python"
    add("--bpy", type=Path, default=bpy, help="Python with bpy (default: .venv/bpy-5.0)")
    where = ROOT / "out" / "presets"
    add("--out", type=Path, default=where, help="working folder (default: out/presets)")
    return parser


if __name__ == "__main__":
    sys.exit(main())

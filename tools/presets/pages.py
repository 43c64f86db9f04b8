"""The library's tables and pictures: README.md, docs/library.md, contact sheets, the overview.

Imports numpy and PIL.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mti_addon.wire.library import KINDS, Motion
from mti_addon.wire.library.preset import PREVIEW
from mti_backend.contact_sheet import Pictures, contact_sheet

from .catalog import PRESETS, ROOT

README, PAGE = PRESETS / "README.md", ROOT / "docs" / "library.md"
OVERVIEW = ROOT / "docs" / "images" / "presets.png"
BEGIN, END = "<!-- shipped: begin -->", "<!-- shipped: end -->"
TITLES = {"body": "Body", "face": "Face", "animal": "Animal", "object": "Object",
          "camera": "Camera"}  # fmt: skip
SHOWN, COLUMNS, SIDE, GAP, LINE = 6, 3, 72, 3, 20
"""Of the overview: images of a motion, motions side by side, sizes in pixels."""


def in_order(motions: Sequence[Motion]) -> list[Motion]:
    """Return the motions by kind, then by name."""
    return sorted(motions, key=lambda m: (KINDS.index(m.preset.kind), m.preset.name.casefold()))


def table(motions: Sequence[Motion]) -> str:
    """Return a Markdown table of the motions and their figures."""
    lines = [
        "| motion | kind | what it shows | reconstruction | motion gain | drawn |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for motion in in_order(motions):
        preset, figures = motion.preset, (None, None, None)
        if learned := preset.embeddings.get("draft"):
            quality = learned.quality
            figures = (quality.reconstruction, quality.motion_gain, quality.drawn)
        shown = " | ".join("-" if value is None else f"{value:.2f}" for value in figures)
        lines.append(f"| {preset.name} | {TITLES[preset.kind]} | {preset.notes} | {shown} |")
    return "\n".join(lines) + "\n"


def write_pages(motions: Sequence[Motion]) -> list[Path]:
    """Write the tables into README.md and docs/library.md, and draw the overview."""
    told = summary(motions)
    for path in (README, PAGE):
        _write_between(path, told)
    overview(motions).save(OVERVIEW, optimize=True)
    return [README, PAGE, OVERVIEW]


def summary(motions: Sequence[Motion]) -> str:
    """Return how many there are, how they were learned, and the table."""
    learned = [each for m in motions if (each := m.preset.embeddings.get("draft"))]
    models = ", ".join(sorted({each.model for each in learned}))
    size = sum(path.stat().st_size for motion in motions for path in motion.folder.rglob("*"))
    names = [motion.preset.name for motion in in_order(motions) if is_optimized(motion)]
    *most, last = names
    return (
        f"{len(motions)} motions, {size / 1e6:.1f} MB; {len(learned)} of them are learned on the "
        f"draft model\n{models}. Measured by `make presets`.\n\n"
        f"- {len(learned) - len(names)} were computed from their keyed poses, and nothing was "
        "optimized.\n"
        f"- {len(names)} were optimized: {', '.join(most)}, and {last}.\n"
        f"- {len(motions) - len(learned)}, without figures, come with their poses and "
        "images alone. The draft plays them so badly\n  that Blender would warn. "
        "Other engines can learn them."
        f"\n\n{table(motions)}"
    )


def is_optimized(motion: Motion) -> bool:
    """Return whether the draft's tokens were optimized, and not computed from the poses alone."""
    learned = motion.preset.embeddings.get("draft")
    return learned is not None and learned.quality.loss is not None


def _write_between(path: Path, text: str) -> None:
    """Replace what is between the two markers of a page."""
    old = path.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN, 1)
    path.write_text(f"{head}{BEGIN}\n\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def sheet(
    path: Path, reference: Pictures, answers: Sequence[Pictures], results: Sequence[Pictures],
    captions: Sequence[str],
) -> None:  # fmt: skip
    """Draw a motion's reference, and for each held-out target the right answer and the result."""
    rows = [("reference", reference)]
    for answer, result, caption in zip(answers, results, captions, strict=True):
        rows += [("right answer", answer), (f"result, {caption}", result)]
    path.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(rows, 128).save(path)


def overview(motions: Sequence[Motion]) -> Image.Image:
    """Draw all motions: above each what it was learned from, below it a result."""
    wide, high = SHOWN * (SIDE + GAP), LINE + 2 * (SIDE + GAP)
    groups = [list(group) for _, group in groupby(in_order(motions), lambda m: m.preset.kind)]
    rows = sum(-(-len(group) // COLUMNS) for group in groups)
    space, font = 5 * GAP, ImageFont.load_default(LINE - 7)
    size = COLUMNS * (wide + space) - space, rows * (high + space) - space
    picture = Image.new("RGB", size, "white")
    draw, row = ImageDraw.Draw(picture), 0
    for group in groups:
        for place, motion in enumerate(group):
            left = place % COLUMNS * (wide + space)
            top = (row + place // COLUMNS) * (high + space)
            preset = motion.preset
            title = f"{preset.name}  ({TITLES[preset.kind].casefold()})"
            draw.text((left, top + 1), title, "black", font)
            shown = [references(motion)]
            if "draft" in preset.embeddings:
                shown.append(result(motion))
            for line, clip in enumerate(shown):
                for i, index in enumerate(np.linspace(0, len(clip) - 1, SHOWN).round().astype(int)):
                    tile = Image.fromarray(clip[index]).resize((SIDE, SIDE), Image.Resampling.BOX)
                    place_at = left + i * (SIDE + GAP), top + LINE + line * (SIDE + GAP)
                    picture.paste(tile, place_at)
        row += -(-len(group) // COLUMNS)
    return picture


def references(motion: Motion) -> Pictures:
    """Return a motion's reference images, (F, H, W, 3)."""
    paths = [motion.folder / name for name in motion.preset.references]
    return np.stack([np.array(Image.open(path).convert("RGB")) for path in paths])


def result(motion: Motion) -> Pictures:
    """Return the images of a motion's preview, (F, H, W, 3): the motion applied to a target."""
    found = []
    with Image.open(motion.folder / PREVIEW) as animation:
        for index in range(getattr(animation, "n_frames", 1)):
            animation.seek(index)
            found.append(np.array(animation.convert("RGB")))
    return np.stack(found)

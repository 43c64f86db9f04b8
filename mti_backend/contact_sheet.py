"""Contact sheets: clips as rows of frames with captions. Imports numpy and PIL."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pictures = npt.NDArray[np.uint8]
_GAP = 2


def contact_sheet(rows: list[tuple[str, Pictures]], height: int = 0) -> Image.Image:
    """Draw one captioned row per clip.

    Args:
        rows: (caption, uint8 (F, H, W, 3)) pairs; a clip may have a single frame.
        height: Height in pixels to which every frame is scaled, keeping its aspect ratio; 0 keeps
            each clip's own size.
    """
    tiles = [(text, [_tile(picture, height) for picture in clip]) for text, clip in rows]
    letter = max(10, max(row[0].height for _, row in tiles) // 14)
    caption = letter + 6
    sheet = Image.new(
        "RGB",
        (
            max(sum(tile.width + _GAP for tile in row) for _, row in tiles) + _GAP,
            sum(caption + row[0].height + _GAP for _, row in tiles),
        ),
        "white",
    )
    draw, font, top = ImageDraw.Draw(sheet), ImageFont.load_default(letter), 0
    for text, row in tiles:
        draw.text((_GAP + 2, top + 2), text, fill="black", font=font)
        left = _GAP
        for tile in row:
            sheet.paste(tile, (left, top + caption))
            left += tile.width + _GAP
        top += caption + row[0].height + _GAP
    return sheet


def in_two_columns(rows: list[tuple[str, Pictures]]) -> Image.Image:
    """Draw the rows as two sheets beside each other, the first half on the left."""
    half, gap = (len(rows) + 1) // 2, 8
    left, right = (contact_sheet(part) for part in (rows[:half], rows[half:]))
    size = left.width + right.width + gap, max(left.height, right.height)
    sheet = Image.new("RGB", size, "white")
    sheet.paste(left, (0, 0))
    sheet.paste(right, (left.width + gap, 0))
    return sheet


def _tile(picture: Pictures, height: int) -> Image.Image:
    tile = Image.fromarray(picture)
    if not height or tile.height == height:
        return tile
    width = round(tile.width * height / tile.height)
    smaller = height < tile.height
    how = Image.Resampling.LANCZOS if smaller else Image.Resampling.NEAREST
    return tile.resize((width, height), how)

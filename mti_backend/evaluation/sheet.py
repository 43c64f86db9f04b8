"""Contact sheets: clips as rows of frames with a caption. Imports numpy and PIL."""

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Pictures = npt.NDArray[np.uint8]


def contact_sheet(rows: list[tuple[str, Pictures]], scale: int = 1) -> Image.Image:
    """One captioned row a clip.

    Args:
        rows: (caption, uint8 (F, H, W, 3)); a clip of one frame is drawn once.
        scale: whole enlargement.
    """
    caption, gap = 16, 2
    height, width = (side * scale for side in rows[0][1].shape[1:3])
    frames = max(len(clip) for _, clip in rows)
    sheet = Image.new(
        "RGB", (frames * (width + gap) + gap, len(rows) * (height + caption + gap)), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for i, (text, clip) in enumerate(rows):
        top = i * (height + caption + gap)
        draw.text((gap + 2, top + 2), text, fill="black")
        for k, picture in enumerate(clip):
            tile = Image.fromarray(picture).resize((width, height), Image.Resampling.NEAREST)
            sheet.paste(tile, (gap + k * (width + gap), top + caption))
    return sheet

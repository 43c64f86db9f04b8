"""Contact sheet of what a trained text-to-video draft makes of captions. Imports the method."""

from dataclasses import replace
from pathlib import Path

from ...contact_sheet import contact_sheet
from ...frames import to_pictures
from ...method.motion_inversion.sampling import sample
from ...method.motion_inversion.settings import PlayingSettings
from ...models import load_text_to_video
from .captions import Caption

_ENGINE = "draft-by-words"
CAPTIONS = (
    Caption("ball", "red", "on grass", "moving right"),
    Caption("person", "blue", "in snow", "jumping"),
    Caption("dog", "black", "on sand", "walking left"),
    Caption("face", "yellow", "at night", "nodding"),
    Caption("windmill", "white", "at sunset"),
    Caption("box", "purple", "on gray paper"),
    Caption("stick figure", "orange", "in a forest", "waving"),
    Caption("horse", "green", "in snow", camera="camera pans left"),
)


def write_samples(weights: Path, file: Path, steps: int | None = None) -> None:
    """Sample each of CAPTIONS without a motion, and write every second frame as a PNG.

    steps: Of the sampler; by default the engine's. Raises ModelMissing.
    """
    model = load_text_to_video(_ENGINE, folder=weights)
    settings = PlayingSettings.for_model(_ENGINE)
    if steps is not None:
        settings = replace(settings, num_inference_steps=steps)
    rows = []
    for seed, caption in enumerate(CAPTIONS):
        clip = sample(model, None, caption.text(), replace(settings, seed=seed))
        rows.append((caption.text(), to_pictures(clip[::2])))
    file.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(rows).save(file, optimize=True)

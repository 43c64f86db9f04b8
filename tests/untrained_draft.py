"""The text-to-video draft in its real size and layout, but never trained: it shows noise."""

from __future__ import annotations

from pathlib import Path

import torch

from mti_backend.draft.by_words import networks
from mti_backend.draft.by_words.export import write


def make_untrained_draft(folder: Path, seed: int = 0) -> Path:
    """Write `folder` as `mti_backend/draft/weights-by-words` will be; 37 MB, a second or two.

    The motion modules are not the identity, as untrained ones are, so that motion embeddings
    change what is shown.
    """
    torch.manual_seed(seed)
    adapter = networks.make_motion_adapter()
    with torch.no_grad():
        for name, parameter in adapter.named_parameters():
            if ".proj_out." in name:
                parameter.normal_(0, 0.02)
    write(
        {
            "vae": networks.make_autoencoder(),
            "text_encoder": networks.make_text_encoder(),
            "unet": networks.make_unet(),
            "motion_adapter": adapter,
        },
        folder,
    )
    return folder

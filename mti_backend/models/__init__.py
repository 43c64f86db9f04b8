"""Model families by name. Imports nothing heavy until a model is loaded."""

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mti_addon.wire.errors import BadRequest, ModelMissing
from mti_addon.wire.problem import Problem
from mti_addon.wire.settings import MODELS_OF

if TYPE_CHECKING:
    from .svd import SvdModel
    from .text_to_video import TextToVideoModel

_PUT = (
    "Put its folder (with model_index.json) at {name}/ in the models folder, or choose another "
    "engine."
)
MODELS_DIR_VARIABLE = "MTI_MODELS_DIR"
# transformers warns at every start that torchvision, which is not needed, is not installed.
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
SHIPPED = {
    name: Path(__file__).parents[1] / "draft" / folder
    for name, folder in (("draft", "weights"), ("draft-by-words", "weights-by-words"))
}
"""Folders of the models that need no download."""
SHIPPED_DRAFT = SHIPPED["draft"]


def model_folder(name: str) -> Path:
    """Folder of a model's weights: $MTI_MODELS_DIR/NAME, otherwise that of a shipped model.

    Raises ModelMissing.
    """
    root = os.environ.get(MODELS_DIR_VARIABLE)
    folder = Path(root) / name if root else None
    if folder and (folder / "model_index.json").is_file():
        return folder
    if name in SHIPPED and (SHIPPED[name] / "model_index.json").is_file():
        return SHIPPED[name]
    if folder is None:
        raise ModelMissing(
            Problem(
                "model_not_installed", "The model {name} is not installed.", _PUT, {"name": name}
            )
        )
    raise ModelMissing(
        Problem(
            "model_not_installed_in_folder",
            "The model {name} is not installed in {folder}.",
            _PUT,
            {"name": name, "folder": str(folder)},
        )
    )


def import_packages() -> None:
    """Import torch, diffusers and our model classes with Python's garbage collector paused.

    They make a million objects at once, of which none is garbage; looking for some takes a sixth of
    the time. What they made is exempt from later collections, too.
    """
    if f"{__name__}.svd" in sys.modules:
        return
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        from . import draft, svd  # noqa: F401

        gc.freeze()
    finally:
        if was_enabled:
            gc.enable()


def load_model(name: str, device: str = "cpu", folder: Path | None = None) -> "SvdModel":
    """Load 'draft', 'svd' or 'svd-xt', frozen, on a torch device. Raises ModelMissing."""
    import_packages()
    import torch

    from .draft import DraftModel
    from .svd import SvdModel

    dtype = torch.float32 if device == "cpu" or name == "draft" else torch.bfloat16
    kind = DraftModel if name == "draft" else SvdModel
    return kind(name, folder or model_folder(name), device, dtype)


def load_engine(name: str, device: str = "cpu") -> "SvdModel | TextToVideoModel":
    """Load any model by its name in a request's settings. Raises ModelMissing."""
    if name in MODELS_OF["motion-inversion"]:
        return load_text_to_video(name, device)
    return load_model(name, device)


def load_text_to_video(
    name: str, device: str = "cpu", folder: Path | None = None
) -> "TextToVideoModel":
    """Load 'draft-by-words', 'animatediff' or 'zeroscope', frozen, on a torch device.

    Raises ModelMissing, or BadRequest for another name.
    """
    import_packages()
    import torch

    from .animatediff import AnimateDiffModel
    from .zeroscope import ZeroScopeModel

    kinds: dict[str, type[TextToVideoModel]] = {
        "draft-by-words": AnimateDiffModel,
        "animatediff": AnimateDiffModel,
        "zeroscope": ZeroScopeModel,
    }
    if name not in kinds:
        raise BadRequest(f"{name!r} is no text-to-video model; there are {', '.join(kinds)}.")
    small = device == "cpu" or name in SHIPPED
    dtype = torch.float32 if small else torch.bfloat16
    return kinds[name](name, folder or model_folder(name), device, dtype)

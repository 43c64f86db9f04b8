"""What may let a failed iteration go on: computing more of it again, or uncompiled."""

from __future__ import annotations

import gc

import torch

from .failures import is_out_of_memory
from .models.gradient_checkpointing import POLICIES
from .models.svd import SvdModel

_NAMES = [policy.name for policy in POLICIES]


def level(model: SvdModel) -> int:
    """Which of the policies a model computes by; 0 needs the most memory."""
    return _NAMES.index(model.policy)


def set_level(model: SvdModel, index: int) -> None:
    """Compute by policy `index` from now on."""
    if index != level(model):
        model.set_checkpointing(_NAMES[index])


def fall_back(model: SvdModel, error: Exception) -> str:
    """Change how `model` computes, so that what failed with `error` may be tried again.

    Returns what has changed, in words; empty if nothing is known that could help.
    """
    if is_out_of_memory(error):
        if level(model) + 1 == len(_NAMES):
            return ""
        set_level(model, level(model) + 1)
        return f"The memory was not enough; more is computed again from here on ({model.policy})."
    compiled = model.compiled
    # one that fails only when a block is computed again leaves the two passes unlike each other
    if compiled is not None and (compiled.failed or isinstance(error, RuntimeError)):
        if not compiled.failed:
            compiled.give_up(error)
        model.compiled = None
        return "The compiled model failed; learning continues without it."
    return ""


def release() -> None:
    """Give back the memory that nobody uses any more, such as what a failed iteration has left."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()

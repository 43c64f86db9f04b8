"""Fallbacks that may let a failed iteration succeed: more recomputation, or no compilation."""

from __future__ import annotations

import gc

import torch

from mti_addon.wire.problem import Problem

from ..failures import is_out_of_memory
from ..models.gradient_checkpointing import POLICIES, Checkpointed

_NAMES = [policy.name for policy in POLICIES]


def level(model: Checkpointed) -> int:
    """Index of the model's checkpointing policy; 0 needs the most memory."""
    return _NAMES.index(model.policy)


def set_level(model: Checkpointed, index: int) -> None:
    """Switch to policy `index`."""
    if index != level(model):
        model.set_checkpointing(_NAMES[index])


def fall_back(model: Checkpointed, error: Exception) -> Problem | None:
    """Change how `model` computes, so that the step that raised `error` can be retried.

    Returns a sentence describing the change; None if no fallback is left.
    """
    if is_out_of_memory(error):
        if level(model) + 1 == len(_NAMES):
            return None
        set_level(model, level(model) + 1)
        return Problem(
            "learning_recomputes_more",
            "Out of memory; learning continues with more recomputation ({policy}).",
            values={"policy": model.policy},
        )
    compiled = model.compiled
    # A graph that fails only during recomputation leaves the two forward passes inconsistent.
    if compiled is not None and (compiled.failed or isinstance(error, RuntimeError)):
        if not compiled.failed:
            compiled.give_up(error)
        model.compiled = None
        return Problem(
            "compiled_model_failed", "The compiled model failed; learning continues without it."
        )
    return None


def release() -> None:
    """Free unreferenced memory, such as that left by a failed iteration."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()

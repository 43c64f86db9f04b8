"""Names what a job computes: equal for jobs with the same result, whoever sent them."""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any

from mti_addon.wire import codec
from mti_addon.wire.request import POSES, Request
from mti_addon.wire.version import version_of

from ...models import model_folder
from ...models.weight_files import weights_key

_CONDITIONS = ("fps", "motion_bucket_id", "noise_aug_strength", "framing")
"""What learning uses of the settings for applying: the model's conditions, and what it sees."""
_ONLY_APPLIED = ("appearance", "attention", "takes", "in_between")
"""What applying a motion to its own reference, to judge it, does not use."""


def work_of(request: Request) -> str:
    """Return the name of a job's result, of 32 to 64 hex digits.

    It depends on what is learned from and how, on the model's files, and on this version. Only what
    has been learned is worth sharing, so a job that applies has a name of its own. Raises
    ModelMissing, OSError.
    """
    if not request.learns:
        return uuid.uuid4().hex
    fields = {
        "version": version_of(),
        "weights": weights_key(model_folder(request.settings.model)),
        "learning": learning(request),
        "applying": applying(request) if request.applies else None,
    }
    return hashlib.sha256(canonical(fields)).hexdigest()


def canonical(value: Any) -> bytes:
    """Return JSON that is the same for equal values, whatever the order of their names."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def learning(request: Request) -> dict[str, Any]:
    """Return everything in a request that the learned motion depends on, as JSON.

    How often a checkpoint is written, where in the scene the motion was, and all that is only for
    applying make no difference to it.
    """
    settings = request.settings
    poses = settings.inversion.token_init == "poses"
    used = {
        name: sha256
        for name, sha256 in request.inputs.items()
        if name.startswith("reference") or (name == POSES and poses)
    }
    told: dict[str, Any] = {
        "inputs": used,
        "method": settings.method,
        "model": settings.model,
        "size": [settings.num_frames, settings.width, settings.height],
        "fps": settings.num_frames / request.capture.seconds,
    }
    if settings.motion_inversion is not None:
        words = codec.to_dict(settings.motion_inversion)
        return told | {"caption": words["caption"], "numbers": _numbers(words["learning"])}
    sampling = codec.to_dict(settings.sampling)
    if settings.inversion.reconstruct:
        kept = {name: sampling[name] for name in sampling if name not in _ONLY_APPLIED}
    else:
        kept = {name: sampling[name] for name in _CONDITIONS}
    return told | {"numbers": _numbers(codec.to_dict(request.inversion)), "sampling": kept}


def applying(request: Request) -> dict[str, Any]:
    """Return everything that what is applied after learning depends on as well, as JSON."""
    settings = codec.to_dict(request.settings)
    return {
        "inputs": {k: v for k, v in request.inputs.items() if k.startswith("target")},
        "sampling": settings["sampling"],
        "words": settings["motion_inversion"],
        "seconds": request.capture.seconds,
    }


def _numbers(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if name != "checkpoint_every"}

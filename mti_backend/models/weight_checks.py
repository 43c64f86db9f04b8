"""Checks that a folder contains the expected model, and that its weights are finite. Imports
torch."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mti_addon.wire.errors import ModelMissing
from mti_addon.wire.problem import Problem

_UNET = "UNetSpatioTemporalConditionModel"
_IMAGE_ENCODER = "CLIPVisionModelWithProjection"
_AGAIN = "Copy the model again, or download it."


def check_folder(name: str, folder: Path, parts: Iterable[str], autoencoder: str) -> None:
    """Raise ModelMissing if parts or configs are missing or belong to another model.

    autoencoder: expected class name of `vae`.
    """
    _check_parts(name, folder, parts)
    for part, kind in (("unet", _UNET), ("vae", autoencoder)):
        _check_kind(name, folder / part, str(_config(name, folder / part).get("_class_name")), kind)
    kinds = _config(name, folder / "image_encoder").get("architectures") or ["unknown"]
    _check_kind(name, folder / "image_encoder", str(kinds[0]), _IMAGE_ENCODER)


def check_classes(
    name: str, folder: Path, classes: Mapping[str, str], others: Iterable[str]
) -> None:
    """Raise ModelMissing if a part is missing, or of another class.

    classes: expected class name of each part with weights. others: parts without weights.
    """
    _check_parts(name, folder, [*classes, *others])
    for part, expected in classes.items():
        config = _config(name, folder / part)
        kinds = config.get("architectures") or [config.get("_class_name")]
        if kinds[0] != expected:
            raise ModelMissing(
                Problem(
                    "model_part_is_another",
                    "{folder} contains a different model than {name}: its {part} is {found}, "
                    "not {expected}.",
                    "Choose the folder of this model, as it lies on the hub.",
                    {
                        "folder": folder,
                        "name": name,
                        "part": part,
                        "found": kinds[0],
                        "expected": expected,
                    },
                ),
            )


def _check_parts(name: str, folder: Path, parts: Iterable[str]) -> None:
    missing = [part for part in parts if not (folder / part).is_dir()]
    if missing:
        raise ModelMissing(
            Problem(
                "model_incomplete",
                "The model {name} in {folder} is incomplete: {missing} missing.",
                "Choose the folder that contains model_index.json.",
                {"name": name, "folder": folder, "missing": ", ".join(missing)},
            ),
        )


def _config(name: str, part: Path) -> dict[str, Any]:
    try:
        config = json.loads((part / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelMissing(
            Problem(
                "model_config_damaged",
                "The model {name} cannot be loaded: {file} is missing or damaged.",
                _AGAIN,
                {"name": name, "file": part / "config.json"},
            ),
        ) from error
    return config if isinstance(config, dict) else {}


def _check_kind(name: str, part: Path, found: str, expected: str) -> None:
    if found != expected:
        raise ModelMissing(
            Problem(
                "model_is_another",
                (
                    "{folder} contains a different model than {name}: its {part} is {found}, "
                    "not {expected}."
                ),
                "Choose the folder of Stable Video Diffusion.",
                {
                    "folder": part.parent,
                    "name": name,
                    "part": part.name,
                    "found": found,
                    "expected": expected,
                },
            ),
        )


@torch.no_grad()
def check_weights(name: str, folder: Path, parts: dict[str, nn.Module]) -> None:
    """Raise ModelMissing if a weight is not finite, since no output would be finite either."""
    for part, module in parts.items():
        # AnimateDiff's codes of time are buffers.
        for weight, value in (*module.named_parameters(), *module.named_buffers()):
            if not value.is_floating_point():
                continue
            # The sum of squares would overflow in half precision; minimum and maximum do not.
            if value.numel() and not torch.isfinite(torch.stack(value.aminmax())).all():
                raise ModelMissing(
                    Problem(
                        "model_weights_damaged",
                        (
                            "The model {name} in {folder} is damaged: {part}, {weight} "
                            "contains values that are not finite."
                        ),
                        _AGAIN,
                        {"name": name, "folder": folder, "part": part, "weight": weight},
                    ),
                )

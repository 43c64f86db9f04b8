"""Field types that the settings of several methods share; stdlib only."""

from __future__ import annotations

from typing import Literal

from .codec import Range

Precision = Literal["float32", "bfloat16", "auto"]

SEED = Range(0, 2**32 - 1, "", "Random seed; the same seed gives the same result.")

"""Cells of the benchmarks' Markdown tables."""

from collections.abc import Mapping
from typing import Any

from mti_backend.evaluation.statistics import median_interval


def number(row: Mapping[str, Any], key: str, form: str = ".1f") -> str:
    """A number of a row, or a dash if it was not measured."""
    return format(row[key], form) if key in row else "-"


def median_cell(values: list[float]) -> str:
    """The median with its bootstrap interval."""
    return "{:.3f} ({:.3f} to {:.3f})".format(*median_interval(values))

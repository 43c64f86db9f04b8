"""The option of both evaluations that names some of their rows. Standard library only."""

import argparse
from collections.abc import Callable, Collection


def row_list(known: Collection[str]) -> Callable[[str], tuple[str, ...]]:
    """An argument's type: keys of `known`, comma-separated, at least one."""

    def read(text: str) -> tuple[str, ...]:
        keys = tuple(key.strip() for key in text.split(",") if key.strip())
        unknown = [key for key in keys if key not in known]
        if unknown or not keys:
            raise argparse.ArgumentTypeError(f"unknown row: {', '.join(unknown) or text!r}")
        return keys

    return read

"""Dialogs that ask before an operator runs."""

from __future__ import annotations

from typing import Any


def ask(operator: Any, context: Any, confirm: str, width: int = 300) -> set[str]:
    """Open an operator's dialog, `width` pixels wide at UI scale 1; return what invoke() returns.

    `confirm`: text of the button that runs the operator, translated.
    """
    answer: set[str] = context.window_manager.invoke_props_dialog(
        operator, width=width, confirm_text=confirm
    )
    return answer

"""Who did what, one line of JSON each, in audit.log; no token is ever written."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
from pathlib import Path

MAX_BYTES = 16 * 2**20
KEPT = 4
"""Older files that are kept."""


class Audit:
    """The log of one server."""

    def __init__(self, path: Path) -> None:
        self._handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8", delay=True
        )
        self._log = logging.Logger("audit", logging.INFO)
        self._log.addHandler(self._handler)
        self._handler.setFormatter(logging.Formatter("%(message)s"))
        self._handler.handleError = lambda record: None  # type: ignore[method-assign]

    def note(self, action: str, user: str, address: str, **more: str | int | float) -> None:
        """Write one line. A full disk loses it, and nothing else."""
        about = {"time": round(time.time(), 3), "action": action, "user": user, "from": address}
        self._log.info(json.dumps(about | more, ensure_ascii=True))

    def close(self) -> None:
        """Close the file."""
        self._handler.close()

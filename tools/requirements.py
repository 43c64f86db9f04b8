"""Requirements that `make` installs into the backend's environment, in pip's format; stdlib only.

python tools/requirements.py locked     all but torch, every file with its hash
python tools/requirements.py torch      torch alone: the right build depends on the machine
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mti_addon.client.setup.lock import ONLY_WITH_CUDA, as_requirements, read_lock  # noqa: E402  the checkout

DEV_LOCK = "requirements-dev.lock"


def main(part: str) -> str:
    """Return 'locked' or 'torch' requirements, one per line. Raises SystemExit for other words."""
    lock = read_lock(ROOT, DEV_LOCK)
    if part == "torch":
        return "".join(f"{p.name}=={p.version}\n" for p in lock if p.name == "torch")
    if part == "locked":
        return as_requirements(
            [p for p in lock if not p.name.startswith(("torch", *ONLY_WITH_CUDA))]
        )
    raise SystemExit("requirements: use 'locked' or 'torch'")


if __name__ == "__main__":
    print(main(sys.argv[1] if sys.argv[1:] else ""), end="")

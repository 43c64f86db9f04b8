"""Save the motion that a job has learned in the shipped library; stdlib and the wire only.

python tools/save_preset.py JOB_FOLDER KIND [TAG ...]
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from mti_addon.wire import JobFolder  # noqa: E402  the checkout, not an installed copy
from mti_addon.wire.library import About, save_motion  # noqa: E402

LICENSE = "GPL-3.0-or-later"

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    about = About(kind=sys.argv[2], tags=tuple(sys.argv[3:]), license=LICENSE)
    saved = save_motion(JobFolder(Path(sys.argv[1])), ROOT / "presets", about)
    print(f"{saved.preset.name}: {saved.folder}")

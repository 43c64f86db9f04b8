"""Makes the shipped library, `presets/`: captures every motion in Blender, learns and measures it.

    python -m tools.presets [--only NAME ...] [--fresh] [--check]

`make presets` runs it. docs/library.md describes what it makes.
"""

import os

# as in mti_backend/__main__.py: set before torch is loaded, or its threads wait for each other
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

"""Print pyproject.toml's optional dependencies, one a line; stdlib only.

python tools/requirements.py backend dev
"""

import sys
import tomllib
from pathlib import Path


def requirements(groups: list[str]) -> list[str]:
    """The requirements of these groups. Raises KeyError for a group that is not there."""
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    optional = tomllib.loads(text)["project"]["optional-dependencies"]
    return [line for group in groups for line in optional[group]]


if __name__ == "__main__":
    print("\n".join(requirements(sys.argv[1:])))

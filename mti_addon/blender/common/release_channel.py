"""Distribution channel of this copy. tools/stage.py rewrites this file for other channels.

The official platform does not allow an extension to install software or download parts of itself,
so a copy published there shows a command to run in a terminal instead.
"""

CHANNEL = "own"

"""How this copy was published. Written anew by tools/stage.py for another channel.

The official platform does not allow an extension to install software or to fetch parts of itself:
a copy for it shows a command to be run at a terminal instead.
"""

CHANNEL = "own"

"""Procedural training clips of the draft: figures, motions, backgrounds."""

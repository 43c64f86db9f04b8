"""The index of saved motions."""

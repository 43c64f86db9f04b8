"""The draft model: procedural motion, its training, and the shipped weights."""

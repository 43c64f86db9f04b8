"""Experiments that were no better at the same cost, and so are no setting of a job (README.md)."""

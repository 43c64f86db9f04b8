"""Experiments without benefit at equal cost, and therefore not available as settings
(README.md)."""

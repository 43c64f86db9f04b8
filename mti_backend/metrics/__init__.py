"""Metrics of a clip: motion gain, ranking of takes, attention maps."""

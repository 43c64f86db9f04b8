"""The whole path as a script: `make demo`."""

"""The complete workflow as a script: `make demo`."""

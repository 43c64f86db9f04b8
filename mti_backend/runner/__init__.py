"""Runs a job from its folder to its output, stage by stage."""

"""Workflow logic without bpy: captures, job requests, the list of jobs, motions, results."""

"""New figures and their starter motions."""

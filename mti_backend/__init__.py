"""The backend: learns and applies motions in its own interpreter. This package imports nothing."""

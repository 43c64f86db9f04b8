"""The backend: learns motions and applies them, in its own interpreter. This imports nothing."""

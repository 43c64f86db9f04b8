"""The backend's environment: find, create, check and repair it, and download models."""

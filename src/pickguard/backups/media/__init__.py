"""Uploaded files: into the storage, and back to where they were."""

"""Bytes on their way to the storage and back."""

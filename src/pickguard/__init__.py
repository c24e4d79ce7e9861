"""Pickguard keeps Django websites from harm."""

__version__ = "0.1.0"

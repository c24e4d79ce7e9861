"""Transport security."""

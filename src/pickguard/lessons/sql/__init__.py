"""SQL injection."""

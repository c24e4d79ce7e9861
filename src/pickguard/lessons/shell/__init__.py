"""Shell and code injection."""

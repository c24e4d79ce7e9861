"""What every room stands on: spans, errors, configuration. Knows nothing of Django."""

"""Python files: parsed, never imported, and lowered to a small tree that is cheap to keep."""

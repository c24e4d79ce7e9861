"""One file becomes one record. Knows no rule, and no other file."""

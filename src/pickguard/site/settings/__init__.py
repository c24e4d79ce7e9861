"""Settings modules, read and never run: which there are, which production uses, what they say."""

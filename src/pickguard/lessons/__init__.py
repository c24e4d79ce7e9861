"""One folder a lesson: its page and its rules. A new lesson touches nothing else."""

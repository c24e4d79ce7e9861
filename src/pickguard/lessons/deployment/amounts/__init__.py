"""Numbers and sizes that the browser chooses."""

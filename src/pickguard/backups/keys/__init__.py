"""Keys: those that open a backup, and those that say which host made it."""

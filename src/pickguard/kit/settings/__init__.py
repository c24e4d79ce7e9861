"""What the settings say, as rules ask it."""

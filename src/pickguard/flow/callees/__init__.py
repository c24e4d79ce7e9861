"""What a call runs, by whatever name, and what goes in and out with it."""

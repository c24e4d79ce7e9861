"""Where data comes from, and what a function does to the world."""

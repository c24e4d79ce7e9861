"""What a set says of itself, and which sets there are."""

"""What is known of a value: its origin, what it is an instance of, where it was defined."""

"""What an expression is an instance of."""

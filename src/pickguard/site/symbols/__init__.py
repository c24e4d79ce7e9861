"""What names mean, which classes inherit from which, and what an expression is worth without running it."""

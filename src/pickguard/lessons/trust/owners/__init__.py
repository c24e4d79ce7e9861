"""Whose a row is: a number in the address must not be enough to reach it."""

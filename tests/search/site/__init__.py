"""A small site that shows every plug of the query language."""

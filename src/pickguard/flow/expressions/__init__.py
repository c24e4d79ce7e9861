"""The origin of an expression: of calls, entries, keys, parts of a request."""

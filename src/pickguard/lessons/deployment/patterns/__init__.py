"""Regular expressions that keep a worker busy."""

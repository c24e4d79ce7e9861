"""Injected HTML and JavaScript."""

"""Passwords, attempts, secrets."""

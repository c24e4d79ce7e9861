"""Tries the newest set in a scratch place, and keeps what came of it."""

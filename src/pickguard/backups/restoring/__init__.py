"""Brings a set back: verified, beside the live data, proven, then swapped."""

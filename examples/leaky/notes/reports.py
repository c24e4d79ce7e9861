"""Reports on notes."""

from collections import Counter


def by_month(notes):
    """Return how many notes were written in each month."""
    return Counter(f"{note.created:%Y-%m}" for note in notes)


def by_length(notes):
    """Return how many notes there are of each length, in thousands of characters."""
    return Counter(str(len(note.body) // 1000) for note in notes)

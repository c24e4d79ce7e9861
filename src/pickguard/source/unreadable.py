"""The one way in which a file says that it cannot be read."""


class Unreadable(Exception):  # noqa: N818 - it is a state of the file, and reported, not a fault
    """A file that cannot be read; the reason is one short phrase for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

"""How long work tells what it is doing; who watches decides whether and where that is shown."""

from typing import Protocol


class Progress(Protocol):
    """Told of each stage of the work and of each piece that is done."""

    def stage(self, name: str, total: int = 0) -> None:
        """Say that a new stage begins; `total` pieces are to be done, 0 where nobody knows."""

    def advance(self, count: int = 1) -> None:
        """Say that `count` more pieces of the stage are done."""


class Silent:
    """Shows nothing.

    >>> progress: Progress = Silent()
    >>> progress.stage("reading", 10)
    """

    def stage(self, name: str, total: int = 0) -> None:
        """Do nothing."""

    def advance(self, count: int = 1) -> None:
        """Do nothing."""

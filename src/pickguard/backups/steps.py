"""Seconds by step; a step inside another is taken out of the outer one."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Steps:
    """Measures steps.

    >>> steps = Steps()
    >>> with steps("dump_s"):
    ...     with steps("store_s"):
    ...         pass
    >>> sorted(steps.seconds())
    ['dump_s', 'store_s']
    """

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._open: list[str] = []
        self._since = 0.0

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Measure a block."""
        self._pass()
        self._seconds.setdefault(name, 0.0)
        self._open.append(name)
        try:
            yield
        finally:
            self._pass()
            self._open.pop()

    def _pass(self) -> None:
        now = time.monotonic()
        if self._open:
            self._seconds[self._open[-1]] += now - self._since
        self._since = now

    def seconds(self) -> dict[str, float]:
        """Return what was measured."""
        return {name: round(value, 3) for name, value in self._seconds.items()}

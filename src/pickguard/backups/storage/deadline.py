"""A call of somebody else's code that may never come back.

Calls run one after the other in one thread of their own, since clients of storages keep a connection
by thread. A call that is given up leaves that thread behind; the next call gets a new one.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Deadline:
    """Runs calls, each for at most some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._work: queue.SimpleQueue[Callable[[], None]] | None = None

    def call(self, function: Callable[[], _T]) -> _T:
        """Return what the function returns.

        Raises:
            TimeoutError: it took too long; it may still be running.
            Exception: what the function raised.
        """
        answer: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answer.put((function(), None))
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
                answer.put((None, error))

        self._queue().put(run)
        try:
            value, error = answer.get(timeout=self.seconds)
        except queue.Empty:
            self._work = None
            raise TimeoutError(f"no answer within {self.seconds:g} s") from None
        if error is not None:
            raise error
        result: _T = value
        return result

    def _queue(self) -> "queue.SimpleQueue[Callable[[], None]]":
        if self._work is None:
            work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
            threading.Thread(target=_serve, args=(work,), daemon=True).start()
            self._work = work
        return self._work


def _serve(work: "queue.SimpleQueue[Callable[[], None]]") -> None:
    while True:
        work.get()()

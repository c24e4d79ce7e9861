"""Writes and digests in a thread of its own, while whoever makes the bytes makes the next ones."""

import hashlib
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Protocol

_AHEAD = 16  # pieces that may wait


class Writable(Protocol):
    """What bytes are written to."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""


class Behind:
    """Passes bytes on to `target`, counts them and digests them.

    Its `close` or `leave` must be called; the counts hold after `close`.

    Attributes:
        count: how many bytes there were.
        hash: their SHA-256.
        error: why `target` took no more.
    """

    def __init__(self, target: Writable) -> None:
        self.count, self.hash = 0, hashlib.sha256()
        self.error: Exception | None = None
        self._target = target
        self._waiting: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = Semaphore(_AHEAD)
        self._thread = Thread(target=self._work, name="pickguard-behind", daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> int:
        """Take some bytes.

        Raises:
            Exception: what `target` raised at some bytes before.
        """
        self._room.acquire()
        if self.error is not None:
            raise self.error
        self._waiting.put(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the target is flushed by its owner."""

    def close(self) -> None:
        """Wait until all is written; raises nothing, see `error`."""
        self._waiting.put(None)
        self._thread.join()

    def leave(self) -> None:
        """Write nothing more, and wait for nothing: the target may never take what it was given."""
        self.error = self.error or InterruptedError("left before the end")
        self._waiting.put(None)

    def _work(self) -> None:
        while (data := self._waiting.get()) is not None:
            if self.error is None:
                self._pass_on(data)
            self._room.release()

    def _pass_on(self, data: bytes) -> None:
        try:
            self.hash.update(data)
            self.count += len(data)
            self._target.write(data)
        except Exception as error:  # noqa: BLE001 - told to whoever writes
            self.error = error

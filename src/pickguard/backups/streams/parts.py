"""A stream as numbered parts of bounded size, each with its digest."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO

import msgspec


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object in the storage."""

    object: str
    bytes: int
    sha256: str


class PartWriter:
    """Takes bytes, and hands out a part whenever one is full.

    At most one part is in memory.
    """

    def __init__(self, put: Callable[[str, BytesIO], None], name: str, limit: int) -> None:
        self._put, self._name, self._limit = put, name, limit
        self._buffer = BytesIO()
        self.parts: list[Part] = []

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        view = memoryview(data)
        while view:
            room = self._limit - self._buffer.tell()
            self._buffer.write(view[:room])
            view = view[room:]
            if self._buffer.tell() >= self._limit:
                self._hand_out()
        return len(data)

    def flush(self) -> None:
        """Do nothing: a part goes out when it is full."""

    def close(self) -> tuple[Part, ...]:
        """Hand out the last part and return all of them."""
        if self._buffer.tell() or not self.parts:
            self._hand_out()
        return tuple(self.parts)

    def _hand_out(self) -> None:
        data = self._buffer.getbuffer()
        name = f"{self._name}.{len(self.parts) + 1:06d}"
        part = Part(name, len(data), hashlib.sha256(data).hexdigest())
        del data  # a buffer that is looked at cannot be emptied
        self._buffer.seek(0)
        self._put(name, self._buffer)
        self.parts.append(part)
        self._buffer = BytesIO()


class PartReader:
    """Reads parts as one stream; each comes as checked bytes from `fetch`."""

    def __init__(self, parts: Iterable[Part], fetch: Callable[[Part], bytes]) -> None:
        self._parts: Iterator[Part] = iter(parts)
        self._fetch = fetch
        self._left = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, everything that is left where it is negative."""
        if size < 0:
            return b"".join(iter(lambda: self.read(1 << 16), b""))
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = memoryview(self._fetch(part))
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)

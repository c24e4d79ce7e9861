"""What writes in a thread of its own writes all, in order, and tells what went wrong."""

import hashlib
from threading import Event

import pytest

from pickguard.backups.streams.behind import Behind


class _Full:
    """Takes some bytes, then none."""

    def __init__(self, room: int) -> None:
        self.room, self.taken = room, b""

    def write(self, data: bytes) -> None:
        if len(self.taken) + len(data) > self.room:
            raise OSError(28, "No space left on device")
        self.taken += data


def test_all_is_written_in_order():
    pieces = [bytes([n % 256]) * (n * 37 % 1000) for n in range(300)]
    target = _Full(1 << 20)
    behind = Behind(target)
    assert [behind.write(piece) for piece in pieces] == list(map(len, pieces))
    behind.close()
    whole = b"".join(pieces)
    assert (target.taken, behind.count, behind.error) == (whole, len(whole), None)
    assert behind.hash.digest() == hashlib.sha256(whole).digest()


def test_an_error_reaches_whoever_writes():
    behind = Behind(_Full(10))

    def write_much() -> None:
        for _ in range(100):
            behind.write(b"abc")

    with pytest.raises(OSError, match="No space left"):
        write_much()
    behind.close()
    assert isinstance(behind.error, OSError)


def test_an_error_at_the_end_is_told():
    behind = Behind(_Full(2))
    behind.write(b"abc")
    behind.close()
    assert isinstance(behind.error, OSError)


def test_nobody_waits_for_a_target_that_takes_nothing():
    stalled = Event()

    class Stalled:
        def write(self, _data: bytes) -> None:
            stalled.wait()

    behind = Behind(Stalled())
    behind.write(b"abc")
    behind.leave()
    with pytest.raises(InterruptedError):
        behind.write(b"abc")
    stalled.set()

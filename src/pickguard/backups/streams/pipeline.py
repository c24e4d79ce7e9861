"""From plain bytes to parts and back: compress (zstd), encrypt (age), cut; fetch, decrypt, check.

A stream is one frame of zstd inside one age file, cut into parts. What comes out is compared with
the size and the digest of what went in, since neither layer alone sees every truncation.
"""

import hashlib
import os
from collections.abc import Callable
from io import BytesIO
from typing import Any, Protocol

import msgspec

from pickguard.backups.errors import DamagedError, KeyProblemError, extra
from pickguard.backups.streams.behind import Behind, Writable
from pickguard.backups.streams.parts import Part, PartReader, PartWriter

_LEVEL = 3
_THREADS = min(2, os.cpu_count() or 1)  # the site goes on beside
_CHUNK = 1 << 17


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes, none at the end."""


class Stream(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a stream was stored, and what it must give when it is read."""

    bytes: int
    sha256: str
    encrypted: bool
    parts: tuple[Part, ...]

    @property
    def stored(self) -> int:
        """Return how many bytes lie in the storage."""
        return sum(part.bytes for part in self.parts)


class _Tap:
    """Remembers its own error.

    pyrage turns an error of the stream below into one of its own; the first one is what is told.
    """

    def __init__(self) -> None:
        self.error: Exception | None = None

    def guarded(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            return call(*args)
        except Exception as error:
            self.error = self.error or error
            raise


class _Source(_Tap):
    """Reads, and counts and digests what was read where somebody asks for it."""

    def __init__(self, below: Readable, *, digested: bool = False) -> None:
        super().__init__()
        self.count, self.hash = 0, hashlib.sha256()
        self._below, self._digested = below, digested

    def read(self, size: int = -1) -> bytes:
        data: bytes = self.guarded(self._below.read, size)
        if self._digested:
            self.count += len(data)
            self.hash.update(data)
        return data


class _Sink(_Tap):
    def __init__(self, below: Writable) -> None:
        super().__init__()
        self._below = below

    def write(self, data: bytes) -> int:
        self.guarded(self._below.write, data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: the stream below is flushed by its owner."""


def store(
    source: Readable,
    put: Callable[[str, BytesIO], None],
    *,
    name: str,
    recipients: list[Any],
    part_bytes: int,
) -> Stream:
    """Read a stream to its end, store its parts, and return what describes it.

    Raises:
        Exception: whatever `source` or `put` raised.
    """
    plain = _Source(source, digested=True)
    parts = PartWriter(put, name, part_bytes)
    out = _Sink(parts)
    packed = (
        extra("zstandard")
        .ZstdCompressor(level=_LEVEL, threads=_THREADS)
        .stream_reader(plain, read_size=_CHUNK, closefd=False)
    )
    try:
        if recipients:
            extra("pyrage").encrypt_io(packed, out, recipients)
        else:
            while chunk := packed.read(_CHUNK):
                out.write(chunk)
    except Exception as error:  # noqa: BLE001 - the first error is raised, whatever it is
        raise (plain.error or out.error or error) from None
    return Stream(plain.count, plain.hash.hexdigest(), bool(recipients), parts.close())


def load(
    stream: Stream,
    fetch: Callable[[Part], bytes],
    target: Writable,
    identities: list[Any],
    *,
    what: str,
) -> None:
    """Write the plain bytes of a stream to `target`, and check that they are the right ones.

    `what` is how messages name the stream.

    Raises:
        KeyProblemError: there is no key, or a wrong one.
        DamagedError: the bytes are not what was stored; some may have been written already.
        Exception: whatever `fetch` or `target` raised.
    """
    if stream.encrypted and not identities:
        raise KeyProblemError(
            f"{what} is encrypted and no recovery key was given",
            way_out="Name the file that holds it: --identity FILE",
        )
    packed = _Source(PartReader(stream.parts, fetch))
    plain = Behind(target)
    unpacker = (
        extra("zstandard").ZstdDecompressor().stream_writer(plain, write_size=_CHUNK, closefd=False)
    )
    through = _Sink(unpacker)
    failed: Exception | None = None
    try:
        _pull(packed, through, identities if stream.encrypted else [])
    except Exception as error:  # noqa: BLE001 - as above
        failed = error
    except BaseException:
        plain.leave()
        raise
    plain.close()
    first = packed.error or plain.error
    if first is not None:
        raise first
    if failed is not None:
        raise _told(failed, what) from None
    if (plain.count, plain.hash.hexdigest()) != (stream.bytes, stream.sha256):
        raise DamagedError(
            f"{what} is not what was backed up: {plain.count} bytes instead of {stream.bytes}, "
            "or other ones"
        )


def _pull(packed: _Source, through: _Sink, identities: list[Any]) -> None:
    if identities:
        extra("pyrage").decrypt_io(packed, through, identities)
        while packed.read(_CHUNK):
            raise DamagedError("something follows the end of the encrypted stream")
        return
    while chunk := packed.read(_CHUNK):
        through.write(chunk)


def _told(error: Exception, what: str) -> Exception:
    if isinstance(error, DamagedError):
        return error
    if "No matching keys" in str(error):
        return KeyProblemError(
            f"the recovery key does not open {what}",
            way_out="It was encrypted to other keys; name the file of one of those.",
        )
    return DamagedError(f"{what} cannot be read: {error}")

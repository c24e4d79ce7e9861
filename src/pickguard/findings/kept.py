"""What was worked out in one run and holds in the next, as long as Pickguard and its input are the same.

A thing has one place in the cache. What lies there holds for the key alone that it was kept under.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

import msgspec

import pickguard

_DIGEST_SIZE = 16
_OF_RULES = (".py", ".toml", ".md")


class Store(Protocol):
    """Where bytes are kept by digests."""

    def get(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what is there of them."""

    def put(self, records: dict[bytes, bytes]) -> None:
        """Keep bytes by their digests."""


class _Kept(msgspec.Struct, frozen=True):
    key: bytes
    content: msgspec.Raw


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


def key(*parts: Any) -> bytes:
    """Return the key of all that something depends on beside Pickguard itself: builtins, or bytes."""
    return _digest(_encode((_installed(), *parts)))


def recall(store: Store, name: bytes, wanted: bytes) -> bytes:
    """Return what is kept under a name, encoded, if it was kept under this key; else nothing."""
    place = _digest(name)
    try:
        kept = _decode(store.get([place]).get(place, b""))
    except msgspec.DecodeError:
        return b""
    return bytes(kept.content) if kept.key == wanted else b""


def keep(store: Store, name: bytes, wanted: bytes, content: Any) -> None:
    """Keep something in place of what was kept under this name."""
    store.put({_digest(name): _encode(_Kept(wanted, msgspec.Raw(_encode(content))))})


@cache
def _installed() -> list[tuple[str, int, int]]:
    """Return the files of Pickguard, with their sizes and when they were written; and of Python."""
    found = [(sys.version, 0, 0)]
    for folder, _, names in os.walk(os.path.dirname(pickguard.__file__)):  # noqa: PTH120 - every scan
        for name in names:
            if name.endswith(_OF_RULES):
                stat = os.stat(f"{folder}{os.sep}{name}")  # noqa: PTH116 - as above
                found.append((f"{folder}{os.sep}{name}", stat.st_size, stat.st_mtime_ns))
    return sorted(found)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST_SIZE).digest()

"""What the rules say of a tree, kept until something changes that they were told of.

A tree has one place in the cache. What lies there holds for the key alone that it was kept under.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import msgspec

import pickguard
from pickguard.findings.model import Finding
from pickguard.findings.result import FaultInfo, FileCounts

_DIGEST_SIZE = 16
_OF_RULES = (".py", ".toml", ".md")


class Outcome(msgspec.Struct, frozen=True):
    """What was found in a tree, before anything is suppressed or left out, and how much was read.

    Attributes:
        apps: the folders of the apps that the site installs.
        unfollowed: the names of the code whose data was not followed to its end.
    """

    findings: tuple[Finding, ...]
    faults: tuple[FaultInfo, ...]
    files: FileCounts
    apps: tuple[str, ...] = ()
    unfollowed: tuple[str, ...] = ()


class _Kept(msgspec.Struct, frozen=True):
    key: bytes
    outcome: Outcome


class Store(Protocol):
    """Where bytes are kept by digests."""

    def get(self, digests: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what is there of them."""

    def put(self, records: dict[bytes, bytes]) -> None:
        """Keep bytes by their digests."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


def key(*parts: Any) -> bytes:
    """Return the key of all that an outcome depends on beside Pickguard itself: builtins, or bytes."""
    return _digest(_encode((_installed(), *parts)))


def recall(store: Store, root: Path, wanted: bytes) -> Outcome | None:
    """Return what is kept of a tree, if it was kept under this key."""
    place = _place(root)
    try:
        kept = _decode(store.get([place]).get(place, b""))
    except msgspec.DecodeError:
        return None
    return kept.outcome if kept.key == wanted else None


def keep(store: Store, root: Path, wanted: bytes, outcome: Outcome) -> None:
    """Keep an outcome in place of the last one; one with faults is not kept."""
    if not outcome.faults:
        store.put({_place(root): _encode(_Kept(wanted, outcome))})


def _place(root: Path) -> bytes:
    return _digest(b"outcome of " + str(root.resolve()).encode("utf-8", "surrogatepass"))


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

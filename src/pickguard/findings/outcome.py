"""What the rules say of a tree, kept until something changes that they were told of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from pickguard.findings import kept
from pickguard.findings.model import Finding
from pickguard.findings.result import FaultInfo, FileCounts


class Outcome(msgspec.Struct, frozen=True):
    """What was found in a tree, before anything is suppressed, and how much was read.

    Attributes:
        left_out: how many findings lie in files that are not served, by kind.
        unfollowed: the names of the code whose data was not followed to its end.
        spans: of each finding, those of its places, then those of its flow, packed.
        uses_django: whether a module imports Django, or there are templates.
        production: the file whose settings were taken for those of production; empty without any.
    """

    findings: tuple[Finding, ...]
    faults: tuple[FaultInfo, ...]
    files: FileCounts
    left_out: dict[str, int] = {}
    unfollowed: tuple[str, ...] = ()
    spans: tuple[tuple[int, ...], ...] = ()
    production: str = ""
    uses_django: bool = True


class Basis(msgspec.Struct, frozen=True, array_like=True):
    """What an outcome was made from: its key, and the digest of each file by path."""

    key: bytes
    files: dict[str, bytes]


_decode = msgspec.msgpack.Decoder(Outcome).decode
_decode_basis = msgspec.msgpack.Decoder(Basis).decode


def recall(store: kept.Store, root: Path, wanted: bytes) -> Outcome | None:
    """Return what is kept of a tree, if it was kept under this key."""
    try:
        return _decode(kept.recall(store, _name(root), wanted))
    except msgspec.DecodeError:
        return None


def recall_basis(store: kept.Store, root: Path, asked: bytes) -> Basis | None:
    """Return what the kept outcome of a tree was made from, if the same was asked."""
    try:
        return _decode_basis(kept.recall(store, _name(root, b"basis"), asked))
    except msgspec.DecodeError:
        return None


def keep(store: kept.Store, root: Path, asked: bytes, basis: Basis, outcome: Outcome) -> None:
    """Keep an outcome in place of the last one; one with faults is not kept.

    Args:
        store: where it is kept.
        root: the tree.
        asked: the key of all that was asked beside the files.
        basis: what it was made from.
        outcome: what the rules say.
    """
    if not outcome.faults:
        kept.keep(store, _name(root), basis.key, outcome)
        kept.keep(store, _name(root, b"basis"), asked, basis)


def _name(root: Path, part: bytes = b"outcome") -> bytes:
    return part + b" of " + str(root.resolve()).encode("utf-8", "surrogatepass")

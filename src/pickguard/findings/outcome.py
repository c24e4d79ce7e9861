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
    """

    findings: tuple[Finding, ...]
    faults: tuple[FaultInfo, ...]
    files: FileCounts
    left_out: dict[str, int] = {}
    unfollowed: tuple[str, ...] = ()


_decode = msgspec.msgpack.Decoder(Outcome).decode


def recall(store: kept.Store, root: Path, wanted: bytes) -> Outcome | None:
    """Return what is kept of a tree, if it was kept under this key."""
    try:
        return _decode(kept.recall(store, _name(root), wanted))
    except msgspec.DecodeError:
        return None


def keep(store: kept.Store, root: Path, wanted: bytes, outcome: Outcome) -> None:
    """Keep an outcome in place of the last one; one with faults is not kept."""
    if not outcome.faults:
        kept.keep(store, _name(root), wanted, outcome)


def _name(root: Path) -> bytes:
    return b"outcome of " + str(root.resolve()).encode("utf-8", "surrogatepass")

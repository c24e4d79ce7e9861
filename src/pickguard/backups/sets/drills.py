"""The history of drills, kept beside each set: a drill writes nothing to the live database.

Who can write to the storage can write records. So a host that has a key signs its own, and where the
settings name the hosts that are trusted, a record of no other is *proven*.
"""

import hashlib
from datetime import UTC, datetime
from io import BytesIO

import msgspec
from msgspec import UNSET, UnsetType

from pickguard.backups.errors import DamagedError, StorageError
from pickguard.backups.keys import signing
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import PART, Shelf


class Record(msgspec.Struct, frozen=True):
    """The result of one drill."""

    set: str
    at: str
    ok: bool
    differences: list[str]
    steps: dict[str, float]
    age_s: float
    notes: list[str]
    signature: str | UnsetType = UNSET


def keep(shelf: Shelf, record: Record, sign_key: str | None) -> None:
    """Store a record, signed where there is a key; its name ends in its digest.

    Raises:
        StorageError: it could not be stored.
        UsageError: the key is none.
    """
    if sign_key is not None:
        record = msgspec.structs.replace(record, signature=signing.sign(_body(record), sign_key))
    data = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
    stamp = _stamp(datetime.fromisoformat(record.at))
    name = f"{_folder(record.set)}/{stamp}-{names.token()}-{_digest(data)}.json"
    shelf.put_whole(name, BytesIO(data))


def sweep(shelf: Shelf, name: str, began: datetime) -> None:
    """Take away what drills left that were killed while they stored, of those before a moment."""
    for file in shelf.list(_folder(name))[1]:
        if file.endswith(PART) and file < _stamp(began):
            shelf.delete(f"{_folder(name)}/{file}")


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S}"


def _body(record: Record) -> bytes:
    """Return the bytes that a signature speaks of; they are those of nothing else that is signed."""
    bare = msgspec.structs.replace(record, signature=UNSET)
    return b"pickguard drill\n" + msgspec.json.encode(bare, order="deterministic")


def proven(record: Record, signers: tuple[str, ...]) -> bool:
    """Tell whether a host that is trusted made a record; where none is named, all are.

    Raises:
        UsageError: a public key is no key.
    """
    if not signers:
        return True
    given = "" if record.signature is UNSET else record.signature
    return signing.signed(_body(record), given, signers)


def of(shelf: Shelf, name: str) -> list[Record]:
    """Return the records of a set that are readable, oldest first."""
    return _read(shelf, name)[0]


def damaged(shelf: Shelf, name: str) -> list[str]:
    """Return the names of records that are not as they were stored."""
    return _read(shelf, name)[1]


def last(shelf: Shelf, name: str) -> Record | None:
    """Return the newest record of a set."""
    found = of(shelf, name)
    return found[-1] if found else None


def _read(shelf: Shelf, name: str) -> tuple[list[Record], list[str]]:
    good, bad = [], []
    stored = [file for file in shelf.list(_folder(name))[1] if not file.endswith(PART)]
    for file in stored:
        where = f"{_folder(name)}/{file}"
        try:
            data = shelf.read(where)
        except (DamagedError, StorageError):
            bad.append(where)
            continue
        record = _decoded(data) if file.endswith(f"-{_digest(data)}.json") else None
        if record is not None and record.set == name:
            good.append(record)
        else:
            bad.append(where)
    return sorted(good, key=lambda record: record.at), bad


def _decoded(data: bytes) -> Record | None:
    try:
        return msgspec.json.decode(data, type=Record)
    except msgspec.DecodeError:
        return None


def _folder(name: str) -> str:
    return f"{name}/{names.DRILLS}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]

"""The history of drills, kept beside each set: a drill writes nothing to the live database."""

import hashlib
from io import BytesIO

import msgspec

from pickguard.backups import names
from pickguard.backups.errors import DamagedError, StorageError
from pickguard.backups.shelf import Shelf


class Record(msgspec.Struct, frozen=True):
    """The result of one drill."""

    set: str
    at: str
    ok: bool
    differences: list[str]
    steps: dict[str, float]
    age_s: float
    notes: list[str]


def keep(shelf: Shelf, record: Record) -> None:
    """Store a record; its name ends in its digest."""
    data = msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"
    stamp = record.at.translate(str.maketrans("", "", "-:.+"))[:15]
    name = f"{_folder(record.set)}/{stamp}-{names.token()}-{_digest(data)}.json"
    shelf.put(name, BytesIO(data))


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
    for file in shelf.list(_folder(name))[1]:
        where = f"{_folder(name)}/{file}"
        try:
            data = shelf.read(where)
        except (DamagedError, StorageError):
            bad.append(where)
            continue
        if file.endswith(f"-{_digest(data)}.json"):
            good.append(msgspec.json.decode(data, type=Record))
        else:
            bad.append(where)
    return sorted(good, key=lambda record: record.at), bad


def _folder(name: str) -> str:
    return f"{name}/{names.DRILLS}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]

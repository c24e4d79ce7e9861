"""What a set holds, as readable JSON without a row of data; pure.

The digests of tables are described in `digest`. The manifest is proven by the seal, a small object
that is encrypted like the data and holds the manifest's own digest.
"""

import hashlib
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from pickguard.backups.errors import DamagedError
from pickguard.backups.streams.parts import Part
from pickguard.backups.streams.pipeline import Stream

FORMAT = 2


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One table: its columns by name with the kind that they are digested as.

    Attributes:
        by: what of a chunk is digested first; not set: rows, as in format 1.
    """

    rows: int
    digest: str
    columns: dict[str, str]
    key: str | None = None
    by: str | UnsetType = UNSET


class Database(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One database.

    Attributes:
        image: where the dump is a file that is loaded by writing it, SHA-256 of that file as it was
            read for the digests of its tables, after the database itself had found it sound.
    """

    vendor: str
    server: str
    tool: str
    encoding: str
    collation: str
    time_zone: str
    tables: dict[str, Table]
    sequences: dict[str, int]
    migrations: list[str]
    objects: dict[str, str]
    streams: dict[str, Stream]
    image: str | UnsetType = UNSET


class Media(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Uploaded files: their names are in an encrypted stream, since rows hold them too.

    Attributes:
        digest: over names, sizes and digests of all files, in order.
        objects: what lies in the storage, by the keyed digest of its content.
    """

    files: int
    bytes: int
    digest: str
    index: Stream
    objects: dict[str, Stream]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set."""

    format: int
    name: str
    created: str
    pickguard: str
    python: str
    django: str
    time_zone: str
    encrypted: bool
    databases: dict[str, Database]
    media: Media | None
    seal: str
    signature: str | None = None

    def streams(self) -> dict[str, Stream]:
        """Return every stream by a name that people understand."""
        found = {
            f"{name} of database {alias!r}": stream
            for alias, database in self.databases.items()
            for name, stream in database.streams.items()
        }
        if self.media is not None:
            found["the list of media"] = self.media.index
            found |= {f"media {key[:12]}": each for key, each in self.media.objects.items()}
        return found

    def parts(self) -> list[Part]:
        """Return every part."""
        return [part for stream in self.streams().values() for part in stream.parts]

    @property
    def stored(self) -> int:
        """Return how many bytes the set has in the storage."""
        return sum(part.bytes for part in self.parts())


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is encrypted to prove a manifest."""

    name: str
    manifest: str


def body(manifest: Manifest) -> bytes:
    """Return the bytes that seal and signature speak of: all but the two."""
    bare = msgspec.structs.replace(manifest, seal="", signature=None)
    return msgspec.json.encode(bare, order="deterministic")


def digest(manifest: Manifest) -> str:
    """Return the digest of a manifest."""
    return hashlib.sha256(body(manifest)).hexdigest()


def encode(manifest: Manifest) -> bytes:
    """Return the manifest as people read it."""
    compact = msgspec.json.encode(manifest, order="deterministic")
    return msgspec.json.format(compact, indent=1) + b"\n"


def decode(data: bytes, where: str) -> Manifest:
    """Read a manifest.

    Raises:
        DamagedError: it is none, or of a newer format.
    """
    try:
        head: Any = msgspec.json.decode(data)
        if (
            isinstance(head, dict)
            and isinstance(head.get("format"), int)
            and head["format"] > FORMAT
        ):
            raise DamagedError(
                f"it has format {head['format']}, this Pickguard knows {FORMAT}",
                where=where,
                way_out="Install the Pickguard that made it, or a newer one.",
            )
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedError(f"the manifest is damaged: {error}", where=where) from error

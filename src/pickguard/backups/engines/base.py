"""What every engine can do. A *place* is a database as `DATABASES` describes it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from django.db import Error, connections
from django.db.utils import load_backend

from pickguard.backups.digest.shapes import Reader
from pickguard.backups.errors import BackupError
from pickguard.backups.streams.behind import Writable
from pickguard.backups.streams.pipeline import Readable
from pickguard.base.progress import Progress

Place = dict[str, Any]
Feed = Callable[[str, Writable], None]
_OURS = "pickguard:"
DRILL = "pickguard_drill_"
_NUMBERS = count()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of a database beside its rows.

    Attributes:
        server: version of the server.
        tool: version of the tool that dumps.
        objects: definitions by kind and name: constraints, indexes, views, triggers.
    """

    server: str
    tool: str
    encoding: str
    collation: str
    time_zone: str
    sequences: dict[str, int]
    migrations: list[str]
    objects: dict[str, str]


class Snapshot(Protocol):
    """One moment of a database, readable until it is left."""

    reader: Reader
    facts: Facts

    def streams(self) -> dict[str, Callable[[], AbstractContextManager[Readable]]]:
        """Return what is to be stored, by name; each is opened once."""

    def image(self) -> str | None:
        """Return the digest of the file that all is in; None where a load is more than to write one."""

    def sound(self) -> None:
        """Have the database itself look at its files, where it can and nothing else has.

        Raises:
            DamagedError: it finds something wrong.
        """


class Engine(Protocol):
    """A database's own tools."""

    vendor: str

    def snapshot(self, place: Place, work: Path) -> AbstractContextManager[Snapshot]:
        """Hold one moment of a database; `work` is a folder for scratch files."""

    def opened(self, place: Place) -> AbstractContextManager[Snapshot]:
        """Read a database that nobody writes to, such as one that was just loaded."""

    def reader(self, connection: Any) -> Reader:
        """Return what reads tables through one of Django's connections."""

    def scratch(self, place: Place, work: Path, tail: str) -> Place:
        """Return a place for a drill, never a live one."""

    def beside(self, place: Place, tail: str) -> Place:
        """Return a place beside a live one, of the same server or folder."""

    def exists(self, place: Place) -> bool:
        """Tell whether there is such a database."""

    def create(self, place: Place, like: Place) -> None:
        """Make an empty database, with the properties of another where that exists."""

    def drop(self, place: Place) -> None:
        """Take a database away; it need not exist."""

    def load(self, place: Place, feed: Feed, *, owners: bool) -> None:
        """Fill an empty database; `feed(name, target)` writes a stream's bytes to `target`."""

    def finish(self, live: Place, feed: Feed) -> None:
        """Do after a swap what can be done only then; may be repeated."""

    def size(self, place: Place) -> int:
        """Return about how many bytes a database takes."""

    def check(self, live: Place) -> None:
        """See early whether a swap would be refused.

        Raises:
            BackupError: it would, as things are.
        """

    def swapped(self, new: Place, old: Place) -> bool:
        """Tell whether a swap was done."""

    def swap(self, live: Place, new: Place, old: Place, progress: Progress) -> None:
        """Put `new` where `live` is, and `live` where `old` is, in one step."""


def places(aliases: tuple[str, ...] | None) -> dict[str, Place]:
    """Return the configured databases by alias; mirrors and repeated ones once.

    Raises:
        KeyError: an alias is unknown.
    """
    found: dict[str, Place] = {}
    seen = set()
    for alias in aliases if aliases is not None else connections.settings:
        place = connections.settings[alias]
        if alias.startswith(_OURS):
            continue
        same = tuple(str(place.get(key) or "") for key in ("ENGINE", "NAME", "HOST", "PORT"))
        if aliases is None and (place["ENGINE"].endswith("dummy") or same in seen):
            continue
        seen.add(same)
        found[alias] = copied(place)
    return found


def copied(place: Place, **changes: Any) -> Place:
    """Return a place with changes; a pool would keep connections that we must close."""
    new = deepcopy(dict(place))
    new.get("OPTIONS", {}).pop("pool", None)
    new.update(changes, CONN_MAX_AGE=0)
    return new


@contextmanager
def connected(place: Place) -> Iterator[Any]:
    """Give a connection of Django's of its own to a place, and close it.

    It has an alias meanwhile: whoever prepares new connections asks for them by it.

    Raises:
        BackupError: the database does not let us in.
    """
    alias = f"{_OURS}{next(_NUMBERS)}"
    backend: Any = load_backend(place["ENGINE"])
    connection = backend.DatabaseWrapper(place, alias)
    connections.settings[alias] = place
    connections[alias] = connection
    try:
        try:
            connection.ensure_connection()
        except Error as error:
            raise BackupError(
                f"no connection to the database {place['NAME']}: {str(error).strip()}"
            ) from error
        yield connection
    finally:
        connection.close()
        del connections[alias], connections.settings[alias]

"""Brings parts from the storage and checks each before a byte of it is used."""

import hashlib
from pathlib import Path
from typing import Any

from pickguard.backups.errors import DamagedError, StorageError
from pickguard.backups.steps import Steps
from pickguard.backups.storage.shelf import Shelf, local
from pickguard.backups.streams import pipeline
from pickguard.backups.streams.behind import Writable
from pickguard.backups.streams.parts import Part
from pickguard.backups.streams.pipeline import Stream
from pickguard.base.progress import Progress

_MOST = 20


class Fetcher:
    """Fetches parts; from far away each travels once and waits, still encrypted, in a spool."""

    def __init__(self, shelf: Shelf, spool: Path, steps: Steps) -> None:
        self._shelf, self._steps = shelf, steps
        self._spool = spool if local(shelf.storage, "") is None else None

    def __call__(self, part: Part) -> bytes:
        """Return the checked bytes of a part.

        Raises:
            DamagedError: they are not what was stored.
        """
        spooled = self._place(part)
        if spooled is not None and spooled.is_file():
            data = spooled.read_bytes()
        else:
            with self._steps("fetch_s"):
                data = self._shelf.read(part.object, limit=part.bytes)
        with self._steps("verify_s"):
            if len(data) != part.bytes:
                raise DamagedError(
                    f"it has {len(data)} bytes instead of {part.bytes}", where=part.object
                )
            if hashlib.sha256(data).hexdigest() != part.sha256:
                raise DamagedError("its bytes were altered", where=part.object)
        if spooled is not None and not spooled.is_file():
            with self._steps("fetch_s"):
                spooled.write_bytes(data)
        return data

    def _place(self, part: Part) -> Path | None:
        return None if self._spool is None else self._spool / f"{part.sha256}.part"

    def verify(self, parts: list[Part], progress: Progress) -> list[str]:
        """Fetch and check every part; return what is wrong with some."""
        found: list[str] = []
        progress.stage("verifying", len(parts))
        for part in parts:
            try:
                self(part)
            except DamagedError as error:
                found.append(str(error))
            except StorageError as error:  # each further part would wait as long
                return [*found, str(error), "the other parts were not looked at"]
            progress.advance()
            if len(found) == _MOST:
                return [*found, "more parts were not looked at"]
        return found

    def load(self, stream: Stream, target: Writable, identities: list[Any], what: str) -> None:
        """Write the plain bytes of a stream to `target`; see `streams.load`."""
        pipeline.load(stream, self, target, identities, what=what)

"""Uploaded files: each content is stored once, and again only when it, or the recipients, change.

The storage shows for each content a digest that is keyed with the site's SECRET_KEY: nobody who sees
the storage can tell whether a file that they know is in it. Names are in the encrypted index.
"""

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import msgspec
from django.apps import apps
from django.conf import settings as django_settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.crypto import salted_hmac

from pickguard.backups.conf import STORAGE, Settings
from pickguard.backups.errors import BackupError
from pickguard.backups.sets.manifest import Media
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf, local
from pickguard.backups.streams import pipeline
from pickguard.backups.streams.pipeline import Stream
from pickguard.base.progress import Progress

ASIDE = "pickguard-aside"
STAGE = ".pickguard-new"
Put = Callable[[str, Any], None]


class Item(msgspec.Struct, frozen=True):
    """One file: where, what, and which object of the set holds it."""

    storage: str
    name: str
    bytes: int
    sha256: str
    object: str


def aliases(settings: Settings) -> list[str]:
    """Return the storages whose files are backed up: the default one and those of file fields."""
    if settings.media is False:
        return []
    return all_aliases() if settings.media is True else list(settings.media)


def all_aliases() -> list[str]:
    """Return the default storage and those of file fields."""
    used = {
        alias
        for alias in django_settings.STORAGES
        if alias not in {STORAGE, "staticfiles", "default"}
        for field in file_fields()
        if field.storage is storages[alias]
    }
    return ["default", *sorted(used)]


def file_fields() -> Iterator[models.FileField]:
    """Return all file fields of all models."""
    for model in apps.get_models():
        for field in model._meta.get_fields():  # noqa: SLF001 # Django's public name for it
            if isinstance(field, models.FileField):
                yield field


def walk(storage: Storage, folder: str = "") -> Iterator[str]:
    """Return the names of all files of a storage."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    prefix = f"{folder}/" if folder else ""
    yield from (f"{prefix}{name}" for name in sorted(files) if name)
    for each in sorted(set(folders) - ({ASIDE, STAGE} if not folder else set())):
        yield from walk(storage, f"{prefix}{each}")


class Uploader:
    """Stores media of one set, given what older sets have stored already."""

    def __init__(
        self, shelf: Shelf, settings: Settings, recipients: list[Any], known: Mapping[str, Stream]
    ) -> None:
        self._shelf, self._settings, self._recipients = shelf, settings, recipients
        self._there = set(shelf.walk(names.MEDIA)) if known else set()
        self._near = local(shelf.storage, "") is not None
        self._known = known
        self.objects: dict[str, Stream] = {}
        self.stored: list[str] = []

    def add(self, alias: str, name: str, put: Put) -> Item | None:
        """Store one file where its content is not there yet; None where it has gone meanwhile."""
        storage = storages[alias]
        try:
            with storage.open(name, "rb") as file:
                plain = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None
        identifier = self._identifier(plain)
        stream = self.objects.get(identifier) or self._reusable(identifier, plain)
        if stream is None:
            stream = self._store(storage, name, put)
            identifier = self._identifier(stream.sha256)  # it may have changed in between
        self.objects[identifier] = stream
        return Item(alias, name, stream.bytes, stream.sha256, identifier)

    def _store(self, storage: Storage, name: str, put: Put) -> Stream:
        token = names.token(16)
        target = f"{names.MEDIA}/{token[:2]}/{token}"

        def noted(part: str, data: Any) -> None:
            self.stored.append(part)
            put(part, data)

        with storage.open(name, "rb") as file:
            return pipeline.store(
                file,
                noted,
                name=target,
                recipients=self._recipients,
                part_bytes=self._settings.part_bytes,
            )

    def _identifier(self, sha256: str) -> str:
        told = ",".join(sorted(self._settings.recipients))
        return salted_hmac(
            "pickguard.backups.media", f"{sha256} {told}", algorithm="sha256"
        ).hexdigest()

    def _reusable(self, identifier: str, plain: str) -> Stream | None:
        stream = self._known.get(identifier)
        if stream is None or stream.sha256 != plain:
            return None
        for part in stream.parts:
            if part.object not in self._there:
                return None
            if self._near and self._shelf.size(part.object) != part.bytes:
                return None
        return stream


def back_up(
    uploader: Uploader, settings: Settings, put: Put, prefix: str, progress: Progress
) -> Media:
    """Store all media and their index."""
    whole, count, size = hashlib.sha256(), 0, 0
    progress.stage("media")
    with tempfile.TemporaryFile(dir=settings.work_dir) as index:
        for item in _items(uploader, settings, put):
            line = msgspec.json.encode(item)
            index.write(line + b"\n")
            whole.update(f"{item.storage}\0{item.name}\0{item.bytes}\0{item.sha256}\n".encode())
            count, size = count + 1, size + item.bytes
            progress.advance()
        index.seek(0)
        stored = pipeline.store(
            index,
            put,
            name=f"{prefix}/media",
            recipients=uploader._recipients,  # noqa: SLF001 - the index goes to the same keys
            part_bytes=settings.part_bytes,
        )
    return Media(count, size, whole.hexdigest(), stored, uploader.objects)


def _items(uploader: Uploader, settings: Settings, put: Put) -> Iterator[Item]:
    for alias in aliases(settings):
        storage = storages[alias]
        _apart(storage, storages[STORAGE])
        for name in walk(storage):
            item = uploader.add(alias, name, put)
            if item is not None:
                yield item


def _apart(media: Storage, backups: Storage) -> None:
    """See that backups are not backed up.

    Raises:
        BackupError: they lie within the media.
    """
    inner, outer = local(backups, ""), local(media, "")
    if inner is not None and outer is not None and inner.resolve().is_relative_to(outer.resolve()):
        raise BackupError(
            "the backups lie within the media, where the site serves them to everybody",
            where=str(inner),
            way_out='Give STORAGES["backups"] a folder elsewhere, or a storage elsewhere.',
        )


def read_index(file: IO[bytes]) -> Iterator[Item]:
    """Return the items of an index."""
    for line in file:
        yield msgspec.json.decode(line, type=Item)

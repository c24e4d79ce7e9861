"""Has Django work on a restored copy: its databases, its media, and nothing that leaves the process."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings
from django.core.files.storage import storages
from django.db import connections
from django.test.utils import override_settings

from pickguard.backups.engines.base import Place, copied

_FILES = "django.core.files.storage.FileSystemStorage"


@contextmanager
def pointed_at(scratch: Mapping[str, Place], media: Path) -> Iterator[None]:
    """Replace databases, media, caches and mail for a block; a database without a copy is shut."""
    before = {alias: connections.settings[alias] for alias in connections.settings}
    connections.close_all()
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    files = {
        alias: {"BACKEND": _FILES, "OPTIONS": {"location": str(media / alias)}}
        for alias in ("default", *(f.name for f in media.iterdir() if f.is_dir()))
    }
    with ExitStack() as stack:
        for alias, place in before.items():
            _replace(alias, scratch.get(alias) or _shut(place))
            stack.callback(_replace, alias, place)
        stack.enter_context(
            override_settings(
                STORAGES={**django_settings.STORAGES, **files},
                MEDIA_ROOT=str(media / "default"),
                CACHES=dict.fromkeys(django_settings.CACHES, local),
                EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
                ALLOWED_HOSTS=["*"],
            )
        )
        assert storages["default"] is not None
        yield


def _shut(place: Place) -> dict[str, Any]:
    return copied(dict(place), ENGINE="django.db.backends.dummy")


def _replace(alias: str, place: Any) -> None:
    connections[alias].close()
    del connections[alias]
    connections.settings[alias] = place

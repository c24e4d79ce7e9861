"""Who owns the backups: what an attacker, a fire or a mistake on the host of the site would take along."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.core.files.storage import storages

from pickguard.backups.conf import STORAGE, Settings
from pickguard.backups.errors import BackupError
from pickguard.backups.keys import on_host
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf, local
from pickguard.backups.watching import status as states
from pickguard.base.errors import UsageError


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that was looked at; `good` is None where nobody could tell."""

    id: str
    good: bool | None
    said: str
    hint: str = ""


def at_home(settings: Settings) -> list[Point]:
    """Return what can be told without asking the storage."""
    return [_encrypted(settings), _host(), _account(), _key(settings)]


def of_storage(settings: Settings, shelf: Shelf) -> list[Point]:
    """Return what only the storage can tell; nothing is written."""
    return [*_bucket(shelf), *_copies(settings, shelf)]


def _encrypted(settings: Settings) -> Point:
    count = len(settings.recipients)
    if not count:
        hint = 'Name recovery public keys in PICKGUARD_BACKUPS["recipients"].'
        return Point("encrypted", False, "whoever reads the storage has every row", hint)
    return Point("encrypted", True, f"encrypted to {count} recovery key{'s' * (count != 1)}")


def _host() -> Point:
    path = local(storages[STORAGE], "")
    if path is None:
        return Point("same-host", True, "the backups lie elsewhere")
    return Point(
        "same-host",
        False,
        f"the backups lie on this host, in {path}",
        "What takes the host takes them, too. Store them elsewhere, or copy them: then say so by "
        'SILENCED_SYSTEM_CHECKS = ["pickguard.W011"].',
    )


def _account() -> Point:
    """Compare the account of the backups with that of the media."""
    own, media = storages[STORAGE], storages["default"]
    if not hasattr(own, "bucket_name") or not hasattr(media, "bucket_name"):
        return Point("same-account", None, "whether the site uses the account for anything else")
    if getattr(own, "access_key", None) == getattr(media, "access_key", None):
        hint = "Give the backups an account of their own that may add and read, and not delete."
        return Point("same-account", False, "media and backups are stored by one account", hint)
    return Point("same-account", True, "media and backups are stored by different accounts")


def _key(settings: Settings) -> Point:
    found = on_host.found(settings.recipients)
    if not found:
        return Point("key-on-host", True, "no recovery key was found on this host")
    only = " There is no other recipient: if this is the only copy, it is lost with the host."
    return Point(
        "key-on-host",
        False,
        f"a recovery key lies on this host: {', '.join(found[:3])}",
        "Move it to paper or to a host that only restores."
        + (only if len(settings.recipients) == 1 else ""),
    )


def _bucket(shelf: Shelf) -> list[Point]:
    storage: Any = shelf.storage
    if not hasattr(storage, "bucket_name") or not hasattr(storage, "connection"):
        unknown = "whether the storage keeps what is deleted; only S3 can be asked"
        return [Point("versioning", None, unknown), Point("object-lock", None, unknown)]
    return [
        _asked(
            shelf,
            "versioning",
            lambda client: (
                client.get_bucket_versioning(Bucket=storage.bucket_name).get("Status") == "Enabled"
            ),
            "Switch versioning on, so that what is overwritten or deleted can be had back.",
        ),
        _asked(
            shelf,
            "object-lock",
            lambda client: (
                client.get_object_lock_configuration(Bucket=storage.bucket_name)
                .get("ObjectLockConfiguration", {})
                .get("ObjectLockEnabled")
                == "Enabled"
            ),
            "Switch object lock on, so that nobody can delete a backup before its time.",
        ),
    ]


def _asked(shelf: Shelf, name: str, question: Any, hint: str) -> Point:
    storage: Any = shelf.storage
    try:
        good = bool(shelf.ask(name, lambda: question(storage.connection.meta.client)))
    except BackupError as error:
        if "NotFound" in str(error):  # S3 says so where the bucket has no lock
            return Point(name, False, f"{name} is off", hint)
        return Point(name, None, f"{name}: the storage does not tell ({error.problems[0].message})")
    return Point(name, good, f"{name} is {'on' if good else 'off'}", "" if good else hint)


def _copies(settings: Settings, shelf: Shelf) -> list[Point]:
    try:
        found = states.status(shelf, settings.signers)
    except (BackupError, UsageError) as error:
        return [Point("storage", False, str(error))]
    said = states.problems(settings, found)
    drills = [line for line in said if "drill" in line]
    age = [line for line in said if line not in drills]
    newest = found.newest or "none"
    off_site = local(shelf.storage, "") is None
    return [
        Point("backup-age", not age, "; ".join(age) or f"the newest backup is {newest}"),
        Point(
            "off-site-copy",
            None if not off_site else found.newest is not None,
            f"the newest off-site copy is {newest if off_site else 'unknown'}",
        ),
        Point(
            "drill-age",
            not drills,
            "; ".join(drills)
            or (
                f"the last good drill was at {found.good.at[:16]}" if found.good else "nobody asks"
            ),
            "" if not drills else "manage.py drill --identity FILE, where the key is.",
        ),
    ]


def can_delete(shelf: Shelf) -> Point:
    """See whether the site's own account could delete a backup, by storing a few bytes and deleting them.

    Raises:
        StorageError: not even that could be stored.
    """
    name = f"ownership-{names.token()}"
    shelf.put(name, BytesIO(b"deleted at once"))
    try:
        shelf.delete(name)
        gone = shelf.size(name) is None
    except BackupError:
        gone = False
    if gone:
        hint = "Take the right to delete from it; let the storage's own rules expire old backups."
        return Point("can-delete", False, "the site's account can delete backups", hint)
    return Point("can-delete", True, f"the site's account cannot delete; {name} stays behind")

"""`PICKGUARD_BACKUPS`, read at call time; all mistakes are told at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from pickguard.base.errors import ConfigurationError, Problem, did_you_mean

SETTING = "PICKGUARD_BACKUPS"
STORAGE = "backups"
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, weeks and months keep their newest set."""

    daily: int = 7
    weekly: int = 5
    monthly: int = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project says about its backups.

    Attributes:
        recipients: recovery public keys, `age1…` or `ssh-ed25519 …`; sets are encrypted to them.
        allow_unencrypted: no recipients is meant.
        media: back up uploaded files, of all storages that file fields use; or their aliases.
        databases: aliases to back up; None for all.
        keep: what pruning keeps.
        drill_within_days: how old the last good drill may become; None: nobody asks.
        backup_within_hours: how old the newest backup may become.
        smoke: what a drill does on the restored copy: calls functions by dotted path, fetches pages,
            `GET /path/`, also of a known user, `GET /path/ as ann`.
        sign_key: file of an Ed25519 private key (PEM) of this host that signs manifests and drills.
        signers: Ed25519 public keys (PEM text); a set, and a drill that counts, must then be signed
            by one of them.
        storage_timeout_s: how long one call of the storage may take.
        part_mib: size of one part of a stream.
        work_dir: folder for the state of a restore and for scratch files.
        scratch: by alias, settings of a database server that drills restore into.
        schemas: JSON schemas by `app.Model.field`, for `integrity`.
        accept: findings of `integrity` that are known and fine, as `check:app.Model.field`; `*`
            stands for anything.
        metrics_token: who asks for health and metrics must know it; None: nobody may.
    """

    recipients: tuple[str, ...] = ()
    allow_unencrypted: bool = False
    media: bool | tuple[str, ...] = True
    databases: tuple[str, ...] | None = None
    keep: Keep = Keep()
    drill_within_days: int | None = 7
    backup_within_hours: int = 48
    smoke: tuple[str, ...] = ()
    sign_key: str | None = None
    signers: tuple[str, ...] = ()
    storage_timeout_s: float = 600.0
    part_mib: int = 16
    work_dir: str | None = None
    scratch: Mapping[str, Mapping[str, Any]] | None = None
    schemas: Mapping[str, Any] | None = None
    accept: tuple[str, ...] = ()
    metrics_token: str | None = None

    @property
    def part_bytes(self) -> int:
        """Return the size of a part in bytes."""
        return self.part_mib * _MIB


def _texts(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)


def _count(value: object) -> bool:
    return isinstance(value, int) and value is not True and value >= 0


def _whole(value: object) -> bool:
    return _count(value) and value != 0


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "recipients": (_texts, "a list of public keys"),
    "allow_unencrypted": (lambda v: isinstance(v, bool), "True or False"),
    "media": (lambda v: isinstance(v, bool) or _texts(v), "True, False or a list of storages"),
    "databases": (lambda v: v is None or _texts(v), "a list of aliases"),
    "keep": (
        lambda v: (
            isinstance(v, dict)
            and set(v) <= {"daily", "weekly", "monthly"}
            and all(_count(each) for each in v.values())
        ),
        'whole numbers for "daily", "weekly" and "monthly"',
    ),
    "drill_within_days": (lambda v: v is None or _whole(v), "a number of days, or None"),
    "backup_within_hours": (_whole, "a number of hours"),
    "smoke": (_texts, "a list of dotted paths and pages"),
    "sign_key": (lambda v: v is None or isinstance(v, str | Path), "the path of a file"),
    "signers": (_texts, "a list of public keys"),
    "storage_timeout_s": (
        lambda v: isinstance(v, int | float) and not isinstance(v, bool) and v > 0,
        "a number of seconds",
    ),
    "part_mib": (lambda v: _whole(v) and v <= 1024, "a number of MiB, from 1 to 1024"),
    "work_dir": (lambda v: v is None or isinstance(v, str | Path), "the path of a folder"),
    "scratch": (lambda v: v is None or isinstance(v, dict), "databases by alias"),
    "schemas": (lambda v: v is None or isinstance(v, dict), "JSON schemas by app.Model.field"),
    "accept": (_texts, "a list of findings, check:app.Model.field"),
    "metrics_token": (
        lambda v: v is None or (isinstance(v, str) and len(v) >= 16),
        "a text of at least 16 characters",
    ),
}


def problems() -> list[Problem]:
    """Return everything that is wrong with the setting for who makes and restores backups."""
    found = malformed()
    given = getattr(django_settings, SETTING, {})
    if not found and not given.get("recipients") and not given.get("allow_unencrypted"):
        found.append(
            Problem(
                "no `recipients`: nothing to encrypt backups to",
                SETTING,
                "Make a key with `age-keygen` or `manage.py backup --new-key FILE`, keep FILE off "
                "this host and put the public key here; or set `allow_unencrypted` to True.",
            )
        )
    if STORAGE not in django_settings.STORAGES:
        found.append(
            Problem(
                f'STORAGES has no "{STORAGE}"',
                "STORAGES",
                "Name the storage that the backups go to, best in another account.",
            )
        )
    return found


def malformed() -> list[Problem]:
    """Return what is unknown or of the wrong kind in the setting."""
    given = getattr(django_settings, SETTING, {})
    if not isinstance(given, dict):
        return [Problem("must be a dictionary", SETTING)]
    found = [
        Problem(f"`{key}` is unknown", SETTING, did_you_mean(str(key), list(_RULES)))
        for key in given
        if key not in _RULES
    ]
    found += [
        Problem(f"`{key}` must be {expected}, not {given[key]!r}", SETTING)
        for key, (holds, expected) in _RULES.items()
        if key in given and not holds(given[key])
    ]
    return found


def load(*, backups: bool = True) -> Settings:
    """Return the settings as they are now; without `backups` they need not suffice to make any.

    Raises:
        ConfigurationError: with every mistake.
    """
    found = problems() if backups else malformed()
    if found:
        raise ConfigurationError(found)
    given = dict(getattr(django_settings, SETTING, {}))
    if "keep" in given:
        given["keep"] = Keep(**given["keep"])
    for key in ("sign_key", "work_dir"):
        if given.get(key) is not None:
            given[key] = str(given[key])
    for each in fields(Settings):
        if isinstance(given.get(each.name), list):
            given[each.name] = tuple(given[each.name])
    return Settings(**given)

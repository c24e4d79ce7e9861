"""Backup rules that look at settings and requirements."""

import re
from collections.abc import Iterator
from typing import Any

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Reading, reading, rule
from pickguard.kit.served import is_command
from pickguard.site.settings.environment import app_package

_APPS = ("dbbackup", "pickguard.backups", "django_postgres_backup", "backup", "database_backup")
_PACKAGES = frozenset(
    {"django-dbbackup", "django-dbbackups", "wal-e", "barman", "pgbackrest", "django-backup"}
)


def _backup_app(project: Project) -> str | None:
    return next((app for app in project.installed if app_package(app) in _APPS), None)


def _has_own_command(project: Project) -> bool:
    """Whether the site has a command of its own that makes backups."""
    return any(
        is_command(module) and _BACKS_UP.search(module.name.rpartition(".")[2])
        for module in project.served()
    )


_BACKS_UP = re.compile(r"(^|_)backup(_|$)|^(dump|export)_?(db|database)$")


@rule(
    "backups.none-configured",
    title="nothing in the project makes a backup",
    areas=(Area.AVAILABILITY, Area.INTEGRITY),
    cwe=(1053,),
    severity=Severity.INFO,
    gain="a broken disk, a wrong migration or ransomware takes the data for good",
    mend="set up `pickguard.backups`, or note with a suppression who makes the backups",
)
def none_configured(project: Project) -> Iterator[Hit]:
    """Find production databases with no backup app and no backup package."""
    databases = reading(project, "DATABASES")
    apps = reading(project, "INSTALLED_APPS")
    if databases is None or apps is None or apps.confidence is not Confidence.HIGH:
        return
    if databases.value == {}:
        return
    if _backup_app(project) or _PACKAGES & project.packages or _has_own_command(project):
        return
    yield Hit(
        (databases.spot,),
        "the project has a database and no tool that backs it up",
        Confidence.LOW if _is_one_file(databases.value) else Confidence.MEDIUM,
        "DATABASES",
    )


def _is_one_file(databases: Any) -> bool:
    """Whether all databases are files of SQLite: that is what development has, and production is elsewhere."""
    if not isinstance(databases, dict) or not databases:
        return False
    return all(
        isinstance(one, dict) and str(one.get("ENGINE")).endswith("sqlite3")
        for one in databases.values()
    )


@rule(
    "backups.media-left-out",
    title="uploaded files are not backed up",
    areas=(Area.AVAILABILITY,),
    cwe=(1053,),
    severity=Severity.MEDIUM,
    gain="after a restore every row that names a file names one that is gone",
    mend='set `PICKGUARD_BACKUPS["media"] = True`, or back the media folder up by itself and say so',
)
def media_left_out(project: Project) -> Iterator[Hit]:
    """Find a backup that leaves media out although the site stores uploads."""
    found = _own(project)
    if found is None or found.value.get("media", True) is not False:
        return
    if any(
        f.kind.endswith(("FileField", "ImageField"))
        for m in project.site.models.all
        for f in m.fields
    ):
        yield Hit(
            (found.spot,), "uploads are stored and `media` is off", found.confidence, found.name
        )


@rule(
    "backups.unencrypted",
    title="backups are not encrypted",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(312, 311),
    severity=Severity.MEDIUM,
    gain="whoever reads the storage has every row and every password hash",
    mend='name recovery keys in `PICKGUARD_BACKUPS["recipients"]`, or `DBBACKUP_GPG_RECIPIENT`',
)
def unencrypted(project: Project) -> Iterator[Hit]:
    """Find backups without a key to encrypt them to."""
    own = _own(project)
    if own is not None and not own.value.get("recipients"):
        yield Hit((own.spot,), "the backups have no recipients", own.confidence, own.name)
    if _backup_app(project) == "dbbackup":
        apps = reading(project, "INSTALLED_APPS")
        key = reading(project, "DBBACKUP_GPG_RECIPIENT", "")
        if apps is not None and key is not None and not key.value:
            yield Hit(
                (apps.spot,),
                "`dbbackup` is installed and `DBBACKUP_GPG_RECIPIENT` is not set",
                Confidence.MEDIUM,
                "DBBACKUP_GPG_RECIPIENT",
            )


@rule(
    "backups.on-the-same-host",
    title="backups are kept beside what they protect",
    areas=(Area.AVAILABILITY,),
    cwe=(1053,),
    severity=Severity.MEDIUM,
    gain="the fire, the thief or the ransomware that takes the site takes its backups too",
    mend="store them elsewhere, in an account that the site cannot delete from",
)
def on_the_same_host(project: Project) -> Iterator[Hit]:
    """Find backups that go to the local file system."""
    storages = reading(project, "STORAGES")
    if storages is not None and isinstance(storages.value, dict):
        backend = storages.value.get("backups")
        if isinstance(backend, dict) and "FileSystemStorage" in str(backend.get("BACKEND")):
            yield _beside(storages)
    old = reading(project, "DBBACKUP_STORAGE")
    if old is not None and isinstance(old.value, str) and "FileSystemStorage" in old.value:
        yield _beside(old)


def _beside(found: Reading) -> Hit:
    return Hit(
        (found.spot,), "backups go to the file system of the site", found.confidence, found.name
    )


@rule(
    "backups.no-drill",
    title="restoring is never tried",
    areas=(Area.AVAILABILITY, Area.INTEGRITY),
    cwe=(1053,),
    severity=Severity.MEDIUM,
    gain="a backup that cannot be restored is found out on the day that it is needed",
    mend='set `PICKGUARD_BACKUPS["drill_within_days"]` and run `manage.py drill` on a schedule',
)
def no_drill(project: Project) -> Iterator[Hit]:
    """Find backups whose period for drills is switched off."""
    found = _own(project)
    if (
        found is not None
        and "drill_within_days" in found.value
        and not found.value["drill_within_days"]
    ):
        message = "`drill_within_days` is off: nobody notices when restores are no longer tried"
        yield Hit((found.spot,), message, found.confidence, found.name)


def _own(project: Project) -> Reading | None:
    found = reading(project, "PICKGUARD_BACKUPS")
    return found if found is not None and isinstance(found.value, dict) else None

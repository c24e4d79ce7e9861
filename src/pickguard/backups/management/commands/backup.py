"""`manage.py backup`."""

import json
import os
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from pickguard.backups import conf
from pickguard.backups.command import BackupCommand
from pickguard.backups.keys import recovery
from pickguard.backups.making import make
from pickguard.backups.sets import drills, listing
from pickguard.backups.storage import names
from pickguard.backups.storage.shelf import Shelf, shelf
from pickguard.base.errors import ExitCode
from pickguard.base.screen import printable


class Command(BackupCommand):
    """Makes a backup, lists backups, makes a recovery key."""

    help = (
        "Back up all databases and media: one set, encrypted and with a manifest. Exit codes: 0 all "
        "good, 1 damage or no room, 2 usage or configuration, 4 a fault in Pickguard."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("--list", action="store_true", help="list the backups, oldest first")
        parser.add_argument(
            "--new-key",
            metavar="FILE",
            help="write a new recovery key to FILE, print its public key",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Do what the options say."""
        as_json: bool = options["json"]
        with self.guarded(None, as_json=as_json) as progress:
            if options["new_key"]:
                self._new_key(Path(options["new_key"]))
            elif options["list"]:
                settings = conf.load()
                self._list(shelf(settings), settings.signers, as_json=as_json)
            else:
                outcome = make.make(conf.load(), progress)
                self.tell(outcome, "backup", as_json=as_json)

    def _new_key(self, path: Path) -> None:
        secret, public = recovery.new_key()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"# public key: {public}\n{secret}\n")
        self.stdout.write(public)
        self.stderr.write(f"Keep {path} off this host; without it no backup can be read.")

    def _list(self, kept: Shelf, signers: tuple[str, ...], *, as_json: bool) -> None:
        found = list(listing.entries(kept))
        whole = [_row(kept, entry, signers) for entry in found if not entry.damage]
        if as_json:
            self.stdout.write(json.dumps(whole, indent=1))
        else:
            for row in whole:
                self.stdout.write(printable(_line(row)))
        damaged = [f"{entry.name}: {entry.damage}" for entry in found if entry.damage]
        if damaged:
            raise CommandError(
                "damaged backups, not in the list:\n" + "\n".join(map(printable, damaged)),
                returncode=int(ExitCode.FINDINGS),
            )


def _row(kept: Shelf, entry: listing.Entry, signers: tuple[str, ...]) -> dict[str, Any]:
    assert entry.manifest is not None  # it is whole
    last = drills.last(kept, entry.name)
    return {
        "name": entry.name,
        "created": names.created(entry.name).isoformat(),
        "bytes": entry.manifest.stored,
        "encrypted": entry.manifest.encrypted,
        "last_drill": last.at if last else None,
        "last_drill_ok": last.ok if last else None,
        "last_drill_proven": drills.proven(last, signers) if last else None,
    }


def _line(row: dict[str, Any]) -> str:
    drilled = "never drilled"
    if row["last_drill"]:
        drilled = f"drill {'good' if row['last_drill_ok'] else 'FAILED'} {row['last_drill'][:16]}"
        drilled += "" if row["last_drill_proven"] else " (NOT PROVEN)"
    kind = "encrypted" if row["encrypted"] else "NOT encrypted"
    return f"{row['name']}  {row['bytes'] / 1e6:12,.1f} MB  {kind}  {drilled}"

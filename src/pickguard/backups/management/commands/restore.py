"""`manage.py restore`."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from pickguard.backups import conf
from pickguard.backups.command import BackupCommand
from pickguard.backups.outcome import Outcome
from pickguard.backups.restoring import restore
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress
from pickguard.base.screen import printable


class Command(BackupCommand):
    """Puts a backup in the place of the live data."""

    help = (
        "Restore a backup: verify all of it, load it beside the live data, prove it, then swap. The "
        "old data are kept. A restore that was cut short is taken up by the same command. Exit "
        "codes: 0 all good, 1 damage, no key or no room, 2 usage or configuration, 4 a fault in "
        "Pickguard."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", metavar="NAME", help="the newest if left out")
        parser.add_argument("--identity", metavar="FILE", help="file of the recovery key")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument(
            "--drop-old", action="store_true", help="drop the data that earlier restores have kept"
        )

        one = parser.add_argument_group("single tables")
        one.add_argument(
            "--table",
            action="append",
            metavar="MODEL",
            help="bring back only this table: app.Model",
        )
        one.add_argument("--rows", metavar="QUERY", help="of it, only the rows that a query finds")
        one.add_argument(
            "--as-fixture", metavar="FILE", help="write them to a fixture, touch nothing live"
        )
        one.add_argument("--database", metavar="ALIAS", help="the database that has the table")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Restore."""
        as_json: bool = options["json"]
        with self.guarded(options["name"], as_json=as_json) as progress:
            if options["drop_old"]:
                self._drop_old()
                return
            _refuse_stray(options)
            if not options["yes"] and not sys.stdin.isatty() and not options["as_fixture"]:
                raise UsageError("nobody can be asked here", way_out="Say so with --yes.")
            ask = _no_question if options["yes"] else self._ask
            back = _tables if options["table"] else _whole
            outcome = back(options, ask, progress)
            self.tell(outcome, "restore", as_json=as_json)

    def _ask(self, question: str) -> None:
        self.stderr.write(printable(question))
        if input('Type "yes" to go on: ').strip().lower() != "yes":
            raise UsageError("nothing was changed")

    def _drop_old(self) -> None:
        dropped = restore.drop_old(conf.load())
        for name in dropped:
            self.stdout.write(printable(f"dropped {name}"))
        if not dropped:
            self.stdout.write("nothing was kept")


def _whole(options: dict[str, Any], ask: restore.Ask, progress: Progress) -> Outcome:
    return restore.restore(conf.load(), options["name"], options["identity"], ask, progress)


def _tables(options: dict[str, Any], ask: restore.Ask, progress: Progress) -> Outcome:
    # with the language of queries, which a restore of everything need not wait for
    from pickguard.backups.restoring.tables import Wanted, restore_tables

    fixture = options["as_fixture"]
    wanted = Wanted(
        tuple(options["table"]),
        options["rows"],
        Path(fixture) if fixture is not None else None,
        options["database"],
    )
    given = (conf.load(), options["name"], options["identity"])
    return restore_tables(*given, wanted, ask, progress)


def _refuse_stray(options: dict[str, Any]) -> None:
    """Refuse options of single tables where none is named."""
    for name in ("rows", "as_fixture", "database"):
        if options[name] is not None and not options["table"]:
            word = name.replace("_", "-")
            raise UsageError(f"--{word} speaks of a table", way_out="Name it: --table app.Model")


def _no_question(_question: str) -> None:
    """Take it for a yes."""

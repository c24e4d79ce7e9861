"""`manage.py drill`."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from msgspec import to_builtins

from pickguard.backups import conf, page
from pickguard.backups.command import BackupCommand
from pickguard.backups.drilling import drill, history
from pickguard.backups.storage.shelf import shelf
from pickguard.base.screen import printable


class Command(BackupCommand):
    """Restores a backup into a scratch place and compares."""

    help = (
        "Restore a backup into a scratch database and folder, and compare everything with its "
        "manifest. Exit codes: 0 all good, 1 something differs or is damaged, 2 usage or "
        "configuration, 4 a fault in Pickguard."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("name", nargs="?", metavar="NAME", help="the newest if left out")
        parser.add_argument("--identity", metavar="FILE", help="file of the recovery key")
        parser.add_argument("--html", metavar="FILE", help="write the result as a page, too")
        parser.add_argument(
            "--history", action="store_true", help="show the drills of all backups, make none"
        )
        parser.add_argument(
            "--record", action="store_true", help="with --history: copy them into the database"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Drill."""
        as_json: bool = options["json"]
        with self.guarded(options["name"], as_json=as_json) as progress:
            if options["history"] or options["record"]:
                self._history(as_json=as_json, record=options["record"])
                return
            outcome = drill.drill(conf.load(), options["name"], options["identity"], progress)
            if options["html"]:
                Path(options["html"]).write_text(page.render(outcome), encoding="utf-8")
            self.tell(outcome, "drill", as_json=as_json)

    def _history(self, *, as_json: bool, record: bool) -> None:
        found = history.records(shelf(conf.load()))
        if as_json:
            self.stdout.write(json.dumps(to_builtins(found), indent=1))
        else:
            for line in history.lines(found):
                self.stdout.write(printable(line))
        if record:
            self.stderr.write(f"{history.remember(found)} new in the database")

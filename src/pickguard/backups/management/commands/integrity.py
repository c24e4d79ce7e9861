"""`manage.py integrity`."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from pickguard.backups import conf
from pickguard.backups.command import BackupCommand
from pickguard.backups.integrity import live, report
from pickguard.base.errors import ExitCode, UsageError
from pickguard.base.screen import printable


class Command(BackupCommand):
    """Checks the data, or lists rows by a query."""

    help = (
        "Check the data of all models, or of some: orphans, values outside of choices, null and "
        "unique rules, validators, constraints, JSON schemas, files, sequences, generic keys, damaged "
        "texts and times. Nothing is written. Exit codes: 0 all good, 1 something is damaged, 2 usage "
        "or configuration, 4 a fault in Pickguard."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument("models", nargs="*", metavar="MODEL", help="app, app.Model or Model")
        parser.add_argument("--database", metavar="ALIAS", help="only this database")
        parser.add_argument(
            "--restart", action="store_true", help="do not go on where a check was cut short"
        )
        parser.add_argument(
            "--rows", metavar="QUERY", help="list the rows of one MODEL that a query finds"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Check."""
        as_json: bool = options["json"]
        with self.guarded(None, as_json=as_json) as progress:
            settings = conf.load(backups=False)
            databases = live.databases(settings, options["database"])
            if options["rows"] is not None:
                self._rows(databases, options["models"], options["rows"], as_json=as_json)
                return
            outcome, found = live.check(
                settings, databases, options["models"], progress, restart=options["restart"]
            )
            if as_json:
                self.tell(outcome, "integrity", as_json=True)
                return
            for line in report.lines(outcome, found):
                self.stdout.write(printable(line))
            if not outcome.ok:
                raise CommandError(report.verdict(found), returncode=int(ExitCode.FINDINGS))

    def _rows(
        self, databases: dict[str, Any], models: list[str], query: str, *, as_json: bool
    ) -> None:
        if len(models) != 1:
            raise UsageError("--rows lists rows of one model", way_out="Name it: app.Model")
        found = live.rows(databases, models[0], query)
        if as_json:
            self.stdout.write(json.dumps(found, indent=1, default=str))
            return
        for row in found:
            cells = (f"{name}={value!r:.80}" for name, value in row.items())
            self.stdout.write(printable("  ".join(cells)))

"""`manage.py ownership`."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser

from pickguard.backups import conf
from pickguard.backups.command import BackupCommand
from pickguard.backups.storage.shelf import shelf
from pickguard.backups.watching import ownership, status
from pickguard.base.errors import ExitCode
from pickguard.base.screen import printable

_WORDS = {True: "good   ", False: "BAD    ", None: "unknown"}


class Command(BackupCommand):
    """Tells who owns the backups."""

    help = (
        "Tell who owns the backups: same host, same account, recovery key on the host, versioning, "
        "object lock, age of the newest backup and of the last good drill. Exit codes: 0 all good, 1 "
        "something is bad, 2 usage or configuration, 4 a fault in Pickguard."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        super().add_arguments(parser)
        parser.add_argument(
            "--probe",
            action="store_true",
            help="store a few bytes and try to delete them, to see whether the site could",
        )
        parser.add_argument(
            "--prometheus", action="store_true", help="print metrics in Prometheus' text format"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Report."""
        as_json: bool = options["json"]
        with self.guarded(None, as_json=as_json):
            settings = conf.load()
            kept = shelf(settings)
            if options["prometheus"]:
                self.stdout.write(
                    status.prometheus(status.status(kept, settings.signers)), ending=""
                )
                return
            points = [*ownership.at_home(settings), *ownership.of_storage(settings, kept)]
            if options["probe"]:
                points.append(ownership.can_delete(kept))
            self._tell(points, as_json=as_json)

    def _tell(self, points: list[ownership.Point], *, as_json: bool) -> None:
        bad = [point for point in points if point.good is False]
        if as_json:
            answer = {"ok": not bad, "points": [asdict(point) for point in points]}
            self.stdout.write(json.dumps(answer, indent=1))
        else:
            for point in points:
                self.stdout.write(printable(f"{_WORDS[point.good]}  {point.id}: {point.said}"))
                if point.hint:
                    self.stdout.write(printable(f"         {point.hint}"))
        if bad:
            raise CommandError(
                f"{len(bad)} of {len(points)} points are bad", returncode=int(ExitCode.FINDINGS)
            )

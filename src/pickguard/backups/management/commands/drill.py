"""`manage.py drill`."""

from typing import Any

from django.core.management.base import CommandParser

from pickguard.backups import conf, drill
from pickguard.backups.command import BackupCommand


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

    def handle(self, *_args: Any, **options: Any) -> None:
        """Drill."""
        as_json: bool = options["json"]
        with self.guarded(options["name"], as_json=as_json) as progress:
            outcome = drill.drill(conf.load(), options["name"], options["identity"], progress)
            self.tell(outcome, "drill", as_json=as_json)

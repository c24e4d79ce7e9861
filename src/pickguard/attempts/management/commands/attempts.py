"""`manage.py attempts`: the latest attempts, and unlocking."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from pickguard.attempts.config import configured
from pickguard.attempts.unlock import unlock_account, unlock_address
from pickguard.attempts.who import account_of, identity_of, meant

_MOST = 10_000


def _number(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {_MOST}")
    return int(text)


class Command(BaseCommand):
    """Lists attempts; names stand there as keyed hashes, so ask for an account by its name."""

    help = "List login attempts, the latest first, or unlock an account or an address."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--account", metavar="NAME", help="only attempts on this account")
        parser.add_argument("--limit", type=_number, default=50, help="how many rows (50)")
        parser.add_argument(
            "--unlock", metavar="ACCOUNT", help="forget all that refuses an account"
        )
        parser.add_argument(
            "--unlock-address", metavar="A", help="forget all that refuses an address"
        )

    def handle(self, *_: Any, **options: Any) -> None:
        """Unlock, or list."""
        if not options["unlock"] and not options["unlock_address"]:
            self._list(options["account"], options["limit"])
        try:
            if options["unlock"]:
                unlock_account(options["unlock"])
                self.stdout.write(f"Unlocked the account {options['unlock']}.")
            if options["unlock_address"]:
                self.stdout.write(f"Unlocked {unlock_address(options['unlock_address'])}.")
        except ValueError as error:
            raise CommandError(str(error)) from error
        except Exception as error:
            kind, alias = configured().store
            raise CommandError(f"The store ({kind} {alias}) failed: {error}".strip()) from error

    def _list(self, account: str | None, most: int) -> None:
        from pickguard.attempts.models import Attempt

        rows = Attempt.objects.all()
        if account is not None:
            of_user = Q()
            for user in meant(account):
                of_user |= Q(identities__contains=identity_of(user))
            rows = rows.filter(Q(account=account_of(account)) | of_user)
        try:
            found = list(rows[:most])
        except DatabaseError as error:
            raise CommandError(f"{error} (has `manage.py migrate` been run?)") from error
        if not found:
            self.stdout.write("No attempts.")
            return
        self.stdout.write(
            f"{'time':16}  {'outcome':7}  {'times':>5}  {'account':12}  {'address':18}  path"
        )
        for row in found:
            at = timezone.localtime(row.at) if timezone.is_aware(row.at) else row.at
            self.stdout.write(
                f"{at:%Y-%m-%d %H:%M}  {row.outcome:7}  {row.times:>5}  {row.account[:12]}"
                f"  {row.address or '-':18}  {row.path or '-'}"
            )

"""What the four commands share: errors become messages and exit codes, results text or JSON."""

import errno
import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from pickguard.backups.outcome import Outcome
from pickguard.base.errors import ExitCode, PickguardError
from pickguard.base.line import watched
from pickguard.base.progress import Progress
from pickguard.base.screen import printable


class BackupCommand(BaseCommand):
    """A command that tells its result as text or as one JSON object."""

    # a broken site must still be restored
    requires_system_checks: Any = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Add what all have."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    @contextmanager
    def guarded(self, name: str | None, *, as_json: bool) -> Iterator[Progress]:
        """Run a block with progress on a terminal; turn its errors into messages and exit codes.

        Raises:
            CommandError: whatever went wrong, with the exit code.
        """
        try:
            with watched() as line:
                yield line
        except CommandError:
            raise
        except KeyboardInterrupt:
            raise CommandError("interrupted; nothing is half done", returncode=130) from None
        except Exception as error:
            message, code = _told(error)
            if as_json:
                self.stdout.write(_failure(name, message, code))
            raise CommandError(_printed(message), returncode=code) from error

    def tell(self, outcome: Outcome, verb: str, *, as_json: bool) -> None:
        """Print a result.

        Raises:
            CommandError: something differs.
        """
        if as_json:
            self.stdout.write(json.dumps(outcome.as_dict(), indent=1, default=str))
        else:
            for line in _lines(outcome, verb):
                self.stdout.write(printable(line))
        if not outcome.ok:
            count = len(outcome.differences)
            raise CommandError(
                f"{verb} of {outcome.name} failed: {count} difference{'s' * (count != 1)}",
                returncode=int(ExitCode.FINDINGS),
            )


def _lines(outcome: Outcome, verb: str) -> Iterator[str]:
    for note in outcome.notes:
        yield f"note: {note}"
    for line in outcome.differences:
        yield f"DIFFERS: {line}"
    if "recovery_s" in outcome.facts:
        facts = outcome.facts
        yield f"recovery {facts['recovery_s']:.1f} s, data {facts['age_s'] / 3600:.1f} h old"
        last = [each["recovery_s"] for each in facts["history"]][-5:]
        yield f"the last drills took {', '.join(f'{seconds:.1f}' for seconds in last)} s"
    shown = ", ".join(f"{k.removesuffix('_s')} {v:.1f} s" for k, v in outcome.steps.items())
    yield f"{verb}: {'all good' if outcome.ok else 'FAILED'} ({shown})"
    yield outcome.name


def _printed(message: str) -> str:
    return "\n".join(map(printable, message.splitlines()))


def _told(error: Exception) -> tuple[str, int]:
    if isinstance(error, PickguardError):
        return str(error), int(error.exit_code)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        words = "the disk is full" if full else error.strerror or str(error)
        return f"{where}{words}", int(ExitCode.FINDINGS)
    if isinstance(error, ImproperlyConfigured):
        return str(error), int(ExitCode.USAGE)
    if isinstance(error, DatabaseError):
        return f"the database says: {str(error).strip()}", int(ExitCode.FINDINGS)
    if os.environ.get("PICKGUARD_TRACEBACK"):
        traceback.print_exc()
    return (
        f"{type(error).__name__}: {error}\n  This is a fault of Pickguard. Run it again with "
        "PICKGUARD_TRACEBACK=1 and report what it prints."
    ), int(ExitCode.FAULT)


def _failure(name: str | None, message: str, code: int) -> str:
    found = [message] if code == int(ExitCode.FINDINGS) else []
    answer: dict[str, Any] = {
        "name": name,
        "ok": False,
        "differences": found,
        "steps": {},
        "error": message,
    }
    return json.dumps(answer, indent=1)

"""The audit trail: who, where from, which path, how it ended. Nothing of the request's body.

Attempts alike within a minute share one row, rows older than configured go, and so do those above
`audit_rows`, so nobody fills the disk by failing.
"""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, router, transaction
from django.db.models import F, Max
from django.http import HttpRequest
from django.utils import timezone

from pickguard.attempts.config import configured
from pickguard.attempts.request import later
from pickguard.attempts.who import Who, address_of

log = logging.getLogger("pickguard.attempts")
WRONG, REFUSED, RIGHT = "wrong", "refused", "right"
_IDENTITIES = 6  # that fit into a row


def note(request: HttpRequest | None, who: Who, outcome: str, *, hourly: bool = False) -> None:
    """Keep an attempt: after the answer, outside of its transaction; at once where there is none.

    `hourly` is for what programs do all day: one row an hour is enough of that.
    """
    if not configured().audit:
        return
    row = {
        "at": _rounded(timezone.now(), hourly=hourly),
        "outcome": outcome,
        "account": who.account,
        "identities": ",".join(who.identities[:_IDENTITIES]),
        "address": who.origin.prefix if who.origin else "",
        "address_key": address_of(who.origin) if who.origin else "",
        "path": _printable(request.path)[:200] if request is not None else "",
    }
    later(lambda: write(row))


def _rounded(now: datetime, *, hourly: bool) -> datetime:
    return now.replace(minute=0 if hourly else now.minute, second=0, microsecond=0)


def write(row: dict[str, Any]) -> None:
    """Write one row; what cannot be written is logged and does no other harm."""
    from pickguard.attempts.models import Attempt

    alias = router.db_for_write(Attempt)
    rows = Attempt.objects.using(alias)
    try:
        with transaction.atomic(using=alias):
            if not rows.filter(**row).update(times=F("times") + 1):
                rows.create(**row)
    except DatabaseError:
        log.warning("A login attempt is missing from the audit trail.", exc_info=True)


def purge(most: int) -> int:
    """Delete some of what is older than configured, or above the number of rows; return how many."""
    from pickguard.attempts.models import Attempt

    config = configured()
    alias = router.db_for_write(Attempt)
    rows = Attempt.objects.using(alias)
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    old = rows.filter(at__lt=timezone.now() - timedelta(seconds=config.audit))
    deleted = 0
    for each in (old, rows.filter(pk__lte=newest - config.audit_rows)):
        keys = list(each.order_by("pk").values_list("pk", flat=True)[:most])
        deleted += rows.filter(pk__in=keys).delete()[0]
    return deleted


def _printable(path: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in path)

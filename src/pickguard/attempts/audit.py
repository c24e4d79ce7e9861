"""The audit trail: who, where from, which path, how it ended. Nothing of the request's body.

Attempts alike within a minute share one row, rows older than configured go, and there are never more
than `audit_rows`, so nobody fills the disk by failing.
"""

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, router, transaction
from django.db.models import F, Max
from django.http import HttpRequest
from django.utils import timezone

from pickguard.attempts.config import configured
from pickguard.attempts.request import current
from pickguard.attempts.stores import store
from pickguard.attempts.who import Who, address_of

log = logging.getLogger("pickguard.attempts")
WRONG, REFUSED, RIGHT = "wrong", "refused", "right"
_PURGE_EVERY = 60  # seconds
_AT_ONCE = 2000  # rows
_purged = [0.0]
_purging = threading.Lock()


def note(request: HttpRequest | None, who: Who, outcome: str) -> None:
    """Keep an attempt: after the answer, outside of its transaction; at once where there is none."""
    if not configured().audit:
        return
    row = {
        "at": timezone.now().replace(second=0, microsecond=0),
        "outcome": outcome,
        "account": who.account,
        "identities": ",".join(who.identities),
        "address": who.origin.prefix if who.origin else "",
        "address_key": address_of(who.origin) if who.origin else "",
        "path": _printable(request.path)[:200] if request is not None else "",
    }
    state = current.get()
    if state is None:
        write(row)
    else:
        state.afterwards.append(lambda: write(row))


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
    if _is_time():
        try:
            purge()
        except Exception:
            log.warning("Old login attempts could not be deleted.", exc_info=True)


def purge() -> None:
    """Delete what is older than configured, above the number of rows, or counts no more."""
    from pickguard.attempts.models import Attempt

    config = configured()
    alias = router.db_for_write(Attempt)
    rows = Attempt.objects.using(alias)
    newest = rows.aggregate(newest=Max("pk"))["newest"] or 0
    old = rows.filter(at__lt=timezone.now() - timedelta(seconds=config.audit))
    for each in (old, rows.filter(pk__lte=newest - config.audit_rows)):
        keys = list(each.order_by("pk").values_list("pk", flat=True)[:_AT_ONCE])
        rows.filter(pk__in=keys).delete()
    store().purge(_AT_ONCE)


def _is_time() -> bool:
    with _purging:
        now = time.monotonic()
        if _purged[0] and now < _purged[0] + _PURGE_EVERY:
            return False
        _purged[0] = now
        return True


def _printable(path: str) -> str:
    return "".join(each if each.isprintable() else "\ufffd" for each in path)

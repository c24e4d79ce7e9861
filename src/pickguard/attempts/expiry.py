"""Deletes what is no longer kept: once a minute, after an answer, so that no other job is needed."""

import logging
import threading
import time
from collections.abc import Callable

from pickguard.attempts import audit
from pickguard.attempts.stores import store

log = logging.getLogger("pickguard.attempts")
_EVERY = 60  # seconds, in each process
_AT_ONCE = 500  # rows in one transaction
_ROUNDS = 100
_last = [-float(_EVERY)]
_one_at_a_time = threading.Lock()


def sometimes() -> None:
    """Delete, if nobody in this process has done so for a minute; a failure is logged."""
    if not _is_time():
        return
    try:
        purge()
    except Exception:  # whatever the client of a store raises
        log.warning("What is kept of old login attempts could not be deleted.", exc_info=True)


def purge() -> None:
    """Delete rows of the trail, and counts that count no more, up to some fifty thousand of each."""
    _in_rounds(audit.purge)
    _in_rounds(store().purge)


def _in_rounds(delete: Callable[[int], int]) -> None:
    """Delete until little is left, in steps that lock nobody out for long."""
    for _ in range(_ROUNDS):
        if delete(_AT_ONCE) < _AT_ONCE:
            return


def _is_time() -> bool:
    with _one_at_a_time:
        now = time.monotonic()
        if now < _last[0] + _EVERY:
            return False
        _last[0] = now
        return True

"""Work in several processes: results come in the order of the parts, and are the same as in one."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

_P = TypeVar("_P")
_R = TypeVar("_R")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def processors(quota: Path = _QUOTA) -> int:
    """Return how many processors this process may use, as far as the system says.

    Args:
        quota: where Linux says how much of them a container gets: `200000 100000` are two.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        share, _, period = quota.read_text("ascii").partition(" ")
        granted = max(1, int(share) // int(period))
    except (OSError, ValueError, ZeroDivisionError):  # none, or `max`
        granted = allowed or 1
    return min(allowed or 1, granted)


def can_copy() -> bool:
    """Whether this system copies a process safely; the libraries of macOS do not bear it."""
    return sys.platform not in ("darwin", "win32", "emscripten", "wasi")


def in_order(
    work: Callable[[_P], _R], parts: Sequence[_P], jobs: int, *, copied: bool = False
) -> Iterator[_R]:
    """Yield what `work` returns for each of the parts, in their order.

    Args:
        work: what to do for a part.
        parts: they are begun in their order.
        jobs: processes to use.
        copied: whether each process is a copy of this one, as `can_copy` allows: `work` may then
            rest upon anything that is here. Otherwise it is a function of a module.
    """
    # NOTE: imported here, since a small project needs no processes and a fast start
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    context = get_context("fork") if copied else None
    handed = (work if copied else None,)
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_begin, initargs=handed)
    done = 0
    try:
        for future in [pool.submit(_inherited if copied else work, part) for part in parts]:
            yield future.result()
            done += 1
    except BrokenProcessPool:
        # NOTE: a worker was killed, most often for memory; one process needs less
        yield from map(work, parts[done:])
    finally:
        # NOTE: the pool cancels what has not begun; were it done here, while the workers die of the
        # key that interrupts, the pool would complain of what it finds cancelled
        pool.shutdown(cancel_futures=True)


_work: list[Callable[[Any], Any]] = []
"""In a worker that is a copy: what it was made for."""


def _begin(work: Callable[[Any], Any] | None) -> None:
    """Make a worker end with its parent, silently: both are interrupted by the same key."""
    from threading import Thread

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # as in the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _work[:] = [work] if work else []


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _inherited(part: Any) -> Any:
    return _work[0](part)

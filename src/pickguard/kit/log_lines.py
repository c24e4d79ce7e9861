"""Calls that write a line to a log: nobody outside reads it as an answer, and many inside read it."""

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

LOGGERS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
"""The methods of a logger."""


def is_log_line(call: n.Call) -> bool:
    """Whether a call is a method of what is by its name a logger."""
    of_logger = isinstance(call.func, n.Attr) and "log" in tail(call.func.value).lower()
    return of_logger and tail(call.func) in LOGGERS

"""Calls that write a line to a log: nobody outside reads it as an answer, and many inside read it."""

from collections.abc import Iterator

from pickguard.flow.callees.called import called_name
from pickguard.kit.code import Code
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail

LOGGERS = ("debug", "info", "warning", "warn", "error", "exception", "critical", "log")
"""The methods of a logger."""


def is_log_line(call: n.Call) -> bool:
    """Whether a call is a method of what is by its name a logger."""
    of_logger = isinstance(call.func, n.Attr) and "log" in tail(call.func.value).lower()
    return of_logger and tail(call.func) in LOGGERS


# what makes loggers, whatever they are called
_MADE = (
    "logging.getLogger()",
    "structlog.get_logger()",
    "loguru.logger",
    "celery.utils.log.get_task_logger()",
)


def log_lines(code: Code) -> Iterator[n.Call]:
    """Yield the calls that write a line, also by a logger whose name does not say that it is one."""
    for call in code.calls(*LOGGERS):
        if is_log_line(call) or called_name(code.body, call).startswith(_MADE):
            yield call

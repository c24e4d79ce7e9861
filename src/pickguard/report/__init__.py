"""Reports: one module a format, each with `render(result, view) -> str`.

A report knows findings and nothing of rules or files; it only words what a scan has said.
"""

from importlib import import_module
from typing import Protocol, cast

import msgspec

from pickguard.findings.result import ScanResult


class View(msgspec.Struct, frozen=True):
    """Who looks at the report.

    Attributes:
        width: columns of the terminal.
        colour: whether escape sequences for colour are understood.
        unicode: whether line-drawing characters can be shown.
        fold: whether many findings of one rule are shown as a list after the first few.
        stats: whether the scan's figures are wanted.
    """

    width: int = 100
    colour: bool = False
    unicode: bool = True
    fold: bool = True
    stats: bool = False


class Format(Protocol):
    """What a module of this package offers."""

    def render(self, result: ScanResult, view: View) -> str:
        """Return the whole report, with a line end at its end."""


def render(name: str, result: ScanResult, view: View) -> str:
    """Return the report in the format of that name (one of `pickguard.base.config.FORMATS`)."""
    return cast("Format", import_module(f"pickguard.report.{name}")).render(result, view)

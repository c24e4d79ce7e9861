"""The one seam between the command line and the work: what a verb calls, and tests replace."""

from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

import click

from pickguard.base.config import Config
from pickguard.base.progress import Progress
from pickguard.findings.result import ScanResult


class Conductor(Protocol):
    """What `pickguard.scan` offers."""

    def scan(
        self, root: Path, *, config: Config, jobs: int, cache: bool, progress: Progress
    ) -> ScanResult:
        """Read the tree and return what is to be said."""

    def surface(
        self, root: Path, *, config: Config, jobs: int, cache: bool, progress: Progress
    ) -> dict[str, Any]:
        """Read the tree and return the map of the site."""


def conductor() -> Conductor:
    """Return what the context holds, or `pickguard.scan`, imported only now."""
    given = click.get_current_context().obj
    return cast("Conductor", given or import_module("pickguard.scan"))

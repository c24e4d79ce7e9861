"""Options that several verbs share, and how they lie over the configuration of the file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from pickguard.base import config as configuration
from pickguard.base.config import FORMATS, KINDS, MOST_JOBS, NEVER, Config
from pickguard.base.scales import Confidence, Severity
from pickguard.base.workers import processors

Command = Callable[..., Any]
FILE = click.Path(dir_okay=False, path_type=Path)

path = click.argument(
    "root", metavar="[PATH]", default=".", type=click.Path(exists=True, path_type=Path)
)
output = click.option("--output", "-o", type=FILE, help="Write to FILE, whole or not at all.")
config_file = click.option(
    "--config", type=FILE, help="Read the configuration of FILE, not of the nearest pyproject.toml."
)
settings = click.option(
    "--settings", multiple=True, metavar="MODULE", help="Settings module that production uses."
)
jobs = click.option(
    "--jobs",
    "-j",
    type=click.IntRange(0, MOST_JOBS),
    help="Processes to work in; 0: one per processor.",
)
no_cache = click.option("--no-cache", is_flag=True, help="Neither use nor fill the cache.")


def scanning(command: Command) -> Command:
    """Add the options that say what is looked for and what is shown."""
    for option in reversed(_SCANNING):
        command = option(command)
    return command


_SCANNING = (
    click.option("--format", type=click.Choice(FORMATS), help="How to write the report."),
    click.option("--select", multiple=True, metavar="NAME", help="Rules or lessons to look for."),
    click.option("--ignore", multiple=True, metavar="NAME", help="Rules or lessons to leave out."),
    click.option(
        "--fail-on",
        type=click.Choice((*(severity.value for severity in Severity), NEVER)),
        help="Least severity that gives exit code 1.  [default: medium]",
    ),
    click.option(
        "--min-confidence",
        type=click.Choice([confidence.value for confidence in Confidence]),
        help="Least confidence that is shown: high is certain or has a way from the browser,"
        " medium is likely, low is a hint.  [default: medium]",
    ),
    click.option("--include", multiple=True, metavar="KIND", help=f"Also show {', '.join(KINDS)}."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Paths not to read."),
    click.option("--baseline", type=FILE, help="File of the findings that are known."),
)


def configured(root: Path, given: dict[str, Any]) -> Config:
    """Return the configuration of the file with the given options over it.

    Raises:
        ConfigurationError: with every mistake of the file, or of the options.
    """
    baseline = given.pop("baseline", None)
    origin = given.pop("config", None) or configuration.find(root.resolve())
    base = configuration.load(origin)
    table = {key: value for key, value in _spelt(given).items() if value}
    over = configuration.parse(table, Path("command line"))
    changes = {key.replace("-", "_"): getattr(over, key.replace("-", "_")) for key in table}
    if baseline:
        changes["baseline"] = str(baseline.absolute())
    return msgspec.structs.replace(base, **changes)


def processes(config: Config) -> int:
    """Return how many processes to work in."""
    return config.jobs or processors()


def _spelt(given: dict[str, Any]) -> dict[str, Any]:
    """Return options as the configuration file spells them."""
    table = {key.replace("_", "-"): value for key, value in given.items()}
    for key, value in table.items():
        if isinstance(value, tuple):
            table[key] = [name for text in value for name in text.split(",") if name]
    return table

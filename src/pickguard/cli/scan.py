"""`pickguard scan`: read a project, write the report, say by the exit code whether it is clean."""

from pathlib import Path
from typing import Any

import click

from pickguard import report
from pickguard.base.config import Config
from pickguard.base.errors import ExitCode, UsageError
from pickguard.base.files import write_whole
from pickguard.base.line import watched
from pickguard.base.screen import many
from pickguard.cli import options
from pickguard.cli.conductor import conductor
from pickguard.cli.output import emit, is_terminal, view
from pickguard.findings import baseline
from pickguard.findings.result import ScanResult
from pickguard.findings.selection import Selection


@click.command("scan")
@options.path
@options.scanning
@options.output
@options.settings
@options.jobs
@options.config_file
@options.no_cache
@click.option("--write-baseline", is_flag=True, help="Put all findings into the baseline.")
@click.option("--no-fold", is_flag=True, help="Show every finding in full.")
@click.option("--stats", is_flag=True, help="Say how long each stage took.")
def command(
    root: Path,
    output: Path | None,
    *,
    no_cache: bool,
    write_baseline: bool,
    no_fold: bool,
    stats: bool,
    **given: Any,
) -> int:
    """Read a Django project and report what is insecure in it.

    PATH is a project, an app, or a single file; the current folder if left out. Nothing of it is
    imported or run.

    Exit codes: 0 clean, 1 findings at or above --fail-on, 2 usage or configuration, 3 nothing to
    read, 4 a fault in Pickguard.
    """
    _require_baseline(given["baseline"], is_new=write_baseline)
    config = options.configured(root, given)
    if config.format == "html" and not output and is_terminal():
        raise UsageError("a page is nothing for a terminal", way_out="Add --output report.html.")
    with watched() as progress:
        result = conductor().scan(
            root,
            config=config,
            jobs=options.processes(config),
            cache=not no_cache,
            progress=progress,
        )
    if write_baseline:
        return _write_baseline(result, config)
    _shrink_baseline(result, config)
    emit(report.render(config.format, result, view(output, fold=not no_fold, stats=stats)), output)
    return _exit_code(result, config)


def _require_baseline(path: Path | None, *, is_new: bool) -> None:
    """Refuse a baseline that is named and not there: everything would look new."""
    if path and not is_new and not path.is_file():
        raise UsageError(
            "there is no such file",
            where=str(path),
            way_out="Check the path after --baseline, or make the file with --write-baseline.",
        )


def _exit_code(result: ScanResult, config: Config) -> ExitCode:
    if result.faults:
        return ExitCode.FAULT
    failed = Selection(fail_on=config.fail_on).fails(result.findings)
    return ExitCode.FINDINGS if failed else ExitCode.CLEAN


def _write_baseline(result: ScanResult, config: Config) -> ExitCode:
    path, prefix = baseline.location(config, Path(result.root))
    known = baseline.make(result.findings, prefix)
    write_whole(path, baseline.render(known))
    written = many(len(known.findings), "finding")
    click.echo(f"{written} written to {path}; later scans fail on new ones only", err=True)
    return ExitCode.FAULT if result.faults else ExitCode.CLEAN


def _shrink_baseline(result: ScanResult, config: Config) -> None:
    """Take out of the file what is gone; a file that can't be written fails no scan."""
    if result.baseline is None or not result.mended:
        return
    path, _ = baseline.location(config, Path(result.root))
    try:
        write_whole(path, baseline.render(result.baseline))
    except UsageError as error:
        click.echo(f"Warning: the baseline can't shrink: {error}", err=True)

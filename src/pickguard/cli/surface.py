"""`pickguard surface`: print what a site exposes, as text or as JSON."""

import json
from pathlib import Path
from typing import Any

import click

from pickguard.base.line import watched
from pickguard.cli import options
from pickguard.cli.conductor import conductor
from pickguard.cli.output import emit, view


@click.command("surface")
@options.path
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text")
@options.output
@options.settings
@options.jobs
@options.config_file
@options.no_cache
def command(root: Path, form: str, output: Path | None, *, no_cache: bool, **given: Any) -> None:
    """Print what a site exposes, and to whom.

    Every route with its view, methods, login, permissions and the fields that it lets the browser
    write; models, forms and the settings of production. What could not be told is a question
    mark, null in JSON; nothing is guessed.
    """
    from pickguard.report.surface import render

    config = options.configured(root, given)
    with watched() as progress:
        found = conductor().surface(
            root,
            config=config,
            jobs=options.processes(config),
            cache=not no_cache,
            progress=progress,
        )
    text = render(found, view(output)) if form == "text" else json.dumps(found, indent=2) + "\n"
    emit(text, output)

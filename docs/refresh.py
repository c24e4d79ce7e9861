"""Writes what the pages quote anew: the help of every verb, and a finding of a real report."""

import os
import re
import subprocess
import sys
from pathlib import Path

from pickguard.cli.entry import VERBS

ROOT = Path(__file__).parent.parent
COMMANDS = ROOT / "docs" / "commands.md"
README = ROOT / "README.md"
QUOTED = "shell.command-from-parts"


def shown(*words: str) -> str:
    """Return what the command line prints, 80 columns wide."""
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pickguard", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "80"},
    )
    return ended.stdout.rstrip()


def commands(old: str) -> str:
    """Return the page with today's help of each verb."""
    head = re.split(r"^```text$", old, maxsplit=1, flags=re.MULTILINE)[0]
    tail = old[old.index("## Exit codes") :]
    verbs = "".join(
        f"## pickguard {verb}\n\n```text\n{shown(verb, '--help')}\n```\n\n" for verb in VERBS
    )
    return f"{head}```text\n{shown('--help')}\n```\n\n{verbs}{tail}"


def quoted() -> str:
    """Return one finding of the leaky site as the report shows it."""
    report = shown("scan", "examples/leaky", "--no-cache", "--no-fold", "--select", QUOTED)
    return next(part for part in report.split("\n\n") if QUOTED in part)


def readme(old: str) -> str:
    """Return the page with today's finding."""
    head, _, rest = old.partition("<!-- report start -->\n")
    tail = rest[rest.index("<!-- report end -->") :]
    return f"{head}<!-- report start -->\n```text\n{quoted()}\n```\n{tail}"


if __name__ == "__main__":
    for page, made in ((COMMANDS, commands), (README, readme)):
        page.write_text(made(page.read_text("utf-8")), encoding="utf-8")

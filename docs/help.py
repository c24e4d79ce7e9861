"""Writes the help of every verb into `commands.md` anew."""

import os
import re
import subprocess
import sys
from pathlib import Path

from pickguard.cli.entry import VERBS

PAGE = Path(__file__).parent / "commands.md"


def shown(*words: str) -> str:
    """Return a help text as the command line prints it, 80 columns wide."""
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "pickguard", *words, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    return ended.stdout.rstrip()


def page(old: str) -> str:
    """Return the page with today's help; a verb that it lacks comes behind the others."""
    head = re.split(r"^```text$", old, maxsplit=1, flags=re.MULTILINE)[0]
    tail = old[old.index("## Exit codes") :]
    verbs = "".join(f"## pickguard {verb}\n\n```text\n{shown(verb)}\n```\n\n" for verb in VERBS)
    return f"{head}```text\n{shown()}\n```\n\n{verbs}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), encoding="utf-8")

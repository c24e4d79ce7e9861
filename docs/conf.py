"""How the documentation is built: Sphinx, MyST Markdown, Furo; warnings are errors."""

import re
from pathlib import Path

from sphinx.application import Sphinx

from pickguard import __version__
from pickguard.kit import lessons

project = "Pickguard"
author = "The Pickguard developers"
copyright = "2026, the Pickguard developers"
release = version = __version__
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "Pickguard"
exclude_patterns = ["_build"]
nitpicky = True
_FENCE = re.compile(r"^```(\w+) +(\S+)$", re.MULTILINE)


def write_lessons(app: Sphinx) -> None:
    """Write a page for each lesson, from the page that its rules are tested by."""
    folder = Path(app.srcdir) / "lessons"
    folder.mkdir(exist_ok=True)
    for lesson in lessons().values():
        text = re.sub(
            r"^```(\w+) +(\S+)$",
            r"```{code-block} \1\n:caption: \2",
            lesson.page.text,
            flags=re.MULTILINE,
        )
        (folder / f"{lesson.id}.md").write_text(f"{text}\n", encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Make the pages before Sphinx looks for them."""
    app.connect("config-inited", lambda app, _config: write_lessons(app))

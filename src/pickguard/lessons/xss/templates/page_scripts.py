"""The scripts of a site: those in its pages, and the files that it serves beside them."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit import Project
from pickguard.kit.templates.files import is_page
from pickguard.lessons.xss.templates.script_markup import Script, of_file, of_template
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates import record as r

_STATIC = "static/"


def scripts(project: Project) -> Iterator[tuple[str, Script]]:
    """Yield what the pages of a project hold of scripts, and the scripts that they load."""
    loading: dict[str, list[TemplateRecord]] = {}
    for path, record in project.templates.items():
        if is_page(path):
            yield path, of_template(record)
            for name in _loaded(record) if project.scripts else ():
                loading.setdefault(name, []).append(record)
    for path, script in project.scripts.items():
        name = path.rpartition(_STATIC)[2]
        yield path, of_file(script, loading.get(name, ()))


def _loaded(record: TemplateRecord) -> Iterator[str]:
    """Yield the names of the static files that a template links."""
    for node in record.every:
        if isinstance(node, r.Tag) and node.name == "static" and node.arguments:
            name = node.arguments[0].value
            if isinstance(name, r.Literal):
                yield str(name.value)

"""The rows that content management systems give to the templates of their pages and plugins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pickguard.flow.values.instance import Type
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python.accessors import text

if TYPE_CHECKING:
    from pickguard.kit.project import Project

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def cms_rows(project: Project) -> Iterator[tuple[str, Mapping[str, Type]]]:
    """Yield the names of templates with the types of what django CMS and Wagtail give to them.

    A plugin of django CMS has its row as `instance`; a page of Wagtail is `page`, and `self`, in a
    template that is called after it.
    """
    classes = project.site.classes
    for symbol in classes.all:
        if classes.inherits(symbol, ".CMSPluginBase"):
            model = project.site.models.of(classes.named(symbol, "model"))
            yield from _typed(
                project, _text_of(project, symbol, "render_template"), model, "instance"
            )
    for model in project.site.models.all:
        if classes.inherits(model.symbol, *_PAGES):
            named = _text_of(project, model.symbol, "template")
            yield from _typed(project, named or _by_convention(model), model, "page", "self")


_PAGES = ("wagtail.models.Page", "wagtail.core.models.Page", "wagtail.models.pages.Page")


def _typed(
    project: Project, template: str, model: Model | None, *names: str
) -> Iterator[tuple[str, Mapping[str, Type]]]:
    row = project.flow.types.of_model(model)
    if template and row is not None:
        yield template, dict.fromkeys(names, row)


def _text_of(project: Project, symbol: ClassSymbol, attribute: str) -> str:
    found = project.site.classes.value(symbol, attribute)
    return (text(found.value) or "") if found is not None else ""


def _by_convention(model: Model) -> str:
    """Return `blog/blog_page.html` for `blog.BlogPage`."""
    app, _, name = model.label.rpartition(".")
    return f"{app.lower()}/{_CAPITAL.sub('_', name).lower()}.html"

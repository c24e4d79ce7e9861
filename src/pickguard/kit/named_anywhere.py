"""Whether anything of a site names an attribute: what nothing names is shown nowhere."""

from __future__ import annotations

from pickguard.kit.project import Project
from pickguard.site.templates.walk import expressions, variables
from pickguard.source.python.accessors import text
from pickguard.source.python.walk import expressions as expressions_of


def is_named_anywhere(project: Project, name: str) -> bool:
    """Whether code or a template of the site names an attribute or a method."""
    if project.flow.callers.holding(name) or name in project.once(_in_templates):
        return True
    if any(name in module.record.words for module in project.site.modules):
        return True
    return name in project.once(_in_lists)


def _in_lists(project: Project) -> frozenset[str]:
    """Return the texts of classes and modules: `list_display = ["title"]`."""
    return frozenset(
        said
        for module in project.site.modules
        for node in expressions_of(module.record.body)
        if (said := text(node))
    )


def _in_templates(project: Project) -> frozenset[str]:
    return frozenset(
        part
        for record in project.templates.values()
        for node in record.every
        for expression in expressions(node)
        for variable in variables(expression)
        for part in variable.path
    )

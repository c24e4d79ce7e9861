"""What the fields of a form show again as it was sent: their values, and errors that quote them."""

from __future__ import annotations

from pickguard.kit import Project
from pickguard.site.templates.walk import expressions, variables
from pickguard.source.templates import record as r

_ERRORS = frozenset({"errors", "non_field_errors", "field_errors"})


def quotes_what_was_sent(project: Project, path: str, variable: r.Variable) -> bool:
    """Whether a variable is the value of a field of a form, or one of its errors: `'x' is not a valid choice`."""
    return _is_form_error(project, path, variable) or _is_of_bound_field(project, path, variable)


def _is_form_error(project: Project, path: str, variable: r.Variable) -> bool:
    """Whether a variable is one of `field.errors`: `'x' is not a valid choice` quotes it."""
    if len(variable.path) > 1:
        return False
    return any(
        item.path[-1] in _ERRORS
        for loop in project.template_map.loops(path, variable.path[0])
        for item in variables(loop.iterable)
    )


def _is_of_bound_field(project: Project, path: str, variable: r.Variable) -> bool:
    """Whether a variable is `form.title.value`, or `field.value` of what a loop, or its use, says is a field."""
    *before, last = variable.path
    if last not in ("value", "data") or not before:
        return False
    if len(before) > 1 and before[-2].endswith("form"):
        return True
    if len(before) > 1:
        return False
    return before[0] in _fields(project, path) or any(
        item.path[-1].endswith("form")
        for loop in project.template_map.loops(path, before[0])
        for item in variables(loop.iterable)
    )


# What a template asks of a field of a form, and of hardly anything else
_OF_FIELDS = frozenset({"html_name", "id_for_label", "label_tag", "auto_id", "is_hidden"})


def _fields(project: Project, path: str) -> frozenset[str]:
    """Return the names that a template uses as fields of forms: `{{ bound_field.html_name }}`."""
    return frozenset(
        variable.path[0]
        for node in project.template_map.records[path].every
        for expression in expressions(node)
        for variable in variables(expression)
        if len(variable.path) > 1 and variable.path[1] in _OF_FIELDS
    )

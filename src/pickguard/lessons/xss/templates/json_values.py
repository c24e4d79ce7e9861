"""Values of templates that are JSON: once the browser has undone the escaping, they are literals."""

from pickguard.kit import Code, Project
from pickguard.lessons.xss.code.json_rules import encoded
from pickguard.source.python import nodes as n
from pickguard.source.templates import record as r


def is_json(project: Project, path: str, expression: r.Expression) -> bool:
    """Tell whether a value is JSON that code, or a filter of a library, makes of its data."""
    if isinstance(expression, r.Variable):
        return _is_made(project, path, expression)
    return has_json_filter(project, expression)


def has_json_filter(project: Project, expression: r.Expression) -> bool:
    """Tell whether a filter by whose name JSON comes out is none of the site's own."""
    filters = expression.filters if isinstance(expression, r.Filtered) else ()
    own = project.template_map.library.filters
    return any("json" in one.name and one.name not in own for one in filters)


def ends_with_own_json(project: Project, expression: r.Expression) -> bool:
    """Tell whether a filter of the site's own encodes a value; whether it leaves `<` alone is told where it does so."""
    last = (
        expression.filters[-1]
        if isinstance(expression, r.Filtered) and expression.filters
        else None
    )
    return last is not None and last.name in project.once(_own_encoders)


def _own_encoders(project: Project) -> frozenset[str]:
    """Return the names of the site's filters that encode JSON and mark it as safe."""
    own = project.template_map.library.filters
    return frozenset(
        function.node.name
        for function in project.flow.callers.functions
        if function.node.name in own
        and "mark_safe" in function.node.words
        and not _ENCODES.isdisjoint(function.node.words)
    )


_ENCODES = frozenset({"dumps", "serialize", "DjangoJSONEncoder", "JSONEncoder"})


def _is_made(project: Project, path: str, variable: r.Variable) -> bool:
    given = project.template_values.of(path, variable)
    if given:
        return all(encoded(item.code, item.value) is not None for item in given)
    method = project.template_values.called(path, variable)
    return method is not None and _returns_json(project.code_of(method))


def _returns_json(code: Code) -> bool:
    values = [s.value for s in code.statements if isinstance(s, n.Return) and s.value is not None]
    return bool(values) and all(encoded(code, value) is not None for value in values)

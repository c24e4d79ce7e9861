"""Links that show the value of any field or widget: what is stored may begin with `javascript:`."""

import re
from collections.abc import Iterator

from pickguard.kit.code import Code, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_LOOKS = re.compile(r"valid|scheme|urlsplit|urlparse|startswith|safe_url|check_url", re.IGNORECASE)
_ADDRESSES = frozenset({"href", "url", "link", "link_url", "src"})


def is_shown_field(code: Code, value: n.Expr) -> bool:
    """Whether a link leads to what a function is given as the value of a `URLField`, of any model.

    A form looks at such values; rows that were made without one hold what they were given.
    """
    if code.function is None or not isinstance(value, n.Name) or _looks(code):
        return False
    is_given = any(param.name == value.id for param in code.function.node.params)
    return is_given and any(
        tail(call.func) == "isinstance" and "URLField" in {tail(part) for part in inside(call)}
        for call in code.calls("isinstance")
    )


def widget_links(code: Code) -> Iterator[n.Expr]:
    """Yield what a widget tells its template to link to, where that is its value as it is."""
    owner, function = code.owner, code.function
    if owner is None or function is None or function.node.name != "get_context" or _looks(code):
        return
    if "widget" not in code.project.site.classes.kinds(owner):
        return
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(target, n.Index) and text(target.index) in _ADDRESSES:
            if isinstance(statement, n.Assign) and _is_value(statement.value):
                yield statement.value


def _looks(code: Code) -> bool:
    """Whether the code looks at the address somehow: a validator, its scheme, its beginning."""
    return any(_LOOKS.search(word) for word in code.words)


_QUOTING = frozenset({"smart_urlquote", "str", "iri_to_uri", "quote"})


def _is_value(node: n.Expr) -> bool:
    """Whether it is `value`, or `context["widget"]["value"]`, at most with its letters quoted."""
    if isinstance(node, n.Choice):
        return _is_value(node.then) or _is_value(node.other)
    if isinstance(node, n.Call):
        return tail(node.func) in _QUOTING and bool(node.args) and _is_value(node.args[0])
    if isinstance(node, n.Index):
        return text(node.index) == "value"
    return isinstance(node, n.Name) and node.id == "value"

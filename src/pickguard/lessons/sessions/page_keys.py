"""Session keys that code hands to a template, which prints them: `{"visitor": request.session.session_key}`."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.kit import Code, Project, Spot
from pickguard.kit.code import tail, text
from pickguard.kit.templates.given import Given
from pickguard.kit.templates.pages import given_to_pages
from pickguard.lessons.sessions.writes import is_session
from pickguard.site.templates.walk import carried_values
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import ways
from pickguard.source.templates import record as r

_KEY = "session_key"
_WHOLE = frozenset(
    {
        "json_script",
        "safe",
        "escapejs",
        "urlencode",
        "default",
        "default_if_none",
        "escape",
        "tojson",
    }
)
"""Filters behind which a value is still there as a whole."""
_DEPTH_LIMIT = 4


def is_key(node: n.Expr) -> bool:
    """Whether it is `session.session_key`, or `getattr(session, "session_key", None)`."""
    if isinstance(node, n.Call) and tail(node.func) == "getattr" and len(node.args) > 1:
        return text(node.args[1]) == _KEY and is_session(node.args[0])
    return isinstance(node, n.Attr) and node.name == _KEY and is_session(node.value)


def handed_keys(project: Project) -> Iterator[tuple[Spot, Spot, str]]:
    """Yield where code reads a key that a template prints, the place in the template, and its name there.

    What stands in the call that renders the page is told there.
    """
    handing = {code.symbol for code, _words in project.code(frozenset({_KEY}))}
    if not handing:
        return
    seen: set[Spot] = set()
    for path, record in project.templates.items():
        for node in record.every:
            for variable in _printed(node):
                for given in project.template_values.of(path, variable):
                    key = _key(given) if given.code.symbol in handing else None
                    if key is not None and given.code.spot(key) not in seen:
                        seen.add(given.code.spot(key))
                        yield given.code.spot(key), Spot(path, node.span), ".".join(variable.path)


def _printed(node: r.Node) -> Iterator[r.Variable]:
    for value in carried_values(node.expression) if isinstance(node, r.Output) else ():
        shown = value.head if isinstance(value, r.Filtered) and _keeps(value) else value
        if isinstance(shown, r.Variable):
            yield shown


def _keeps(value: r.Filtered) -> bool:
    return all(one.name in _WHOLE for one in value.filters)


def _key(given: Given) -> n.Expr | None:
    if id(given.value) in given_to_pages(given.code.every(n.Call)):
        return None
    return next(_keys(given.code, given.value), None)


def _keys(code: Code, value: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
    """Yield the keys that a value is, or holds among the entries of a dictionary."""
    if depth > _DEPTH_LIMIT:
        return
    for made in code.made(value) if isinstance(value, n.Name) else (value,):
        if isinstance(made, n.Mapping):
            for entry in made.values:
                yield from _keys(code, entry, depth + 1)
        else:
            yield from filter(is_key, ways(made))

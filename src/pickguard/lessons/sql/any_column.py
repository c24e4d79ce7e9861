"""Orders by whatever column a model has: the name is looked for among all of its fields, secrets with them."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, Spot
from pickguard.kit.code import tail
from pickguard.lessons.sql.secret_columns import is_secret
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_ALL_FIELDS = frozenset(
    {"fields", "concrete_fields", "local_fields", "get_fields", "get_all_field_names"}
)
_GAIN = "in the order by `password` or `api_key` a stranger reads, row by row, what the answer leaves out"


def by_any_column(code: Code) -> Iterator[Hit]:
    """Yield `order_by(*names)` of names that were sent and are asked only whether the model has them."""
    for call in code.calls("order_by"):
        certainty = _certainty(code, call)
        given = call.args[0] if call.args else None
        if certainty is None or given is None:
            continue
        named = given.value if isinstance(given, n.Wrapped) and given.value is not None else given
        asked = None if code.origin(named).is_browser else _among_all(code, named)
        if asked is not None:
            yield Hit(
                (code.spot(call), asked),
                "the browser orders the rows by any column that the model has",
                certainty,
                code.symbol,
                Severity.MEDIUM,
                gain=_GAIN,
                mend="list the columns that may be ordered by, or leave out those that the answer does not show",
            )


def _certainty(code: Code, call: n.Call) -> Confidence | None:
    """Return how sure it is that a column of the rows is a secret; None where none is."""
    rows = receiver_of(call)
    body = code.body
    found = body.flow.types.of(body, rows, body.scope.at(rows.span)) if rows is not None else None
    if found is not None and found.sort is Sort.ROWS and found.model is not None:
        if not found.is_guess and not found.model.is_library:
            holds = found.model.is_user or any(map(is_secret, found.model.fields))
            return Confidence.MEDIUM if holds else None
    return Confidence.MEDIUM if _is_filter(code) else Confidence.LOW


def _is_filter(code: Code) -> bool:
    """Whether it is a filter of an API, which is there for every model that somebody shows."""
    function = code.function
    if function is None or function.owner is None:
        return False
    return function.node.name == "filter_queryset" and "view" in code.body.params


def _among_all(code: Code, named: n.Expr) -> Spot | None:
    """Return where names that were sent are looked for among all fields, by this code or by what it calls."""
    for made in code.made(named):
        there = _called(code, made)
        kept = (
            next(filter(None, (_kept(there, v) for v in there.returned)), None) if there else None
        )
        if kept is not None and any(code.origin(given).is_browser for given in _given(made)):
            return kept
        kept = _kept(code, made)
        if kept is not None and _is_sent(code, made):
            return kept
    tests = (s.test for s in code.statements if isinstance(s, n.If))
    parts = (part for test in tests for part in inside(test))
    asked = next((part for part in parts if _asks_all(code, part, tail(named))), None)
    if asked is None or not code.is_said_by_browser(named):
        return None
    return code.spot(asked, _LABEL)


_LABEL = "any field of the model will do"


def _given(made: n.Expr) -> tuple[n.Expr, ...]:
    return made.args if isinstance(made, n.Call) else ()


def _called(code: Code, made: n.Expr) -> Code | None:
    """Return the function of the site that a call is of."""
    function = code.called(made) if isinstance(made, n.Call) else None
    return code.project.code_of(function) if function is not None else None


def _kept(code: Code, value: n.Expr) -> Spot | None:
    """Return where `[name for name in names if name.lstrip("-") in fields]` asks."""
    if not isinstance(value, n.Comprehension):
        return None
    tests = (test for loop in value.loops for test in loop.tests)
    parts = (part for test in tests for part in inside(test))
    asked = next((part for part in parts if _asks_all(code, part)), None)
    return code.spot(asked, _LABEL) if asked is not None else None


def _is_sent(code: Code, value: n.Expr) -> bool:
    loops = value.loops if isinstance(value, n.Comprehension) else ()
    return any(code.is_said_by_browser(loop.source) for loop in loops)


def _asks_all(code: Code, node: n.Expr, name: str = "") -> bool:
    """Whether a comparison looks a name up in the list of all fields of a model."""
    if not isinstance(node, n.Compare) or node.ops != ("in",):
        return False
    if name and all(tail(part) != name for part in inside(node.left)):
        return False
    return any(_is_all(made) for made in code.made(node.rights[0]))


def _is_all(made: n.Expr) -> bool:
    """Whether it is `[field.name for field in model._meta.fields]`, none of them left out."""
    if isinstance(made, n.Comprehension) and any(loop.tests for loop in made.loops):
        return False
    return any(
        isinstance(part, n.Attr) and part.name in _ALL_FIELDS and tail(part.value) == "_meta"
        for part in inside(made)
    )

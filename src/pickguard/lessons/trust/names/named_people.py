"""Whether the browser says which person is meant: by a number, or as the row that it names."""

from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.names.declared_owners import is_of_schema
from pickguard.lessons.trust.ownership import rows_of
from pickguard.lessons.trust.row_keys import is_shortcut, taken_from
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

_TAKES = frozenset({"get", "aget", "filter"})
_FIRST = frozenset({"first", "afirst", "last", "alast"})
# What a form has let through is the matter of its fields
_CHECKED = frozenset({"cleaned_data", "validated_data"})
_PLAIN = frozenset({"int", "str", "UUID"})
_NUMBERS = frozenset({"pk", "id"})


def is_named_person(code: Code, function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether the browser says a person: by a number, or as the row that it names."""
    for made in map(_bare, code.made(_bare(value))):
        if isinstance(made, n.Call) and (is_shortcut(made) or tail(made.func) in _TAKES):
            model = rows_of(code.project, function, taken_from(made))
            named = any(_is_said(code, keyword.value) for keyword in made.keywords)
            if model is not None and model.is_user and named:
                return True
            if model is not None or not code.body.reads_request(receiver_of(made) or made):
                continue
        parts = list(inside(made))
        if _is_said(code, made) and _CHECKED.isdisjoint(map(tail, parts)):
            return True
    return False


def _is_said(code: Code, value: n.Expr) -> bool:
    """Whether the browser says a value, a number in the address included."""
    bare = _bare(value)
    if code.is_said_by_browser(value) or tail(bare) in code.from_url:
        return True
    return is_of_schema(code, bare)


def _bare(value: n.Expr) -> n.Expr:
    """Return what a number is made of, or is the number of: `person` of `int(person.pk)`.

    Where a row is the first of some, these are returned: `people.filter(…)` of `people.filter(…)[0]`.
    """
    while True:
        if isinstance(value, n.Call) and tail(value.func) in _PLAIN and len(value.args) == 1:
            value = value.args[0]
        elif (isinstance(value, n.Attr) and value.name in _NUMBERS) or (
            isinstance(value, n.Index) and _is_filter(value.value)
        ):
            value = value.value
        elif isinstance(value, n.Call) and tail(value.func) in _FIRST:
            of = receiver_of(value)
            if of is None or not _is_filter(of):
                return value
            value = of
        else:
            return value


def _is_filter(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) == "filter"

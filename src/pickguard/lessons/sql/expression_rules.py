"""SQL rules about query expressions of the project's own: `as_sql` writes SQL by hand."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Kind, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.pieces import pieces
from pickguard.kit.values.sure import sure
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, statements

_METHODS = ("as_sql", "as_postgresql", "as_mysql", "as_sqlite", "as_oracle", "as_mariadb")
_QUOTES = ("quote_name", "adapt", "quote_value", "literal", "escape_string", "mogrify")
_PERCENT = re.compile(r"""(?P<before>(?<!')')?%(?:\((?P<name>\w+)\))?s(?P<after>'(?!'))?""")
_BRACES = re.compile(r"""(?P<before>(?<!')')?\{(?P<name>\w*)\}(?P<after>'(?!'))?""")


@code_rule(
    "sql.quoted-by-hand",
    words=("compiler", "connection", "template"),
    title="a query expression puts a value between quotes itself",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(89,),
    severity=Severity.HIGH,
    gain="a quote in the value, such as the key of a JSON field in a lookup, ends the text and goes on as SQL",
    mend='return a placeholder, and the value among the parameters: `return "%s -> %%s" % lhs, [key]`',
)
def quoted_by_hand(code: Code) -> Iterator[Hit]:
    """Find `"'%s'" % self.key` in methods that return SQL, and `'%(key)s'` in their templates."""
    if code.function is None and code.owner is not None:
        yield from _in_template(code, code.owner)
    if code.function is None or code.function.node.name not in _METHODS or code.owner is None:
        return
    yield from _filled_with_parameters(code)
    yield from _of_options(code)
    if _returns_placeholders(code):
        return
    for node in code.expressions:
        for value in _between_quotes(node):
            origin = code.origin(value, *_QUOTES)
            if _is_harmless(code, value, origin):
                continue
            yield Hit(
                (code.spot(node),),
                f"`{tail(value) or 'a value'}` stands between quotes in the SQL of "
                f"`{code.owner.node.name}`",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, node, "becomes part of the statement"),
            )
            break


def _filled_with_parameters(code: Code) -> Iterator[Hit]:
    """Yield `return sql % tuple(params), []`: the parameters become text of the statement."""
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Return) else None
        if not isinstance(value, n.Sequence) or len(value.items) != _SQL_AND_PARAMETERS:
            continue
        made, left = value.items
        is_empty = isinstance(left, n.Sequence) and not left.items
        if not is_empty or not isinstance(made, n.Binary) or made.op != "%":
            continue
        right = made.right
        if isinstance(right, n.Call) and tail(right.func) == "tuple" and right.args:
            right = right.args[0]
        if isinstance(right, n.Name | n.Attr) and _PARAMETERS.search(tail(right)):
            message = "the parameters of a statement are put into its text"
            yield Hit((code.spot(made),), message, Confidence.MEDIUM, code.symbol)


def _returns_placeholders(code: Code) -> bool:
    """Whether the SQL of all that is returned is written out: what is made goes out as a parameter."""
    returned = [s.value for s in code.statements if isinstance(s, n.Return)]
    return bool(returned) and all(
        isinstance(value, n.Sequence)
        and len(value.items) == _SQL_AND_PARAMETERS
        and all(text(one) for one in _assigned(code, value.items[0]))
        for value in returned
    )


def _assigned(code: Code, node: n.Expr) -> list[n.Expr | None]:
    return (list(code.assigned(node.id)) or [None]) if isinstance(node, n.Name) else [node]


_SQL_AND_PARAMETERS = 2
_PARAMETERS = re.compile(r"(^|_)params$")


def _of_options(code: Code) -> Iterator[Hit]:
    """Yield `template="f(%%(expressions)s, %s)" % self.extra.get("form")`, of whoever makes it."""
    for call in code.calls("as_sql"):
        template = argument(call, -1, "template")
        values = code.assigned(template.id) if isinstance(template, n.Name) else [template]
        for value in values:
            parts = pieces(value, said_by=code.body.said) if value is not None else []
            given = [p for p in parts if not isinstance(p, str) and _is_option(code, p)]
            if given:
                message = f"`{tail(given[0]) or 'an option'}` of an expression is put into its SQL"
                yield Hit((code.spot(value or call),), message, Confidence.MEDIUM, code.symbol)


def _is_option(code: Code, node: n.Expr) -> bool:
    """Whether a value is read from `self.extra`: what is given to an expression by keyword."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    return any(
        isinstance(part, n.Attr) and part.name == "extra" and tail(part.value) == "self"
        for value in values
        for part in inside(value)
    ) and not any(isinstance(v, n.Call) and tail(v.func) in _NUMBERS for v in values)


_NUMBERS = ("int", "float", "Decimal", "bool")


def _in_template(code: Code, owner: ClassSymbol) -> Iterator[Hit]:
    """Yield `template = "FORMAT(%(expressions)s, '%(form)s')"` of an expression that is given `form`."""
    names = {getattr(base, "name", "") for base in code.project.site.classes.line(owner)}
    if not any(name.startswith("django.db.models") for name in names):
        return
    for value in code.assigned("template"):
        for place in _PERCENT.finditer(text(value) or ""):
            name = place["name"]
            if place["before"] and place["after"] and name and _is_given(code, owner, name):
                yield Hit(
                    (code.spot(value),),
                    f"`{name}` stands between quotes in the SQL of `{owner.node.name}`",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _is_given(code: Code, owner: ClassSymbol, name: str) -> bool:
    """Whether who makes an expression says what stands for a name of its template, and nothing refuses it."""
    made = code.project.site.classes.method(owner, "__init__")
    if made is None or all(param.name != name for param in made.node.params):
        return False
    return not any(
        isinstance(one, n.If)
        and any(isinstance(last, n.Raise) for last in one.body[-1:])
        and any(_looks_up(part, name) for part in inside(one.test))
        for one in statements(body(made.node))
    )


def _looks_up(node: n.Expr, name: str) -> bool:
    """Whether it is `name not in KNOWN`."""
    return isinstance(node, n.Compare) and node.ops == ("not in",) and tail(node.left) == name


def _is_harmless(code: Code, value: n.Expr, origin: Origin) -> bool:
    if origin.is_constant or origin.kinds == {Kind.TYPED}:
        return True
    is_doubled = isinstance(value, n.Call) and tail(value.func) == "replace"
    names_class = isinstance(value, n.Attr) and value.name in ("function", "template", "operator")
    return is_doubled or names_class or bool(code.words & {"fullmatch", "isidentifier"})


def _between_quotes(node: n.Expr) -> Iterator[n.Expr]:
    """Yield the values that formatting puts between single quotes."""
    if isinstance(node, n.Joined):
        yield from _in_joined(node)
    elif isinstance(node, n.Binary) and node.op == "%":
        items = items_of(node.right)
        yield from _quoted(_PERCENT, text(node.left), items, {})
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "format":
        named = {keyword.name or "": keyword.value for keyword in node.keywords}
        yield from _quoted(_BRACES, text(node.func.value), node.args, named)


def _quoted(
    pattern: re.Pattern[str],
    form: str | None,
    items: tuple[n.Expr, ...],
    named: dict[str, n.Expr],
) -> Iterator[n.Expr]:
    for position, place in enumerate(pattern.finditer((form or "").replace("%%", ""))):
        if place["before"] and place["after"]:
            if place["name"] in named:
                yield named[place["name"]]
            elif position < len(items):
                yield items[position]


def _in_joined(node: n.Joined) -> Iterator[n.Expr]:
    for before, part, after in zip(node.parts, node.parts[1:], node.parts[2:], strict=False):
        is_quoted = (text(before) or "").endswith("'") and (text(after) or "").startswith("'")
        if isinstance(part, n.Formatted) and is_quoted:
            yield part.value

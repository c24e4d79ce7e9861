"""SQL rules: statements put together from parts, and lookups that the browser names."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.catalog import SinkKind
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Kind, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sinks import sunk
from pickguard.kit.values.sure import is_stored_part, sure
from pickguard.lessons.sql.any_column import by_any_column
from pickguard.lessons.sql.lookup_names import beginnings, stays_in_json
from pickguard.lessons.sql.read_names import read_by_name
from pickguard.lessons.sql.returned_names import GAIN_OF_ORDER, RETURNING, returned_names
from pickguard.lessons.sql.secret_columns import leads_to_secret
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, given_to, spread_into
from pickguard.source.python.walk import inside

_CLEARS = (
    "quote_name",
    "escape_string",
    "literal",
    "Identifier",
    "Literal",
    "quote_ident",
    "mogrify",
)
# functions of a site's own that do the same by their names: `quote_schema_name`
_QUOTING = re.compile(r"quoted?_\w*(name|ident|identifier|table|schema|column)$")
_EXECUTES = ("execute", "executemany", "callproc", "executescript", "copy_expert")
_STATEMENT = re.compile(
    r"^\s*(--.*\n\s*)*(select|insert|update|delete|alter|create|drop|truncate|with|grant|set|copy|"
    r"vacuum|explain|pragma|call|exec|replace|lock|refresh|merge|begin|savepoint|show|use)\b",
    re.IGNORECASE,
)
_CURSOR = re.compile(r"cursor|conn|^cur$|^db$|engine|schema_editor", re.IGNORECASE)
_QUOTED = re.compile(r"""['"]%(s|\(\w+\)s)['"]|['"]\?['"]""")
# Methods whose keywords are lookups, and those whose arguments are names of columns
_SPREADING = (*("filter", "exclude", "get", "get_or_create", "update_or_create", "explain"),)
# Methods whose keywords are names for what is made: Django asks of what letters they are
_ALIASING = ("aggregate", "annotate", "alias")
_NAMING = (
    *("order_by", "values", "values_list", "earliest", "latest", "distinct"),
    *("dates", "datetimes"),
)
_EXPRESSIONS = ("F", "OuterRef", "Sum", "Count", "Max", "Min", "Avg", "StdDev", "Variance")
# Functions of the database take a text for the name of a column too, unless it is a `Value`
_FUNCTIONS = ("Lower", "Upper", "Length", "Trim", "Cast", "Coalesce")
_INTEGRITY = (Area.INTEGRITY, Area.CONFIDENTIALITY)


@code_rule(
    "sql.formatted-statement",
    words=(*_EXECUTES, "raw", "extra", "RawSQL", "RunSQL"),
    sinks=(SinkKind.SQL,),
    title="an SQL statement is put together from parts",
    areas=_INTEGRITY,
    cwe=(89,),
    severity=Severity.HIGH,
    gain="whoever sends the value reads or changes any table that the site can",
    mend='pass the value as a parameter: `cursor.execute("… %s", [value])`',
)
def formatted_statement(code: Code) -> Iterator[Hit]:
    """Find statements with a formatted part; certain where the part is plainly the browser's."""
    clears = _clears(code)
    for call, statement in _statements(code):
        for part in _parts(code, statement, clears):
            if not (part.is_browser or is_stored_part(part) or _is_statement(code, statement)):
                continue
            yield Hit(
                (code.spot(statement),),
                _says(call, part),
                _confidence(part),
                code.symbol,
                flow=code.flow(part, statement, "becomes part of the statement"),
            )
            break


def _says(call: n.Call, part: Origin) -> str:
    what = "a value from the browser" if part.is_browser else "a value"
    return f"{what} is formatted into the SQL of `{tail(call.func)}(…)`"


def _confidence(part: Origin) -> Confidence:
    return Confidence.HIGH if part.is_browser else sure(part, Confidence.LOW)


def _statements(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield the calls that take SQL, each with its statement."""
    seen: set[int] = set()
    for one in sunk(code, SinkKind.SQL):
        seen.add(id(one.call))
        yield one.call, one.value
    for call in code.calls(*_EXECUTES):
        if isinstance(call.func, n.Attr) and call.args and id(call) not in seen:
            if _is_cursor(code, call.func.value) or _is_statement(code, call.args[0]):
                yield call, call.args[0]
    for call in code.calls("raw"):
        if isinstance(call.func, n.Attr) and call.args and _is_rows(code, call.func.value):
            yield call, call.args[0]
    for call in code.calls("RawSQL", "RunSQL"):
        found = argument(call, 0, "sql")
        if found is not None and code.is_from(call.func, "django.db"):
            yield call, found
    for call in code.calls("extra"):
        if isinstance(call.func, n.Attr):
            # only querysets have an `extra` that is given these
            yield from ((call, value) for name, value in _options(code, call) if name in _EXTRAS)


_EXTRAS = ("where", "select", "tables", "order_by")


def _options(code: Code, call: n.Call) -> Iterator[tuple[str | None, n.Expr]]:
    """Yield what a call names, the entries of a mapping that it spreads among it."""
    for keyword in call.keywords:
        if keyword.name is not None:
            yield keyword.name, keyword.value
            continue
        for made in code.made(keyword.value):
            if isinstance(made, n.Mapping):
                pairs = zip(made.keys, made.values, strict=True)
                yield from ((text(key), value) for key, value in pairs)


def _is_cursor(code: Code, receiver: n.Expr) -> bool:
    """Whether `execute` is a database's: other things are executed too."""
    if _CURSOR.search(tail(receiver)) or tail(func_of(receiver)) in ("cursor", "connect"):
        return True
    values = code.assigned(receiver.id) if isinstance(receiver, n.Name) else []
    return any(tail(part) in ("cursor", "connect") for v in values for part in inside(v))


def _is_manager(receiver: n.Expr) -> bool:
    names = {tail(part) for part in inside(receiver)}
    return bool(names & {"objects", "queryset", "qs", "get_queryset", "filter", "all"}) or any(
        name.endswith(("objects", "_set")) for name in names
    )


def _is_of_rows(code: Code, call: n.Call) -> bool:
    return isinstance(call.func, n.Attr) and _is_rows(code, call.func.value)


def _is_rows(code: Code, receiver: n.Expr) -> bool:
    """Whether an expression, or what its name is assigned from, is a manager or a queryset."""
    if _is_manager(receiver):
        return True
    if isinstance(receiver, n.Name) and receiver.id == "self" and code.owner is not None:
        return code.project.site.classes.inherits(code.owner, "Manager", "QuerySet")
    values = code.assigned(receiver.id) if isinstance(receiver, n.Name) else []
    if any(_is_manager(value) for value in values):
        return True
    body = code.body
    found = body.flow.types.of(body, receiver, body.scope.at(receiver.span))
    return found is not None and found.sort is Sort.ROWS


def _clears(code: Code) -> tuple[str, ...]:
    """Return the names of what makes a value harmless in SQL, a site's own by their names among them."""
    own = (word for word in code.words if _QUOTING.match(word))
    return (*_CLEARS, *own, *code.clears(SinkKind.SQL))


def _parts(code: Code, statement: n.Expr, clears: tuple[str, ...]) -> Iterator[Origin]:
    """Yield the origins of what is formatted into a statement, the browser's first."""
    found = [code.origin(part, *clears) for part in _formatted(code, statement)]
    found = [origin for origin in found if not origin.is_constant]
    whole = code.origin(statement, *clears)
    if whole.is_browser or (not found and is_stored_part(whole)):
        found.append(whole)
    found.sort(key=lambda origin: not origin.is_browser)
    yield from found


def _formatted(code: Code, node: n.Expr, depth: int = 0) -> Iterator[n.Expr]:
    """Yield the expressions that formatting puts into a text."""
    if isinstance(node, n.Joined):
        for part in node.parts:
            if isinstance(part, n.Formatted):
                yield part.value
    elif isinstance(node, n.Binary) and node.op == "%":
        yield node.right
    elif isinstance(node, n.Binary) and node.op == "+":
        for side in (node.left, node.right):
            if not isinstance(side, n.Const):
                yield side
    elif isinstance(node, n.Call) and tail(node.func) == "format":
        yield from node.args
        yield from (keyword.value for keyword in node.keywords)
    elif isinstance(node, n.Sequence):
        for item in node.items:
            yield from _formatted(code, item, depth)
    elif isinstance(node, n.Name) and depth < 4:
        for value in code.assigned(node.id):
            if value is not node:
                yield from _formatted(code, value, depth + 1)


def _is_statement(code: Code, node: n.Expr, depth: int = 0) -> bool:
    """Whether a text begins like SQL: `execute` is a common name for other things."""
    if isinstance(node, n.Const) and isinstance(node.value, str):
        return bool(_STATEMENT.match(node.value))
    if isinstance(node, n.Joined):
        return bool(node.parts) and _is_statement(code, node.parts[0], depth)
    if isinstance(node, n.Binary):
        return _is_statement(code, node.left, depth)
    if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
        return _is_statement(code, node.func.value, depth)
    if isinstance(node, n.Name) and depth < 4:
        return any(_is_statement(code, value, depth + 1) for value in code.assigned(node.id))
    return False


@code_rule(
    "sql.quoted-placeholder",
    words=("execute", "executemany", "raw", "RawSQL", "extra"),
    title="quotes round a placeholder",
    areas=_INTEGRITY,
    cwe=(89,),
    severity=Severity.HIGH,
    gain="the database takes the value out of its quotes: it can end the text and go on as SQL",
    mend="write the placeholder without quotes; the driver adds what is needed",
)
def quoted_placeholder(code: Code) -> Iterator[Hit]:
    """Find `'%s'` in statements that have parameters."""
    for call, statement in _statements(code):
        said = text(statement)
        has_parameters = len(call.args) > 1 or any(k.name == "params" for k in call.keywords)
        if said and has_parameters and _QUOTED.search(said):
            match = _QUOTED.search(said)
            shown = match[0] if match else ""
            yield Hit(
                (code.spot(statement),),
                f"the placeholder stands in quotes: `{shown}`",
                Confidence.HIGH,
                code.symbol,
            )


@code_rule(
    "sql.lookup-from-browser",
    words=(
        "**",
        "_connector",
        "Q",
        "getattr",
        *RETURNING,
        *_NAMING,
        *_EXPRESSIONS,
        *_FUNCTIONS,
    ),
    title="the browser names the column or the lookup",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(943, 89),
    severity=Severity.HIGH,
    gain="with `password__startswith` or `user__api_key` a stranger reads secrets letter by letter",
    mend="map what the browser sends to names that you list",
)
def lookup_from_browser(code: Code) -> Iterator[Hit]:
    """Find `filter(**request.GET.dict())`, `order_by(request.GET[…])` and their kin."""
    conditions = [call for call in code.calls("Q") if _is_condition(code, call)]
    chosen = [call for call in code.calls(*_SPREADING) if _is_of_rows(code, call)]
    for call in (*conditions, *chosen):
        for value in spread_into(call):
            yield from _told(code, call, code.keys(value), value)
    for call in conditions:
        for pair in call.args:
            if isinstance(pair, n.Sequence) and len(pair.items) == 2:
                yield from _told(code, call, code.origin(pair.items[0]), pair.items[0])
    for call in code.calls(*_NAMING):
        is_named = any(not isinstance(given, n.Const) for given in call.args)
        if is_named and _is_of_rows(code, call):
            yield from _named(code, call, call.args)
    for call in code.calls(*_EXPRESSIONS):
        if code.is_from(call.func, "django.db"):
            yield from _named(code, call, call.args[:1])
    for call in code.calls(*_FUNCTIONS):
        if code.is_from(call.func, "django.db.models.functions"):
            yield from _named(
                code, call, [one for one in call.args[:1] if not _is_value(code, one)]
            )
    yield from _aliased(code)
    yield from returned_names(code)
    yield from by_any_column(code)
    yield from read_by_name(code)


def _is_condition(code: Code, call: n.Call) -> bool:
    """Whether it is Django's `Q`: that of a search engine knows no relations."""
    name = code.name(call.func)
    return not name or name.startswith("django")


def _is_value(code: Code, given: n.Expr) -> bool:
    """Whether an argument of a function of the database is a value, or an expression of its own."""
    return any(
        isinstance(made, n.Call) and tail(made.func)[:1].isupper() for made in code.made(given)
    )


def _aliased(code: Code) -> Iterator[Hit]:
    """Yield the names of what is made beside the columns: `annotate(**{request.GET["name"]: Count("id")})`."""
    for call in code.calls(*_ALIASING):
        for value in spread_into(call):
            origin = code.keys(value)
            if origin.is_browser and _is_of_rows(code, call):
                yield Hit(
                    (code.spot(call),),
                    f"the browser names what `{tail(call.func)}(…)` makes: in some versions of Django"
                    " that name was SQL",
                    Confidence.LOW,
                    code.symbol,
                    flow=code.flow(origin, call, "names what is made"),
                )


def _told(code: Code, call: n.Call, origin: Origin, names: n.Expr) -> Iterator[Hit]:
    if origin.is_browser and not stays_in_json(code, names):
        is_idle = _is_of_some_field(origin) or _leads_nowhere(code, call)
        yield Hit(
            (code.spot(call),),
            f"the browser names the lookup in `{tail(call.func)}(…)`",
            Confidence.LOW if is_idle else Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, call, "names the lookup"),
        )
    elif origin.is_stored and origin.writer and not all(beginnings(code, names)):
        yield Hit(
            (code.spot(call),),
            f"what somebody stored names the lookup in `{tail(call.func)}(…)`",
            Confidence.MEDIUM,
            code.symbol,
            flow=code.flow(origin, call, "names the lookup"),
        )


def _named(code: Code, call: n.Call, names: Iterable[n.Expr]) -> Iterator[Hit]:
    for given in names:
        inner = given.value if isinstance(given, n.Wrapped) and given.value is not None else given
        origin = code.origin(inner)
        if not origin.is_browser:
            continue
        is_order = tail(call.func) == "order_by"
        yield Hit(
            (code.spot(call),),
            f"the browser names the column in `{tail(call.func)}(…)`",
            Confidence.LOW
            if _begins_fixed(code, inner)
            or _is_asked_about(code, inner)
            or _leads_nowhere(code, call)
            else _certainty(origin),
            code.symbol,
            Severity.MEDIUM if is_order else None,
            flow=code.flow(origin, call, "names the column"),
            gain=GAIN_OF_ORDER if is_order else "",
        )
        return


def _leads_nowhere(code: Code, call: n.Call) -> bool:
    """Whether the model of the rows is known, and nothing that it is related to holds a secret."""
    rows = call.func.value if isinstance(call.func, n.Attr) else None
    body = code.body
    found = body.flow.types.of(body, rows, body.scope.at(rows.span)) if rows is not None else None
    if found is None or found.model is None or found.is_guess or found.model.is_library:
        return False
    return not leads_to_secret(code.project, found.model)


def _is_asked_about(code: Code, node: n.Expr) -> bool:
    """Whether a condition asks a function of the site's whether a name will do: `if self.is_sortable(order):`."""
    if not isinstance(node, n.Name):
        return False
    names = {node.id, *(tail(made) for made in code.made(node) if isinstance(made, n.Name))}
    calls = (
        part
        for statement in code.statements
        if isinstance(statement, n.If)
        for part in inside(statement.test)
        if isinstance(part, n.Call) and _ASKS.search(tail(part.func))
    )
    return any(isinstance(one, n.Name) and one.id in names for c in calls for one in given_to(c))


_ASKS = re.compile(r"valid|allowed|sortable|orderable|permitted|known", re.IGNORECASE)


def _begins_fixed(code: Code, node: n.Expr) -> bool:
    """Whether the code says with which column a name begins: `f"total_{kind}"`."""
    made = code.made(node)
    first = [one.parts[0] for one in made if isinstance(one, n.Joined) and one.parts]
    return len(first) == len(made) and all(_COLUMN.match(text(part) or "") for part in first)


_COLUMN = re.compile(r"-?[a-zA-Z]\w*?(?<!__)$")


def _certainty(origin: Origin) -> Confidence:
    if _is_of_some_field(origin):
        return Confidence.LOW
    return Confidence.HIGH if Kind.UNKNOWN not in origin.kinds else Confidence.MEDIUM


def _is_of_some_field(origin: Origin) -> bool:
    """Whether it is what a form made of a field that is not told: columns to choose from are choices."""
    return isinstance(origin.source, n.Attr) and origin.source.name == "cleaned_data"

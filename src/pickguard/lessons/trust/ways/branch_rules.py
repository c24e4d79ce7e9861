"""Trust rules about branches: what is asked of the row in one must be asked of the row in the other."""

from collections.abc import Collection, Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.kit.values.shapes import shape
from pickguard.lessons.trust.asking import ASKS, NOT_THERE, REFUSALS, ends_refusing
from pickguard.lessons.trust.row_keys import choosing
from pickguard.lessons.trust.ways.cached_answers import answered_before
from pickguard.lessons.trust.ways.other_ways import changed_unasked
from pickguard.lessons.trust.ways.shown_ways import shown_unasked
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.source.python import nodes as n
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, forks, inside, statements

_FETCHERS = frozenset(
    {"get_object_or_404", "get", "get_object_for_this_type", "get_object", "first"}
)
_KEYS = frozenset({"pk", "id", "uuid", "slug"})
_REFUSALS = REFUSALS | NOT_THERE


@code_rule(
    "trust.asked-in-one-branch",
    words=_FETCHERS - {"get", "first"} | MANAGERS | {"pk"},
    packages=("django", "rest_framework", "ninja"),
    title="a row is asked about in one branch, and taken unasked in the other",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 639),
    severity=Severity.HIGH,
    gain="who is refused one kind of row names the other kind, and gets it",
    mend="ask behind both branches, where the row is used",
)
def asked_in_one_branch(code: Code) -> Iterator[Hit]:
    """Find `if page: row = …; if not may(user, row): raise; else: row = …` with no question after it."""
    if code.function is None:
        return
    yield from _cached(code)
    if code.sees_browser:
        yield from _tied_in_one(code)
    if "request" not in code.words:
        return
    yield from _asked_on_another_way(code)
    yield from _asked_in_another_form(code)
    for _statement, then, otherwise in forks(code.block):
        for asking, other in ((then, otherwise), (otherwise, then)) if otherwise else ():
            found = _unasked(code, asking, other)
            if found is not None:
                yield Hit(
                    (code.spot(found), code.spot(asking[0], "asked about in this branch")),
                    "the row is taken unasked here; the other branch asks who may",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _cached(code: Code) -> Iterator[Hit]:
    """Yield the answers that the cache gives to whoever names the row, where only a miss asks who may have it."""
    for read, asking in answered_before(code):
        yield Hit(
            (code.spot(read), code.spot(asking, "only where nothing is cached")),
            "the cache answers before anything asks whose row it is",
            Confidence.MEDIUM,
            code.symbol,
            gain="as soon as the owner has looked, a stranger who names the row gets the same answer",
            mend="take the row first: `row = self.get_object()`, then look into the cache",
        )


def _asked_on_another_way(code: Code) -> Iterator[Hit]:
    """Yield the changes of a row that something asks about on another way: a POST, where a GET is asked."""
    for way, question in changed_unasked(code):
        yield Hit(
            (code.spot(way.span), code.spot(question, "only another way is asked this")),
            "the row is changed unasked here; who comes on another way is asked",
            Confidence.MEDIUM,
            code.symbol,
            gain="who is refused on one way takes the other, and changes the row",
            mend="ask before the ways part",
        )


def _asked_in_another_form(code: Code) -> Iterator[Hit]:
    """Yield where a row is shown to whoever names a form, and refused to some who name none: `?format=json`."""
    for way, question in shown_unasked(code):
        yield Hit(
            (code.spot(way.span), code.spot(question, "only who names no form is asked this")),
            "the row is shown unasked to whoever adds a word to the address",
            Confidence.MEDIUM,
            code.symbol,
            gain="who is refused adds that word, and sees the row",
            mend="ask before the ways part",
        )


def _unasked(code: Code, asking: tuple[n.Stmt, ...], other: tuple[n.Stmt, ...]) -> n.Expr | None:
    """Return where the other branch takes the row, where nothing but the first one asks."""
    if not any(map(_refuses, statements(asking))):
        return None
    rows = {name: _keys(value) for name, value in _rows(asking)}
    if not rows or _asks(expressions(other)):
        return None
    within = set(expressions(asking))
    outside = [node for node in code.expressions if node not in within]
    if _asks(iter(outside)) or any(_hands_on(node, rows.keys()) for node in outside):
        return None
    taken = [(name, value) for name, value in _rows(other) if name in rows]
    return next((value for name, value in taken if _keys(value) <= rows[name]), None)


def _keys(call: n.Call) -> frozenset[str]:
    """Return what a row is chosen by; whoever knows its secret too is asked for that: `guid=guid`."""
    return frozenset(keyword.name or "" for keyword in choosing(call)) - _KEYS


def _hands_on(node: n.Expr, rows: Collection[str]) -> bool:
    """Whether the row goes on with the request to what may well ask: `show(request, row)`."""
    given = {tail(value) for value in node.args} if isinstance(node, n.Call) else set()
    return "request" in given and not given.isdisjoint(rows)


def _rows(block: tuple[n.Stmt, ...]) -> Iterator[tuple[str, n.Call]]:
    """Yield the names of a block that get a row of a number, with what takes it."""
    for statement in block:
        if not isinstance(statement, n.Assign):
            continue
        for part in inside(statement.value):
            if isinstance(part, n.Call) and tail(part.func) in _FETCHERS:
                if any(keyword.name in _KEYS for keyword in part.keywords):
                    yield from ((tail(target), part) for target in statement.targets)


def _refuses(statement: n.Stmt) -> bool:
    """Whether a condition on the user ends the code: `if not may_see(request.user, row): raise Http404`."""
    if not isinstance(statement, n.If) or not ends_refusing(statement.body):
        return False
    return any(tail(part) == "user" for part in inside(statement.test))


def _asks(nodes: Iterable[n.Expr]) -> bool:
    """Whether anything asks for a right, or compares with the user."""
    for node in nodes:
        if isinstance(node, n.Name | n.Attr) and tail(node) in PERMISSION_WORDS - _REFUSALS:
            return True
        if isinstance(node, n.Call) and ASKS.search(tail(node.func)):
            return True
        if isinstance(node, n.Compare | n.Call) and any(
            tail(part) == "user" for part in inside(node)
        ):
            return True
    return False


def _tied_in_one(code: Code) -> Iterator[Hit]:
    """Find `if moved: row = get(pk=pk, page=page); else: row = get(pk=pk)`: the other takes anybody's."""
    for statement, then, otherwise in forks(code.block):
        if not otherwise or _is_on_person(statement.test):
            continue
        for tied, other in ((then, otherwise), (otherwise, then)):
            found = _untied(code, tied, other)
            if found is not None:
                yield Hit(
                    (code.spot(found[1]), code.spot(found[0], "tied in this branch")),
                    "the row is taken by its number alone here; the other branch takes it among those of"
                    f" one `{found[2]}`",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                return


def _untied(
    code: Code, tied: tuple[n.Stmt, ...], other: tuple[n.Stmt, ...]
) -> tuple[n.Call, n.Call, str] | None:
    """Return the call that ties a row, that of the other branch which does not, and by what it is tied."""
    for name, narrow in _rows(tied):
        for other_name, wide in _rows(other):
            by = _more(narrow, wide) if name == other_name else ""
            if by and _is_sent(code, wide) and not _is_looked_at(code, name):
                return narrow, wide, by
    return None


def _more(narrow: n.Call, wide: n.Call) -> str:
    """Return the relation by which one call takes the row that another takes by its number alone."""
    if shape(narrow.func) != shape(wide.func) or _shape_of_args(narrow) != _shape_of_args(wide):
        return ""
    keys = {k.name: k.value for k in narrow.keywords if k.name}
    alone = {k.name: k.value for k in wide.keywords if k.name}
    if len(alone) != 1 or not alone.keys() <= _KEYS & keys.keys():
        return ""
    if any(shape(keys[name]) != shape(value) for name, value in alone.items()):
        return ""
    ties = [name for name, value in keys.items() if name not in alone and _is_row(value)]
    return ties[-1] if ties else ""


def _is_row(value: n.Expr) -> bool:
    """Whether a value may be a row that another hangs on: no flag, no text, nothing that is computed."""
    return isinstance(value, n.Name | n.Attr)


def _shape_of_args(call: n.Call) -> tuple[object, ...]:
    """Return what a call is given without keywords, wherever it stands."""
    return tuple(map(shape, call.args))


def _is_on_person(test: n.Expr) -> bool:
    """Whether a condition looks at who it is: staff may well take every row."""
    names = {tail(part) for part in inside(test)}
    return bool(names & _PERSON) or any(map(ASKS.search, names))


_PERSON = frozenset({"user", "is_staff", "is_superuser", "is_admin", "role", "admin"})


def _is_sent(code: Code, call: n.Call) -> bool:
    """Whether the request or the address says the number, also where it is made a number of first."""
    return any(
        code.origin(value).is_browser
        or (isinstance(value, n.Name) and value.id in code.from_url)
        or any(tail(part) in _SENT for made in code.made(value) for part in inside(made))
        for value in (keyword.value for keyword in call.keywords)
    )


_SENT = frozenset({"GET", "POST", "data", "query_params", "kwargs", "cleaned_data"})


def _is_looked_at(code: Code, name: str) -> bool:
    """Whether anything takes the row together with the user, or asks about it."""
    for node in code.expressions:
        if isinstance(node, n.Call | n.Compare):
            names = {tail(part) for part in inside(node)}
            asks = isinstance(node, n.Call) and ASKS.search(tail(node.func))
            if name in names and ("user" in names or asks):
                return True
    return False

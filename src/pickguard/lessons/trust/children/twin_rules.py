"""Rows that are asked about in place of others: the request names two, and the wrong one is looked at."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.children.asked_rows import asked_rows
from pickguard.lessons.trust.children.handed_rows import is_handed_anything
from pickguard.lessons.trust.children.taken_rows import (
    KEYS,
    SHORTCUTS,
    Taken,
    is_asked_for,
    may_ask,
    may_refuse,
    only_shows,
    taken_rows,
)
from pickguard.lessons.trust.openness import SHOWN
from pickguard.lessons.trust.ownership import is_user
from pickguard.lessons.trust.row_keys import choosing
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, root, text
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_CHANGES = frozenset(
    {"save", "delete", "update", "asave", "adelete", "aupdate", "add", "remove", "set", "clear"}
)


@code_rule(
    "trust.another-row-asked",
    words=(*SHORTCUTS, *MANAGERS),
    packages=("django", "rest_framework", "ninja"),
    title="one row is asked about, and another is changed",
    areas=(Area.INTEGRITY,),
    cwe=(639, 863),
    severity=Severity.HIGH,
    gain="whoever owns one row names it for the check, and with it somebody else's, which is changed",
    mend="ask about the row that is changed, or take both among the user's own",
    yields_to=("trust.object-without-owner", "trust.child-of-another"),
)
def another_row_asked(code: Code) -> Iterator[Hit]:
    """Find a row that is changed unasked beside another one of its kind that is asked about."""
    if code.function is None or not (code.sees_browser or is_handed_anything(code)):
        return
    taken = list(taken_rows(code))
    asked = [
        Taken(code, one.call, one.model, frozenset(), frozenset({one.name}))
        for one in asked_rows(code)
    ]
    for changed in (one for one in taken if one.keys <= KEYS):
        twins = [one for one in (*taken, *asked) if _is_twin(one, changed)]
        twin = next((one for one in twins if one in asked or is_asked_for(one)), None)
        if twin is None or _is_asked(changed, twins):
            continue
        if not _is_changed(changed) and not (_is_one_of_own(twin) and _is_private(changed)):
            continue
        done = "changed" if _is_changed(changed) else "taken"
        yield Hit(
            (code.spot(changed.call), code.spot(twin.call, "the one that is asked about")),
            f"any `{changed.model.name}` is {done}; the one that is asked about is another",
            Confidence.MEDIUM,
            code.symbol,
        )


def _is_twin(one: Taken, changed: Taken) -> bool:
    """Whether another row of the same model is taken by another key, under another name."""
    if one.call is changed.call or one.model.label != changed.model.label:
        return False
    if one.names & changed.names:
        return False
    named, other = _key(one), _key(changed)
    return bool(named and other) and not (named <= other or other <= named)


def _key(one: Taken) -> frozenset[str]:
    """Return the words that say which row is taken, with those that a name was made of."""
    given = [keyword.value for keyword in one.call.keywords if keyword.name in KEYS]
    given += one.call.args if not given else ()
    named = [made for v in given if isinstance(v, n.Name) for made in one.code.made(v)]
    found = (part for value in (*given, *named) for part in inside(value))
    return frozenset(text(part) or tail(part) for part in found) - _OF_REQUESTS


_OF_REQUESTS = frozenset(
    {"", "int", "str", "get", "request", "GET", "POST", "data", "kwargs", "self"}
)


def _is_changed(row: Taken) -> bool:
    """Whether a row is saved or deleted, or all that are chosen are."""
    for node in row.code.expressions:
        if (
            isinstance(node, n.Call)
            and isinstance(node.func, n.Attr)
            and node.func.name in _CHANGES
        ):
            if root(node.func) in row.names or any(part is row.call for part in inside(node.func)):
                return True
    return False


def _is_one_of_own(row: Taken) -> bool:
    """Whether a row is taken by its number among those of whoever asks: each has several, and no others."""
    names = {keyword.name for keyword in choosing(row.call) if not is_user(keyword.value)}
    return bool(names & KEYS) and any(map(is_user, given_to(row.call)))


def _is_private(row: Taken) -> bool:
    """Whether what is taken is used, and nothing says that such rows are there for others as well."""
    used = (node for node in row.code.expressions if isinstance(node, n.Name))
    is_used = any(node.id in row.names for node in used)
    return is_used and not any(SHOWN.search(field.name) for field in row.model.fields)


def _is_asked(row: Taken, twins: list[Taken]) -> bool:
    """Whether something asks about a row itself, or holds it against its twin."""
    beside = frozenset().union(*(twin.names for twin in twins))
    if any(tail(part) == "user" for part in inside(row.call)):
        return True
    for node in row.code.expressions:
        if isinstance(node, n.Call | n.Compare) and node is not row.call and not only_shows(node):
            parts = {tail(part) for part in inside(node)}
            is_about = (
                (parts & beside and isinstance(node, n.Compare))
                or ("user" in parts and may_ask(row.code, node))
                or may_refuse(row.code, node, parts)
            )
            if parts & row.names and is_about:
                return True
    return False

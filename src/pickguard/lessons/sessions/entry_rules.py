"""Session rules about entries whose names are not the site's own choice."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.spread import loops, names_of
from pickguard.lessons.sessions.writes import is_session
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.walk import inside

# What makes a text that only this key could have made, and what takes it apart again
_SIGNERS = ("Signer", "TimestampSigner")
_OPENERS = ("loads", "unsign_object")
# What looks at how a name begins or ends before it is taken
_LOOKS = ("startswith", "endswith", "match", "fullmatch")


class _Named(Struct, frozen=True):
    """An entry that is put into a session: where, what names it, and what it is."""

    node: n.Assign | n.Call
    key: n.Expr
    value: n.Expr | None


@code_rule(
    "sessions.entry-from-browser",
    words=("session", "_session"),
    needs_browser=True,
    title="the browser names an entry of its session",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(639, 915),
    severity=Severity.MEDIUM,
    gain="whoever sends the name of another entry sets what the site keeps there: a step passed, a role, a price",
    mend='keep what was sent under one name of your own, `session["filters"] = {…}`, or take known names only',
)
def entry_from_browser(code: Code) -> Iterator[Hit]:
    """Find `session[request.POST["key"]] = …` and `session.update(request.POST.dict())`."""
    if code.function is None:
        return
    for entry in _entries(code):
        origin = code.scheme(entry.key)
        if origin.is_browser and not _is_looked_at(code, entry.key):
            is_whole = entry.value is None or code.origin(entry.value).is_browser
            yield _hit(code, entry.node, origin, is_whole=is_whole)
        elif "salt" in code.words:
            yield from _signed(code, entry)
    for call in code.calls("update"):
        if call.args and _is_of_session(call):
            origin = code.keys(call.args[0])
            if origin.is_browser:
                yield _hit(code, call, origin, is_whole=True)


def _hit(code: Code, node: n.Assign | n.Call, origin: Origin, *, is_whole: bool) -> Hit:
    place = node.targets[0] if isinstance(node, n.Assign) else node
    return Hit(
        (code.spot(node),),
        "the browser says which entry of the session this is",
        Confidence.HIGH if is_whole else Confidence.MEDIUM,
        code.symbol,
        flow=code.flow(origin, place, "names the entry"),
    )


def _entries(code: Code) -> Iterator[_Named]:
    """Yield the entries of sessions that code puts there under a name that is not written out."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Index) and is_session(target.value):
                    if text(target.index) is None:
                        yield _Named(statement, target.index, statement.value)
    for call in code.calls("setdefault", "__setitem__"):
        key = argument(call, 0, "key")
        if _is_of_session(call) and key is not None and text(key) is None:
            yield _Named(call, key, argument(call, 1, "default"))


def _is_of_session(call: n.Call) -> bool:
    receiver = receiver_of(call)
    return receiver is not None and is_session(receiver)


def _is_looked_at(code: Code, key: n.Expr) -> bool:
    """Whether anything looks at how the name begins or ends."""
    names = {tail(part) for part in inside(key)}
    return any(names & {tail(p) for p in inside(call)} for call in code.calls(*_LOOKS))


# Signed names


def _signed(code: Code, entry: _Named) -> Iterator[Hit]:
    """Yield an entry that signed data names, where the same salt signs something else as well."""
    if _is_looked_at(code, entry.key):
        return
    names = names_of(entry.key)
    sources = {
        name
        for target, source in loops(code)
        if names & names_of(target)
        for name in names_of(source)
    }
    for call in code.calls(*_OPENERS):
        salt = text(argument(call, 2, "salt")) or text(argument(call, -1, "salt"))
        other = code.project.once(_texts_signed).get(salt or "")
        if other is None or not _gives(code, call, sources):
            continue
        yield Hit(
            (code.spot(entry.node), other),
            f"signed data name the entry, and the salt `{salt}` signs other texts as well",
            Confidence.MEDIUM,
            code.symbol,
        )
        return


def _gives(code: Code, call: n.Call, names: set[str]) -> bool:
    """Whether a call takes apart what the browser sent, under one of some names."""
    is_sent = bool(call.args) and code.origin(call.args[0]).is_browser
    return is_sent and any(
        call in list(inside(value)) for name in names for value in code.assigned(name)
    )


def _texts_signed(project: Project) -> Mapping[str, Spot]:
    """Return where the site signs plain texts, by the salt."""
    found: dict[str, Spot] = {}
    for function in project.flow.callers.holding("salt"):
        if function.node.words and not set(_SIGNERS).isdisjoint(function.node.words):
            code = project.code_of(function)
            for call in code.calls(*_SIGNERS):
                salt = text(argument(call, -1, "salt"))
                if salt and "sign" in code.words:
                    found.setdefault(salt, code.spot(call, "signs other texts with the same salt"))
    return found

"""Password rules about records of requests: what stands in front of all views sees the logins as well."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.made_rows import MAKES
from pickguard.kit.code import tail
from pickguard.lessons.passwords.traces.passing import is_hook, sees_all
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path

_WHOLE = frozenset({"body", "POST", "data"})
_UNFOLDS = frozenset(
    {"dict", "str", "dumps", "loads", "copy", "decode", "force_str", "smart_str", "items"}
)
_ROW = re.compile(r"(^|_)(log|entry|record|audit|event|row|history|trace)(_|$)", re.IGNORECASE)


@code_rule(
    "passwords.requests-recorded",
    words=_WHOLE,
    title="what every page is sent is recorded, passwords among it",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(312, 532),
    severity=Severity.MEDIUM,
    gain="whoever reads the table, or a backup of it, has the password of everybody who logged in",
    mend="leave out fields that name a secret, or record only the path, the method and who it was",
)
def requests_recorded(code: Code) -> Iterator[Hit]:
    """Find middleware, and hooks that all views of a class run, that keep `request.body` as it came."""
    if not (is_hook(code) or sees_all(code)):
        return
    for value in _kept(code):
        yield Hit(
            (code.spot(value),),
            "all that any page is sent is kept here: the login's password as well",
            Confidence.MEDIUM,
            code.symbol,
        )
        return


def _kept(code: Code) -> Iterator[n.Expr]:
    """Yield what is put into a row as it came."""
    for call in code.every(n.Call):
        if tail(call.func) in MAKES or _is_row(code, call):
            yield from (k.value for k in call.keywords if _is_whole(code, k.value))
    for statement in code.statements if "save" in code.words else ():
        if isinstance(statement, n.Assign) and _is_whole(code, statement.value):
            if any(isinstance(t, n.Attr) and _ROW.search(tail(t.value)) for t in statement.targets):
                yield statement.value


def _is_row(code: Code, call: n.Call) -> bool:
    if not tail(call.func)[:1].isupper():
        return False
    made = code.resolve(call.func)
    return isinstance(made, ClassSymbol) and "model" in code.project.site.classes.kinds(made)


def _is_whole(code: Code, value: n.Expr, depth: int = 0) -> bool:
    """Whether a value is all that was sent, unfolded or made a text of."""
    if isinstance(value, n.Name) and depth < 3:
        return any(_is_whole(code, made, depth + 1) for made in code.assigned(value.id))
    if isinstance(value, n.Call) and tail(value.func) in _UNFOLDS:
        holder = value.func.value if isinstance(value.func, n.Attr) else None
        return any(_is_whole(code, part, depth) for part in (holder, *value.args[:1]) if part)
    if not isinstance(value, n.Attr) or value.name not in _WHOLE:
        return False
    return code.body.is_request(value.value) or access_path(value.value) == "self.request"

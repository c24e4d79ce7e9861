"""Password rules about codes of a few digits: they can be guessed on and on."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.compared import compared
from pickguard.lessons.passwords.doors import is_open
from pickguard.lessons.passwords.tokens.letting_in import (
    COUNTS,
    LETS_IN,
    counts_tries,
    is_limited,
    letting_in,
)
from pickguard.lessons.passwords.tokens.member_codes import asked_of_members, is_kept
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import inside

_CODE = re.compile(
    r"(^|_)(otp|pin|totp|passcode|one_time_\w+|sms_code|verification_code|auth_code|login_code|code)$"
)
# what holds the digits of a row that is a code: `code.digits`
_OF_CODE = frozenset({"digits", "value", "number", "plain"})
_VERIFIERS = frozenset({"TOTP", "HOTP", "accept_totp", "accept_hotp"})


@rule(
    "passwords.code-guessed",
    title="a code of a few digits can be guessed on and on",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(307, 799),
    severity=Severity.HIGH,
    gain="a robot tries all of a million codes within the hour, and is in",
    mend="count the wrong ones and throw the code away after five: `pickguard.attempts.guard` counts them"
    " so that many at once gain nothing",
)
def code_guessed(project: Project) -> Iterator[Hit]:
    """Find codes that are compared with what was sent, in views that count no wrong ones."""
    if project.limits_codes:
        return
    seen: set[Code] = set()
    letting = (*project.once(letting_in), *_handing_out(project))
    doors = [code for view, code in letting if not is_limited(project, view)]
    for code in (*doors, *_letting_in_by_graphql(project), *_checks_of_forms(project)):
        if counts_tries(code):
            continue
        for there in (code, *_comparing(code)):
            found = next(_comparisons(there), None) if there not in seen else None
            seen.add(there)
            if found is not None:
                yield Hit(
                    (there.spot(found),),
                    "the code is compared as often as the browser likes",
                    Confidence.MEDIUM,
                    there.symbol,
                )
                break
    yield from asked_of_members(project, seen)


def _handing_out(project: Project) -> Iterator[tuple[View, Code]]:
    """Yield the handlers that give strangers a key for the next step: a new password is set with it."""
    for view, function in project.handlers(is_open, _RANDOM):
        if any(map(_OF_PASSWORDS.search, (view.name, *function.node.words))):
            yield view, project.code_of(function)


_RANDOM = frozenset({"token_urlsafe", "token_hex", "get_random_string", "uuid4"})
_OF_PASSWORDS = re.compile(r"password|reset|forg[eo]t|recover", re.IGNORECASE)


_CHECK = re.compile(r"^(clean|validate)(_|$)")


def _checks_of_forms(project: Project) -> Iterator[Code]:
    """Yield the checks of the forms and serializers by which somebody is let in, where the view counts nothing."""
    for view, handler in project.once(letting_in):
        if is_limited(project, view) or any(map(COUNTS.search, handler.words)):
            continue
        for form in view.forms:
            checks = (
                method
                for method in project.site.classes.own_functions(form.symbol)
                if _CHECK.match(method.node.name)
            )
            codes = (project.code_of(check) for check in checks)
            yield from (code for code in codes if not _is_counted_in(code))


def _is_counted_in(code: Code) -> bool:
    """Whether a check counts: by a column, `filter(misses__lt=5)`, or by one that it adds to."""
    names = {keyword.name or "" for call in code.every(n.Call) for keyword in call.keywords}
    return any(map(COUNTS.search, (name.partition("__")[0] for name in names)))


def _letting_in_by_graphql(project: Project) -> Iterator[Code]:
    """Yield the mutations that let somebody in, and ask for no login first."""
    for one in project.site.graphql:
        words = one.function.node.words
        if one.is_mutation and not LETS_IN.isdisjoint(words) and "is_authenticated" not in words:
            yield project.code_of(one.function)


def _only_one(code: Code, call: n.Call) -> FunctionSymbol | None:
    """Return the one method of the site that compares under a name, where whose it is could not be told."""
    name = tail(call.func)
    if not isinstance(call.func, n.Attr) or name not in code.project.named_with(_COMPARING):
        return None
    holding = (f for word in _COMPARING for f in code.project.flow.callers.holding(word))
    found = {f for f in holding if f.node.name == name and f.owner is not None}
    return found.pop() if len(found) == 1 else None


_COMPARING = frozenset(
    {"check_password", "compare_digest", "constant_time_compare", "verify", "accept_totp"}
)

# where a code waits that was sent by mail or telephone
_KEEPING = frozenset({"cache", "session"})


def _comparing(code: Code) -> Iterator[Code]:
    """Yield the functions of the site that a handler has the code compared by, and that count no wrong ones."""
    for call in code.every(n.Call):
        function = code.called_with(call, _COMPARING | _KEEPING) or _only_one(code, call)
        if function is not None and not any(map(COUNTS.search, function.node.words)):
            yield code.project.code_of(function)


def _comparisons(code: Code) -> Iterator[n.Expr]:
    for node, one, other in compared(code):
        for stored, sent in ((one, other), (other, one)):
            is_code = _is_stored_code(stored) or (is_kept(code, stored) and _names_code(sent))
            if is_code and code.origin(sent).is_browser:
                yield node
    for call in code.calls("filter", "get", "get_object_or_404"):
        if _is_of_short_code(code, call):
            yield call
    for call in code.calls("check_password"):
        given, kept = argument(call, 0, "password"), argument(call, 1, "encoded")
        if given is not None and (_CODE.search(tail(given)) or _is_of_answer(kept)):
            if code.origin(given).is_browser:
                yield call
    for call in code.calls("verify", "accept_totp", "accept_hotp"):
        values = given_to(call)
        if _VERIFIERS & code.words and any(code.origin(value).is_browser for value in values):
            yield call


def _is_of_answer(node: n.Expr | None) -> bool:
    """Whether what is kept is the hash of something short that is no password: `self.answer_hash`."""
    return isinstance(node, n.Attr) and bool(_ANSWER.search(node.name))


_ANSWER = re.compile(r"(^|_)(answer|pin|otp|code)(_hash|_digest|_hashed)?$")


_SHORT = 10


def _is_of_short_code(code: Code, call: n.Call) -> bool:
    """Whether a query asks for a row by a code of a few digits and by whose it is."""
    sent = [k for k in call.keywords if k.name and code.origin(k.value).is_browser]
    codes = [k.name for k in sent if k.name and _CODE.search(k.name) and "__" not in k.name]
    if not codes or len(call.keywords) < 2:
        return False
    first = argument(call, 0, "klass") if tail(call.func) == "get_object_or_404" else call.func
    holder = first.value if isinstance(first, n.Attr) else first
    found = code.type_of(holder, call) if holder is not None else None
    field = found.model.field(codes[0]) if found is not None and found.model is not None else None
    length = field.options.get("max_length") if field is not None else None
    return isinstance(length, int) and length <= _SHORT


def _names_code(sent: n.Expr) -> bool:
    """Whether what is sent says by its name that it is a code: `request.POST["code"]`, `str(code)`."""
    if isinstance(sent, n.Call) and tail(sent.func) in _SAME and len(sent.args) == 1:
        sent = sent.args[0]
    if isinstance(sent, n.Name | n.Attr):
        return bool(_CODE.search(tail(sent)))
    return any(
        isinstance(part, n.Const) and isinstance(part.value, str) and _CODE.search(part.value)
        for part in inside(sent)
    )


_SAME = frozenset({"str", "force_str", "int"})


def _is_stored_code(node: n.Expr) -> bool:
    """Whether a value is a code of the site's: an attribute, or what the session or cache holds."""
    if isinstance(node, n.Attr):
        is_of_code = isinstance(node.value, n.Name) and bool(_CODE.search(node.value.id))
        is_code = bool(_CODE.search(node.name)) or (is_of_code and node.name in _OF_CODE)
        return is_code and tail(node.value) not in ("request", "self")
    if isinstance(node, n.Index | n.Call):
        return any(
            isinstance(part, n.Const) and isinstance(part.value, str) and _CODE.search(part.value)
            for part in inside(node)
        ) and any(tail(part) in ("session", "cache") for part in inside(node))
    return False

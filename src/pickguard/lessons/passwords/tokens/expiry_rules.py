"""Password rules about tokens whose age is known, and asked by nobody."""

import re
from collections.abc import Iterator, Mapping

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.passwords.doors import LOGINS
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n

_TOKEN = re.compile(r"(^|_)(token|key|code|secret)$")
_OPENS = re.compile(
    r"reset|recover|activat|confirm|invit|verif|magic|log_?in|one_?time|otp|pw|passw", re.IGNORECASE
)
_TEXT = frozenset({"CharField", "TextField", "UUIDField", "SlugField"})
_EXPIRES = re.compile(r"expir|valid_until|(^|_)until$")
# What the row itself says of its age: `invite.is_expired`
_TELLS = re.compile(r"^(is_|has_)?(expired|outdated)$")
_IS_DATED = re.compile(
    r"expir|timedelta|max_age|until|fresh|stale|too_old|is_valid$|_valid$|usable|__(gte?|lte?)$"
)
_OF_FORMS = frozenset({"is_valid", "form_valid", "form_invalid"})
_LETS_IN = frozenset(
    {*LOGINS, "set_password", "change_password", "is_active", "email_verified", "is_verified"}
)
_GIVES = frozenset({"create", "acreate", "get_or_create", "update_or_create", "add", "aadd"})
_FETCHES = ("get", "aget", "filter", "get_object_or_404", "aget_object_or_404")


@rule(
    "passwords.expiry-unasked",
    title="a token is taken whatever its age, which stands beside it",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(613, 640),
    severity=Severity.MEDIUM,
    gain="who finds the link years later, in a mailbox, a backup or a history, takes the account over",
    mend="ask for the age as the row is looked up: `get(token=token, expires__gt=now())`",
)
def expiry_unasked(project: Project) -> Iterator[Hit]:
    """Find a token's row looked up with no look at its expiry, or at the age that is asked for elsewhere."""
    for model in project.site.models.all:
        for column in model.fields:
            if _lets_in(model, column):
                yield from _of_column(project, model, column)


def _lets_in(model: Model, column: Field) -> bool:
    """Whether a column is a token that opens an account."""
    if column.kind not in _TEXT or not _TOKEN.search(column.name):
        return False
    return bool(_OPENS.search(column.name) or _OPENS.search(model.name))


def _of_column(project: Project, model: Model, column: Field) -> Iterator[Hit]:
    expiry = next((f.name for f in model.fields if _EXPIRES.search(f.name)), "")
    told = "" if expiry else _tells(project, model)
    looks = [
        (code, call) for code, call in _looked_up(project, column.name) if _is_of(code, call, model)
    ]
    said = {code: _called_words(code) for code in dict.fromkeys(code for code, _call in looks)}
    dated = [_is_dated(code, call, said[code]) for code, call in looks]
    if not expiry and not told and not any(dated):
        return
    why = (
        f"`{expiry or told}` stands beside it"
        if expiry or told
        else "its age is asked for elsewhere"
    )
    opens = _LETS_IN | _GIVES if told else _LETS_IN
    for (code, call), is_dated in zip(looks, dated, strict=True):
        if not is_dated and not _words_around(code).isdisjoint(opens):
            yield Hit(
                (code.spot(call),),
                f"`{column.name}` is taken whatever its age, and {why}",
                Confidence.MEDIUM,
                code.symbol,
            )


def _tells(project: Project, model: Model) -> str:
    """Return the name by which a row says that it is too old, or an empty text."""
    if model.is_library:
        return ""
    methods = (f.node.name for f in project.site.classes.own_functions(model.symbol))
    return next(filter(_TELLS.match, methods), "")


def _looked_up(project: Project, column: str) -> Iterator[tuple[Code, n.Call]]:
    """Yield where rows are looked up by a token that is handed in."""
    for function in project.flow.callers.holding(column):
        if project.kind_of(function.module) is not None:
            continue
        code = project.code_of(function)
        for call in code.calls(*_FETCHES) if not code.is_of_command else ():
            if any(k.name == column and not isinstance(k.value, n.Const) for k in call.keywords):
                yield code, call


def _is_of(code: Code, call: n.Call, model: Model) -> bool:
    """Whether a lookup is one of a model's rows, as far as that can be told."""
    first = argument(call, 0, "klass") if "404" in tail(call.func) else None
    rows = (
        first if first is not None else call.func.value if isinstance(call.func, n.Attr) else None
    )
    found = code.type_of(rows, call) if rows else None
    return found is not None and found.model == model


def _is_dated(code: Code, call: n.Call, called: Mapping[int, frozenset[str]]) -> bool:
    """Whether a lookup, what stands around it, or what is called there looks at an age."""
    words = {keyword.name or "" for keyword in call.keywords} | _words_around(code)
    words = words.union(*(said for at, said in called.items() if at != call.span))
    words |= _words_of_forms(code) if "is_valid" in code.words else set()
    return any(map(_IS_DATED.search, words - _OF_FORMS))


def _called_words(code: Code) -> dict[int, frozenset[str]]:
    """Return the words of each function that a body calls, and its name, by the span of the first call of it."""
    found: dict[int, frozenset[str]] = {}
    seen: set[FunctionSymbol] = set()
    for call in code.every(n.Call):
        called = code.called(call)
        if called is not None and called not in seen:
            seen.add(called)
            found[call.span] = frozenset((*called.node.words, tail(call.func)))
    return found


def _words_of_forms(code: Code) -> set[str]:
    """Return the words of the form, or serializer, that the class around takes what was sent with."""
    classes = code.project.site.classes
    words: set[str] = set()
    for name in ("serializer_class", "form_class"):
        found = classes.named(code.owner, name) if code.owner is not None else None
        if isinstance(found, ClassSymbol):
            words.update(*(method.words for method in classes.own_methods(found)))
    return words


def _words_around(code: Code) -> frozenset[str]:
    """Return the words of a function, and of the methods beside it."""
    methods: list[FunctionSymbol] = []
    if code.owner is not None:
        methods = list(code.project.site.classes.own_functions(code.owner))
    return code.words.union(*(method.node.words for method in methods))

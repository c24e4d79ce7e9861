"""Password rules about links that let somebody in: tokens that nobody reads, and empty ones."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import argument, tail, text
from pickguard.lessons.passwords.doors import LOGINS, is_open
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, is_none, receiver_of
from pickguard.source.python.walk import inside

_CALLS_IN = (*LOGINS, "set_password")
_LETS_IN = frozenset({*_CALLS_IN, "is_active", "is_verified", "email_verified"})
_PROOF = re.compile(r"^(\w+_)?(token|signature|sig|hash|hmac|secret|key|code|otp|nonce|digest)$")
# Something else hands the arguments on
_HANDS_ON = frozenset({"locals", "super", "kwargs", "args"})


@rule(
    "passwords.token-unread",
    title="a link has a token, and nothing looks at it",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 639, 345),
    severity=Severity.HIGH,
    gain="a stranger writes any token after the number of an account, and is let in as its owner",
    mend="ask `default_token_generator.check_token(user, token)` before anything else",
)
def token_unread(project: Project) -> Iterator[Hit]:
    """Find views that let somebody in by a link whose token they take and never read."""
    for _view, function in project.handlers(is_open, _LETS_IN):
        if not _HANDS_ON.isdisjoint(function.node.words):
            continue
        names = [p.name for p in function.node.params if _PROOF.match(p.name)]
        code = project.code_of(function)
        unread = [name for name in names if name not in code.words]
        if not unread or names != unread or _is_read_beside(project, function, unread[0]):
            continue
        if _is_read_by_form(code):
            continue
        found = next(_letting_in(code), None)
        if found is not None:
            yield Hit(
                (code.spot(found),),
                f"whoever calls this address is let in: `{unread[0]}` is never looked at",
                Confidence.HIGH,
                code.symbol,
            )


def _is_read_beside(project: Project, function: FunctionSymbol, name: str) -> bool:
    """Whether another method of the view reads the token, such as `dispatch` by `kwargs["token"]`."""
    owner = function.owner
    if owner is None:
        return False
    return any(
        member != function.node and name in member.words
        for member in project.site.classes.own_methods(owner)
    )


def _is_read_by_form(code: Code) -> bool:
    """Whether a form or serializer that is filled here asks for a token itself, which is sent once more."""
    made = (code.resolve(call.func) for call in code.every(n.Call))
    return any(
        "check_token" in method.words
        for one in made
        if isinstance(one, ClassSymbol)
        for method in code.project.site.classes.own_methods(one)
    )


def _letting_in(code: Code) -> Iterator[n.Expr | n.Stmt]:
    yield from code.calls(*_CALLS_IN)
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Const):
            if statement.value.value is True and tail(statement.targets[0]) in _LETS_IN:
                yield statement


_FETCHES = frozenset({"get", "aget", "filter", "get_object_or_404", "aget_object_or_404"})
_EMPTY = re.compile(
    r"^(\w+_)?(token|key|code|secret|otp|nonce|activation_\w+|reset_\w+)(__exact)?$"
)


@rule(
    "passwords.empty-token",
    title="an empty token fits every account that has none",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 640, 1188),
    severity=Severity.HIGH,
    gain="a stranger sends the form without a token, and takes over the first account that waits for none",
    mend="refuse an empty one before the query, and keep tokens in a table of their own",
)
def empty_token(project: Project) -> Iterator[Hit]:
    """Find accounts looked up by a token that may be missing, where rows without one hold the same."""
    for _view, function in project.handlers(is_open, _LETS_IN):
        code = project.code_of(function)
        if code.words & {"isnull", "exclude"}:
            continue
        if next(_letting_in(code), None) is None:
            continue
        for call in code.calls(*_FETCHES):
            found = _empty_key(code, call)
            if found:
                yield Hit(
                    (code.spot(call),),
                    f"`{found}` is empty in rows that have none, and a request without one finds them",
                    Confidence.HIGH,
                    code.symbol,
                )
                break


def _empty_key(code: Code, call: n.Call) -> str:
    """Return the field that a missing value would fit, or an empty text."""
    model = _model_of(code, call)
    for keyword in call.keywords if model is not None else ():
        if keyword.name is None or not _EMPTY.match(keyword.name):
            continue
        name = keyword.name.removesuffix("__exact")
        field = model.field(name) if model is not None else None
        if field is None:
            continue
        empty = missing(code, keyword.value)
        fits = (empty == "" and _holds_nothing(field)) or (
            empty == "none" and field.options.get("null") is True
        )
        if fits and not _is_asked_for(code, keyword.value):
            return f"{model.name}.{name}" if model is not None else name
    return ""


def _holds_nothing(field: Field) -> bool:
    """Whether rows that nobody filled hold an empty text: by default, or as Django has it for texts."""
    options = field.options
    if "default" in options:
        return bool(options["default"] == "")
    is_text = field.kind in ("CharField", "TextField", "SlugField")
    return is_text and options.get("blank") is True and not options.get("null")


def _model_of(code: Code, call: n.Call) -> Model | None:
    if tail(call.func) in ("get_object_or_404", "aget_object_or_404"):
        first: n.Expr | None = argument(call, 0, "klass")
    else:
        first = receiver_of(call)
    if first is None:
        return None
    found = code.type_of(first, call)
    return found.model if found is not None else None


def missing(code: Code, node: n.Expr) -> str | None:
    """Return what a value is where the request has none: `""`, `"none"`, or None: there is an error."""
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    found = {_missing(code, value) for value in values}
    return found.pop() if len(found) == 1 else None


def _missing(code: Code, value: n.Expr) -> str | None:
    while isinstance(value, n.Call) and tail(value.func) in ("strip", "str", "lower"):
        if isinstance(value.func, n.Attr):
            value = value.func.value
        elif value.args:
            return None
    if not code.origin(value).is_browser:
        return None
    if isinstance(value, n.Call) and tail(value.func) == "get" and value.args:
        if _is_validated(value.func):
            return None
        default = argument(value, 1, "default")
        if default is None or is_none(default):
            return "none"
        return "" if text(default) == "" else None
    # an empty field is sent as easily as a full one
    is_raw = isinstance(value, n.Index) and not _is_validated(value)
    return "" if is_raw else None


def _is_validated(node: n.Expr) -> bool:
    """Whether a form or serializer has read the value: its fields are required unless told otherwise."""
    return any(tail(part) in ("cleaned_data", "validated_data") for part in inside(node))


def _is_asked_for(code: Code, node: n.Expr) -> bool:
    """Whether a condition looks at the value before."""
    path = access_path(node)
    tests = [s.test for s in code.statements if isinstance(s, n.If | n.Assert)]
    return not path or any(access_path(part) == path for test in tests for part in inside(test))

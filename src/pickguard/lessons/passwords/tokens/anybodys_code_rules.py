"""Password rules about short codes that are looked for among those of everybody."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.site.models.models import Field, Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside

_LOOKUPS = ("get", "aget", "filter", "get_object_or_404", "aget_object_or_404")
_SURELY = re.compile(
    r"(^|_)(otp|totp|pin|passcode|(otp|sms|verif\w*|reset|login|auth|confirm\w*|activation)_code)$"
)
_CODE = re.compile(r"(^|_)code$")
_PROVING = re.compile(
    r"otp|verif|reset|login|two_?factor|2fa|mfa|sms|confirm|activation", re.IGNORECASE
)
_LETTING_IN = re.compile(_PROVING.pattern + "|token|callback|passwordless", re.IGNORECASE)
_PERSON = re.compile(r"(^|_)(e?mail|phone|mobile|msisdn)(_|$)")
_WHOSE = re.compile(r"(^|_)(user|account|owner|member|customer|e?mail|phone|mobile|msisdn)(_|$)")
# what tells codes of one kind from those of another, and not whose they are
_NARROWS = re.compile(
    r"purpose|type|kind|status|used|valid|active|expire|created|channel|verified|^is_"
)
_OF_ALL = ("BooleanField", "DateField", "DateTimeField", "TimeField", "NullBooleanField")
_MAKES = re.compile(r"generat|make|create|unique|new")
_MOST_DIGITS = 8
# a key that is this short is a code, where it is one of what lets somebody in
_KEY = re.compile(r"(^|_)(key|token)$")
_LONGEST_CODE_KEY = 6


@code_rule(
    "passwords.code-of-anybody",
    words=MANAGERS | {"get_object_or_404", "aget_object_or_404"},
    packages=("django", "rest_framework"),
    title="a short code is looked for among those of everybody",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(640, 307),
    severity=Severity.HIGH,
    gain="a robot that tries numbers need not know an account: each hits the code of whoever waits for one,"
    " and lets it in as them",
    mend="look among those of the person who was asked, `filter(user=user, otp=otp)`, and count the wrong ones",
)
def code_of_anybody(code: Code) -> Iterator[Hit]:
    """Find `Otp.objects.filter(otp=sent)` with nothing beside the code that says whose it is."""
    function = code.function
    if function is None or _MAKES.search(function.node.name):
        return
    taken = {id(receiver_of(call)) for call in code.calls("exists", "aexists", "delete", "count")}
    for call in code.calls(*_LOOKUPS):
        named = {keyword.name or "**": keyword.value for keyword in call.keywords}
        model = _model(code, call) if named and id(call) not in taken else None
        field = _code_field(model, named) if model is not None else None
        if model is None or field is None or not _is_somebodys(code, model):
            continue
        if isinstance(named[field.name], n.Const) or _is_asked_whose(code, call):
            continue
        yield Hit(
            (code.spot(call),),
            f"`{field.name}` alone finds a `{model.name}`, whoever's it is",
            Confidence.MEDIUM,
            code.symbol,
        )


def _is_asked_whose(code: Code, call: n.Call) -> bool:
    """Whether the row is held against somebody afterwards, or nothing but its dates and the like is looked at."""
    kept = {
        name
        for name, values in code.body.assigned.items()
        if any(call is one for one, _span in values)
    }
    if not kept:
        return False
    read = [
        node
        for node in code.every(n.Attr)
        if isinstance(node.value, n.Name) and node.value.id in kept
    ]
    whose = [node for node in read if _WHOSE.search(node.name)]
    compared = [part for node in code.every(n.Compare) for part in inside(node)]
    if any(node is part for node in whose for part in compared):
        return True
    known = {node.value.span for node in read} | {target.span for target in _targets(code)}
    alone = (node for node in code.every(n.Name) if node.id in kept and node.span not in known)
    return not whose and next(alone, None) is None


def _targets(code: Code) -> Iterator[n.Expr]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from statement.targets


def _model(code: Code, call: n.Call) -> Model | None:
    """Return the model among all of whose rows one is looked for."""
    if tail(call.func).endswith("get_object_or_404"):
        holder = argument(call, 0, "klass")
        return code.project.site.models.of(code.resolve(holder)) if len(call.args) == 1 else None
    manager = receiver_of(call)
    if call.args or not isinstance(manager, n.Attr) or manager.name not in MANAGERS:
        return None
    return code.project.site.models.of(code.resolve(manager.value))


def _code_field(model: Model, named: dict[str, n.Expr]) -> Field | None:
    """Return the field of a short code that is looked for, where nothing else says whose it is."""
    fields = {name: model.field(name.partition("__")[0]) for name in named}
    codes = [f for f in fields.values() if f is not None and f.name in named and _is_code(model, f)]
    if len(codes) != 1:
        return None
    others = ((name, found) for name, found in fields.items() if found is not codes[0])
    return codes[0] if all(_only_narrows(name, found) for name, found in others) else None


def _is_code(model: Model, field: Field) -> bool:
    length = field.options.get("max_length")
    is_short = isinstance(length, int) and length <= _LONGEST_CODE_KEY
    if is_short and _KEY.search(field.name) and _LETTING_IN.search(model.name):
        return True
    proves = _SURELY.search(field.name) or (
        _CODE.search(field.name) and _PROVING.search(model.name)
    )
    if not proves:
        return False
    return field.kind.endswith("IntegerField") or (
        isinstance(length, int) and length <= _MOST_DIGITS
    )


def _only_narrows(name: str, field: Field | None) -> bool:
    if field is None:
        return False
    return field.kind in _OF_ALL or "choices" in field.options or bool(_NARROWS.search(name))


def _is_somebodys(code: Code, model: Model) -> bool:
    """Whether a row belongs to a person: by a relation to an account, an address or a telephone."""
    users = code.project.user_models
    return any(
        (field.target is not None and field.target.lower() in users) or _PERSON.search(field.name)
        for field in model.fields
    )

"""Password rules about codes and tokens that let somebody in once: they are kept as hashes too."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import tail
from pickguard.site.models.models import Field, Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import start_of

_FIELDS = (
    "code", "token", "key", "login_code", "login_token", "reset_token", "reset_code", "otp", "otp_code",
    "magic_token", "recovery_code", "backup_code", "password_reset_token", "api_key", "access_key", "secret",
    "api_token", "access_token",
)  # fmt: skip
# What such a row is for, by the model's name; elsewhere the field says it alone
_LETS_IN = re.compile(
    r"(log_?in|sign_?in|magic|otp|one_?time|password_?reset|reset_?password|recovery|backup)_?\w*"
    r"(code|token|link|key|password)s?$|^(password)?reset(request|token|code)$"
    r"|^\w*(api|access|personal|service)_?(access_?)?(key|token)$",
    re.IGNORECASE,
)
_SAYS_IT = re.compile(
    r"^(login|reset|otp|magic|recovery|backup|password_reset)_(code|token)$|^otp$|^api_(key|token)$"
)
_LOOKUPS = ("get", "filter", "get_object_or_404", "aget", "aget_object_or_404")
_TEXT = frozenset({"CharField", "TextField", "SlugField"})


@code_rule(
    "passwords.code-in-clear",
    words=_FIELDS,
    title="a code that lets somebody in is stored as it is sent",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(312, 256),
    severity=Severity.MEDIUM,
    gain="whoever reads the database or a backup of it logs in with the codes that are still good",
    mend="store a hash of the code (`salted_hmac`, `make_password`), and look the row up by its account",
)
def code_in_clear(code: Code) -> Iterator[Hit]:
    """Find `LoginCode.objects.get(code=sent)`: what is stored is what is sent."""
    kept = code.project.once(_models)
    if kept.keys().isdisjoint(code.words) and code.owner is None:  # a manager knows its model
        return
    names = {name for fields in kept.values() for name in fields}
    for call in code.calls(*_LOOKUPS):
        if not any(keyword.name in names for keyword in call.keywords):
            continue
        model = _model(code, call)
        if model is None:
            continue
        fields = kept.get(model.name, {})
        for keyword in call.keywords:
            field = fields.get(keyword.name or "")
            if field is not None and _is_as_sent(code, keyword.value):
                module = field.module or model.symbol.module
                yield Hit(
                    (Spot(module.path, field.span), code.spot(call, "looked up as it is")),
                    f"`{model.name}.{field.name}` holds what lets somebody in, not a hash of it",
                    Confidence.MEDIUM,
                    model.symbol.name,
                    cause=f"{model.label}.{field.name}",
                )


def _models(project: Project) -> dict[str, dict[str, Field]]:
    """Return the fields that hold what lets somebody in, by the names of models and fields."""
    found: dict[str, dict[str, Field]] = {}
    for model in project.site.models.all:
        fields = {f.name: f for f in model.fields if _holds_code(model, f)}
        if fields:
            found.setdefault(model.name, {}).update(fields)
    return found


def _holds_code(model: Model, field: Field) -> bool:
    is_text = field.kind in _TEXT and field.module is not None
    return (
        is_text
        and field.name in _FIELDS
        and _lets_in(model, field.name)
        and not _is_hashed_beside(model, field.name)
    )


def _is_hashed_beside(model: Model, name: str) -> bool:
    """Whether the hash of what lets somebody in stands beside: then this only tells which row it is."""
    return any(model.field(one) is not None for one in (f"hashed_{name}", f"{name}_hash"))


def _lets_in(model: Model, field: str) -> bool:
    return bool(_LETS_IN.search(model.name) or _SAYS_IT.search(field))


def _model(code: Code, call: n.Call) -> Model | None:
    """Return the model of `Model.objects…get(…)`, of a manager's `self.get(…)` and of `get_object_or_404(Model, …)`."""
    if isinstance(call.func, n.Attr):
        types, env = code.project.flow.types, code.body.scope.at(call.span)
        rows = types.of(code.body, call.func.value, env)
        if rows is not None and rows.sort is Sort.ROWS:
            return rows.model
        if tail(call.func.value) == "self":
            taken = types.of(code.body, call, env)
            return taken.model if taken is not None else None
    if not isinstance(call.func, n.Attr):
        return code.project.site.models.of(code.resolve(call.args[0])) if call.args else None
    return code.project.site.models.of(code.resolve(start_of(call.func)))


def _is_as_sent(code: Code, value: n.Expr) -> bool:
    """Whether a value is looked for as it came, with nothing made of it."""
    if isinstance(value, n.Name) and code.assigned(value.id):
        return all(_is_plain(given) for given in code.assigned(value.id))
    return _is_plain(value)


def _is_plain(value: n.Expr) -> bool:
    if isinstance(value, n.Call):
        return tail(value.func) in ("get", "str", "strip", "pop", "lower", "upper") and not any(
            isinstance(a, n.Call) and not _is_plain(a) for a in value.args
        )
    return isinstance(value, n.Name | n.Attr | n.Index)

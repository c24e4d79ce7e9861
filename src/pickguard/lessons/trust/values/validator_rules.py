"""Trust rules about the validators of fields: forms ask them, and code that makes the rows itself does not."""

import re
from collections.abc import Iterator
from itertools import islice

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.made_rows import MAKES
from pickguard.kit.calls.past_validators import ASKS, asks_itself, made_model, saved_at
from pickguard.kit.code import argument, tail, text
from pickguard.site.models.models import Field, Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, items_of
from pickguard.source.python.walk import inside

_BULK = frozenset({"bulk_create", "abulk_create"})
# forms and serializers ask the validators of what they hand out by these names
_CLEANED = frozenset({"cleaned_data", "validated_data"})
_CLEANING = re.compile("cleaned|validated|form|serializer", re.IGNORECASE)
# of a text that something follows, opens, runs or shows
_GUARDS = re.compile(
    r"(?<![a-z])(ur[il]s?|repos?|repository|hosts?|domains?|hostname|webhook|endpoint|redirect|scheme"
    r"|paths?|file|filename|folder|directory|command|cmd|shell|regex|regexp|pattern|html|markup|template)(?![a-z])",
    re.IGNORECASE,
)
_CALLER_LIMIT = 12


@code_rule(
    "trust.stored-past-validators",
    words=("save", "asave", *MAKES, *_BULK),
    title="what the browser sent is stored past the validators of its field",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(20, 918),
    severity=Severity.MEDIUM,
    gain="validators run in forms alone: here an address, a path or a pattern is stored that they refuse, and is"
    " followed, opened or run later",
    mend="ask `row.full_clean()` before the row is stored, or let a form or a serializer of the model take the data",
)
def stored_past_validators(code: Code) -> Iterator[Hit]:
    """Find `Feed(url=data["url"]).save()` where `url` has validators of the site's own that nobody asks."""
    if code.is_of_command or code.words & (ASKS | _CLEANED):
        return
    for call in code.every(n.Call):
        model = made_model(code, call) if call.keywords else None
        if model is None or not _is_stored(code, call) or asks_itself(code, model):
            continue
        for field, value in _given(model, call):
            name = _validator(code, model, field)
            origin = code.origin(value) if name and not _is_asked(code, name) else None
            if origin is not None and origin.is_browser and not _is_cleaned(origin):
                yield Hit(
                    (code.spot(call), *saved_at(code, call)),
                    f"nobody asks `{name}` of `{model.name}.{field.name}`",
                    Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, value, "is stored"),
                )
                break


def _is_stored(code: Code, call: n.Call) -> bool:
    """Whether the row that a call makes is stored, by itself or later."""
    return tail(call.func) in MAKES or bool(code.words & _BULK) or any(saved_at(code, call))


def _given(model: Model, call: n.Call) -> Iterator[tuple[Field, n.Expr]]:
    """Yield the fields that a call fills, with their values."""
    for name, value in _named(model, call):
        field = model.field(name)
        if field is not None:
            yield field, value


def _named(model: Model, call: n.Call) -> Iterator[tuple[str, n.Expr]]:
    """Yield what a call gives by name; `**data` gives all that it does not name."""
    named = {keyword.name for keyword in call.keywords}
    for keyword in call.keywords:
        value = keyword.value
        if keyword.name is None:
            yield from ((one.name, value) for one in model.fields if one.name not in named)
        elif keyword.name == "defaults" and isinstance(value, n.Mapping):
            pairs = zip(value.keys, value.values, strict=True)
            yield from ((text(key) or "", each) for key, each in pairs)
        else:
            yield keyword.name, value


def _validator(code: Code, model: Model, field: Field) -> str:
    """Return the name of a validator of the site's own that guards a field, or an empty text."""
    if field.holds_file or field.target or not field.options.get("validators"):
        return ""
    classes = code.project.site.classes
    declared = classes.value(model.symbol, field.name)
    made = declared.value if declared is not None else None
    if declared is None or not isinstance(made, n.Call):
        return ""
    for item in items_of(argument(made, -1, "validators")):
        name = tail(func_of(item))
        found = classes.names.resolve(declared.module, func_of(item))
        is_own = isinstance(found, FunctionSymbol | ClassSymbol)
        if is_own and (_GUARDS.search(_spaced(name)) or _GUARDS.search(field.name)):
            return name
    return ""


def _spaced(name: str) -> str:
    """Return `Repo_Url_Validator` for `RepoUrlValidator`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)


def _is_asked(code: Code, validator: str) -> bool:
    """Whether a validator is asked by hand, here or where this is called."""
    asked = ASKS | {validator}
    function = code.function
    callers = code.project.flow.callers.of(function) if function is not None else ()
    around = [
        code.project.code_of(caller.function)
        for caller, _, _ in islice(callers, _CALLER_LIMIT)
        if caller.function is not None and caller.function != function
    ]
    return any(there.words & asked for one in (code, *around) for there in one.reached(1))


def _is_cleaned(origin: Origin) -> bool:
    parts = inside(origin.source) if origin.source is not None else ()
    return any(isinstance(part, n.Name | n.Attr) and _CLEANING.search(tail(part)) for part in parts)

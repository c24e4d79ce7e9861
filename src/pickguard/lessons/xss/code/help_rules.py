"""XSS rules about forms: Django prints the help text of a field as HTML."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.values.sure import sure
from pickguard.lessons.xss.code.markup import ESCAPES, is_harmless, is_text, named
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_TEXT_FIELDS = ("CharField", "TextField", "RichTextField", "I18nCharField", "I18nTextField")
_SCHEMA = re.compile(
    r"^((model|db|form|bound|base|old)_?field|(base_)?fields|_?meta|opts|super|cls|get_field|formfield)$"
)


# what a form holds of the row that it edits
_OF_FORMS = frozenset({"initial", "cleaned_data", "data"})


@code_rule(
    "xss.help-text-from-data",
    words=("help_text",),
    title="the help text of a form field comes from data",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79,),
    severity=Severity.HIGH,
    gain="Django prints help texts unescaped: whoever can write the row runs scripts on the form's page",
    mend="pass it through `conditional_escape`, or through `format_html` where markup goes round it",
)
def help_text_from_data(code: Code) -> Iterator[Hit]:
    """Find help texts that are read from a model's text, or formatted with unescaped values."""
    if code.function is None or code.words & {"conditional_escape", "escape", "serializers"}:
        return
    for value in _help_texts(code):
        origin = code.origin(value, *ESCAPES)
        if origin.is_constant or not _is_doubtful(code, value, origin):
            continue
        yield Hit(
            (code.spot(value),),
            f"{named(value)} becomes a help text, which Django prints as HTML",
            sure(origin, Confidence.MEDIUM if isinstance(value, n.Attr) else Confidence.LOW),
            code.symbol,
            flow=code.flow(origin, value, "becomes a help text"),
            cause=origin.steps[-1].note if origin.is_stored and origin.steps else "",
        )


def _help_texts(code: Code) -> Iterator[n.Expr]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if _is_help_text(target) and not _is_saved(statement.value):
                    if isinstance(target, n.Index) and _is_entry(code, target.value):
                        continue
                    yield statement.value
    told = _told(code)
    for node in code.expressions:
        if isinstance(node, n.Call) and _makes_field(node):
            yield from (k.value for k in node.keywords if k.name == "help_text")
        elif isinstance(node, n.Mapping) and id(node) not in told:
            for key, value in zip(node.keys, node.values, strict=True):
                if text(key) == "help_text":
                    yield value


def _told(code: Code) -> set[int]:
    """Return the ids of what stands in a list or a mapping: of a form that is told as JSON, and not made."""
    rows = (one.value for one in code.every(n.Comprehension))
    values = (value for one in code.every(n.Mapping) for value in one.values)
    entries = [given for call in code.calls("append") for given in call.args]
    named = (v for one in entries if isinstance(one, n.Name) for v in code.assigned(one.id))
    return {id(part) for outer in (*rows, *values, *entries, *named) for part in inside(outer)}


def _is_help_text(target: n.Expr) -> bool:
    if isinstance(target, n.Index):
        return text(target.index) == "help_text" and tail(target.value) not in _OF_FORMS
    is_field = isinstance(target, n.Attr) and tail(target.value) != "self"
    return is_field and tail(target) == "help_text"


def _is_entry(code: Code, target: n.Expr) -> bool:
    """Whether a mapping stands in a list of others: a form that is told or kept as JSON, and not made."""
    if not isinstance(target, n.Name):
        return False
    if any(isinstance(v, n.Call) and tail(v.func) == "next" for v in code.assigned(target.id)):
        return True
    return any(tail(given) == target.id for call in code.calls("append") for given in call.args)


def _is_saved(value: n.Expr) -> bool:
    """Whether a value was asked for as a help text, and so is kept in a row: `cleaned_data["help_text"]`."""
    return isinstance(value, n.Index) and text(value.index) == "help_text"


def _makes_field(call: n.Call) -> bool:
    return tail(call.func).endswith("Field") or tail(call.func) in ("field_class", "formfield")


def _is_doubtful(code: Code, value: n.Expr, origin: Origin) -> bool:
    if origin.is_browser:
        return True
    if isinstance(value, n.Choice):
        return any(
            _is_doubtful(code, one, code.origin(one, *ESCAPES)) for one in (value.then, value.other)
        )
    if isinstance(value, n.Attr):
        return _is_stored(code, value)
    if isinstance(value, n.Call) and tail(value.func) == "str":
        return origin.is_stored and _is_row(code, value)
    if isinstance(value, n.Joined) or (isinstance(value, n.Binary) and value.op == "%"):
        return not is_harmless(code, value)
    is_formatted = isinstance(value, n.Call) and tail(value.func) == "format"
    return is_formatted and is_text(code, value) and not is_harmless(code, value)


def _is_row(code: Code, call: n.Call) -> bool:
    """Whether a row is made a text, by what its `__str__` returns."""
    body = code.body
    found = [body.flow.types.of(body, given, body.scope.at(call.span)) for given in call.args]
    return any(one is not None and one.sort is Sort.INSTANCE for one in found)


def _is_stored(code: Code, value: n.Attr) -> bool:
    """Whether a model of the project keeps a text of that name, and the value may be it."""
    base = value.value
    if tail(base) == "self":
        return code.owner is not None and "model" in code.project.site.classes.kinds(code.owner)
    values = code.assigned(base.id) if isinstance(base, n.Name) else ()
    parts = [part for one in (base, *values) for part in inside(one)]
    if any(_SCHEMA.search(tail(part).lower()) for part in parts) or _is_field(code, base):
        return False
    return not isinstance(base, n.Call) and any(
        field.name == value.name and field.kind in _TEXT_FIELDS
        for model in code.project.site.models.all
        for field in model.fields
    )


def _is_field(code: Code, base: n.Expr) -> bool:
    """Whether a value is asked whether it is a field of a form: `isinstance(field, forms.DateField)`."""
    for call in code.calls("isinstance"):
        if len(call.args) == 2 and isinstance(base, n.Name) and tail(call.args[0]) == base.id:
            if any(tail(part).endswith("Field") for part in inside(call.args[1])):
                return True
    return False

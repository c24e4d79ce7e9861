"""XSS rules about uploads: validators of a model's field are asked by forms, not by `save()`."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import tail
from pickguard.kit.made_rows import MAKES
from pickguard.site.models import Field, Model
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of

# what asks the validators, by hand or for a whole row
_ASKS = frozenset({"full_clean", "clean_fields", "run_validators"})


@code_rule(
    "xss.upload-past-validators",
    words=("FILES", "file", "files", "upload", "attachment", "attachments", "cleaned_data"),
    title="an upload is stored past the validators of its field",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(434, 79),
    severity=Severity.MEDIUM,
    gain="validators run in forms alone: here a page with scripts is stored, and shown from the site's own address",
    mend="ask `row.full_clean()` before `row.save()`, or let a form of the model take the file",
)
def upload_past_validators(code: Code) -> Iterator[Hit]:
    """Find `Attachment(file=upload).save()` where `file` has validators that nobody asks."""
    if not code.words.isdisjoint(_ASKS):
        return
    for call in code.every(n.Call):
        model = _model(code, call) if call.keywords else None
        for keyword in call.keywords if model is not None else ():
            field = model.field(keyword.name) if model is not None and keyword.name else None
            if model is None or field is None or not _has_validators(code, model, field):
                continue
            origin = code.origin(keyword.value)
            if origin.is_browser:
                yield Hit(
                    (code.spot(call), *_saved(code, call)),
                    f"nobody asks the validators of `{model.name}.{field.name}`",
                    Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, keyword.value, "is stored"),
                )


def _saved(code: Code, made: n.Call) -> Iterator[Spot]:
    """Yield where the row is saved that a call has made."""
    for call in code.calls("save", "asave"):
        row = receiver_of(call)
        if isinstance(row, n.Name) and any(value is made for value in code.assigned(row.id)):
            yield code.spot(call, "it is saved here")
            return


def _model(code: Code, call: n.Call) -> Model | None:
    """Return the model that a call makes a row of."""
    name = tail(call.func)
    if not (name[:1].isupper() or name in MAKES):
        return None
    found = code.project.flow.types.of(code.body, call, code.body.scope.at(call.span))
    return found.model if found is not None else None


def _has_validators(code: Code, model: Model, field: Field) -> bool:
    """Whether a field for files has validators that neither the model nor the code around asks itself."""
    if not field.holds_file or not field.options.get("validators"):
        return False
    classes = code.project.site.classes
    methods = [classes.method(model.symbol, name) for name in ("save", "__init__")]
    return all(method is None or _ASKS.isdisjoint(method.node.words) for method in methods)

"""XSS rules about uploads: validators of a model's field are asked by forms, not by `save()`."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.past_validators import ASKS, asks_itself, made_model, saved_at
from pickguard.site.models.models import Field, Model
from pickguard.source.python import nodes as n


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
    if not code.words.isdisjoint(ASKS):
        return
    for call in code.every(n.Call):
        model = made_model(code, call) if call.keywords else None
        for keyword in call.keywords if model is not None else ():
            field = model.field(keyword.name) if model is not None and keyword.name else None
            if model is None or field is None or not _has_validators(code, model, field):
                continue
            origin = code.origin(keyword.value)
            if origin.is_browser:
                yield Hit(
                    (code.spot(call), *saved_at(code, call)),
                    f"nobody asks the validators of `{model.name}.{field.name}`",
                    Confidence.MEDIUM,
                    code.symbol,
                    flow=code.flow(origin, keyword.value, "is stored"),
                )


def _has_validators(code: Code, model: Model, field: Field) -> bool:
    """Whether a field for files has validators that neither the model nor the code around asks itself."""
    if not field.holds_file or not field.options.get("validators"):
        return False
    return not asks_itself(code, model)

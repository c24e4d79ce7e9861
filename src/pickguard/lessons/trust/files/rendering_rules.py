"""Trust rules about markup that may draw on files: reStructuredText includes what its text names."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Kind, Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.values.sure import sure
from pickguard.source.python.walk import expressions

_RENDERERS = ("publish_parts", "publish_string", "publish_programmatically")
_SWITCH = "file_insertion_enabled"
_OWN_TEXTS = frozenset({"open", "read_text", "get_template", "__doc__", "getdoc", "readme"})


@code_rule(
    "trust.markup-reads-files",
    words=_RENDERERS,
    title="rendered reStructuredText can draw on files of the server",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(73, 98),
    severity=Severity.HIGH,
    gain="`.. include:: /srv/site/settings.py` in the text shows that file; `.. raw:: html` runs scripts",
    mend='pass `settings_overrides={"file_insertion_enabled": False, "raw_enabled": False}`',
)
def markup_reads_files(code: Code) -> Iterator[Hit]:
    """Find `publish_parts(source=text)` with the insertion of files left on."""
    if code.words & _OWN_TEXTS or _switches_off(code):
        return
    for call in code.calls(*_RENDERERS):
        if not code.is_from(call.func, "docutils"):
            continue
        origin = code.origin(argument(call, 0, "source"))
        if origin.is_constant:
            continue
        yield Hit(
            (code.spot(call),),
            f"`{tail(call.func)}` includes the files that the text names",
            sure(origin, _of_others(origin)),
            code.symbol,
            flow=code.flow(origin, call, "is rendered"),
        )


def _of_others(origin: Origin) -> Confidence:
    """Tell a renderer that others call from one whose texts are of unknown making."""
    return Confidence.MEDIUM if Kind.PARAMETER in origin.kinds else Confidence.LOW


def _switches_off(code: Code) -> bool:
    """Whether the body, or the module around it, names the setting that forbids it."""
    if any(text(node) == _SWITCH for node in code.expressions) or _SWITCH in code.words:
        return True
    return any(text(node) == _SWITCH for node in expressions(code.module.record.body))

"""Deployment rules about regular expressions that a short text keeps busy for ever."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.deployment.slow_patterns import is_slow
from pickguard.site.modules import Module
from pickguard.site.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument

_FUNCTIONS = frozenset(
    {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
)
# Their text is always the visitor's
_CHECKS = {"RegexValidator": (0, "regex"), "RegexField": (-1, "regex"), "re_path": (0, "route")}
_REPLACING = frozenset({"sub", "subn"})


@code_rule(
    "deployment.slow-regex",
    words=(*_FUNCTIONS, *_CHECKS, "inlinePatterns"),
    packages=("re", "regex", "markdown", *_CHECKS),
    title="a regular expression takes exponential time",
    areas=(Area.AVAILABILITY,),
    cwe=(1333, 400),
    severity=Severity.MEDIUM,
    gain="a text of forty letters that almost matches keeps a worker busy until it is killed",
    mend="let each round of a repeat end with something that cannot be part of it, or bound the text's length",
)
def slow_regex(code: Code) -> Iterator[Hit]:
    """Find `(a+)+$` and its like where the browser's text is matched against it."""
    for name, (position, keyword) in _CHECKS.items():
        for call in code.calls(name) if name in code.words else ():
            pattern = argument(call, position, keyword)
            if _is_slow(pattern, "match") and code.is_from(call.func, "django"):
                yield _hit(code, pattern or call, Confidence.HIGH)
    for pattern, module in _of_markdown(code):
        if _is_slow(pattern, "match"):
            yield Hit((Spot(module.path, pattern.span),), _MESSAGE, Confidence.HIGH, code.symbol)
    for call in code.calls(*_FUNCTIONS):
        pattern, value = _matched(code, call)
        if pattern is None or value is None or not _is_slow(pattern, tail(call.func)):
            continue
        origin = code.origin(value)
        if origin.is_browser or origin.is_stored:
            sure = Confidence.HIGH if origin.is_browser else Confidence.MEDIUM
            flow = code.flow(origin, call, "is matched against it")
            yield Hit((code.spot(call),), _MESSAGE, sure, code.symbol, flow=flow)


_MESSAGE = "the pattern cuts a text up in every way there is before it gives up"


def _of_markdown(code: Code) -> Iterator[tuple[n.Expr, Module]]:
    """Yield what is looked for in every Markdown text: `MentionPattern(MENTION, md)`; its module."""
    for call in code.every(n.Call) if "inlinePatterns" in code.words else ():
        made = code.resolve(call.func) if call.args else None
        if isinstance(made, ClassSymbol) and code.project.site.classes.inherits(made, *_INLINE):
            found = code.resolve(call.args[0])
            if isinstance(found, ValueSymbol):
                yield found.value, found.module
            else:
                yield call.args[0], code.module


_INLINE = ("inlinepatterns.Pattern", "inlinepatterns.InlineProcessor")


def _hit(code: Code, node: n.Expr, confidence: Confidence) -> Hit:
    return Hit((code.spot(node),), _MESSAGE, confidence, code.symbol)


def _is_slow(pattern: n.Expr | None, function: str) -> bool:
    said = text(pattern)
    return said is not None and is_slow(said, to_the_end=function == "fullmatch")


def _matched(code: Code, call: n.Call) -> tuple[n.Expr | None, n.Expr | None]:
    """Return the pattern of a call and the text that is matched: `re.match(p, x)`, `P.match(x)`."""
    if not isinstance(call.func, n.Attr) or not call.args:
        return None, None
    of_text = 1 if call.func.name in _REPLACING else 0
    if code.is_from(call.func, "re", "regex"):
        pattern = call.args[0]
        if isinstance(pattern, n.Name | n.Attr):
            found = code.resolve(pattern)
            pattern = found.value if isinstance(found, ValueSymbol) else pattern
        return pattern, argument(call, of_text + 1, "string")
    return _compiled(code, call.func.value), argument(call, of_text, "string")


def _compiled(code: Code, receiver: n.Expr) -> n.Expr | None:
    """Return the pattern of `P = re.compile("…")`, of this body or of a module."""
    if not isinstance(receiver, n.Name | n.Attr | n.Call):
        return None
    found = code.resolve(receiver) if not isinstance(receiver, n.Call) else None
    values: list[n.Expr] = [receiver] if isinstance(receiver, n.Call) else []
    if isinstance(found, ValueSymbol):
        values = [found.value]
    elif isinstance(receiver, n.Name):
        values = code.assigned(receiver.id)
    for value in values:
        if isinstance(value, n.Call) and tail(value.func) == "compile" and value.args:
            return value.args[0]
    return None

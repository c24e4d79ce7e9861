"""Deployment rules about regular expressions that a short text keeps busy for ever."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Spot, code_rule
from pickguard.kit.code import tail, text
from pickguard.lessons.deployment.patterns.pattern_texts import pattern_text
from pickguard.lessons.deployment.patterns.polynomial_patterns import takes_cube
from pickguard.lessons.deployment.patterns.slow_patterns import is_slow
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument
from pickguard.source.python.walk import inside

_FUNCTIONS = frozenset(
    {"match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"}
)
# Their text is always the visitor's
_CHECKS = {"RegexValidator": (0, "regex"), "RegexField": (-1, "regex"), "re_path": (0, "route")}
_REPLACING = frozenset({"sub", "subn"})


@code_rule(
    "deployment.slow-regex",
    words=(*_FUNCTIONS, *_CHECKS, "inlinePatterns", "regex"),
    packages=("re", "regex", "markdown", *_CHECKS),
    title="a regular expression keeps a worker busy",
    areas=(Area.AVAILABILITY,),
    cwe=(1333, 400),
    severity=Severity.MEDIUM,
    gain="a text that almost matches, of forty letters or of some thousand, keeps a worker busy until it is killed",
    mend="let each round of a repeat end with something that cannot be part of it, or bound the text's length",
)
def slow_regex(code: Code) -> Iterator[Hit]:
    """Find `(a+)+$` and its like where the text of a browser, or of any page, is matched against it."""
    for name, (position, keyword) in _CHECKS.items():
        for call in code.calls(name) if name in code.words else ():
            pattern = argument(call, position, keyword)
            why = _slowness(pattern, "match")
            if why and code.is_from(call.func, "django"):
                yield _hit(code, pattern or call, why, Confidence.HIGH)
    for pattern, module in _of_markdown(code):
        why = _slowness(pattern, "match")
        if why:
            yield Hit((Spot(module.path, pattern.span),), why, Confidence.HIGH, code.symbol)
    yield from _of_validator(code)
    for call in code.calls(*_FUNCTIONS):
        pattern, value = _matched(code, call)
        why = _slowness(pattern, tail(call.func))
        if value is None or not why:
            continue
        origin = code.origin(value)
        if _is_of_filter(code, value):
            yield _hit(code, call, why, Confidence.MEDIUM)
        elif origin.is_browser or origin.is_stored:
            sure = Confidence.HIGH if origin.is_browser else Confidence.MEDIUM
            flow = code.flow(origin, call, "is matched against it")
            yield Hit((code.spot(call),), why, sure, code.symbol, flow=flow)


_EXPONENTIAL = "the pattern cuts a text up in every way there is before it gives up"
_CUBE = "the pattern takes the cube of a text's length before it gives up: its repeats take the same letters"


def _of_validator(code: Code) -> Iterator[Hit]:
    """Yield the patterns that a validator keeps for its texts: `regex = re.compile(…)`."""
    owner = code.owner
    if owner is None or not _is_validator(code, owner):
        return
    for statement in code.statements:
        if isinstance(statement, n.Assign) and tail(statement.targets[0]).endswith("regex"):
            value = statement.value
            pattern = value.args[0] if isinstance(value, n.Call) and value.args else value
            said = pattern_text(code, pattern)
            if said is not None and is_slow(said):
                yield _hit(code, value, _EXPONENTIAL, Confidence.HIGH)


def _is_of_filter(code: Code, value: n.Expr) -> bool:
    """Whether a text is what a template's filter is given: any value of any page."""
    function = code.function
    if function is None or not function.node.params or not isinstance(value, n.Name):
        return False
    made = {part for one in function.node.decorators for part in map(tail, inside(one))}
    return bool(made & {"filter", "stringfilter"}) and value.id == function.node.params[0].name


def _is_validator(code: Code, owner: ClassSymbol) -> bool:
    classes = code.project.site.classes
    bases = {one.node.name for one in classes.own_line(owner)}
    return classes.inherits(owner, "RegexValidator") or "RegexValidator" in bases


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


def _hit(code: Code, node: n.Expr, why: str, confidence: Confidence) -> Hit:
    return Hit((code.spot(node),), why, confidence, code.symbol)


def _slowness(pattern: n.Expr | None, function: str) -> str:
    """Return why a pattern is slow, nothing where it is not."""
    said = text(pattern)
    if said is None:
        return ""
    if is_slow(said, to_the_end=function == "fullmatch"):
        return _EXPONENTIAL
    return _CUBE if takes_cube(said, function) else ""


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

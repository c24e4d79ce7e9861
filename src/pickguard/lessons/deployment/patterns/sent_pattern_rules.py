"""Rule: a pattern that the browser chooses."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.lessons.deployment.patterns.database_patterns import CHOOSING, HARMLESS, in_database
from pickguard.source.python import nodes as n

_MATCHING = ("compile", "match", "search", "sub", "fullmatch", "findall", "split")


@code_rule(
    "deployment.regex-from-browser",
    words=(*_MATCHING, *CHOOSING, "RegexValidator"),
    packages=("re", "regex", "django"),
    title="the browser chooses a regular expression",
    areas=(Area.AVAILABILITY,),
    cwe=(1333, 730),
    severity=Severity.MEDIUM,
    gain="one expression such as `(a+)+$` keeps a worker busy for hours",
    mend="search for the text with `re.escape`, or with `icontains` in the database",
)
def regex_from_browser(code: Code) -> Iterator[Hit]:
    """Find `re` functions, and lookups of the database, whose pattern comes from the request."""
    yield from in_database(code)
    for call, pattern in _patterns(code):
        origin = code.origin(pattern, *HARMLESS)
        is_stored = origin.is_stored and bool(origin.writer) and not _is_tried(code, call)
        if origin.is_browser or is_stored:
            whence = "comes from the browser" if origin.is_browser else "is what somebody stored"
            yield Hit(
                (code.spot(pattern),),
                f"the pattern of a regular expression {whence}",
                _certainty(code, call) if origin.is_browser else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, call, "is compiled as a pattern"),
            )


def _patterns(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    """Yield what takes a pattern that is no constant, with no limit of time, and the pattern."""
    for call in code.calls(*_MATCHING, "RegexValidator"):
        if tail(call.func) == "RegexValidator":
            pattern = argument(call, 0, "regex")
            is_one = code.is_from(call.func, "django")
        else:
            pattern = argument(call, 0, "pattern")
            is_one = code.is_from(call.func, "re", "regex")
        if pattern is None or isinstance(pattern, n.Const) or not is_one:
            continue
        if argument(call, -1, "timeout") is None and not _is_timed(code, call):
            yield call, pattern


def _is_timed(code: Code, call: n.Call) -> bool:
    """Whether patterns of the library `regex` are given a limit of time where the module runs them."""
    if not code.is_from(call.func, "regex"):
        return False
    timed = code.project.flow.callers.holding("timeout")
    return any(function.module is code.module for function in timed)


def _is_tried(code: Code, call: n.Call) -> bool:
    """Whether a pattern is compiled only to tell if it is one."""
    is_handled = not code.words.isdisjoint({"error", "PatternError"})
    return tail(call.func) == "compile" and is_handled


def _certainty(code: Code, call: n.Call) -> Confidence:
    """Return how sure it is that a pattern does harm: some sites let people search by patterns."""
    is_meant = bool(code.words & {"error", "PatternError"}) and "escape" not in code.words
    if not is_meant:
        return Confidence.HIGH
    # to compile it takes no time, to match text against it may take for ever
    is_idle = tail(call.func) == "compile" and not _is_matched(code, call)
    return Confidence.LOW if is_idle else Confidence.MEDIUM


def _is_of_constants(call: n.Call) -> bool:
    """Whether a text of the code's own is looked through: `pattern.match("")`, which takes no time."""
    return bool(call.args) and all(isinstance(given, n.Const) for given in call.args)


def _is_matched(code: Code, compiled: n.Call) -> bool:
    """Whether a pattern has a name, and goes on by it, its time unlimited: `pattern.search(text)`."""
    names = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value is compiled
        for target in statement.targets
    }
    return any(
        tail(part) in names
        for call in code.every(n.Call)
        if argument(call, -1, "timeout") is None and not _is_of_constants(call)
        for part in (*call.args, call.func.value if isinstance(call.func, n.Attr) else call.func)
    )

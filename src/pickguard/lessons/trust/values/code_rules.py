"""Trust rules about values: the browser's words in logs, mails and rows."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.expressions.requested import REFERER
from pickguard.flow.values.character_sets import CHARACTERS
from pickguard.flow.values.origin import CONSTANT
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.log_lines import LOGGERS, log_lines
from pickguard.kit.calls.made_rows import made_rows
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import inside


@code_rule(
    "trust.log-injection",
    words=LOGGERS,
    needs_browser=True,
    title="a log line is put together from what the browser sent",
    areas=(Area.INTEGRITY,),
    cwe=(117,),
    severity=Severity.LOW,
    gain="with a line break in the value a stranger writes log lines of their own",
    mend='pass it as an argument with `%r`: `logger.info("search for %r", q)`',
)
def log_injection(code: Code) -> Iterator[Hit]:
    """Find formatted log messages with a part of the request; a header ends where its line does."""
    for call in log_lines(code):
        yield from _filled_in(code, call)
        message = call.args[0] if call.args else None
        if not isinstance(message, n.Joined | n.Binary | n.Call):
            continue
        origin = code.origin(message, CHARACTERS, REFERER)
        if origin.is_browser and not _is_shown_safely(code, message):
            is_plain = tail(call.func) != "debug" and any(
                code.body.reads_request(p) for p in inside(message) if isinstance(p, n.Attr)
            )
            yield Hit(
                (code.spot(message),),
                "a value from the browser is formatted into a log line",
                Confidence.MEDIUM if is_plain else Confidence.LOW,
                code.symbol,
                flow=code.flow(origin, message, "is logged"),
            )


def _filled_in(code: Code, call: n.Call) -> Iterator[Hit]:
    """Yield what the logger itself puts into a line, as it was sent: `logger.info("search for %s", q)`."""
    is_leveled = tail(call.func) == "log"
    form, *values = call.args[is_leveled:] or (None,)
    places = _PLACES.findall((text(form) or "").replace("%%", ""))
    for place, value in zip(places, values, strict=False):
        origin = code.origin(value, CHARACTERS, REFERER) if place == "s" else CONSTANT
        if origin.is_browser and not _is_whole(value):
            yield Hit(
                (code.spot(value),),
                "a value from the browser becomes part of a log line as it was sent",
                Confidence.LOW,
                code.symbol,
                flow=code.flow(origin, value, "is logged"),
            )


_PLACES = re.compile(r"%[-#0 +]*[\d.]*([a-zA-Z])")


def _is_shown_safely(code: Code, message: n.Expr) -> bool:
    """Whether all of the browser's in a message is quoted: by `!r`, or as a dictionary quotes what it holds."""
    parts = [p for p in inside(message) if isinstance(p, n.Formatted)]
    sent = [part for part in parts if code.origin(part, CHARACTERS, REFERER).is_browser]
    return bool(sent) and all(part.conversion == "r" or _is_whole(part.value) for part in sent)


def _is_whole(value: n.Expr) -> bool:
    if isinstance(value, n.Call) and tail(value.func) in ("dict", "list") and value.args:
        return True
    if not isinstance(value, n.Attr):
        return False
    of_request = value.name in _WHOLE and tail(value.value) == "request"
    return of_request or value.name in ("cleaned_data", "validated_data")


_WHOLE = frozenset({"GET", "POST", "FILES", "COOKIES", "META", "headers", "query_params", "data"})


_PRICE = re.compile(r"(^|_)(price|total|amount|discount|cost|is_admin|is_staff|role)$")


@code_rule(
    "trust.browser-decides",
    words=("GET", "POST", "data", "query_params"),
    needs_browser=True,
    title="the browser sends the price, or the role",
    areas=(Area.INTEGRITY,),
    cwe=(602, 472),
    severity=Severity.HIGH,
    gain="whoever edits the form pays what they like, or may do what they like",
    mend="look the price up, and let only those who may give a role choose it",
)
def browser_decides(code: Code) -> Iterator[Hit]:
    """Find a price or role from the request written into a row."""
    for call in (*made_rows(code), *code.calls("update")):
        if not any(tail(p) in MANAGERS or tail(p).endswith("_set") for p in inside(call.func)):
            continue
        for keyword in call.keywords:
            if keyword.name and _PRICE.search(keyword.name):
                origin = code.origin(keyword.value)
                if (
                    origin.is_browser
                    and origin.source is not None
                    and tail(origin.source) != "cleaned_data"
                ):
                    yield Hit(
                        (code.spot(keyword.value),),
                        f"`{keyword.name}` is written as the browser sent it",
                        Confidence.MEDIUM,
                        code.symbol,
                        flow=code.flow(origin, keyword.value, "is written"),
                    )

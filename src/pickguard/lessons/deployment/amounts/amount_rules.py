"""Deployment rules about amounts of work that the browser names: rounds, letters, pixels, seconds."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument
from pickguard.lessons.deployment.amounts.sent_numbers import BOUNDING, is_bounded, sent_number
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import items_of

# Function, package that it has to come from (none: it is built in), and where the amount stands
_AMOUNTS: dict[str, tuple[tuple[str, ...], int, str]] = {
    "range": ((), -1, ""),
    "bytearray": ((), 0, "source"),
    "sleep": (("time", "asyncio"), 0, "seconds"),
    "urandom": (("os",), 0, "size"),
    "token_hex": (("secrets",), 0, "nbytes"),
    "token_urlsafe": (("secrets",), 0, "nbytes"),
    "token_bytes": (("secrets",), 0, "nbytes"),
    "randbytes": (("random",), 0, "n"),
    "get_random_string": (("django",), 0, "length"),
    "choices": (("random",), -1, "k"),
    "factorial": (("math",), 0, "n"),
    "pbkdf2_hmac": (("hashlib",), 3, "iterations"),
}
# Methods of pictures and texts, by the position of the size; a thumbnail is never larger than its picture
_SIZES = {"resize": 0, "crop": 0, "ljust": 0, "rjust": 0, "zfill": 0, "center": 0}


@code_rule(
    "deployment.amount-from-browser",
    words=(*_AMOUNTS, *_SIZES, "int", "data", "loads"),
    needs_browser=True,
    title="the browser says how much is to be done",
    areas=(Area.AVAILABILITY,),
    cwe=(770, 400, 834),
    severity=Severity.MEDIUM,
    gain="`?n=10000000000` keeps a worker busy, or takes its memory, with one request",
    mend="take the smaller of it and a limit of yours: `min(int(n), 100)`, or a form field with `max_value`",
)
def amount_from_browser(code: Code) -> Iterator[Hit]:
    """Find `range(int(request.GET["n"]))`, `"x" * n` and `image.resize((w, h))` with no limit."""
    if code.function is None or code.words & BOUNDING or _is_of_service(code):
        return
    for node, amounts, what in _sinks(code):
        for amount in amounts:
            sent = sent_number(code, amount)
            if sent is None or is_bounded(code, amount):
                continue
            origin = code.origin(sent)
            if origin.is_browser:
                yield Hit(
                    (code.spot(node),),
                    f"the browser says how {what}",
                    Confidence.HIGH,
                    code.symbol,
                    flow=code.flow(origin, node, f"says how {what}"),
                )
                break


def _is_of_service(code: Code) -> bool:
    """Whether a class lets through only what another machine has signed."""
    if code.owner is None:
        return False
    methods = code.project.site.classes.own_methods(code.owner)
    return any(not _COMPARES.isdisjoint(method.words) for method in methods)


_COMPARES = frozenset({"compare_digest", "constant_time_compare"})


def _sinks(code: Code) -> Iterator[tuple[n.Expr, tuple[n.Expr, ...], str]]:
    """Yield what takes an amount, with the amount."""
    for name, (packages, position, keyword) in _AMOUNTS.items():
        for call in code.calls(name) if name in code.words else ():
            if packages and not code.is_from(call.func, *packages):
                continue
            if not packages and not isinstance(call.func, n.Name):
                continue
            found = argument(call, position, keyword) if keyword else None
            amounts = call.args if name == "range" else (found,) if found is not None else ()
            yield call, tuple(amounts), "long it takes" if name == "sleep" else "much it is"
    yield from _of_pictures(code)
    for call in code.calls("pow") if "pow" in code.words else ():
        if isinstance(call.func, n.Name) and len(call.args) == 2:  # a third keeps it small
            yield call, call.args[1:], "large it is"
    for node in code.every(n.Binary):
        if node.op == "**":
            yield node, (node.right,), "large it is"
        if node.op == "*":
            for text, amount in ((node.left, node.right), (node.right, node.left)):
                if isinstance(text, n.Sequence) or _is_text(text):
                    yield node, (amount,), "long it is"


def _of_pictures(code: Code) -> Iterator[tuple[n.Expr, tuple[n.Expr, ...], str]]:
    """Yield what makes a picture, or a text, of a size, with the size."""
    for name, position in _SIZES.items():
        for call in code.calls(name) if name in code.words else ():
            size = argument(call, position, "size")
            if size is not None and isinstance(call.func, n.Attr):
                yield call, items_of(size), "large it is"
    for call in code.calls("new") if "new" in code.words else ():
        size = argument(call, 1, "size")
        if size is not None and code.is_from(call.func, "PIL"):
            yield call, items_of(size), "large it is"


def _is_text(node: n.Expr) -> bool:
    return isinstance(node, n.Bytes) or (isinstance(node, n.Const) and isinstance(node.value, str))

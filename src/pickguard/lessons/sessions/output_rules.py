"""Session rules about answers that repeat the cookies of the request."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import inside

_ANSWERS = ("HttpResponse", "JsonResponse", "Response", *sorted(PAGES))
_HOLDING = frozenset({"META", "COOKIES"})
_WHOLE = frozenset({"items", "values", "copy"})
_SAME = frozenset({"str", "repr", "dict", "sorted", "list", "dumps", "pformat"})


@code_rule(
    "sessions.cookies-in-output",
    words=tuple(sorted(_HOLDING)),
    title="the answer repeats all cookies of the request",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 1004),
    severity=Severity.MEDIUM,
    gain="a script in any page of the site asks here for the session key that `HttpOnly` keeps from it",
    mend="name the headers that are to be shown, one by one",
)
def cookies_in_output(code: Code) -> Iterator[Hit]:
    """Find `request.META` and `request.COOKIES` as a whole in what goes out."""
    for call in code.calls(*_ANSWERS):
        given = given_to(call)
        whole = next((held for one in given for held in _held(code, one)), None)
        if whole is not None:
            yield Hit(
                (code.spot(call),),
                f"`request.{whole.name}` goes out as a whole, the session's cookie in it",
                Confidence.MEDIUM,
                code.symbol,
            )


def _held(code: Code, given: n.Expr) -> Iterator[n.Attr]:
    """Yield what holds all cookies, of all that a value is made of."""
    for one in code.made(given):
        parts = _parts(one)
        for part in parts:
            found = code.made(part) if isinstance(part, n.Name) else [part]
            yield from (
                value
                for value in map(_unwrapped, found)
                if isinstance(value, n.Attr)
                and value.name in _HOLDING
                and code.body.is_request(value.value)
            )


def _parts(node: n.Expr) -> Iterator[n.Expr]:
    """Yield what stands whole in a value: itself, the values of a mapping, what a comprehension runs over."""
    match node:
        case n.Mapping():
            yield from node.values
        case n.Comprehension(loops=(loop,)) if not loop.tests and _keeps(node, loop):
            yield loop.source
        case n.Joined():
            yield from (part.value for part in node.parts if isinstance(part, n.Formatted))
        case _:
            yield node


def _keeps(node: n.Comprehension, loop: n.Loop) -> bool:
    """Whether a comprehension takes over the values that it runs over, not the names alone."""
    names = {part.id for part in inside(node.value) if isinstance(part, n.Name)}
    targets = loop.target.items if isinstance(loop.target, n.Sequence) else (loop.target,)
    return tail(targets[-1]) in names


def _unwrapped(node: n.Expr) -> n.Expr:
    """Return `request.META` of `dict(request.META.items())` and `json.dumps(request.META)`."""
    while isinstance(node, n.Call):
        if isinstance(node.func, n.Attr) and node.func.name in _WHOLE and not node.args:
            node = node.func.value
        elif tail(node.func) in _SAME and node.args:
            node = node.args[0]
        else:
            break
    return node

"""Trust rules about mail that code writes out by itself, its headers among it."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument
from pickguard.kit.values.pieces import pieces
from pickguard.kit.values.sure import sure
from pickguard.source.python import nodes as n

_HEADER = re.compile(r"\s*([A-Za-z][\w-]*):[^\n]*\Z")
_END = re.compile(r"\r?\n\r?\n")
# What leaves no end of a line in a text
_CLEARS = ("replace", "sub", "splitlines", "Header", "make_header", "quote", "slugify")


@code_rule(
    "trust.header-from-browser",
    words=("EmailMessage", "EmailMultiAlternatives", "send_mail", "sendmail"),
    title="a mail's sender, or its headers, are put together from what the browser sent",
    areas=(Area.INTEGRITY,),
    cwe=(93, 113),
    severity=Severity.MEDIUM,
    gain="the site sends mail in the name of, or to, whoever a stranger names, with words of the stranger's",
    mend="take the sender and the recipients from the settings or from a stored account, and leave headers"
    " to `django.core.mail`, which refuses ends of lines in them",
)
def header_from_browser(code: Code) -> Iterator[Hit]:
    """Find mails whose sender the request names, and headers that are written out by hand."""
    yield from _senders(code)
    for call in code.calls("sendmail"):
        for message in code.made(argument(call, 2, "msg")):
            hit = next(_headers_of(code, call, message), None)
            if hit is not None:
                yield hit


def _senders(code: Code) -> Iterator[Hit]:
    for call in code.calls("send_mail", "EmailMessage", "EmailMultiAlternatives"):
        position = 2 if code.is_from(call.func, "django") else -1
        sender = argument(call, position, "from_email")
        origin = code.origin(sender)
        if sender is not None and origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "the browser names the sender of a mail",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "is the sender"),
            )


def _headers_of(code: Code, call: n.Call, message: n.Expr) -> Iterator[Hit]:
    for name, value in _in_headers(code, message):
        origin = code.origin(value, *_CLEARS)
        if origin.is_browser:
            yield Hit(
                (code.spot(call),),
                f"what the browser sent stands in the header `{name}`",
                sure(origin, Confidence.MEDIUM),
                code.symbol,
                flow=code.flow(origin, call, "is mailed"),
            )


def _in_headers(
    code: Code, message: n.Expr, seen: frozenset[str] = frozenset()
) -> Iterator[tuple[str, n.Expr]]:
    """Yield what is put into the headers of a mail, with their names.

    Where it begins with a name, such as `headers + body`, what the name holds is looked at.
    """
    said = ""
    for piece in pieces(message, said_by=code.body.said):
        if isinstance(piece, str):
            said += piece
            if _END.search(said):
                return
            continue
        header = _HEADER.match(said[said.rfind("\n") + 1 :])
        if header is not None:
            yield header[1], piece
        elif not said and isinstance(piece, n.Name) and piece.id not in seen:
            for made in code.assigned(piece.id):
                yield from _in_headers(code, made, seen | {piece.id})

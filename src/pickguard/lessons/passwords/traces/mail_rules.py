"""Password rules about mail: it is kept in clear text on every server on its way."""

from __future__ import annotations

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.lessons.passwords.names import PASSWORD, is_password
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import parts

_MAILS = ("send_mail", "EmailMessage", "EmailMultiAlternatives", "email_user", "attach_alternative")
# what opens the door of the mail server, and not one of the site
_OF_THE_SERVER = frozenset({"auth_password", "auth_user", "connection"})
_RENDERS = ("render_to_string", "render")
_MAKES = frozenset({"make_random_password"})
# what is left of a value that goes through them is no password
_HIDES = frozenset({"len", "bool", "check_password", "make_password", "make_token", "reverse", "_"})
_DEPTH_LIMIT = 4


@code_rule(
    "passwords.in-mail",
    words=_MAILS,
    title="a password is sent by mail",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(319, 640),
    severity=Severity.MEDIUM,
    gain="whoever reads the mailbox, now or in years, or a server on the way, has a password that works",
    mend="mail a link of `PasswordResetTokenGenerator` by which the account sets its own password",
)
def in_mail(code: Code) -> Iterator[Hit]:
    """Find passwords among what a mail says, also by way of the template that it is made of."""
    for call in code.calls(*_MAILS):
        for given in _said(call):
            found = next(_passwords(code, given, 0), None)
            if found is not None:
                yield Hit(
                    (code.spot(call), code.spot(found, "the password")),
                    "a password stands in this mail",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _said(call: n.Call) -> Iterator[n.Expr]:
    yield from call.args
    for keyword in call.keywords:
        if keyword.name not in _OF_THE_SERVER:
            yield keyword.value


def _passwords(code: Code, node: n.Expr, depth: int) -> Iterator[n.Expr]:
    """Yield the passwords that become part of a text."""
    if depth > _DEPTH_LIMIT:
        return
    match node:
        case n.Name() | n.Index() if is_password(node):
            if not isinstance(node, n.Name) or not _is_text_alone(code, node.id):
                yield node
        case n.Attr() if is_password(node) and tail(node.value) != "settings":
            yield node
        case n.Name():
            for value in code.assigned(node.id):
                if isinstance(value, n.Call) and tail(value.func) in _MAKES:
                    yield node
                else:
                    yield from _passwords(code, value, depth + 1)
        case n.Call() if tail(node.func) in _RENDERS:
            context = argument(node, 1, "context")
            for made in code.made(context):
                yield from _in_context(code, made, depth + 1)
        case n.Call() if tail(node.func) in _HIDES:
            return
        case n.Attr() | n.Mapping():
            return
        case _:
            for part in parts(node):
                yield from _passwords(code, part, depth)


def _in_context(code: Code, context: n.Expr, depth: int) -> Iterator[n.Expr]:
    """Yield the passwords that a template is given to print."""
    if not isinstance(context, n.Mapping):
        return
    for key, value in zip(context.keys, context.values, strict=True):
        named = text(key) if key is not None else None
        if named and PASSWORD.match(named) and not isinstance(value, n.Const):
            yield value
        else:
            yield from _passwords(code, value, depth)


def _is_text_alone(code: Code, name: str) -> bool:
    """Whether a name that says password holds something else: a constant, a made link."""
    values = code.assigned(name)
    return bool(values) and all(isinstance(value, n.Const) for value in values)

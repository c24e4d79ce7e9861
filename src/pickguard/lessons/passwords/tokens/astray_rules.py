"""Password rules about links that are mailed to the address that was typed, not to the account's."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, items_of, receiver_of
from pickguard.source.python.walk import inside

_MAILS = {"send_mail": 3, "EmailMessage": 3, "EmailMultiAlternatives": 3, "send_mass_mail": 3}
_LOOSE = re.compile(r"(^|__)(email|email_address|mail)__(iexact|icontains|istartswith)$")
# of a lookup whose column is asked for: `"%s__iexact" % User.get_email_field_name()`
_LOOSELY = re.compile(r"__(iexact|icontains|istartswith)$")
_KEY = re.compile(r"token|reset|password|signing|^dumps$|magic|login_?link|activation")


@code_rule(
    "passwords.link-mailed-astray",
    words=_MAILS,
    title="the link for an account goes to the address that was typed",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(640, 178),
    severity=Severity.HIGH,
    gain="an address that the database takes for the victim's, with a letter that looks like another, gets the link"
    " for the account",
    mend="mail it to `user.email`, the address that the account has",
)
def link_mailed_astray(code: Code) -> Iterator[Hit]:
    """Find accounts looked up regardless of case and a token mailed to what the browser sent."""
    if code.function is None:
        return
    yield from _sent_elsewhere(code)
    if not any(map(_KEY.search, code.words)):
        return
    typed = {access_path(value) for value in (*_looked_up(code), *_looked_up_by(code))} - {""}
    for call in code.calls(*_MAILS) if typed else ():
        for item in _recipients(code, call):
            if access_path(item) not in typed:
                continue
            is_sent = code.origin(item).is_browser
            if is_sent or _is_handed_in(code, item):
                yield Hit(
                    (code.spot(item),),
                    "the link goes to the address as it was typed, not to the one that the account has",
                    Confidence.HIGH if is_sent else Confidence.MEDIUM,
                    code.symbol,
                )


def _is_handed_in(code: Code, item: n.Expr) -> bool:
    """Whether an address is a parameter, as it was handed in: the view stands elsewhere."""
    if code.function is None or not isinstance(item, n.Name) or code.assigned(item.id):
        return False
    return any(param.name == item.id for param in code.function.node.params)


_TO = 4  # of `send_mail(subject_template, email_template, context, from_email, to_email)`


def _sent_elsewhere(code: Code) -> Iterator[Hit]:
    """Find Django's form for lost passwords told to mail to an address that the browser sends beside."""
    classes = code.project.site.classes
    if code.owner is None or not classes.inherits(code.owner, ".PasswordResetForm"):
        return
    for call in code.calls("send_mail"):
        to = argument(call, _TO, "to_email")
        sent = (part for made in code.made(to) for part in inside(made))
        if any(_is_typed(code, part) for part in sent):
            yield Hit(
                (code.spot(to if to is not None else call),),
                "the link goes to an address that was sent beside, not to the one that the account has",
                Confidence.HIGH,
                code.symbol,
            )


def _is_typed(code: Code, node: n.Expr) -> bool:
    """Whether it is `self.data.get("send_to")`, `self.cleaned_data["to"]`, or else the browser's."""
    holder = (
        node.value
        if isinstance(node, n.Index)
        else receiver_of(node)
        if isinstance(node, n.Call)
        else None
    )
    if isinstance(holder, n.Attr) and holder.name in ("data", "cleaned_data"):
        return tail(holder.value) == "self"
    return isinstance(node, n.Call | n.Index) and code.origin(node).is_browser


def _looked_up(code: Code) -> Iterator[n.Expr]:
    """Yield the values that accounts are looked up by, regardless of case."""
    for call in code.every(n.Call):
        yield from (k.value for k in call.keywords if k.name and _LOOSE.search(k.name))
    for mapping in code.every(n.Mapping):
        for key, value in zip(mapping.keys, mapping.values, strict=True):
            if key is not None and _names_mail_loosely(key):
                yield value


def _names_mail_loosely(key: n.Expr) -> bool:
    parts = list(inside(key))
    if not any(_LOOSELY.search(text(part) or "") for part in parts):
        return False
    return any("mail" in (text(part) or tail(part)).lower() for part in parts)


def _looked_up_by(code: Code) -> Iterator[n.Expr]:
    """Yield what is given to functions of the site that look accounts up by it."""
    for call in code.every(n.Call):
        function = (
            code.project.effects.target(code.function, call, code.owner) if code.function else None
        )
        if function is None or function == code.function:
            continue
        there = code.project.code_of(function)
        names = {access_path(value) for value in _looked_up(there)}
        params = function.node.params[function.owner is not None :]
        yield from (
            value for param, value in zip(params, call.args, strict=False) if param.name in names
        )


def _recipients(code: Code, call: n.Call) -> Iterator[n.Expr]:
    """Yield to whom a mail goes; a method of that name is handed the address itself."""
    if not code.is_from(call.func, "django"):
        yield from call.args
        return
    to = argument(call, _MAILS[code.asked_name(call)], "recipient_list", "to")
    values = code.assigned(to.id) if isinstance(to, n.Name) else [to]
    yield from (item for value in values if value is not None for item in items_of(value))

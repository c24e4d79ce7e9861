"""Trust rules about other sites' accounts: which account here an address from there opens."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_BY_MAIL = re.compile(r"(^|__)(email|email_address|mail)(__i?exact)?$")
_VERIFIED = re.compile(r"verif|confirm|trusted|hosted_?domain|^hd$", re.IGNORECASE)


@code_rule(
    "trust.account-by-unverified-mail",
    words=("connect",),
    title="an account of another site opens the one here that has the same address",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 290, 345),
    severity=Severity.HIGH,
    gain="a stranger writes the victim's address into an account at a provider that does not verify it, and"
    " is logged in here as the victim",
    mend="connect only where the provider says that the address is verified, and so does `EmailAddress` here",
)
def account_by_unverified_mail(code: Code) -> Iterator[Hit]:
    """Find `sociallogin.connect(request, user)` of a user looked up by the address alone."""
    if code.function is None or any(map(_VERIFIED.search, code.words)):
        return
    for call in code.calls("connect"):
        user = argument(call, 1, "user")
        is_social = isinstance(call.func, n.Attr) and "social" in tail(call.func.value).lower()
        if user is None or not is_social:
            continue
        values = code.assigned(user.id) if isinstance(user, n.Name) else [user]
        if any(
            _is_by_mail(node) or _hands_back(code, node)
            for value in values
            for node in inside(value)
        ):
            yield Hit(
                (code.spot(call),),
                "the address decides whose account it is, and nothing asks whether it was verified there",
                # one provider that is named may be one that verifies addresses
                Confidence.MEDIUM if "provider" in code.words else Confidence.HIGH,
                code.symbol,
            )


_ASKS = frozenset(
    {
        f"{name}{how}"
        for name in ("email", "email_address", "mail")
        for how in ("", "__exact", "__iexact")
    }
)


def _hands_back(code: Code, node: n.Expr) -> bool:
    """Whether a function of the site looks the account up by the address: `owner_of(address)`."""
    function = code.called_with(node, _ASKS) if isinstance(node, n.Call) else None
    if function is None or any(map(_VERIFIED.search, function.node.words)):
        return False
    there = code.project.code_of(function)
    return any(_is_by_mail(call) for call in there.every(n.Call))


def _is_by_mail(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and any(
        k.name is not None and _BY_MAIL.search(k.name) for k in node.keywords
    )

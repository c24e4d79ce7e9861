"""Trust rules about other sites' accounts: which account here an address from there opens."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions, inside

_BY_MAIL = re.compile(r"(^|__)(email|email_address|mail)(__i?exact)?$")
_VERIFIED = re.compile(r"verif|confirm|trusted|hosted_?domain|^hd$", re.IGNORECASE)


@code_rule(
    "trust.account-by-unverified-mail",
    words=("connect", "email", "email__iexact", "email__exact"),
    title="an account of another site opens the one here that has the same address",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 290, 345),
    severity=Severity.HIGH,
    gain="a stranger writes the victim's address into an account at a provider that does not verify it, and"
    " is logged in here as the victim",
    mend="connect only where the provider says that the address is verified, and so does `EmailAddress` here",
)
def account_by_unverified_mail(code: Code) -> Iterator[Hit]:
    """Find `sociallogin.connect(request, user)`, or a user of a token, looked up by the address alone."""
    if code.function is None or any(map(_VERIFIED.search, code.words)):
        return
    yield from _of_token(code)
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


# What holds what another site says of somebody: `claims["email"]`, `id_info.get("email")`
_CLAIMS = re.compile(
    r"^(id_?)?(claims?|id_?info|user_?info|id_token|token_(data|info|payload)|decoded(_token)?)$"
)
_FETCHES = ("get", "filter", "get_or_create", "update_or_create", "aget", "get_object_or_404")
_SAYS_VERIFIED = re.compile(
    r"email_?verified|verified_?email|is_verified|hosted_?domain|trusted", re.IGNORECASE
)


def _of_token(code: Code) -> Iterator[Hit]:
    """Yield where an account is taken by the address in a token, and nothing of the app asks for its proof."""
    for call in code.calls(*_FETCHES):
        named = [k.value for k in call.keywords if k.name is not None and _BY_MAIL.search(k.name)]
        if not any(_is_claimed(code, value) for value in named) or not _is_of_accounts(code, call):
            continue
        if code.project.once(_apps_that_ask) & {_folder(code.module.path)}:
            return
        yield Hit(
            (code.spot(call),),
            "the address in the token decides whose account it is, and nothing asks whether it was verified",
            Confidence.MEDIUM,
            code.symbol,
        )
        return


def _is_claimed(code: Code, value: n.Expr) -> bool:
    """Whether a value is the address that claims hold."""
    for made in code.made(value):
        for part in inside(made):
            holder = part.value if isinstance(part, n.Attr | n.Index) else None
            if holder is not None and _CLAIMS.match(tail(holder)):
                return True
    return False


def _is_of_accounts(code: Code, call: n.Call) -> bool:
    found = code.type_of(call)
    return found is not None and found.model is not None and found.model.is_user


def _apps_that_ask(project: Project) -> frozenset[str]:
    """Return the folders of modules that speak of verified addresses."""
    return frozenset(
        _folder(module.path)
        for module in project.served()
        if any(_SAYS_VERIFIED.search(said) for said in _said(module.record.body))
    )


def _said(block: tuple[n.Stmt, ...]) -> Iterator[str]:
    for node in expressions(block, into_functions=True):
        name = text(node) or tail(node)
        if name:
            yield name


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


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

"""Trust rules about other sites' accounts: which of an account's claims say who it is."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_ASKED = ("extract_uid", "get_user_id", "get_uid", "extract_user_id", "get_subject")
_RECORDS = ("SocialAccount", "SocialLogin", "UserSocialAuth")
_RARELY_CHANGED = frozenset({"name", "login", "handle"})
_CHANGEABLE = _RARELY_CHANGED | frozenset(
    {"preferred_username", "username", "email", "nickname", "upn", "mail", "unique_name"}
    | {"screen_name", "given_name", "user_name", "display_name"}
)


@code_rule(
    "trust.changeable-claim",
    words=(*_ASKED, *_RECORDS, "data", "response", "details", "claims", "userinfo", "ID_KEY"),
    title="an account of another site is known by a claim that its owner can change",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(287, 290),
    severity=Severity.HIGH,
    gain="whoever takes the name or address that a member gave up there comes in as that member here",
    mend="take the claim that never changes: `sub`, or the provider's `id`",
)
def changeable_claim(code: Code) -> Iterator[Hit]:
    """Find `preferred_username`, `email` and the like as the id of a foreign account."""
    if code.function is not None and code.function.node.name in _ASKED:
        yield from _returned(code)
    elif code.function is None and code.owner is not None:
        yield from _in_class(code)
    for call in code.calls("get", "create", "get_or_create", "update_or_create", *_RECORDS):
        if any(tail(part) in _RECORDS for part in inside(call.func)):
            for keyword in call.keywords:
                if keyword.name == "uid":
                    yield from _hits(code, keyword.value)


def _returned(code: Code) -> Iterator[Hit]:
    for statement in code.statements:
        if isinstance(statement, n.Return) and statement.value is not None:
            yield from _hits(code, statement.value)


def _in_class(code: Code) -> Iterator[Hit]:
    """Find `ID_KEY = "email"`, as python-social-auth has it."""
    for statement in code.statements:
        if isinstance(statement, n.Assign) and tail(statement.targets[0]) == "ID_KEY":
            if text(statement.value) in _CHANGEABLE:
                yield _hit(code, statement.value, text(statement.value) or "")


def _hits(code: Code, value: n.Expr) -> Iterator[Hit]:
    """Yield a hit where a value is read under the name of a changeable claim, and no other."""
    values = code.assigned(value.id) if isinstance(value, n.Name) else [value]
    claims = [claim for one in values for claim in _claims(one)]
    if claims and all(name in _CHANGEABLE for _node, name in claims):
        yield _hit(code, *claims[0])


def _claims(value: n.Expr) -> Iterator[tuple[n.Expr, str]]:
    for node in inside(value):
        key = None
        if isinstance(node, n.Index):
            key = text(node.index)
        elif isinstance(node, n.Call) and tail(node.func) == "get" and node.args:
            key = text(node.args[0])
        elif isinstance(node, n.Attr) and node.name in ("email", "username"):
            key = node.name
        if key:
            yield node, key


def _hit(code: Code, node: n.Expr, claim: str) -> Hit:
    return Hit(
        (code.spot(node),),
        f"`{claim}` says which account it is, and its owner can change it",
        Confidence.LOW if claim in _RARELY_CHANGED else Confidence.MEDIUM,
        code.symbol,
    )

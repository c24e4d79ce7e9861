"""Session rules about the hash that ties a session to the password: without it, a change ends nothing."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions

_HASH = "get_session_auth_hash"
# What an account changes together with its password, or to end its sessions
_CHANGES = re.compile(
    r"passw|token|version|stamp|secret|key|nonce|salt|epoch|changed|counter|serial|generation|uuid|_hash$"
)


@rule(
    "sessions.outlives-password",
    title="sessions go on after the password is changed",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(613,),
    severity=Severity.MEDIUM,
    gain="who is in with a stolen password or cookie stays in, whatever its owner changes",
    mend="take the password into the hash: `return salted_hmac(salt, self.password).hexdigest()`, or"
    " leave the method out: `AbstractBaseUser` has it",
)
def outlives_password(project: Project) -> Iterator[Hit]:
    """Find `get_session_auth_hash` of accounts with a password that is made of other things alone."""
    for symbol in project.site.classes.all:
        method = project.site.names.own_member(symbol, _HASH)
        if not isinstance(method, FunctionSymbol) or project.kind_of(symbol.module) is not None:
            continue
        if _has_password(project, symbol) and not _reads_what_changes(method):
            yield Hit(
                (Spot(method.module.path, method.node.span),),
                f"`{symbol.node.name}.{_HASH}` stays as it is when the password is changed,"
                " and so do all sessions",
                Confidence.MEDIUM,
                method.name,
            )


def _reads_what_changes(method: FunctionSymbol) -> bool:
    """Whether the hash is made of what a change of the password changes, or by Django's own method."""
    return "super" in method.node.words or any(
        isinstance(node, n.Attr) and tail(node.value) == "self" and _CHANGES.search(node.name)
        for node in expressions(body(method.node))
    )


def _has_password(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class is an account of Django's making that keeps a password."""
    classes = project.site.classes
    if not classes.inherits(symbol, ".AbstractBaseUser", ".AbstractUser"):
        return False
    said = classes.value(symbol, "password")
    return said is None or not (isinstance(said.value, n.Const) and said.value.value is None)

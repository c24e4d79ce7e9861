"""Session rules about challenges: what a key signs to prove that it is there now is good once."""

from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements

_VERIFIERS = (
    "register_complete",
    "authenticate_complete",
    "verify_registration_response",
    "verify_authentication_response",
    "complete_registration",
    "complete_authentication",
    "WebAuthnRegistrationResponse",
    "WebAuthnAssertionResponse",
)
_DEPTH = 3


@code_rule(
    "sessions.challenge-kept",
    words=_VERIFIERS,
    packages=("fido2", "webauthn", "u2flib_server"),
    title="a challenge stays in the session after it was answered",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(294,),
    severity=Severity.MEDIUM,
    gain="who has recorded one answer of a security key sends it again: the same challenge is still asked for",
    mend='take it out as it is read: `request.session.pop("challenge")`',
)
def challenge_kept(code: Code) -> Iterator[Hit]:
    """Find answers of security keys that are checked against what the session goes on keeping."""
    if code.function is None or "session" not in code.words:
        return
    for call in code.calls(*_VERIFIERS):
        challenge = argument(call, 0, "state", "challenge", "expected_challenge")
        kept = _kept(code, challenge) if challenge is not None else None
        if kept is not None and not _drops(code, _key_of(kept)):
            yield Hit(
                (code.spot(kept), code.spot(call, "checks the answer")),
                "the challenge is read from the session, and stays there",
                Confidence.MEDIUM,
                code.symbol,
            )
            return


def _kept(code: Code, value: n.Expr, depth: int = 0) -> n.Expr | None:
    """Return where a value is read from the session, itself or by way of names."""
    for part in inside(value):
        if isinstance(part, n.Index) and tail(part.value) == "session":
            return part
        if isinstance(part, n.Call) and tail(part.func) == "get" and isinstance(part.func, n.Attr):
            if tail(part.func.value) == "session":
                return part
        if isinstance(part, n.Name) and depth < _DEPTH:
            for assigned in code.assigned(part.id):
                found = _kept(code, assigned, depth + 1)
                if found is not None:
                    return found
    return None


def _drops(code: Code, key: str | None) -> bool:
    """Whether the code, or a function that it calls, takes a key out of the session or puts it anew."""
    if _takes_out(code.statements, code.expressions, key):
        return True
    called = (code.resolve(call.func) for call in code.every(n.Call))
    helpers = (f for f in called if isinstance(f, FunctionSymbol) and "session" in f.node.words)
    return any(_takes_out(statements(b := body(f.node)), expressions(b), key) for f in helpers)


def _takes_out(block: Iterable[n.Stmt], nodes: Iterable[n.Expr], key: str | None) -> bool:
    for node in nodes:
        if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
            continue
        if tail(node.func.value) == "session" and node.func.name in ("pop", "flush", "clear"):
            if not node.args or _may_be(node.args[0], key):
                return True
    targets: list[n.Expr] = []
    for statement in block:
        if isinstance(statement, n.Assign | n.Delete):
            targets += statement.targets
    of_session = (t for t in targets if isinstance(t, n.Index) and tail(t.value) == "session")
    return any(_may_be(target.index, key) for target in of_session)


def _may_be(node: n.Expr, key: str | None) -> bool:
    """Whether a key of the session may be the one that is asked for: what is not told may be any."""
    said = text(node)
    return said is None or key is None or said == key


def _key_of(kept: n.Expr) -> str | None:
    if isinstance(kept, n.Index):
        return text(kept.index)
    return text(kept.args[0]) if isinstance(kept, n.Call) and kept.args else None

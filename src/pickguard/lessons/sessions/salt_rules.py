"""Session rules about the salt that keeps one signed value from being taken for another."""

from collections.abc import Iterator
from itertools import pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail
from pickguard.kit.values.pieces import Piece, pieces
from pickguard.source.python import nodes as n

# where the salt stands: position, names
_SIGNERS: dict[str, tuple[int, tuple[str, ...]]] = {
    "Signer": (-1, ("salt",)),
    "TimestampSigner": (-1, ("salt",)),
    "get_cookie_signer": (0, ("salt",)),
    "dumps": (2, ("salt",)),
    "loads": (2, ("salt",)),
    "set_signed_cookie": (2, ("salt",)),
    "get_signed_cookie": (2, ("salt",)),
    "salted_hmac": (0, ("key_salt",)),
}
_OF_A_RESPONSE = frozenset({"set_signed_cookie", "get_signed_cookie"})


@code_rule(
    "sessions.salt-runs-together",
    words=tuple(_SIGNERS),
    packages=("django",),
    title="two names run together in the salt of a signature",
    areas=(Area.INTEGRITY,),
    cwe=(345, 347),
    severity=Severity.LOW,
    gain="`cart` with `admin` is the salt of `carta` with `dmin`: what was signed for one is taken for the other",
    mend='put something between them that neither has: `salt=f"{name}:{salt}"`',
)
def salt_runs_together(code: Code) -> Iterator[Hit]:
    """Find `Signer(salt=name + purpose)`, where nothing tells where one ends and the other begins."""
    for name, (position, keywords) in _SIGNERS.items():
        for call in code.calls(name) if name in code.words else ():
            salt = argument(call, position, *keywords)
            if salt is None or not (name in _OF_A_RESPONSE or code.is_from(call.func, "django")):
                continue
            for made in code.made(salt):
                together = _beside_each_other(code, pieces(made, said_by=code.body.said))
                if together is not None:
                    yield Hit(
                        (code.spot(made),),
                        f"`{tail(together[0])}` and `{tail(together[1])}` run together in a salt",
                        Confidence.MEDIUM,
                        code.symbol,
                    )


def _beside_each_other(code: Code, found: list[Piece]) -> tuple[n.Expr, n.Expr] | None:
    """Return two parts that change from call to call and that nothing stands between, or None."""
    for left, right in pairwise(piece for piece in found if piece != ""):
        if isinstance(left, str) or isinstance(right, str):
            continue
        if tail(left) and tail(right) and not (_is_fixed(code, left) or _is_fixed(code, right)):
            return left, right
    return None


def _is_fixed(code: Code, node: n.Expr) -> bool:
    """Whether a part is the same wherever the code runs: a constant, the name of a class."""
    return tail(node) in ("__name__", "__qualname__", "__module__") or code.origin(node).is_constant

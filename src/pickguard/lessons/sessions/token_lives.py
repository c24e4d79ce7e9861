"""Tokens that are signed, so that nobody can take one back: `"ACCESS_TOKEN_LIFETIME": timedelta(days=365)`."""

from collections.abc import Iterator

from pickguard.base.scales import Confidence
from pickguard.kit import Hit, Project, Spot
from pickguard.kit.code import tail
from pickguard.kit.settings.readings import entries_within
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n

_SETTINGS = frozenset({"SIMPLE_JWT", "GRAPHQL_JWT", "JWT_AUTH", "NINJA_JWT"})
_LIVES = frozenset({"ACCESS_TOKEN_LIFETIME", "JWT_EXPIRATION_DELTA", "SLIDING_TOKEN_LIFETIME"})
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
_LONGEST_DAYS = 7
_DAY = 86_400


def long_lived_tokens(project: Project) -> Iterator[Hit]:
    """Yield the access tokens that the production settings let live for more than a week."""
    settings = project.production.values if project.production is not None else {}
    for name, setting in settings.items():
        for key, value in entries_within(setting) if name in _SETTINGS else ():
            days = _seconds(value) / _DAY if key in _LIVES else 0
            if days > _LONGEST_DAYS:
                yield Hit(
                    (Spot(setting.module.path, value.span),),
                    f"tokens live {days:.0f} days by `{key}`, and nobody can take one back",
                    Confidence.HIGH if not setting.in_branch else Confidence.MEDIUM,
                    name,
                    gain="a token that leaked months ago still opens the account, whatever its owner does",
                    mend="let access tokens live for minutes, and have refresh tokens renew them",
                )


def _seconds(node: n.Expr) -> float:
    """Return how long `timedelta(days=7, hours=1)` is; 0 where it cannot be told."""
    if not isinstance(node, n.Call) or tail(node.func) != "timedelta":
        return 0
    given = {keyword.name: keyword.value for keyword in node.keywords if keyword.name}
    given |= dict(zip(("days", "seconds"), node.args, strict=False))
    known = {name: evaluate(value, lambda _name: UNKNOWN) for name, value in given.items()}
    return sum(
        value * _SECONDS[name]
        for name, value in known.items()
        if name in _SECONDS and isinstance(value, int | float)
    )

"""Trust rules about conditions on rows that hold for one alternative alone: `&` binds closer than `|`."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.ownership import is_user
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import operands
from pickguard.source.python.walk import inside


@code_rule(
    "trust.scope-of-one-alternative",
    words=("Q",),
    title="a search finds rows past the condition on who asks",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(783, 639),
    severity=Severity.HIGH,
    gain="whoever searches for a word finds it in the rows of everybody",
    mend="put the alternatives in brackets, `mine & (Q(title=word) | Q(text=word))`, or filter twice",
)
def scope_of_one_alternative(code: Code) -> Iterator[Hit]:
    """Find `Q(owner=user) & Q(title__icontains=word) | Q(text__icontains=word)`."""
    for node in code.every(n.Binary):
        if node.op != "|" or not isinstance(node.left, n.Binary) or node.left.op != "&":
            continue
        first = [_condition(code, operand) for operand in operands(node.left, "&")]
        scopes = [one for one in first if _is_about_asker(one)]
        searched = {name for one in first if one not in scopes for name in _looked_for(one)}
        other = _condition(code, node.right)
        if scopes and not _is_about_asker(other) and searched & set(_looked_for(other)):
            yield Hit(
                (code.spot(node),),
                f"`&` binds closer than `|`: what `{_keyword(other)}` finds is anybody's",
                Confidence.HIGH,
                code.symbol,
            )


def _condition(code: Code, node: n.Expr) -> tuple[n.Keyword, ...]:
    """Return what the `Q(…)` of an operand asks for, also by the name that it was given."""
    made = code.made(node)
    calls = [
        p for one in made for p in inside(one) if isinstance(p, n.Call) and tail(p.func) == "Q"
    ]
    return tuple(keyword for call in calls for keyword in call.keywords)


def _is_about_asker(condition: tuple[n.Keyword, ...]) -> bool:
    return any(is_user(keyword.value) for keyword in condition)


def _looked_for(condition: tuple[n.Keyword, ...]) -> Iterator[str]:
    """Yield the names of the values that a condition asks for, constants left out."""
    for keyword in condition:
        if isinstance(keyword.value, n.Name):
            yield keyword.value.id


def _keyword(condition: tuple[n.Keyword, ...]) -> str:
    return next((keyword.name for keyword in condition if keyword.name), "Q")

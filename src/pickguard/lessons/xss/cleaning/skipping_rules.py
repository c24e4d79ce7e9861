"""XSS rules about cleaners that walk over what they take from: every second node is never looked at."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import expressions

# of Beautiful Soup, whose lists these are; of lxml, over whose elements one walks
_LISTS = frozenset({"contents", "children"})
_TAKES = frozenset(
    {"decompose", "extract", "unwrap", "replace_with", "drop_tag", "drop_tree", "remove"}
)
_DEEPEST = 2


@code_rule(
    "xss.cleaner-skips-nodes",
    words=_LISTS,
    title="a cleaner takes nodes out of the list that it walks over",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(79, 116),
    severity=Severity.HIGH,
    gain="behind each node that is taken out the next one is skipped: its scripts and attributes stay",
    mend="walk over a copy: `for child in list(tag.contents)`",
)
def cleaner_skips_nodes(code: Code) -> Iterator[Hit]:
    """Find `for child in tag.contents: self.clean(child)` where cleaning may take the child out."""
    for statement in code.statements:
        if not isinstance(statement, n.For) or not isinstance(statement.target, n.Name):
            continue
        walked = statement.source
        if not isinstance(walked, n.Attr) or walked.name not in _LISTS:
            continue
        if any(_takes_out(code, call, statement.target.id, 0) for call in _calls(statement.body)):
            yield Hit(
                (code.spot(walked),),
                f"nodes are taken out of `{walked.name}` while it is walked over, so others are skipped",
                Confidence.MEDIUM,
                code.symbol,
            )


def _calls(block: tuple[n.Stmt, ...]) -> Iterator[n.Call]:
    yield from (node for node in expressions(block) if isinstance(node, n.Call))


def _takes_out(code: Code, call: n.Call, name: str, depth: int) -> bool:
    """Whether a call takes a node out of its tree, itself or in a function of the site that it is handed to."""
    if isinstance(call.func, n.Attr) and call.func.name in _TAKES and tail(call.func.value) == name:
        return True
    function = code.called(call) if depth < _DEEPEST else None
    if function is None:
        return False
    params = [param.name for param in function.node.params]
    if params and params[0] in ("self", "cls"):
        params = params[1:]
    there = code.project.code_of(function)
    handed = [
        param
        for param, given in zip(params, call.args, strict=False)
        if isinstance(given, n.Name) and given.id == name
    ]
    return any(
        _takes_out(there, one, param, depth + 1) for param in handed for one in there.every(n.Call)
    )

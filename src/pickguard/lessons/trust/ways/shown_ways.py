"""Rows that a function refuses to some, and shows to whoever asks for another form of the answer.

def paper(request, pk):
    row = get_object_or_404(Paper, pk=pk)
    if request.GET.get("format") == "json":
        return JsonResponse({"text": row.text})
    if not request.user.has_perm("papers.view_paper", row):
        raise PermissionDenied
    return render(request, "paper.html", {"row": row})
"""

from collections.abc import Iterator

from pickguard.flow.bodies.ways_out import WayOut, ways_out
from pickguard.kit import Code
from pickguard.kit.code import tail
from pickguard.lessons.trust.asked_ways import is_asked, writing
from pickguard.lessons.trust.ways.other_ways import WHO, questions_about, rows_named, without
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_READS = frozenset({"GET", "query_params", "headers", "META", "kwargs"})
# A POST does something, and what it asks may be about that alone
_DOES = frozenset({"method", "POST", "data", "FILES", "body"})
_PLAIN = frozenset({"get", "getlist", "lower", "upper", "strip", "startswith", "endswith", "split", "is_ajax",
                    "accepts", "int", "str", "bool"})  # fmt: skip


def shown_unasked(code: Code) -> Iterator[tuple[WayOut, n.Expr]]:
    """Yield the ways on which a row is shown unasked to whoever names a form, with what all others are asked.

    Args:
        code: a function that answers requests, and writes nothing of the row.
    """
    function = code.function
    if function is None or any(map(_does, code.every(n.Attr))):
        return
    rows = dict(rows_named(code))
    questions: dict[str, n.Expr] = {}
    for name, question in questions_about(code, rows) if rows else ():
        questions.setdefault(name, question)
    for name, question in questions.items():
        ways = ways_out(function.node, rows[name], writing(code))
        if any(way.write is not None for way in ways):
            continue
        plain = [way for way in ways if not is_asked(code, without(way, rows[name]), WHO)]
        others = [way for way in ways if way not in plain]
        named = next((way for way in plain if _is_named(code, way, rows[name], others)), None)
        if named is not None:
            yield named, question


def _does(part: n.Attr) -> bool:
    return part.name in _DOES and tail(part.value) == "request"


def _is_named(code: Code, way: WayOut, row: n.Call, others: list[WayOut]) -> bool:
    """Whether the browser alone opens a way, by a word that is missing on a way where others are asked."""
    decides = [one for one in way.asked if one.decides and one.expr != row]
    opening = [one for one in decides if one.truth and _is_sent(code, one.expr)]
    if not opening or not all(_is_sent(code, one.expr) for one in decides):
        return False
    closed = {one.expr.span for one in opening}
    return any(
        one.truth is False and one.expr.span in closed for other in others for one in other.asked
    )


def _is_sent(code: Code, test: n.Expr) -> bool:
    """Whether a condition is about what the address says and nothing else, and no check of that."""
    names = {part.id for part in inside(test) if isinstance(part, n.Name)}
    calls = {tail(part.func) for part in inside(test) if isinstance(part, n.Call)}
    reads = any(isinstance(part, n.Attr) and part.name in _READS for part in inside(test))
    is_told = reads or bool(names & set(code.from_url))
    return is_told and calls <= _PLAIN and names <= {"request", "self", *code.from_url, *_PLAIN}

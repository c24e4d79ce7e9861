"""CSRF rules that look at forms which Python puts together."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import text
from pickguard.source.python import nodes as n
from pickguard.source.python.lower_expressions import MARKUP
from pickguard.source.python.walk import heads, inside

_POSTED = re.compile(
    r"<form\b(?P<attributes>[^>]*\bmethod\s*=\s*[\"']?post\b[^>]*)>", re.IGNORECASE
)
_ACTION = re.compile(r"\baction\s*=\s*(?:[\"']\s*(?=[^\"'\s])|(?=[^\"'\s>]))", re.IGNORECASE)
_OWN_ADDRESS = re.compile(r"/(?!/)|\.|\?|#")


@code_rule(
    "csrf.form-in-code",
    words=("HttpResponse", "mark_safe", "SafeString", "format_html"),
    title="a form that Python puts together sends no token",
    areas=(Area.INTEGRITY,),
    cwe=(352,),
    severity=Severity.MEDIUM,
    gain="either the form fails for everybody, or the view behind it is exempt and any page on the"
    " web can send it in a visitor's name",
    mend="render it with a template that holds `{% csrf_token %}`, or put"
    " `django.middleware.csrf.get_token(request)` into a hidden field",
)
def form_in_code(code: Code) -> Iterator[Hit]:
    """Find texts that open a form with method POST to this site, in code that knows no token."""
    if MARKUP not in code.words or any("csrf" in word.lower() for word in code.words):
        return
    texts = list(_texts(code))
    if any("csrf" in said.lower() for _node, said in texts):
        return
    for node, said in texts:
        found = _POSTED.search(said)
        if found is not None and _stays(found["attributes"]):
            yield Hit(
                (code.spot(node),),
                "this form is sent with POST and without a CSRF token",
                Confidence.MEDIUM,
                code.symbol,
            )


def _texts(code: Code) -> Iterator[tuple[n.Expr, str]]:
    """Yield the texts of a body that are used: what explains it is not."""
    for statement in code.statements:
        if isinstance(statement, n.Do) and isinstance(statement.value, n.Const):
            continue
        for head in heads(statement):
            for node in inside(head):
                said = text(node)
                if said is not None:
                    yield node, said


def _stays(attributes: str) -> bool:
    """Whether a form is sent to where its page came from, or to an address of this site."""
    action = _ACTION.search(attributes)
    return action is None or bool(_OWN_ADDRESS.match(attributes, action.end()))

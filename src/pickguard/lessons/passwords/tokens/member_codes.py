"""Codes of a few digits that members are sent, to prove that a telephone or an address is theirs.

request.session["code"] = f"{randbelow(10**6):06}"          # sent to the telephone that somebody named
if request.POST["code"] == request.session.get("code"):    # as often as they like
"""

import re
from collections.abc import Container, Iterator

from pickguard.base.scales import Confidence, Severity
from pickguard.kit import Code, Hit, Project
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.compared import compared
from pickguard.lessons.passwords.tokens.letting_in import counts_tries, is_limited
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

_KEEPING = frozenset({"session", "cache"})
_CODE = re.compile(r"(?<!captcha_)(code|otp|(^|_)pin|verif|confirm|sms)", re.IGNORECASE)
# What makes a few digits
_SHORT = ("randint", "randbelow", "randrange", "digits")


def asked_of_members(project: Project, told: Container[Code]) -> Iterator[Hit]:
    """Yield where a code of a few digits that the session or the cache keeps is compared with what a member sent."""
    if not project.once(_short_texts):
        return
    for view, function in project.handlers(_is_for_members, _KEEPING):
        code = project.code_of(function)
        if code in told or is_limited(project, view) or counts_tries(code):
            continue
        found = next(_comparisons(code), None)
        if found is not None:
            yield Hit(
                (code.spot(found),),
                "the code is compared as often as the browser likes",
                Confidence.MEDIUM,
                code.symbol,
                Severity.MEDIUM,
                gain="a robot tries all of a million codes within the hour, and proves an address or a telephone"
                " that is not theirs",
            )


def _is_for_members(view: View) -> bool:
    return view.login is True and view.kind != "library"


def _comparisons(code: Code) -> Iterator[n.Expr]:
    for node, one, other in compared(code):
        for stored, sent in ((one, other), (other, one)):
            if _is_short_code(code, stored) and code.origin(sent).is_browser:
                yield node


def _is_short_code(code: Code, stored: n.Expr) -> bool:
    """Whether a value is a code of few digits that is kept, and not thrown away as soon as it is looked at."""
    parts = [part for made in code.made(stored) for part in inside(made)]
    if not is_kept(code, stored) or any(tail(part) == "pop" for part in parts):
        return False
    named = {said for part in parts if (said := text(part)) and _CODE.search(said)}
    return not named.isdisjoint(code.project.once(_short_texts))


def is_kept(code: Code, node: n.Expr) -> bool:
    """Whether a value is what the session or the cache holds: `cache.get(f"sms:{phone}")`."""
    return any(
        isinstance(made, n.Index | n.Call) and any(tail(part) in _KEEPING for part in inside(made))
        for made in code.made(node)
    )


def _short_texts(project: Project) -> frozenset[str]:
    """Return the texts of the functions that put a few digits into the session or the cache: the keys among them."""
    functions = (f for word in _SHORT for f in project.flow.callers.holding(word))
    return frozenset(
        said
        for function in dict.fromkeys(functions)
        if not _KEEPING.isdisjoint(function.node.words)
        for node in expressions(body(function.node))
        if (said := text(node)) is not None and said.strip()
    )

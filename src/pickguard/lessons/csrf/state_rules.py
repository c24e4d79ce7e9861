"""CSRF rules about logins at another site: the answer that comes back must be the one that was asked for."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.values.query_keys import QUERIES, query_keys
from pickguard.lessons.csrf.ignored_states import ignored_states, switched_off
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside

# What ties an answer to the request before it: by itself, or by the proof key that goes with the code
_TIES = re.compile(r"state|nonce|csrf|code_verifier|pkce|signed|signer|unsign", re.IGNORECASE)
_EXCHANGES = re.compile(
    r"(?<!csrf_)token|exchange|oauth|authori[sz]ation_code|sso|grant", re.IGNORECASE
)
# What the answer changes: who is logged in, or what is kept for whoever is
_KEEPS = frozenset({"login", "alogin", "auth_login", "django_login", "save", "create", "update_or_create",
                    "get_or_create", "update", "session"})  # fmt: skip
_DEPTH = 3  # calls


@rule(
    "csrf.callback-without-state",
    title="a login at another site comes back unasked",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(352,),
    severity=Severity.MEDIUM,
    gain="a link with the code of the attacker's own login there logs the victim in as the attacker, or ties the"
    " attacker's account there to the victim's here",
    mend="put a random `state` into the session as you send the browser there, and compare it as it comes back",
)
def callback_without_state(project: Project) -> Iterator[Hit]:
    """Find pages that exchange the `code` of an address for a token, and hold no `state` against the one sent."""
    yield from ignored_states(project)
    yield from switched_off(project)
    for view, function in project.handlers(_is_page, QUERIES):
        code = _code_of_address(project.code_of(function))
        if code is None:
            continue
        beside = (
            project.site.classes.own_functions(view.symbol)
            if isinstance(view.symbol, ClassSymbol)
            else ()
        )
        called = project.code_of(function).reached(_DEPTH)
        reached = {*beside, *(there.function for there in called if there.function is not None)}
        if any(map(_is_tied, reached)) or not any(_KEEPS & set(f.node.words) for f in reached):
            continue
        if any(map(_exchanges, reached)) and _goes_on(function, code):
            yield Hit(
                (Spot(function.module.path, code.span),),
                "the code comes with the address, and nothing tells whether this browser asked for it",
                Confidence.MEDIUM,
                function.name,
            )


def _is_page(view: View) -> bool:
    return view.kind in ("function", "class", "api")


def _code_of_address(code: Code) -> n.Expr | None:
    """Return the first `request.GET["code"]`, or `request.GET.get("code")`."""
    read = [key.node for key in query_keys(code) if key.name == "code"]
    return min(read, key=lambda node: node.span, default=None)


def _goes_on(function: FunctionSymbol, code: n.Expr) -> bool:
    """Whether the code, or a name that it is given, goes on to another call than one that reads it."""
    names = {"code", "auth_code", "authorization_code", "client_code", "code_grant"}
    for node in expressions(body(function.node)):
        if isinstance(node, n.Call) and node != code:
            given = given_to(node)
            for part in (p for value in given for p in inside(value)):
                if part == code or (isinstance(part, n.Name) and part.id in names):
                    return True
    return False


def _is_tied(function: FunctionSymbol) -> bool:
    """Whether a function names a state, or what else ties the answer to the browser."""
    return any(_TIES.search(word) for word in (*function.node.words, *_texts(function)))


def _exchanges(function: FunctionSymbol) -> bool:
    """Whether a function names tokens, or the exchange of a code for one."""
    return any(_EXCHANGES.search(word) for word in (*function.node.words, *_texts(function)))


def _texts(function: FunctionSymbol) -> Iterator[str]:
    for node in expressions(body(function.node)):
        if isinstance(node, n.Const) and isinstance(node.value, str) and len(node.value) < 40:
            yield node.value

"""Deployment rules about what a cache keeps for all: values and parts of pages made for one user."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, Spot, code_rule, rule
from pickguard.kit.code import argument, tail
from pickguard.site.symbols.names import ValueSymbol
from pickguard.site.templates.walk import expressions, variables
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import parts, statements
from pickguard.source.templates import record as r
from pickguard.source.templates.named_values import bound_names

# Called where nobody is logged in
_FOR_NOBODY = re.compile(r"anonym|anon_|_anon|guest|public|visitor")
_CACHES = re.compile(r"^(\w+_)?caches?$")


@code_rule(
    "deployment.private-value-cached",
    words=("get_or_set", "aget_or_set", "set", "aset"),
    title="what was found for one user is kept for all",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(524, 488),
    severity=Severity.HIGH,
    gain="whoever asks next gets the numbers, rows or rights that were looked up for somebody else",
    mend='put the user into the key: `f"kpi:{request.user.pk}"`',
)
def private_value_cached(code: Code) -> Iterator[Hit]:
    """Find `cache.set("kpi", …)` of what depends on `request.user`, under a key that is always the same."""
    if code.function is None or "user" not in code.words:
        return
    if _FOR_NOBODY.search(code.function.node.name):
        return
    for call in code.calls("get_or_set", "aget_or_set", "set", "aset"):
        if not isinstance(call.func, n.Attr) or not is_cache(call.func.value):
            continue
        key, value = argument(call, 0, "key"), argument(call, 1, "value", "default")
        if key is None or value is None or not _is_fixed(code, key):
            continue
        personal = _of_the_user(code, value)
        if personal is not None:
            yield Hit(
                (code.spot(call), code.spot(personal, "made for one user")),
                "the key is the same for everybody, and the value is one user's",
                Confidence.MEDIUM
                if code.is_conditional(call.span) and _ASKS & code.words
                else Confidence.HIGH,
                code.symbol,
            )


# What is found for those who are not logged in may be the same for all of them
_ASKS = frozenset({"is_authenticated", "is_anonymous"})


def is_cache(node: n.Expr) -> bool:
    """Whether something is by its name a cache: `cache`, `caches["pages"]`."""
    if isinstance(node, n.Index):
        node = node.value
    return bool(_CACHES.match(tail(node).lower()))


def _is_fixed(code: Code, key: n.Expr, depth: int = 0) -> bool:
    """Whether a key is plainly the same for every request."""
    if isinstance(key, n.Const):
        return isinstance(key.value, str)
    if isinstance(key, n.Joined):
        return all(_is_fixed(code, part, depth) for part in key.parts)
    if isinstance(key, n.Formatted):
        return _is_fixed(code, key.value, depth)
    if isinstance(key, n.Binary) and key.op == "+":
        return _is_fixed(code, key.left, depth) and _is_fixed(code, key.right, depth)
    if _is_of_address(code, key):
        return True
    if isinstance(key, n.Call):
        return _is_made_fixed(code, key)
    if isinstance(key, n.Name) and depth < 3:
        values = code.assigned(key.id)
        if values:
            return all(_is_fixed(code, value, depth + 1) for value in values)
        if key.id in code.body.params:
            return depth > 0 and bool(_OF_NOBODY.match(key.id))
        found = code.resolve(key)
        return isinstance(found, ValueSymbol) and isinstance(found.value, n.Const)
    return False


def _is_of_address(code: Code, key: n.Expr) -> bool:
    """Whether a part of a key is what stands in the address: `request.path`, `request.GET.get("page")`."""
    part: n.Expr | None = key
    if isinstance(key, n.Call):
        part = key.func if tail(key.func) in _ADDRESSES else receiver_of(key)
    elif isinstance(key, n.Index):
        part = key.value
    if not isinstance(part, n.Attr) or not code.body.is_request(part.value):
        return False
    return part.name in _ADDRESSES | {"path", "path_info", "GET", "query_params"}


_ADDRESSES = frozenset({"get_full_path", "build_absolute_uri"})


def _is_made_fixed(code: Code, call: n.Call) -> bool:
    """Whether a function of the site makes a key that is the same for every user: `self.key(week)`."""
    function = code.called(call)
    if function is None or function == code.function:
        return False
    there = code.project.code_of(function)
    return bool(there.returned) and all(_is_fixed(there, value, 1) for value in there.returned)


# What tells one value from another, and never one user from another
_OF_NOBODY = re.compile(
    r"^((start|end|from|to|min|max)_?)?(year|month|week|day|date|hour|quarter|period|since|until|lang|language|locale"
    r"|currency|page|page_size|limit|offset|days|weeks|months|years|granularity|interval|unit)$"
)


def _of_the_user(code: Code, value: n.Expr) -> n.Expr | None:
    """Return the `request.user` by which a value was looked up or computed, or None.

    What only tells who did something, such as `{"by": request.user.username}`, may be the same for all.
    """
    seen: set[str] = set()
    stack = [(value, False)]
    while stack:
        node, is_asked = stack.pop()
        if isinstance(node, n.Attr) and node.name == "user" and code.body.is_request(node.value):
            if is_asked:
                return node
        elif isinstance(node, n.Attr) and is_asked and _is_kept_user(code, node):
            return node
        elif isinstance(node, n.Name) and node.id not in seen and len(seen) < _NAMES_LIMIT:
            if is_asked and _is_given_user(code, node.id):
                return node
            seen.add(node.id)
            stack += [(assigned, is_asked) for assigned in code.assigned(node.id)]
            stack += [(value, True) for value in _computed_by(code, node.id)]
        asks = isinstance(node, n.Call) and tail(node.func) not in _SAYS_WHO
        stack += [(part, is_asked or asks) for part in parts(node)]
    return None


def _is_kept_user(code: Code, node: n.Attr) -> bool:
    """Whether it is `self.user`, which the class was given as `request.user`."""
    if tail(node.value) != "self" or not _NAMES_USER.search(node.name):
        return False
    return any(
        isinstance(made, n.Attr)
        and made.name == "user"
        and tail(made.value) in ("request", "_request")
        for made in code.made(node)
    )


def _computed_by(code: Code, name: str) -> list[n.Expr]:
    """Return what a function that is written inside this one returns: `cache.get_or_set(key, compute)`."""
    return [
        statement.value
        for inner in code.statements
        if isinstance(inner, n.Function) and inner.name == name
        for statement in statements(body(inner))
        if isinstance(statement, n.Return) and statement.value is not None
    ]


def _is_given_user(code: Code, name: str) -> bool:
    """Whether a caller gives `request.user` to a parameter, or it is called `user`."""
    if code.function is None or name not in code.body.params or not _NAMES_USER.search(name):
        return False
    return name == "user" or any(
        isinstance(value, n.Attr) and value.name == "user" and caller.is_request(value.value)
        for caller, _call, value in code.handed(name)
    )


_NAMES_USER = re.compile(r"(^|_)(user|member|account|owner|viewer)$")
# What makes a text or a name of what goes in
_SAYS_WHO = frozenset({"str", "repr", "format", "get_username", "get_full_name", "get_short_name", "dumps", "dict",
                       "int", "now"})  # fmt: skip
_NAMES_LIMIT = 8
_PERSONAL = frozenset({"user", "session", "perms", "messages"})
_SAME = frozenset({"LANGUAGE_CODE", "LANGUAGES", "SITE_ID", "site", "debug"})


@rule(
    "deployment.private-part-cached",
    title="a part of one user's page is kept for all",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(524, 488),
    severity=Severity.HIGH,
    gain="whoever comes next sees the name, address or rows that stood on somebody else's page",
    mend="vary it: `{% cache 600 header request.user.pk %}`",
)
def private_part_cached(project: Project) -> Iterator[Hit]:
    """Find `{% cache 600 name %}` around `{{ request.user.email }}` or a token, with nothing that tells users apart."""
    for path, record in project.templates.items():
        loads = (node.libraries for node in record.every if isinstance(node, r.Load))
        if not any("cache" in libraries for libraries in loads):
            continue
        for node in record.every:
            if isinstance(node, r.BlockTag) and node.name == "cache" and _is_for_all(node):
                inner = [each for body in node.bodies for each in r.every_node(body)]
                yield from _token(path, node, inner)
                personal = _shown(inner)
                if personal is not None:
                    yield Hit(
                        (
                            Spot(path, personal.span),
                            Spot(path, node.span, "kept for everybody"),
                        ),
                        f"`{{% cache %}}` keeps `{'.'.join(personal.path)}` of whoever came first",
                        Confidence.HIGH if personal.path[0] == "request" else Confidence.MEDIUM,
                    )


def _token(path: str, node: r.BlockTag, inner: list[r.Node]) -> Iterator[Hit]:
    """Yield the token of a form that stands in a part of a page which is kept for all."""
    token = next((each for each in inner if isinstance(each, r.CsrfToken)), None)
    if token is not None:
        yield Hit(
            (Spot(path, token.span), Spot(path, node.span, "kept for everybody")),
            "`{% cache %}` keeps the token of whoever came first",
            Confidence.HIGH,
            gain="whoever looks at it learns the token that protects somebody else's forms; all others' forms fail",
            mend="leave the form out of the part that is kept, or vary it by the session",
        )


def _is_for_all(node: r.BlockTag) -> bool:
    """Whether nothing that the part varies by can tell users apart; what is not known can."""
    varying = [v for given in node.arguments[2:] for v in variables(given.value)]
    opaque = any(isinstance(given.value, r.Opaque) for given in node.arguments)
    return not opaque and all(variable.path[0] in _SAME for variable in varying)


def _shown(inner: list[r.Node]) -> r.Variable | None:
    """Return what is printed of the user within a part of a page, or None."""
    bound = {name for each in inner for name in bound_names(each)}
    for each in inner:
        for expression in expressions(each) if isinstance(each, r.Output) else ():
            for variable in variables(expression):
                first, *rest = variable.path
                if first == "request" and rest and rest[0] in _PERSONAL and len(rest) > 1:
                    return variable
                if first == "user" and first not in bound and rest:
                    return variable
    return None

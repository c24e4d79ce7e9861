"""Deployment rules about what runs the site: its environment and settings, which no visitor may read."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.kit.settings.secret_settings import is_own_secret
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to
from pickguard.source.python.walk import parts

_ANSWERS = ("HttpResponse", "JsonResponse", "Response")
_SECRETS = frozenset({"SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASES", "EMAIL_HOST_PASSWORD", "SIMPLE_JWT",
                      "AWS_SECRET_ACCESS_KEY", "STRIPE_SECRET_KEY"})  # fmt: skip
# the entries of a setting that are secrets: `settings.PROVIDERS["okta"]["secret"]`
_ENTRIES = frozenset(
    {"secret", "client_secret", "SECRET", "PASSWORD", "api_key", "private_key", "secret_key"}
)
_UNFOLDS = frozenset(
    {"dict", "str", "repr", "dumps", "list", "items", "copy", "pformat", "sorted", "join", "format"}
)


@code_rule(
    "deployment.secrets-in-answer",
    words=("environ", "dir", "settings", *_SECRETS, *_ENTRIES),
    title="the site's secrets are sent to the browser",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 497, 526),
    severity=Severity.HIGH,
    gain="whoever opens the page reads the secret key and the passwords of database and mail",
    mend="show the one entry that is asked for, and no secret",
)
def secrets_in_answer(code: Code) -> Iterator[Hit]:
    """Find all of `os.environ`, of the settings, or `settings.SECRET_KEY`, in an answer."""
    yield from _all_settings(code)
    for call in code.calls(*_ANSWERS):
        for given in given_to(call):
            found = next((node for node in _whole(code, given, 0) if _is_secret(code, node)), None)
            if found is not None:
                yield Hit(
                    (code.spot(found),),
                    f"`{_named(found)}` goes into `{tail(call.func)}(…)`",
                    Confidence.HIGH,
                    code.symbol,
                )
                break


def _named(node: n.Expr) -> str:
    """Return what a setting, or an entry of one, is called."""
    return _entry(node) or tail(node)


def _entry(node: n.Expr) -> str:
    """Return the last key of `settings.PROVIDERS.get("okta")["secret"]`, or an empty text."""
    if isinstance(node, n.Index):
        key, holder = text(node.index), node.value
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "get":
        key, holder = text(argument(node, 0)), node.func.value
    else:
        return ""
    return key if key and (_is_setting(holder) or _entry(holder)) else ""


def _is_setting(node: n.Expr) -> bool:
    return isinstance(node, n.Attr) and tail(node.value) == "settings"


_HIDES = re.compile(
    r"safe|secret|passw|hid|mask|clean|sensitive|redact|superuser|is_staff|debug", re.IGNORECASE
)


def _all_settings(code: Code) -> Iterator[Hit]:
    """Yield where all settings are read, by code that answers a request or hands them to one that does."""
    listed = [
        call for call in code.calls("dir", "vars") if call.args and tail(call.args[0]) == "settings"
    ]
    read = [
        call for call in code.calls("getattr") if call.args and tail(call.args[0]) == "settings"
    ]
    if not listed or not read or any(map(_HIDES.search, code.words)):
        return
    if any(
        _NAMESPACE.fullmatch(text(argument(call, 0)) or "") for call in code.calls("startswith")
    ):
        return
    bodies = [code.body, *_callers(code)]
    if any(not body.words.isdisjoint(_ANSWERS) for body in bodies):
        yield Hit(
            (code.spot(read[0]), code.spot(listed[0], "all of them")),
            "all settings go into the answer, the secret key with them",
            Confidence.HIGH,
            code.symbol,
        )


# `EXPORTED_`: the settings that are named for it
_NAMESPACE = re.compile(r"[A-Z][A-Z0-9]+(_[A-Z0-9]+)*_")


def _callers(code: Code) -> Iterator[Body]:
    if code.function is not None:
        yield from (body for body, _call, _is_bound in code.project.flow.callers.of(code.function))


def _is_secret(code: Code, node: n.Expr) -> bool:
    if not isinstance(node, n.Attr):
        return _entry(node) in _ENTRIES
    if node.name == "environ":
        return code.name(node) == "os.environ"
    return is_own_secret(node) or (node.name in _SECRETS and tail(node.value) == "settings")


def _whole(code: Code, node: n.Expr, depth: int) -> Iterator[n.Expr]:
    """Yield the attributes that go out as a whole, and the entries of settings that go out for themselves."""
    if isinstance(node, n.Name) and depth < 3:
        for value in code.assigned(node.id):
            yield from _whole(code, value, depth + 1)
    elif isinstance(node, n.Attr) or _entry(node):
        yield node
    elif isinstance(node, n.Call):
        if tail(node.func) in _UNFOLDS:
            receiver = [node.func.value] if isinstance(node.func, n.Attr) else []
            for part in (*node.args, *receiver):
                yield from _whole(code, part, depth)
    elif isinstance(node, n.Comprehension):
        if not any(loop.tests for loop in node.loops):
            for loop in node.loops:
                yield from _whole(code, loop.source, depth)
    elif not isinstance(node, n.Index | n.Compare | n.Unary | n.Lambda):
        for part in parts(node):
            yield from _whole(code, part, depth)

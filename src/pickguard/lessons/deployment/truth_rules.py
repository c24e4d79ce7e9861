"""Deployment rules about switches: a text such as `False` is true."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to

# Switched on by mistake, these open something
_OPENS = re.compile(
    r"^DEBUG$|DEBUG|TRUST|FORWARDED|ALLOW_ALL|ALLOW_CREDENTIALS|INSECURE|DISABLE|SKIP|BYPASS"
    r"|NO_AUTH|EXEMPT|IS_DEV|DEVEL|TEST_?MODE|DEMO|SIGN_?UP|REGISTRATION|PERMISSIVE|UNSAFE|ANONYMOUS"
)
_SWITCH = re.compile(
    r"(^|_)(IS|USE|ENABLE|ENABLED|HAS|ALLOW|ALLOWED|REQUIRE|REQUIRED|FORCE|DISABLE|DISABLED|SECURE"
    r"|HTTPONLY|VERIFY|SKIP|ON|OFF|ONLY|TRUST|STRICT)(_|$)|REDIRECT$|SUBDOMAINS$|PRELOAD$|NOSNIFF$"
)
_FALSE = frozenset({"false", "0", "no", "off", "n", "f"})


@code_rule(
    "deployment.text-as-switch",
    words=("environ", "getenv", "fallback", "config"),
    title="a switch is a text, and the text `False` is true",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(704, 1188),
    severity=Severity.MEDIUM,
    gain="who writes `False` or `0` to switch it off leaves it on: debug pages, trust in forged headers",
    mend='compare it: `os.environ.get("DEBUG") == "true"`; `getboolean` of configparser reads it too',
)
def text_as_switch(code: Code) -> Iterator[Hit]:
    """Find settings and conditions that take a text from the environment for a yes or no."""
    for statement in code.statements:
        if isinstance(statement, n.Assign | n.Annotate) and statement.value is not None:
            yield from _in_setting(code, _target(statement), statement.value)
        elif isinstance(statement, n.If):
            yield from _in_test(code, statement)


def _target(statement: n.Assign | n.Annotate) -> str:
    target = statement.targets[0] if isinstance(statement, n.Assign) else statement.target
    if isinstance(target, n.Index):
        return text(target.index) or ""
    return tail(target)


def _in_setting(code: Code, name: str, value: n.Expr) -> Iterator[Hit]:
    if not name.isupper() or not (_OPENS.search(name) or _SWITCH.search(name)):
        return
    read = _read(code, value)
    if read is None:
        return
    default = _default(read)
    is_switch = isinstance(default, bool) or str(default).lower() in _FALSE | {"true"}
    if not is_switch and name != "DEBUG":
        return
    opens = bool(_OPENS.search(name))
    yield Hit(
        (code.spot(value),),
        f"`{name}` is a text wherever it is set: `False` switches it on",
        Confidence.HIGH if opens else Confidence.LOW,
        name,
        None if opens else Severity.LOW,
    )


def _in_test(code: Code, statement: n.If) -> Iterator[Hit]:
    tests = statement.test.values if isinstance(statement.test, n.Logic) else (statement.test,)
    for test in tests:
        read = _read(code, test)
        if read is None:
            continue
        default = _default(read)
        is_switch = isinstance(default, bool) or str(default).lower() in _FALSE
        sets = {
            _target(inner)
            for inner in statement.body
            if isinstance(inner, n.Assign | n.Annotate) and _target(inner).isupper()
        }
        if is_switch and (sets or _OPENS.search(_key(read).upper())):
            yield Hit(
                (code.spot(test),),
                f"the text of `{_key(read)}` is a condition: `False` fulfils it",
                Confidence.HIGH if any(_OPENS.search(name) or "SECURE" in name for name in sets)
                else Confidence.MEDIUM,
                code.symbol,
            )  # fmt: skip


def _read(code: Code, value: n.Expr) -> n.Call | None:
    """Return the call that reads a text from outside, also inside of `bool(…)`."""
    if not isinstance(value, n.Call):
        return None
    called = tail(value.func)
    if called == "bool" and len(value.args) == 1:
        return _read(code, value.args[0])
    if called == "getenv":
        return value
    if called == "get" and _is_environment(value.func):
        return value if _leaves_text(code, value) else None
    if called == "get" and any(keyword.name == "fallback" for keyword in value.keywords):
        return value
    if called == "config" and code.is_from(value.func, "decouple"):
        return value if argument(value, 2, "cast") is None else None
    return None


def _leaves_text(code: Code, read: n.Call) -> bool:
    """Whether a reader of the environment answers with a text; of the site's own, what `bool` is handed to."""
    if code.called(read) is not None:
        return any(isinstance(item, n.Name) and item.id == "bool" for item in given_to(read))
    return len(read.args) <= 2 and argument(read, -1, "cast", "type") is None


def _is_environment(func: n.Expr) -> bool:
    return isinstance(func, n.Attr) and tail(func.value) in ("environ", "env")


def _default(read: n.Call) -> object:
    position = -1 if tail(read.func) == "get" and len(read.args) > 2 else 1
    found = argument(read, -1, "fallback", "default") or argument(read, position)
    if found is None and any(keyword.name == "fallback" for keyword in read.keywords):
        return None
    return found.value if isinstance(found, n.Const) else None


def _key(read: n.Call) -> str:
    """Return the name under which a text is read: the last of section and option."""
    said = [found for argument in read.args[:2] if (found := text(argument))]
    has_default = not read.keywords and len(read.args) == 2
    return said[0] if has_default and said else (said[-1] if said else "it")

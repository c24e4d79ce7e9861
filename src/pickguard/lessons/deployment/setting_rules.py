"""Deployment rules about settings whose names somebody else says: `SECRET_KEY` is one as well."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.kit.templates.filter_arguments import is_told_to_filter
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside


@code_rule(
    "deployment.setting-by-name",
    words=("getattr",),
    title="somebody else says which setting is read",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(497, 200),
    severity=Severity.HIGH,
    gain="`SECRET_KEY` and `DATABASES` are settings too: whoever says the name reads the key that signs the sessions",
    mend="look the name up among those that may be read: `if name not in PUBLIC_SETTINGS: …`",
)
def setting_by_name(code: Code) -> Iterator[Hit]:
    """Find `getattr(settings, name)` where a browser says the name, or a template tells it to a filter."""
    for call in code.calls("getattr"):
        if len(call.args) < _NAMED or not _is_settings(code, call.args[0]):
            continue
        name = call.args[1]
        if text(name) is not None or _is_bounded(code, name):
            continue
        origin = code.origin(name)
        if origin.is_browser and not _is_put_together_by_callers(code, name):
            yield Hit(
                (code.spot(call),),
                "the browser says which setting is read",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "names a setting"),
            )
        elif is_told_to_filter(code, name):
            yield Hit(
                (code.spot(call),),
                "what a template tells a filter says which setting is read",
                Confidence.MEDIUM,
                code.symbol,
                gain="a format that somebody chooses for themselves may be `SECRET_KEY`, and is shown to them",
            )


_NAMED = 2


def _is_settings(code: Code, node: n.Expr) -> bool:
    return tail(node) == "settings" and code.is_from(node, "django.conf")


def _is_put_together_by_callers(code: Code, name: n.Expr) -> bool:
    """Whether each caller that gives what was sent puts it into a name of the site's: `f"{backend}_KEY"`."""
    given = list(_sent_by_callers(code, name))
    return bool(given) and all(map(_is_formatted, given))


def _sent_by_callers(code: Code, name: n.Expr) -> Iterator[n.Expr]:
    """Yield what callers give to the parameter that a name is, where the browser has a say in it."""
    handed = code.handed_by(name.id) if isinstance(name, n.Name) else ()
    for there, _call, value in handed:
        if there.origin(value).is_browser:
            yield from there.made(value)


def _is_formatted(value: n.Expr) -> bool:
    is_call = isinstance(value, n.Call) and tail(value.func) == "format"
    return is_call or isinstance(value, n.Joined | n.Binary)


def _is_bounded(code: Code, name: n.Expr) -> bool:
    """Whether a name begins in a way that the site says, or is looked for among others."""
    if _is_formatted(name):
        return True
    return any(
        {"in", "not in"} & set(node.ops) and any(tail(p) == tail(name) for p in inside(node.left))
        for node in code.every(n.Compare)
    ) or any(tail(call.func) == "startswith" for call in code.calls("startswith"))

"""Links of rich text: what an editor writes is kept as data, and made into elements when it is saved."""

from collections.abc import Iterator

from pickguard.kit.code import Code, argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import root

_FOLLOWED = frozenset({"href", "src", "action", "formaction"})
_LOOKS = frozenset({"startswith", "scheme", "match", "fullmatch", "URLValidator", "check_url"})


def entity_links(code: Code) -> Iterator[n.Expr]:
    """Yield the addresses of `DOM.create_element("a", {"href": props["url"]})` that nothing looks at."""
    if code.words & _LOOKS:
        return
    for call in code.calls("create_element"):
        attributes = argument(call, 1, "props")
        if attributes is None or not code.is_from(call.func, "draftjs_exporter"):
            continue
        for name, value in _attributes(code, attributes):
            if name in _FOLLOWED and _is_of_entity(value):
                yield value


def _attributes(code: Code, attributes: n.Expr) -> Iterator[tuple[str | None, n.Expr]]:
    """Yield what an element is told: in place, or item by item before."""
    for made in code.made(attributes) or [attributes]:
        if isinstance(made, n.Mapping):
            yield from ((text(k), v) for k, v in zip(made.keys, made.values, strict=True) if k)
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        for target in statement.targets:
            if isinstance(target, n.Index) and root(target.value) == (root(attributes) or None):
                yield text(target.index), statement.value


def _is_of_entity(value: n.Expr) -> bool:
    """Whether a value is what the entity says, as it stands: `props["url"]`, `props.get("url")`."""
    if isinstance(value, n.Call):
        return tail(value.func) == "get" and root(value.func) == "props"
    return isinstance(value, n.Index) and root(value.value) == "props"

"""What middleware and decorators put on a request: `request.sent = json.loads(request.body)`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pickguard.flow.values.origin import Origin, joined
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_FUNCTION_LIMIT = 25
# Django's own, and what stands for rows and rights
_KNOWN = frozenset(
    {"user", "session", "method", "resolver_match", "urlconf", "site", "csrf_processing_done"}
    | {"LANGUAGE_CODE", "auth", "content_type", "encoding", "scheme", "tenant", "version"}
)


class OnRequest:
    """Tells what the site's functions put on the request under a name."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._known: dict[str, list[tuple[Body, n.Expr]]] = {}
        self._common: set[str] = set()

    def of(self, name: str, clears: frozenset[str]) -> Origin | None:
        """Return the origin of what is put there, where the browser writes all or nothing of it."""
        found = [
            self._flow.resolved(body, body.local_origin(value, clears), clears)
            for body, value in self._assigned(name)
        ]
        sent = [origin for origin in found if origin.is_browser]
        if found and name not in self._common and all(origin.is_constant for origin in found):
            return joined(found)
        return joined(sent) if sent else None

    def _assigned(self, name: str) -> list[tuple[Body, n.Expr]]:
        found = self._known.get(name)
        if found is None:
            self._known[name] = []
            found = self._known[name] = [] if name in _KNOWN else list(self._find(name))
        return found

    def _find(self, name: str) -> Iterator[tuple[Body, n.Expr]]:
        holding = self._flow.callers.holding(name, "request")
        if len(holding) > _FUNCTION_LIMIT:  # most of them read it, and some may add to it
            self._common.add(name)
            holding = [one for one in holding if _is_of_middleware(one)]
        for function in holding[:_FUNCTION_LIMIT]:
            for body in (self._flow.body(function), *self._flow.nested(function)):
                for statement in body.statements:
                    if isinstance(statement, n.Assign) and any(
                        isinstance(target, n.Attr)
                        and target.name == name
                        and body.is_request(target.value)
                        for target in statement.targets
                    ):
                        yield body, statement.value


def _is_of_middleware(function: FunctionSymbol) -> bool:
    owner = function.owner.node.name if function.owner is not None else ""
    return "middleware" in f"{function.module.path} {owner}".lower()

"""What a body reads from the request: its parts, its headers, what an address captures, parameters."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pickguard.flow.values.beginning import BEGINNING, SCHEME
from pickguard.flow.values.origin import REQUEST, TYPED, UNKNOWN, Kind, Origin, Step, parameter
from pickguard.flow.values.vocabulary import OF_MARKUP, TYPED_ANNOTATIONS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, func_of, is_none, tail, text
from pickguard.source.python.held_values import written_at

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

_BROWSER = frozenset({Kind.BROWSER})
REFERER = "<referer>"
"""Among what clears: leave headers out, the address of the page that the visitor comes from among them.

No link says what they hold.
"""
BESIDE_LINKS = "<beside links>"
"""Among what clears: leave out the headers that neither a link nor the page that it stands on decides."""
OWN_PATH = "<own path>"
"""Among what clears: leave the path that was asked for out."""
ANY_PATH = "<any path>"
"""Among what clears, and yet it clears less: no route has matched the path, which may begin with two slashes."""
SEGMENT = "<segment>"
"""Among what clears: leave out what stands between two slashes of the address; it has none itself."""
POSTED = "<posted>"
"""Among what clears: leave the fields of a form that was sent out; no link brings those along."""


def browser(body: Body, node: n.Expr) -> Origin:
    """Return the origin of what an expression reads from the request."""
    step = Step(body.module.path, written_at(node), "from the browser")
    return Origin(_BROWSER, node, (step,))


def part_origin(body: Body, node: n.Attr, clears: frozenset[str]) -> Origin:
    """Return the origin of a part of the request: `request.GET`, `request.path`."""
    if OWN_PATH in clears and node.name in _PATHS:
        return TYPED
    if POSTED in clears and node.name == "POST":
        return TYPED
    return browser(body, node)


def is_own_address(node: n.Call, clears: frozenset[str]) -> bool:
    """Whether a call returns an address that begins with the site's own host or with a slash.

    For markup any will do: Django quotes `<` and `"` in them, and lets no host through that holds either.
    """
    if OF_MARKUP in clears and tail(node.func) in _OWN_HOSTS | _OWN_PATHS:
        return True
    if BEGINNING not in clears and SCHEME not in clears:
        return False
    if ANY_PATH in clears and tail(node.func) == "replace":
        path = node.func.value if isinstance(node.func, n.Attr) else None
        return tail(func_of(path)) in _OWN_PATHS  # what every path begins with has made room
    own = _OWN_HOSTS if ANY_PATH in clears else _OWN_HOSTS | _OWN_PATHS
    return tail(node.func) in own


_OWN_HOSTS = frozenset({"build_absolute_uri", "get_host"})
_OWN_PATHS = frozenset({"get_full_path", "get_full_path_info"})
_PATHS = frozenset({"path", "path_info"})
# what the browser writes of a connection; ASGI's specification, and Channels
_OF_SCOPE = frozenset({"query_string", "headers", "cookies", "url_route", "path", "raw_path"})
# headers that a link, or the page that it stands on, decides
_OF_LINKS = re.compile(r"refere|host|cookie|origin|forwarded|content.type|ur[il]$", re.IGNORECASE)
# what a server puts among the headers that the browser may write; PEP 3333
_WRITTEN = frozenset({"QUERY_STRING", "PATH_INFO", "REQUEST_URI", "CONTENT_TYPE", "RAW_URI"})


def header_origin(
    body: Body, node: n.Expr, holder: n.Expr, key: n.Expr, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of `request.META["…"]` or `request.headers["…"]`; None elsewhere."""
    name = text(key)
    if name is None or not isinstance(holder, n.Attr) or holder.name not in ("META", "headers"):
        return None
    if not body.reads_request(holder):
        return None
    if holder.name == "META" and not name.startswith("HTTP_") and name not in _WRITTEN:
        return TYPED
    if OWN_PATH in clears and name == "PATH_INFO":
        return TYPED
    if REFERER in clears and name not in _WRITTEN:
        return TYPED
    if BESIDE_LINKS in clears and not (name in _WRITTEN or _OF_LINKS.search(name)):
        return TYPED
    return browser(body, node)


def captured_origin(
    body: Body, node: n.Expr, holder: n.Expr, key: n.Expr, clears: frozenset[str]
) -> Origin | None:
    """Return the origin of `self.kwargs["…"]` where a route of the class tells, or of a part of `scope`.

    What a request has matched (`request.resolver_match.kwargs`) is the browser's where no route tells.

    None elsewhere.
    """
    name = text(key)
    if name in _OF_SCOPE and access_path(holder) in ("scope", "self.scope"):
        return browser(body, node)
    where = access_path(holder) or ""
    is_matched = where.endswith("request.resolver_match.kwargs")
    if name is None or not (is_matched or (body.owner is not None and where == "self.kwargs")):
        return None
    known = body.flow.captured(body.owner).get(name) if body.owner is not None else None
    known = known or body.url.get(name)
    if is_matched and known is None:
        return browser(body, node)
    if known is None or not known.is_browser:
        return known
    if _is_left_out(known, clears):
        return TYPED
    step = Step(body.module.path, node.span, f"`{name}`, part of the address")
    return Origin(_BROWSER, node, (step,))


def _is_left_out(known: Origin, clears: frozenset[str]) -> bool:
    """Whether a part of an address does no harm where it goes; which one was said the browser decides all the same."""
    if Kind.WORD in known.kinds:
        return bool(clears)
    return SEGMENT in clears and Kind.SEGMENT in known.kinds


def parameter_origin(body: Body, param: n.Param, node: n.Expr, clears: frozenset[str]) -> Origin:
    """Return the origin of a parameter inside its function."""
    known = body.url.get(param.name)
    if known is not None:
        if _is_left_out(known, clears):
            return TYPED
        if known.is_browser:
            where = "from the browser" if known.source is not None else "part of the address"
            step = Step(body.module.path, node.span, f"`{param.name}`, {where}")
            return Origin(_BROWSER, node, (step,))
        return known
    if param.name in ("self", "cls"):
        return UNKNOWN
    if _is_typed(param.annotation):
        return TYPED
    if body.is_request(n.Name(0, param.name)):
        return REQUEST
    return parameter(param.name)


def _is_typed(annotation: n.Expr | None) -> bool:
    """Whether an annotation says that a value is no text: `int`, `int | None`, `Optional[UUID]`."""
    match annotation:
        case n.Binary(op="|"):
            return _is_typed(annotation.left) and (
                _is_typed(annotation.right) or is_none(annotation.right)
            )
        case n.Index() if tail(annotation.value) == "Optional":
            return _is_typed(annotation.index)
        case n.Name() | n.Attr():
            return tail(annotation) in TYPED_ANNOTATIONS
    return False

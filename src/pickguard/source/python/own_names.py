"""Things under the names that nearly all code gives them.

What a module imports under another name, `from shop.models import Order as ShopOrder`, is `Order`, and the
request that a function is given as `req` is `request`: where nothing else there has that name.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping

_TRANSLATIONS = "_"
_BUILT_IN = frozenset(dir(builtins))


def under_own_names(statements: list[ast.stmt]) -> list[ast.ImportFrom]:
    """Write the names of imports that a module renames as they are at home, and return what imports them so.

    Those that the module chose stay bound: others may import them.
    """
    renamed = dict(_renamed(statements))
    if not renamed:
        return []
    found = _all(statements)
    bound, read = set(_bound(found)), {node.id for node in found if isinstance(node, ast.Name)}
    own = {
        chosen: name
        for chosen, name in renamed.items()
        if chosen not in bound and name not in bound and name not in read
    }
    return list(_rename(found, own)) if len(set(own.values())) == len(own) else []


def with_request(function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Call the request `request` in a function that calls it otherwise."""
    plain = (*function.args.posonlyargs, *function.args.args)[:2]
    given = next((one.arg for one in plain if one.arg in _REQUESTS), None)
    if given is None:
        return
    found = _all((function,))
    names = {node.id for node in found if isinstance(node, ast.Name)} | set(_bound(found))
    if _REQUEST not in names:
        for node in found:
            if isinstance(node, ast.Name) and node.id == given:
                node.id = _REQUEST
            elif isinstance(node, ast.arg) and node.arg == given:
                node.arg = _REQUEST


_REQUEST = "request"
_REQUESTS = frozenset({"req", "_request", "http_request", "httprequest", "rq"})


def _renamed(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement in statements:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                if alias.asname not in (None, alias.name, _TRANSLATIONS):
                    if alias.name not in _BUILT_IN:
                        yield alias.asname or "", alias.name


def _all(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Return nodes and all nodes in them; `ast.walk` takes twice as long."""
    found: list[ast.AST] = []
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        found.append(node)
        for value in node.__dict__.values():
            if type(value) is list:
                waiting += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                waiting.append(value)
    return found


def _bound(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield what anything binds in a module, but for the names that its imports choose."""
    for node in nodes:
        if type(node) is ast.Name:
            if type(node.ctx) is not ast.Load:
                yield node.id
            continue
        match node if type(node) in _BINDING else None:
            case ast.arg(name):
                yield name
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
            case ast.ExceptHandler(_, str() as name) | ast.MatchAs(_, str() as name):
                yield name
            case ast.MatchStar(str() as name) | ast.MatchMapping(rest=str() as name):
                yield name
            case ast.Global(names) | ast.Nonlocal(names):
                yield from names
            case ast.alias(name, None):
                yield name.partition(".")[0]


_BINDING = frozenset({
    ast.arg, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs, ast.MatchStar,
    ast.MatchMapping, ast.Global, ast.Nonlocal, ast.alias,
})  # fmt: skip


def _rename(nodes: Iterable[ast.AST], own: Mapping[str, str]) -> Iterator[ast.ImportFrom]:
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = own.get(node.id, node.id)
        elif isinstance(node, ast.ImportFrom):
            names = [ast.alias(alias.name) for alias in node.names if alias.asname in own]
            if names:
                yield ast.copy_location(ast.ImportFrom(node.module, names, node.level), node)

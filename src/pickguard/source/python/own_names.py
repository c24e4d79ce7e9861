"""Things under the names that nearly all code gives them.

What a module imports under another name, `from shop.models import Order as ShopOrder`, is `Order`, as is the
`models.Order` of `from shop import models`. The request that a function is given as `req` is `request`. All
that is so where nothing else there has that name.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

_TRANSLATIONS = "_"
_BUILT_IN = frozenset(dir(builtins))


def under_own_names(statements: list[ast.stmt]) -> list[ast.ImportFrom]:
    """Write the names of imports that a module renames as they are at home, and return what imports them so.

    Those that the module chose stay bound: others may import them.
    """
    renamed, modules = dict(_renamed(statements)), [*_modules(statements)]
    if not renamed and not modules:
        return []
    found = _all(statements)
    named = Counter(_bound(found))
    bound, read = set(named), {node.id for node in found if isinstance(node, ast.Name)}
    own = {
        chosen: name
        for chosen, name in renamed.items()
        if chosen not in bound and name not in bound and name not in read
    }
    if len(set(own.values())) < len(own):
        own = {}
    imports = list(_rename(found, own))
    taken = bound | read | set(own.values())
    chosen_names = Counter(name for name, _made in modules)
    once = {
        own.get(name, name): made
        for name, made in modules
        if named[name] <= 1 and chosen_names[name] == 1
    }
    return imports + (_of_modules(found, once, taken) if once else [])


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


# What an app keeps its classes in; those of Django's own are best known by `models.Model`
_OF_APPS = frozenset({"models", "forms", "serializers", "permissions", "services", "exceptions"})
_LIBRARIES = ("django", "rest_framework")


def _modules(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.ImportFrom]]:
    """Yield the names under which modules of apps are imported, with what will import out of each."""
    for node in statements:
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith(_LIBRARIES):
            for alias in node.names:
                if alias.name in _OF_APPS:
                    path = f"{node.module}.{alias.name}" if node.module else alias.name
                    made = ast.copy_location(ast.ImportFrom(path, [], node.level), node)
                    yield alias.asname or alias.name, made


def _of_modules(
    nodes: Iterable[ast.AST], modules: Mapping[str, ast.ImportFrom], taken: set[str]
) -> list[ast.ImportFrom]:
    """Write `models.Order` as `Order`, and return what imports the classes that are named so."""
    uses = [node for node in nodes if type(node) is ast.Attribute and _names_class(node, modules)]
    named = {(_holder(node), node.attr) for node in uses}
    names = Counter(name for _holder, name in named)
    own = {pair for pair in named if pair[1] not in taken and names[pair[1]] == 1}
    for node in uses:
        if (_holder(node), node.attr) in own:
            _become_name(node)
    for holder, name in sorted(own):
        modules[holder].names.append(ast.alias(name))
    return [one for one in modules.values() if one.names]


def _names_class(node: ast.Attribute, modules: Mapping[str, ast.ImportFrom]) -> bool:
    is_class = node.attr[:1].isupper() and not node.attr.isupper()
    return is_class and _holder(node) in modules and type(node.ctx) is ast.Load


def _holder(node: ast.Attribute) -> str:
    return node.value.id if type(node.value) is ast.Name else ""


def _become_name(node: ast.Attribute) -> None:
    """Make a plain name of an attribute where it stands: nothing has to know what stands around it."""
    name = node.attr
    del node.value, node.attr
    node.__class__ = ast.Name  # type: ignore[assignment]
    node.__dict__["id"] = name


def _all(nodes: Iterable[ast.AST]) -> list[ast.AST]:
    """Return nodes and all nodes in them; `ast.walk` takes three times as long."""
    found: list[ast.AST] = []
    waiting = [*nodes]
    pop, add = waiting.pop, found.append
    while waiting:
        node = pop()
        add(node)
        for value in node.__dict__.values():
            if type(value) is list:
                waiting += [one for one in value if type(one) not in _NO_NODES]
            elif type(value) not in _NO_NODES:
                waiting.append(value)
    return found


_NO_NODES = frozenset({
    str, int, float, complex, bool, bytes, type(None), type(...), ast.Load, ast.Store, ast.Del,
})  # fmt: skip


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

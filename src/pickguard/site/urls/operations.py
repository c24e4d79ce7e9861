"""Django Ninja: the operations of an API and of its routers, as patterns of a URLconf.

api = NinjaAPI(auth=django_auth)
api.add_router("/orders/", router)

@router.post("/{int:order}/pay", auth=None)
def pay(request, order: int): ...

A function may make the API, or hang routers on one that it is given: `api = with_routers(NinjaAPI())`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from msgspec import Struct

from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import library_class
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    Symbol,
    ValueSymbol,
    flatten,
)
from pickguard.site.urls.patterns import Entry, Included, Pattern, Target
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import (
    argument,
    func_of,
    items_of,
    keywords,
    tail,
    text,
    texts,
)
from pickguard.source.python.bodies import body

_METHODS = ("get", "post", "put", "patch", "delete")
_MOUNT_LIMIT = 2_000
_Auth: TypeAlias = "tuple[Module, n.Expr] | None"
_OPERATION = External("ninja.operation")
_AUTHENTICATED = External("ninja.authenticated")
# Keys in cookies are sent by the browser itself, so that Ninja asks for a token beside them
_SESSION = External("ninja.session")
_IN_COOKIES = re.compile(r"(^|\.)(django_auth|SessionAuth|APIKeyCookie)")


class _Operation(Struct, frozen=True):
    path: str
    methods: tuple[str, ...]
    name: str | None
    auth: n.Expr | None
    function: FunctionSymbol
    span: int


class _Mount(Struct, frozen=True):
    path: str
    router: Symbol | None
    auth: n.Expr | None
    module: Module


class _Mounted(Struct, frozen=True):
    """An API or router under a prefix, with what the levels around it ask for."""

    made: _Made
    prefix: str
    auth: _Auth


class _Made(Struct, frozen=True):
    """An API or router: the call that makes it, and the names under which something is hung on it."""

    router: ValueSymbol
    kind: str
    names: tuple[str, ...]


class Operations:
    """The APIs and routers of a site, by the name that holds each."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.names = classes.names
        self._operations: dict[str, list[_Operation]] = {}
        self._mounts: dict[str, list[_Mount]] = {}
        self._handed: list[tuple[Module, n.Call]] = []
        for module in self.names.modules:
            if not module.holds_tests:
                self._collect(module)

    def _collect(self, module: Module) -> None:
        for statement in flatten(module.record.body):
            if isinstance(statement, n.Function):
                for decorator in statement.decorators:
                    self._decorated(module, statement, decorator)
                if "add_router" in statement.words:
                    self._hung_within(FunctionSymbol(module, statement, statement.name))
            elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
                if tail(statement.value.func) == "add_router":
                    self._mounted(module, statement.value)
                elif statement.value.args:
                    self._handed.append((module, statement.value))

    def _hung_within(self, function: FunctionSymbol) -> None:
        """Note the routers that a function hangs on the API that it makes or is given."""
        for statement in flatten(body(function.node)):
            call = statement.value if isinstance(statement, n.Do) else None
            if (
                isinstance(call, n.Call)
                and isinstance(call.func, n.Attr)
                and isinstance(call.func.value, n.Name)
                and call.func.name == "add_router"
            ):
                self._mount(f"{function.name}.{call.func.value.id}", function.module, call)

    def _holder(self, module: Module, function: n.Expr) -> ValueSymbol | None:
        found = self.names.resolve(module, function.value) if isinstance(function, n.Attr) else None
        return found if isinstance(found, ValueSymbol) and self._made(found) else None

    def _kind(self, module: Module, call: n.Call) -> str:
        """Return `ninja_api` or `ninja_router` for a call that makes one, else an empty text."""
        made = self.names.resolve(module, call.func)
        if isinstance(made, External):
            facts = library_class(made.name)
            kinds = {facts.kind} if facts else set()
        else:
            kinds = set(self.classes.kinds(made)) if isinstance(made, ClassSymbol) else set()
        return next((kind for kind in ("ninja_api", "ninja_router") if kind in kinds), "")

    def _made(self, symbol: Symbol | None) -> _Made | None:
        """Return what makes operations, made here or by a function of the site, or None."""
        if not isinstance(symbol, ValueSymbol) or not isinstance(symbol.value, n.Call):
            return None
        kind = self._kind(symbol.module, symbol.value)
        if kind:
            return _Made(symbol, kind, (symbol.name,))
        function = self.names.resolve(symbol.module, symbol.value.func)
        if not isinstance(function, FunctionSymbol) or "add_router" not in function.node.words:
            return None
        for call, name in self._returned(symbol, function):
            kind = self._kind(function.module, call) or self._kind(symbol.module, call)
            if kind:
                made = ValueSymbol(symbol.module, call, symbol.qualname)
                return _Made(made, kind, (symbol.name, f"{function.name}.{name}"))
        return None

    def _returned(
        self, symbol: ValueSymbol, function: FunctionSymbol
    ) -> Iterator[tuple[n.Call, str]]:
        """Yield the calls that may make what a function returns, with its name there."""
        block = tuple(flatten(body(function.node)))
        params = [param.name for param in function.node.params]
        for statement in block:
            value = statement.value if isinstance(statement, n.Return) else None
            if not isinstance(value, n.Name):
                continue
            yield from ((call, value.id) for call in _calls_named(block, value.id))
            if value.id in params and isinstance(symbol.value, n.Call):
                given = argument(symbol.value, params.index(value.id), value.id)
                if isinstance(given, n.Call):
                    yield given, value.id
                elif isinstance(given, n.Name):
                    around = flatten(symbol.module.record.body)
                    yield from ((call, value.id) for call in _calls_named(around, given.id))

    def _handed_on(self, name: str) -> Iterator[str]:
        """Yield the names under which functions that are given an API hang something on it."""
        for module, call in self._handed:
            for index, given in enumerate(call.args):
                found = self.names.resolve(module, given) if isinstance(given, n.Name) else None
                if not isinstance(found, ValueSymbol) or found.name != name:
                    continue
                function = self.names.resolve(module, call.func)
                if isinstance(function, FunctionSymbol) and index < len(function.node.params):
                    yield f"{function.name}.{function.node.params[index].name}"

    def _decorated(self, module: Module, node: n.Function, decorator: n.Expr) -> None:
        if not isinstance(decorator, n.Call) or not isinstance(decorator.func, n.Attr):
            return
        verb = decorator.func.name
        if verb not in (*_METHODS, "api_operation"):
            return
        holder = self._holder(module, decorator.func)
        first = verb == "api_operation"
        path = text(argument(decorator, int(first), "path"))
        if holder is None or path is None:
            return
        methods = texts(argument(decorator, 0, "methods")) if first else (verb,)
        words = keywords(decorator)
        self._operations.setdefault(holder.name, []).append(
            _Operation(
                path,
                tuple(method.lower() for method in methods),
                text(words.get("url_name")),
                words.get("auth"),
                FunctionSymbol(module, node, node.name),
                decorator.span,
            )
        )

    def _mounted(self, module: Module, call: n.Call) -> None:
        holder = self._holder(module, call.func)
        if holder is not None:
            self._mount(holder.name, module, call)

    def _mount(self, holder: str, module: Module, call: n.Call) -> None:
        path = text(argument(call, 0, "prefix"))
        router = argument(call, 1, "router")
        if path is None or router is None:
            return
        named = text(router)
        found = self.names.dotted(named, module) if named else self.names.resolve(module, router)
        auth = argument(call, 2, "auth")
        self._mounts.setdefault(holder, []).append(_Mount(path, found, auth, module))

    def expand(self, owner: Symbol) -> Included | None:
        """Return the patterns of an API, or None where the symbol is none."""
        made = self._made(owner)
        if made is None or made.kind != "ninja_api":
            return None
        words = keywords(made.router.value) if isinstance(made.router.value, n.Call) else {}
        version = text(words.get("version")) or "1.0.0"
        space = text(words.get("urls_namespace")) or f"api-{version}"
        entries = tuple(self._patterns(made))
        return Included("", False, entries, "ninja", space)

    def _patterns(self, api: _Made) -> Iterator[Entry]:
        waiting: deque[_Mounted] = deque([_Mounted(api, "", None)])
        for _ in range(_MOUNT_LIMIT):
            if not waiting:
                return
            here = waiting.popleft()
            call = here.made.router.value
            own = keywords(call).get("auth") if isinstance(call, n.Call) else None
            auth = here.auth if own is None else (here.made.router.module, own)
            yield from self._own_patterns(here, auth)
            for mount in self._hung(here.made):
                made = self._made(mount.router)
                if made is not None:
                    asked = auth if mount.auth is None else (mount.module, mount.auth)
                    waiting.append(_Mounted(made, f"{here.prefix}/{mount.path}", asked))

    def _hung(self, made: _Made) -> Iterator[_Mount]:
        for name in (*made.names, *self._handed_on(made.router.name)):
            yield from self._mounts.get(name, ())

    def _own_patterns(self, here: _Mounted, auth: _Auth) -> Iterator[Entry]:
        for item in self._operations.get(here.made.router.name, ()):
            module = item.function.module
            asked = auth if item.auth is None else (module, item.auth)
            wrappers = (_OPERATION, *self._guard(asked))
            methods = tuple((method, item.function.node.name) for method in item.methods)
            target = Target(item.function, methods=methods, wrappers=wrappers)
            name = item.name or item.function.node.name
            yield Pattern(_route(here.prefix, item.path), False, target, name, module, item.span)

    def _guard(self, asked: _Auth) -> tuple[External, ...]:
        """Return what `auth=` puts around an operation; `auth=None` lets everyone in."""
        if asked is None:
            return ()
        module, expression = asked
        if isinstance(expression, n.Const):
            return ()
        items = items_of(expression)
        for item in items:
            found = self.names.resolve(module, func_of(item))
            line = self.classes.line(found) if isinstance(found, ClassSymbol) else (found,)
            if any(_IN_COOKIES.search(getattr(kind, "name", "")) for kind in line):
                return (_SESSION,)
        return (_AUTHENTICATED,)


def _calls_named(block: Iterable[n.Stmt], name: str) -> Iterator[n.Call]:
    """Yield the calls whose result a block gives a name to."""
    for statement in block:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
            if any(isinstance(each, n.Name) and each.id == name for each in statement.targets):
                yield statement.value


def _route(prefix: str, path: str) -> str:
    """Return the pattern that Ninja makes of a path: `/orders/{int:pk}` is `orders/<int:pk>`."""
    joined = "/".join(part for part in (prefix, path) if part)
    return re.sub("/{2,}", "/", joined.replace("{", "<").replace("}", ">")).lstrip("/")

"""Django Ninja: the operations of an API and of its routers, as patterns of a URLconf.

api = NinjaAPI(auth=django_auth)
api.add_router("/orders/", router)

@router.post("/{int:order}/pay", auth=None)
def pay(request, order: int): ...
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

from msgspec import Struct

from pickguard.site.classes import Classes
from pickguard.site.libraries import library_class
from pickguard.site.modules import Module, is_test
from pickguard.site.names import ClassSymbol, External, FunctionSymbol, Symbol, ValueSymbol, flatten
from pickguard.site.patterns import Entry, Included, Pattern, Target
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
from pickguard.source.python.lower import body

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

    router: ValueSymbol
    prefix: str
    auth: _Auth


class Operations:
    """The APIs and routers of a site, by the name that holds each."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.names = classes.names
        self._operations: dict[str, list[_Operation]] = {}
        self._mounts: dict[str, list[_Mount]] = {}
        for module in self.names.modules:
            if not is_test(module):
                self._collect(module)

    def _collect(self, module: Module) -> None:
        for statement in flatten(module.record.body):
            if isinstance(statement, n.Function):
                for decorator in statement.decorators:
                    self._decorated(module, statement, decorator)
                if "add_router" in statement.words:
                    self._mounted_by(FunctionSymbol(module, statement, statement.name))
            elif isinstance(statement, n.Do) and isinstance(statement.value, n.Call):
                if tail(statement.value.func) == "add_router":
                    self._mounted(module, statement.value)

    def _holder(self, module: Module, function: n.Expr) -> ValueSymbol | None:
        found = self.names.resolve(module, function.value) if isinstance(function, n.Attr) else None
        return found if isinstance(found, ValueSymbol) and self._kind(found) else None

    def _kind(self, symbol: Symbol | None) -> str:
        """Return `ninja_api` or `ninja_router` for what makes operations, else an empty text."""
        maker = self._maker(symbol) if isinstance(symbol, ValueSymbol) else None
        if maker is None or not isinstance(symbol, ValueSymbol):
            return ""
        made = self.names.resolve(symbol.module, maker.func)
        if isinstance(made, External):
            facts = library_class(made.name)
            kinds = {facts.kind} if facts else set()
        else:
            kinds = set(self.classes.kinds(made)) if isinstance(made, ClassSymbol) else set()
        return next((kind for kind in ("ninja_api", "ninja_router") if kind in kinds), "")

    def _maker(self, symbol: ValueSymbol) -> n.Call | None:
        """Return the call that made a value, also before a function was given it: `api = register(api)`."""
        call = symbol.value if isinstance(symbol.value, n.Call) else None
        if call is None or not call.args or not isinstance(call.args[0], n.Name):
            return call
        name = call.args[0].id
        if not isinstance(self.names.resolve(symbol.module, call.func), FunctionSymbol):
            return call
        for statement in flatten(symbol.module.record.body):
            if isinstance(statement, n.Assign) and tail(statement.targets[0]) == name:
                return statement.value if isinstance(statement.value, n.Call) else call
        return call

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

    def _mounted_by(self, function: FunctionSymbol) -> None:
        """Note what a function mounts on the API that it is given: `api = register(NinjaAPI())`."""
        first = next((param.name for param in function.node.params), None)
        made = tuple(self._given_to(function)) if first is not None else ()
        for statement in flatten(body(function.node)) if made else ():
            call = statement.value if isinstance(statement, n.Do) else None
            if isinstance(call, n.Call) and tail(call.func) == "add_router":
                is_it = isinstance(call.func, n.Attr) and tail(call.func.value) == first
                for holder in made if is_it else ():
                    self._mount(function.module, call, holder)

    def _given_to(self, function: FunctionSymbol) -> Iterator[ValueSymbol]:
        """Yield the APIs of the module that its own statements hand to a function."""
        for statement in flatten(function.module.record.body):
            value = statement.value if isinstance(statement, n.Do | n.Assign) else None
            if isinstance(value, n.Call) and tail(value.func) == function.node.name and value.args:
                found = self.names.resolve(function.module, value.args[0])
                if isinstance(found, ValueSymbol) and self._kind(found):
                    yield found

    def _mounted(self, module: Module, call: n.Call) -> None:
        holder = self._holder(module, call.func)
        if holder is not None:
            self._mount(module, call, holder)

    def _mount(self, module: Module, call: n.Call, holder: ValueSymbol) -> None:
        path = text(argument(call, 0, "prefix"))
        router = argument(call, 1, "router")
        if path is None or router is None:
            return
        named = text(router)
        found = self.names.dotted(named, module) if named else self.names.resolve(module, router)
        auth = argument(call, 2, "auth")
        self._mounts.setdefault(holder.name, []).append(_Mount(path, found, auth, module))

    def expand(self, owner: Symbol) -> Included | None:
        """Return the patterns of an API, or None where the symbol is none."""
        if not isinstance(owner, ValueSymbol) or self._kind(owner) != "ninja_api":
            return None
        maker = self._maker(owner)
        words = keywords(maker) if maker is not None else {}
        version = text(words.get("version")) or "1.0.0"
        space = text(words.get("urls_namespace")) or f"api-{version}"
        entries = tuple(self._patterns(owner))
        return Included("", False, entries, "ninja", space)

    def _patterns(self, api: ValueSymbol) -> Iterator[Entry]:
        waiting: deque[_Mounted] = deque([_Mounted(api, "", None)])
        for _ in range(_MOUNT_LIMIT):
            if not waiting:
                return
            here = waiting.popleft()
            maker = self._maker(here.router)
            own = keywords(maker).get("auth") if maker is not None else None
            auth = here.auth if own is None else (here.router.module, own)
            yield from self._own_patterns(here, auth)
            for mount in self._mounts.get(here.router.name, ()):
                if isinstance(mount.router, ValueSymbol) and self._kind(mount.router):
                    asked = auth if mount.auth is None else (mount.module, mount.auth)
                    waiting.append(_Mounted(mount.router, f"{here.prefix}/{mount.path}", asked))

    def _own_patterns(self, here: _Mounted, auth: _Auth) -> Iterator[Entry]:
        for item in self._operations.get(here.router.name, ()):
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


def _route(prefix: str, path: str) -> str:
    """Return the pattern that Ninja makes of a path: `/orders/{int:pk}` is `orders/<int:pk>`."""
    joined = "/".join(part for part in (prefix, path) if part)
    return re.sub("/{2,}", "/", joined.replace("{", "<").replace("}", ">")).lstrip("/")

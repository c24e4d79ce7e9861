"""What stands in front of a view: decorators, mixins, permission classes, and what they ask for.

Libraries' decorators are facts in `library/decorators.toml`. A project's own decorators, mixins
and permission classes are read: one that looks at the login, a permission or an owner is a guard.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from pickguard.site.access.answers import LOGIN_WORDS, lets_strangers_in
from pickguard.site.access.exemptions import EXEMPTION, exempts, leaves_the_choice, set_on_views
from pickguard.site.access.strangers import turns_strangers_away
from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import checks, library_class
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, items_of, tail, text, texts
from pickguard.source.python.bodies import body, only_returned
from pickguard.source.python.walk import expressions, statements

# What code that turns strangers away uses
SENDING_AWAY = checks("sends_away")
PERMISSION_WORDS = checks("permission")
# Permissions of Django REST framework that ask for no more than a login
LOGIN_PERMISSIONS = frozenset(
    {"IsAuthenticated", "AllowAny", "IsAuthenticatedOrReadOnly", "PrivateUnauthenticated"}
    # of django-oauth-toolkit: they tell what an app may do for a user, not which user
    | {
        "IsAuthenticatedOrTokenHasScope",
        "TokenHasScope",
        "TokenHasReadWriteScope",
        "TokenHasResourceScope",
    }
)
_DEPTH_LIMIT = 20
_ASKS_BY_NAME = re.compile(
    r"((?P<login>login|auth|authentication|authenticated|otp|mfa|verified_email)|permissions?|perms?|staff|staff_member"
    r"|superuser|admin|role|group|member|membership)_required$"
)
_REFUSALS = checks("refuses")
_WHETHER_KNOWN = frozenset({"is_authenticated", "is_anonymous", "is_active"})
_HANDING_ON = frozenset({"has_permission", "has_object_permission"})
# `request.auth` is empty for a stranger
ASKING = LOGIN_WORDS | PERMISSION_WORDS | {"user", "auth"}


class Guard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a decorator does to the view that it stands on; see the names."""

    login: bool = False
    permission: bool = False
    open: bool = False
    csrf_exempt: bool = False
    csrf_protect: bool = False
    methods: tuple[str, ...] = ()
    methods_argument: bool = False
    framing: str = ""
    api: bool = False
    permission_classes: bool = False
    authentication_classes: bool = False
    throttle_classes: bool = False
    throttled: bool = False
    operation: bool = False


class Applied(Struct, frozen=True):
    """A decorator as it stands on a view: what it is, and its call where it has one."""

    symbol: Symbol | None
    module: Module
    call: n.Call | None
    guard: Guard
    name: str


@cache
def _decorators() -> dict[tuple[str, str], Guard]:
    path = files("pickguard.site").joinpath("library", "decorators.toml")
    document = tomllib.loads(path.read_text("utf-8"))
    return {
        (package, name): msgspec.convert(facts, Guard)
        for package, group in document["decorators"].items()
        for name, facts in group.items()
    }


def of_one_method(decorator: n.Expr) -> str:
    """Return the method that `@method_decorator(login_required, name="post")` on a class means, or an empty text."""
    if not isinstance(decorator, n.Call) or tail(decorator.func) != "method_decorator":
        return ""
    return text(argument(decorator, 1, "name")) or ""


class Guards:
    """Reads what guards views in one site."""

    def __init__(self, classes: Classes, settings: Settings | None = None) -> None:
        self.classes = classes
        self.names = classes.names
        self.settings = settings
        self._functions: dict[FunctionSymbol, Guard] = {}

    def applied(self, module: Module, decorator: n.Expr, depth: int = 0) -> Applied:
        """Return what one decorator expression does."""
        call = decorator if isinstance(decorator, n.Call) else None
        function = call.func if call else decorator
        if call and tail(function) == "method_decorator" and call.args and depth < 5:
            return self._method_decorator(module, call, depth)
        symbol = self.names.resolve(module, function)
        guard = self.of(symbol)
        if guard.permission and call and self._tests_login(module, call):
            guard = msgspec.structs.replace(guard, permission=False)
        return Applied(symbol, module, call, guard, tail(function))

    def _tests_login(self, module: Module, call: n.Call) -> bool:
        """Whether `user_passes_test(lambda user: user.is_authenticated)` asks for no more than a login."""
        if tail(call.func) != "user_passes_test" or not call.args:
            return False
        test = call.args[0]
        found = self.names.resolve(module, test)
        asked = only_returned(found.node) if isinstance(found, FunctionSymbol) else None
        if isinstance(test, n.Lambda):
            asked = test.value
        return asked is not None and tail(func_of(asked)) == "is_authenticated"

    def marked(self, symbol: FunctionSymbol) -> Iterator[Applied]:
        """Yield what its module sets on a function: `view.csrf_exempt = True`."""
        record = symbol.module.record
        if EXEMPTION in record.words:
            for name, span in set_on_views(record.body):
                if name == symbol.qualname:
                    yield self.exemption(symbol.module, span)

    def exemption(self, module: Module, span: int) -> Applied:
        """Return what exempts a view from the CSRF check at a place of a module."""
        mark = n.Call(span, n.Name(span, EXEMPTION))
        return Applied(None, module, mark, Guard(csrf_exempt=True), EXEMPTION)

    def _method_decorator(self, module: Module, call: n.Call, depth: int) -> Applied:
        first = call.args[0]
        if isinstance(first, n.Name):
            found = self.names.resolve(module, first)
            if isinstance(found, ValueSymbol) and found.value is call:
                # `require_POST = method_decorator(require_POST)`
                guard = self.of(self.names.wrapped(found))
                return Applied(None, module, call, guard, first.id)
            if isinstance(found, ValueSymbol):
                first = found.value
        items = items_of(first)
        made = [self.applied(module, item, depth + 1) for item in items]
        if len(made) == 1:
            return made[0]
        merged = merge(item.guard for item in made)
        return Applied(None, module, call, merged, "method_decorator")

    def of(self, symbol: Symbol | None) -> Guard:
        """Return what a decorator does, by what it is."""
        name = getattr(symbol, "name", "")
        package, _, rest = name.partition(".")
        known = _decorators().get((package, rest.rpartition(".")[2]))
        if known is not None:
            return known
        if isinstance(symbol, FunctionSymbol):
            return self._read(symbol)
        if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, n.Call):
            return self.applied(symbol.module, symbol.value, 4).guard
        return _guessed(rest.rpartition(".")[2]) if isinstance(symbol, External) else Guard()

    def _read(self, symbol: FunctionSymbol) -> Guard:
        """Read a project's own decorator: what it mentions is what it checks."""
        found = self._functions.get(symbol)
        if found is None:
            words = self._words(symbol)
            name = symbol.node.name
            asked = words & PERMISSION_WORDS
            permission = bool(asked) and not (asked <= _REFUSALS and _asks_whether_known(symbol))
            found = Guard(
                login=bool(asked) or bool(words & LOGIN_WORDS) or _turns_away(symbol),
                permission=permission,
                csrf_exempt=_is_named_exemption(name, words, symbol.node) or exempts(symbol.node),
                throttled="ratelimit" in words,
            )
            self._functions[symbol] = found
            around = tuple(self._put_around(symbol))
            if around and not leaves_the_choice(symbol.node):
                found = self._functions[symbol] = merge((found, *around))
        return found

    def _put_around(self, symbol: FunctionSymbol) -> Iterator[Guard]:
        """Yield what a function puts around the view that it is given: `return login_required(never_cache(view))`."""
        given = {param.name for param in symbol.node.params}
        for statement in statements(body(symbol.node)):
            call = statement.value if isinstance(statement, n.Return) else None
            decorators = []
            while isinstance(call, n.Call) and call.args:
                decorators.append(call.func)
                call = call.args[0]
            if isinstance(call, n.Name) and call.id in given:
                for one in decorators:
                    guard = self.applied(symbol.module, one).guard
                    yield _with_methods(guard, symbol, one) if guard.methods_argument else guard

    def _words(self, symbol: FunctionSymbol) -> set[str]:
        """Return what a decorator mentions, itself, in what makes it one, or in what it gives the request to."""
        words = set(symbol.node.words)
        scope = self.names.scope(symbol.module)
        for word in symbol.node.words:
            imported = scope.get(word)
            if isinstance(imported, n.Import) and imported.attribute:
                words.add(imported.attribute)
        for decorator in symbol.node.decorators:
            maker = self.names.resolve(symbol.module, func_of(decorator))
            if isinstance(maker, FunctionSymbol) and maker != symbol:
                words |= set(maker.node.words)
        for node in expressions(body(symbol.node), into_functions=True):
            if isinstance(node, n.Call) and node.args and tail(node.args[0]) == "request":
                asked = self.names.resolve(symbol.module, node.func)
                if isinstance(asked, FunctionSymbol) and asked != symbol:
                    words |= set(asked.node.words)
        return words

    def permission_class(self, module: Module, expression: n.Expr, depth: int = 0) -> Guard | None:
        """Return what a DRF permission class, or a combination, asks for; None where it could not be told."""
        if isinstance(expression, n.Unary) or depth > _DEPTH_LIMIT:
            return None
        if isinstance(expression, n.Binary):
            left = self.permission_class(module, expression.left, depth + 1)
            right = self.permission_class(module, expression.right, depth + 1)
            return _either(left, right) if expression.op == "|" else _both(left, right)
        if isinstance(expression, n.Call):
            return self.permission_class(module, expression.func, depth + 1)
        found = self.names.resolve(module, expression)
        if isinstance(found, ValueSymbol):
            return self.permission_class(found.module, found.value, depth + 1)
        return self.permission_symbol(found)

    def permission_symbol(self, symbol: Symbol | None) -> Guard | None:
        """Return what the class of a permission asks for; None where it could not be told."""
        if isinstance(symbol, External):
            facts = library_class(symbol.name)
            if facts is None or facts.kind != "permission":
                return None
            return Guard(login=facts.login, permission=facts.permission, open=facts.open)
        if not isinstance(symbol, ClassSymbol):
            return None
        words: set[str] = set()
        is_certain = True
        for name in ("has_permission", "has_object_permission"):
            chain = list(self.classes.methods(symbol, name))
            words.update(*(method.node.words for method in chain))
            if chain and lets_strangers_in(body(chain[0].node), ASKING, self.settings):
                is_certain = False
        login = bool(words & LOGIN_WORDS)
        permission = bool(words & (PERMISSION_WORDS - _HANDING_ON)) or "user" in words
        for facts in self.classes.library_line(symbol):
            login, permission = login or facts.login, permission or facts.permission
        if not words and self._is_of_unknown_library(symbol):
            return None
        if words & _HANDING_ON and not login and not permission:
            return None  # another decides
        if (login or permission) and not is_certain:
            return None
        return Guard(login=login or permission, permission=permission)

    def _is_of_unknown_library(self, symbol: ClassSymbol) -> bool:
        """Whether a base of a library that nothing is known of decides."""
        return any(
            isinstance(ancestor, External)
            and ancestor.name not in ("object", "typing.Generic", "abc.ABC")
            and library_class(ancestor.name) is None
            for ancestor in self.classes.line(symbol)
        )


def _turns_away(decorator: FunctionSymbol) -> bool:
    """Whether what a decorator puts around a view lets those alone on whom the session knows."""
    inner = statements(body(decorator.node), into_functions=True)
    return any(isinstance(one, n.Function) and turns_strangers_away(one) for one in inner)


def _asks_whether_known(decorator: FunctionSymbol) -> bool:
    """Whether a decorator asks of the user nothing but whether there is one: `if not user.is_authenticated`."""
    read = {
        node.name
        for node in expressions(body(decorator.node), into_functions=True)
        if isinstance(node, n.Attr) and tail(node.value) == "user"
    }
    return bool(read) and read <= _WHETHER_KNOWN


def too_late(applied: tuple[Applied, ...]) -> tuple[Applied, ...]:
    """Return the decorators that guard nothing, of those on a function, the outermost first.

    DRF reads its own when `@api_view` is applied, so one that stands above comes too late
    (https://www.django-rest-framework.org/api-guide/views/#api-policy-decorators).
    """
    makes_view = next((place for place, item in enumerate(applied) if item.guard.api), 0)
    return tuple(item for item in applied[:makes_view] if _is_policy(item.guard))


def _is_policy(guard: Guard) -> bool:
    """Whether a decorator only notes down, for `@api_view` to read, what the view asks for."""
    return guard.permission_classes or guard.authentication_classes or guard.throttle_classes


def _guessed(name: str) -> Guard:
    """Tell a decorator of an unknown library by its name: `@member_required`."""
    found = _ASKS_BY_NAME.match(name)
    return Guard(login=True, permission=found["login"] is None) if found else Guard()


def _either(left: Guard | None, right: Guard | None) -> Guard | None:
    """Return what is asked for where one of two is enough."""
    if left is None or right is None:
        return None
    return Guard(login=left.login and right.login, permission=left.permission and right.permission)


def _both(left: Guard | None, right: Guard | None) -> Guard | None:
    """Return what is asked for where both are; a login that one asks for needs no other."""
    known = [one for one in (left, right) if one is not None]
    if len(known) == 2 or any(one.login for one in known):
        return merge(known)
    return None


def _is_named_exemption(name: str, words: Collection[str], node: n.Function) -> bool:
    return EXEMPTION in words and "csrf" in name and not leaves_the_choice(node)


def _with_methods(guard: Guard, around: FunctionSymbol, decorator: n.Expr) -> Guard:
    """Return what a decorator does that another one puts around a view, with the methods that it is given there.

    A list to which more may be added, `methods = ["POST"]`, counts as it begins.
    """
    given = argument(decorator, 0, "") if isinstance(decorator, n.Call) else None
    if isinstance(given, n.Name):
        made = (s for s in statements(body(around.node)) if isinstance(s, n.Assign))
        given = next((s.value for s in made if tail(s.targets[0]) == tail(given)), None)
    return msgspec.structs.replace(
        guard, methods=tuple(one.upper() for one in texts(given)), methods_argument=False
    )


def merge(guards: Iterable[Guard]) -> Guard:
    """Return what several decorators do together; the first framing wins."""
    items = list(guards)
    return Guard(
        login=any(g.login for g in items),
        permission=any(g.permission for g in items),
        open=any(g.open for g in items),
        csrf_exempt=any(g.csrf_exempt for g in items),
        csrf_protect=any(g.csrf_protect for g in items),
        methods=next((g.methods for g in items if g.methods), ()),
        methods_argument=any(g.methods_argument for g in items),
        framing=next((g.framing for g in items if g.framing), ""),
        api=any(g.api for g in items),
        permission_classes=any(g.permission_classes for g in items),
        authentication_classes=any(g.authentication_classes for g in items),
        throttle_classes=any(g.throttle_classes for g in items),
        throttled=any(g.throttled for g in items),
    )

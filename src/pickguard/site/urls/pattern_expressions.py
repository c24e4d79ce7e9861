"""What expressions of URLconfs are worth: the patterns that they stand for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    ValueSymbol,
)
from pickguard.site.urls.patterns import REWRAPPED, Entry, Included, Pattern, around
from pickguard.site.urls.urlconf_scope import DEPTH_LIMIT, Scope
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, keywords, tail, text
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.site.urls.urlconf import Urlconf

_PATH = ("django.urls.path", "django.urls.conf.path")
_REGEX = (
    "django.urls.re_path",
    "django.urls.conf.re_path",
    "django.conf.urls.url",
    "django.conf.urls.re_path",
    "django.conf.urls.defaults.url",
)
_BUILT = ("django.urls.URLPattern", "django.urls.resolvers.URLPattern")


class Expressions(Scope):
    """The expressions of one module or function.

    Attributes:
        lists: the lists of patterns so far, by the name that holds them.
        returned: what the function returns, as far as it was followed.
        debug_only: whether what is read now is only there while `DEBUG` is on.
        wraps: whether it puts something around views that are already routed: `pattern.callback = …`.
    """

    def __init__(
        self, urlconf: Urlconf, module: Module, bound: dict[str, tuple[n.Expr, Self]], depth: int
    ) -> None:
        super().__init__(urlconf, module, bound, depth)
        self.lists: dict[str, list[Entry]] = {}
        self.returned: list[Entry] = []
        self.debug_only = False
        self.wraps = False

    @abstractmethod
    def called(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None = None
    ) -> Self:
        """Return a reader that has followed a function's body, given a call's arguments."""

    @abstractmethod
    def text(self, expression: n.Expr) -> Any:
        """Return the value of a pattern or a name, also where a function of the site makes it."""

    @abstractmethod
    def comprehension(self, node: n.Comprehension) -> list[Entry] | None:
        """Return the entries that a comprehension makes, or None where it makes none."""

    @abstractmethod
    def made(self, function: FunctionSymbol, call: n.Call) -> Iterator[Entry]:
        """Yield what a project's own function returns in the place of a pattern."""

    @abstractmethod
    def made_here(self, call: n.Call) -> Iterator[Entry]:
        """Yield what a function that is defined on the way returns in the place of a pattern."""

    # Lists

    def evaluate(self, expression: n.Expr) -> list[Entry] | None:
        """Return the entries that an expression is worth, or None where it is no list of them."""
        if self.depth > DEPTH_LIMIT:
            return None
        if isinstance(expression, n.Sequence):
            return [entry for item in expression.items for entry in self.item(item)]
        if isinstance(expression, n.Binary) and expression.op == "+":
            left, right = self.evaluate(expression.left), self.evaluate(expression.right)
            return None if left is None and right is None else [*(left or ()), *(right or ())]
        if isinstance(expression, n.Name):
            return self._named(expression)
        if isinstance(expression, n.Attr):
            return self._attribute(expression)
        if isinstance(expression, n.Index):
            value, owner = self.follow(expression)
            return owner.evaluate(value) if value is not expression else None
        if isinstance(expression, n.Call):
            return self._call(expression)
        if isinstance(expression, n.Comprehension):
            return self.comprehension(expression)
        return None

    def _named(self, expression: n.Name) -> list[Entry] | None:
        if expression.id in self.lists:
            return list(self.lists[expression.id])
        if expression.id in self.bound:
            value, owner = self.bound[expression.id]
            return owner.evaluate(value)
        found = self.names.member(self.module, expression.id)
        if isinstance(found, ValueSymbol):
            return list(self._values(found))
        return None

    def _values(self, symbol: ValueSymbol) -> tuple[Entry, ...]:
        if symbol.module.path == self.module.path and symbol.qualname in self.lists:
            return tuple(self.lists[symbol.qualname])
        if "." not in symbol.qualname and symbol.module.path != self.module.path:
            return self.urlconf.entries(symbol.module, symbol.qualname)
        return ()

    def _attribute(self, expression: n.Attr) -> list[Entry] | None:
        """`router.urls`, `module.urlpatterns`, `admin.site.urls`."""
        if expression.name in ("urls", "get_urls"):
            owner = self.resolve(expression.value)
            if owner is not None:
                made = self.urlconf.expand(owner, self.module, expression.span)
                if isinstance(made, Included):
                    return list(made.entries)
                if made is not None:
                    return list(made)
        value, scope = self.follow(expression)
        if value is not expression:
            return scope.evaluate(value)
        found = self.resolve(expression)
        if isinstance(found, ValueSymbol):
            return list(self._values(found))
        return None

    def _call(self, call: n.Call) -> list[Entry] | None:
        function, owner = self.function(call.func)
        name = getattr(function or self.resolve(call.func), "name", "")
        if name.endswith("i18n_patterns"):
            inner = [entry for item in call.args for entry in self.item(item)]
            return [Included("", False, tuple(inner), localized=True)]
        if name.endswith(".patterns") and call.args:
            prefix = self.text(call.args[0])
            return [entry for item in call.args[1:] for entry in self._of_prefix(item, prefix)]
        if name.endswith("format_suffix_patterns") or tail(call.func) in ("list", "tuple"):
            return self.evaluate(call.args[0]) if call.args else None
        if function is not None:
            return self._function(function, call, owner)
        if isinstance(call.func, n.Attr) and call.func.name == "get_urls":
            return self._attribute(call.func)
        if tail(call.func) == "include":
            made = self._include(call)
            return list(made.entries) if made else None
        return self._handed_back(call)

    def _of_prefix(self, item: n.Expr, prefix: Any) -> Iterator[Entry]:
        """Yield what an item of `patterns("notes.views", url(…, "show"), (r"^x/$", "edit"))` is worth.

        Django before 1.10: a view may be named by a text, to which the prefix is the module.
        """
        if isinstance(item, n.Sequence) and len(item.items) > 1:
            bare = n.Call(item.span, n.Name(item.span, "url"), item.items, ())
            yield from self._pattern(_with_prefix(bare, prefix), {}, is_regex=True)
        else:
            yield from self.item(_with_prefix(item, prefix) if isinstance(item, n.Call) else item)

    def _handed_back(self, call: n.Call) -> list[Entry] | None:
        """Return the patterns that an inherited method is given, as it gives them back: `self.post_process(urls)`."""
        if not isinstance(call.func, n.Attr) or tail(call.func.value) != "self" or not call.args:
            return None
        found = self.evaluate(call.args[0])
        return [around(entry, (External(REWRAPPED),)) for entry in found] if found else None

    def _function(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None
    ) -> list[Entry] | None:
        inner = self.called(function, call, owner)
        items = (item for value in given_to(call) for item in _one_by_one(value))
        given = [self.resolve(item) for item in items if not isinstance(item, n.Call)]
        decorators = tuple(one for one in given if isinstance(one, FunctionSymbol | External))
        if inner.wraps:
            decorators = (*decorators, External(REWRAPPED))
        return [around(entry, decorators) for entry in inner.returned]

    def entered(
        self, function: FunctionSymbol, call: n.Call, owner: ClassSymbol | None = None
    ) -> Self:
        """Return a reader for a function's body, its parameters bound to a call's arguments.

        Args:
            function: a function, or a method of `owner`.
            call: where it is called.
            owner: the class that its `self` or `cls` stands for.
        """
        inner = self.at(function.module)
        inner.owner, inner.definer = owner, function.owner
        params = function.node.params
        if function.owner is not None and params and params[0].name in ("self", "cls"):
            params = params[1:]
        for position, param in enumerate(params):
            if param.kind == "*":
                inner.bind(param.name, n.Sequence(call.span, "tuple", call.args[position:]), self)
                break
            if position < len(call.args):
                inner.bind(param.name, call.args[position], self)
        inner.bound.update({k.name: (k.value, self) for k in call.keywords if k.name})
        rest = [param.name for param in params if param.kind == "**"]
        if rest:
            inner.bind(rest[0], _others(call, params), self)
        inner.debug_only = self.debug_only
        for param in function.node.params:
            if param.default is not None:
                inner.bound.setdefault(param.name, (param.default, self.at(function.module)))
        return inner

    def copy(self) -> Self:
        """Return a reader of the same scope, as names are bound now."""
        made = self.at(self.module)
        made.bound.update(self.bound)
        made.lists = self.lists
        made.imports = self.imports
        made.owner, made.definer = self.owner, self.definer
        return made

    def at(self, module: Module) -> Self:
        """Return a reader of a module's own names."""
        return type(self)(self.urlconf, module, {}, self.depth + 1)

    # One entry

    def item(self, expression: n.Expr) -> Iterator[Entry]:
        """Yield the entries that one item of a list stands for."""
        if self.urlconf.is_full():
            return
        if isinstance(expression, n.Wrapped) and expression.value is not None:
            yield from self.evaluate(expression.value) or ()
        elif isinstance(expression, n.Name) and expression.id in self.bound:
            value, owner = self.bound[expression.id]
            yield from owner.item(value)
        elif isinstance(expression, n.Name):
            found = self.names.member(self.module, expression.id)
            if isinstance(found, ValueSymbol):
                yield from self._item_call(found.value)
        else:
            yield from self._item_call(expression)

    def _item_call(self, expression: n.Expr) -> Iterator[Entry]:
        if isinstance(expression, n.Choice):
            yield from self.item(expression.then)
            return
        if not isinstance(expression, n.Call):
            return
        if isinstance(expression.func, n.Name) and expression.func.id in self.bound:
            yield from self._of_lambda(self.bound[expression.func.id][0], expression)
            return
        yield from self.made_here(expression)
        function = self.resolve(expression.func)
        name = getattr(function, "name", "")
        words = keywords(expression)
        if name.startswith("django.") and name.endswith(_PATH + _REGEX):
            yield from self._pattern(expression, words, is_regex=name.endswith(_REGEX))
        elif name.startswith("django.") and name.endswith(_BUILT):
            yield from self._built(expression)
        elif isinstance(function, FunctionSymbol):
            yield from self.made(function, expression)
        elif isinstance(function, External) and len(expression.args) >= 2:
            # NOTE: libraries wrap `path` under names of their own and keep its arguments
            if tail(expression.func) in ("path", "re_path", "url"):
                yield from self._pattern(
                    expression, words, is_regex=tail(expression.func) != "path"
                )

    def _built(self, call: n.Call) -> Iterator[Entry]:
        """Yield what `URLPattern(RegexPattern("^x/$"), view, {}, "name")` is worth."""
        if len(call.args) < 2:
            return
        pattern, _scope = self.follow(call.args[0])
        if isinstance(pattern, n.Call) and pattern.args:
            is_regex = tail(pattern.func) == "RegexPattern"
            written = replace(call, args=(pattern.args[0], *call.args[1:]))
            yield from self._pattern(written, keywords(call), is_regex=is_regex)

    def _of_lambda(self, made: n.Expr, call: n.Call) -> Iterator[Entry]:
        """Yield what `pat("x/", self.view)` is worth where `pat = lambda route, fn: path(route, fn)`."""
        if not isinstance(made, n.Lambda) or self.depth > DEPTH_LIMIT:
            return
        inner = self.copy()
        for param, given in zip(made.params, call.args, strict=False):
            inner.bind(param.name, given, self)
        yield from standing_at(call, inner.item(made.value))

    def _pattern(
        self, call: n.Call, words: dict[str, n.Expr], *, is_regex: bool
    ) -> Iterator[Entry]:
        first = call.args[0] if call.args else words.get("route") or words.get("regex")
        view = call.args[1] if len(call.args) > 1 else words.get("view")
        if first is None or view is None:
            return
        self.urlconf.count()
        value = self.text(first)
        route = value if isinstance(value, str) else None
        included = self._included(view)
        if included is not None:
            yield replace(included, route=route, is_regex=is_regex, debug_only=self.debug_only)
            return
        named = call.args[3] if len(call.args) > 3 else words.get("name")
        name = self.text(named) if named is not None else None
        yield Pattern(
            route,
            is_regex,
            self.target(view),
            name if isinstance(name, str) else None,
            self.module,
            call.span,
            self.debug_only,
            "" if route is not None else _pieces(first),
        )

    def _included(self, view: n.Expr) -> Included | None:
        if isinstance(view, n.Call) and tail(view.func) in ("include", "decorator_include"):
            return self._include(view)
        made = self._urls_of(view)
        if made is not None:
            return made
        pair, scope = self.follow(view)
        if isinstance(pair, n.Sequence) and pair.kind == "tuple" and pair.items:
            return scope.included_list(pair.items[0], pair.items[1:])
        return None

    def _urls_of(self, view: n.Expr) -> Included | None:
        """Return what `api.urls` holds, also under a name: `urls = api.urls`, here or in another file."""
        kept = self.resolve(view) if isinstance(view, n.Name) else None
        module = kept.module if isinstance(kept, ValueSymbol) else self.module
        held = kept.value if isinstance(kept, ValueSymbol) else view
        if not isinstance(held, n.Attr) or held.name != "urls":
            return None
        owner = self.resolve(held.value) if held is view else self.names.resolve(module, held.value)
        made = self.urlconf.expand(owner, self.module, view.span) if owner else None
        return Included("", False, made) if isinstance(made, tuple) else made

    def _include(self, call: n.Call) -> Included | None:
        arguments = list(call.args)
        if tail(call.func) == "decorator_include":
            arguments = arguments[1:]
        if not arguments:
            return None
        words = keywords(call)
        spoken = words.get("namespace") or (arguments[1] if len(arguments) > 1 else None)
        namespace = self.constant(spoken) if spoken is not None else None
        first = arguments[0]
        if isinstance(first, n.Name) and first.id in self.bound:
            value, owner = self.bound[first.id]
            made = owner.included_list(value, ())
        else:
            made = (
                self._included_pair(first) or self._urls_of(first) or self.included_list(first, ())
            )
        if isinstance(namespace, str):
            return replace(made, namespace=namespace)
        return made

    def _included_pair(self, first: n.Expr) -> Included | None:
        """Return what a pair of patterns and a namespace includes, written here or under a name."""
        first, scope = self.follow(first)
        if isinstance(first, n.Sequence):
            is_pair = first.kind == "tuple" and len(first.items) >= 2
            return scope.included_list(first.items[0], first.items[1:]) if is_pair else None
        found = scope.resolve(first)
        if not isinstance(found, ValueSymbol) or not isinstance(found.value, n.Sequence):
            return None
        if self.depth >= DEPTH_LIMIT:
            return None
        scope = type(self)(self.urlconf, found.module, {}, self.depth + 1)
        return scope._included_pair(found.value)  # noqa: SLF001 - of the same class

    def included_list(self, source: n.Expr, rest: Iterable[n.Expr]) -> Included:
        """Return what `include(source, *rest)` includes: a module, a list, or what makes one."""
        app_name: str | None = None
        target: Module | None = None
        value = self.constant(source)
        found = (
            self.names.dotted(value, self.module)
            if isinstance(value, str)
            else self.resolve(source)
        )
        if isinstance(found, ModuleSymbol):
            target = found.module
            entries = self.urlconf.entries(target)
            app_name = self.urlconf.app_name(target)
        elif isinstance(found, External) or (isinstance(value, str) and found is None):
            made = self.urlconf.expand(found, self.module, source.span) if found else None
            if isinstance(made, Included):
                return made
            entries = made or ()
        else:
            entries = tuple(self.evaluate(source) or ())
        for position, item in enumerate(rest):
            spoken = self.constant(item)
            if position == 0 and isinstance(spoken, str):
                app_name = spoken
        return Included("", False, entries, app_name, app_name)


def _others(call: n.Call, params: Iterable[n.Param]) -> n.Mapping:
    """Return the keywords of a call that no parameter is named after, as what `**others` holds."""
    known = {param.name for param in params}
    words = [word for word in call.keywords if word.name and word.name not in known]
    keys = tuple(n.Const(word.value.span, word.name) for word in words)
    return n.Mapping(call.span, keys, tuple(word.value for word in words))


def _pieces(node: n.Expr) -> str:
    """Return the constant texts of a pattern that is put together, in order."""
    return "".join(text(part) or "" for part in inside(node))


def standing_at(call: n.Call, entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries with their patterns where a call makes them, not where its function is written."""
    for entry in entries:
        yield replace(entry, span=call.span) if isinstance(entry, Pattern) else entry


def _one_by_one(value: n.Expr) -> tuple[n.Expr, ...]:
    """Return the items of a list that a call is given, or what it is given itself."""
    return value.items if isinstance(value, n.Sequence) else (value,)


def _with_prefix(call: n.Call, prefix: Any) -> n.Call:
    """Return an entry whose view is named by a text, with the name of its module before it."""
    view = text(call.args[1]) if len(call.args) > 1 else None
    if view is None or not isinstance(prefix, str) or not prefix:
        return call
    named = n.Const(call.args[1].span, f"{prefix}.{view}")
    return replace(call, args=(call.args[0], named, *call.args[2:]))

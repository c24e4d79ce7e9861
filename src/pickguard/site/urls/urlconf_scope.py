"""What the names in a URLconf mean, and which view a pattern leads to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Self

from msgspec.structs import replace

from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    Symbol,
    ValueSymbol,
    flatten,
)
from pickguard.site.symbols.unknown import UNKNOWN, default_of
from pickguard.site.symbols.values import evaluate
from pickguard.site.urls.patterns import UNSEEN, Target
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_own, keywords, root, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside

if TYPE_CHECKING:
    from pickguard.site.urls.urlconf import Urlconf

DEPTH_LIMIT = 40
_OF_CONFIGS = ("name", "label")
_OF_EACH_CONFIG = frozenset(
    {"name", "label", "module", "path", "verbose_name", "models", "models_module", "apps", "ready"}
    | {"get_models", "get_model", "default_auto_field"}
)
_QUESTIONS = ("issubclass", "hasattr")
_ADMIN_VIEW = External("django.contrib.admin.sites.AdminSite.admin_view")


class Scope:
    """The names of one module or function.

    Attributes:
        urlconf: what reads all modules.
        module: the file.
        bound: what parameters and names of loops stand for, with the scope that it is meant in.
        depth: how many scopes led here.
        owner: the class that `self` and `cls` stand for, in a method.
        definer: the class that the method is written in.
        imports: what a function imports itself.
    """

    def __init__(
        self, urlconf: Urlconf, module: Module, bound: dict[str, tuple[n.Expr, Self]], depth: int
    ) -> None:
        self.urlconf = urlconf
        self.names = urlconf.names
        self.module = module
        self.bound = bound
        self.depth = depth
        self.owner: ClassSymbol | None = None
        self.definer: ClassSymbol | None = None
        self.imports: dict[str, n.Import | None] = {}

    def bind(self, name: str, value: n.Expr, owner: Self) -> None:
        """Let a name stand for an expression, as it is meant in another scope."""
        self.bound[name] = (value, owner)

    def follow(self, expression: n.Expr) -> tuple[n.Expr, Self]:
        """Return what an expression stands for, and the scope that this is meant in.

        Bound names, items of displays (`config["view"]`, `pair[0]`), and what objects of the site hold
        (`self.list_view`) are followed to their end.
        """
        found: tuple[n.Expr, Self] | None = (expression, self)
        last = (expression, self)
        for _ in range(DEPTH_LIMIT):
            if found is None:
                break
            last = found
            node, scope = last
            if isinstance(node, n.Name):
                found = scope.bound.get(node.id)
            elif isinstance(node, n.Attr):
                found = scope.of_object(node)
            else:
                found = scope.entry(node) if isinstance(node, n.Index) else None
        return last

    def of_object(self, node: n.Attr) -> tuple[n.Expr, Self] | None:
        """Return what an attribute of an object holds: what a method gave it, or its property returns."""
        if self.depth > DEPTH_LIMIT:
            return None
        owner = self.class_of(node.value)
        if owner is None:
            return None
        found = self.urlconf.classes.member(owner, node.name)
        if found is None:
            return self._given(owner, node.name)
        if isinstance(found, FunctionSymbol) and is_property(found.node):
            returned = [s for s in body(found.node) if isinstance(s, n.Return) and s.value]
            if returned and returned[-1].value is not None:
                return returned[-1].value, self.in_method(found, owner)
        return None

    def _of_config(self, node: n.Attr) -> str | None:
        """Return what `app.name` or `app.label` is worth, for the configuration of an app."""
        configs = self.urlconf.models.configs
        if node.name not in _OF_CONFIGS or self.depth > DEPTH_LIMIT:
            return None
        owner = self.class_of(node.value)
        if owner is None or owner not in configs:
            return None
        return configs.name(owner) if node.name == "name" else configs.label(owner)

    def _given(self, owner: ClassSymbol, name: str) -> tuple[n.Expr, Self] | None:
        """Return what a method of a class assigns to `self.name`."""
        for method in self.urlconf.classes.own_functions(owner):
            value = _given_by(method.node, name) if name in method.node.words else None
            if value is not None:
                return value, self.in_method(method, owner)
        return None

    def in_method(self, function: FunctionSymbol, owner: ClassSymbol) -> Self:
        """Return the names of a method of an object, its own imports among them."""
        made = type(self)(self.urlconf, function.module, {}, self.depth + 1)
        made.owner, made.definer = owner, function.owner
        made.imports = {
            statement.name: statement
            for statement in flatten(body(function.node))
            if isinstance(statement, n.Import)
        }
        return made

    def class_of(self, expression: n.Expr) -> ClassSymbol | None:
        """Return the class of the object that an expression stands for, where the site makes it."""
        if isinstance(expression, n.Name) and expression.id == "self":
            return self.owner
        value, scope = self.follow(expression)
        found = scope.meant(value) if isinstance(value, n.Name | n.Attr) else None
        if isinstance(found, ValueSymbol):
            value, scope = found.value, type(self)(self.urlconf, found.module, {}, self.depth + 1)
        if not isinstance(value, n.Call) or scope.depth > DEPTH_LIMIT:
            return None
        if tail(value.func) == "get_app_config" and value.args:
            label = scope.constant(value.args[0])
            return self.urlconf.models.configs.labelled(label) if isinstance(label, str) else None
        made = scope.resolve(value.func)
        return made if isinstance(made, ClassSymbol) else None

    def entry(self, node: n.Index) -> tuple[n.Expr, Self] | None:
        """Return the item of a display that a constant key names."""
        display, scope = self.follow(node.value)
        if not isinstance(display, n.Mapping | n.Sequence):
            return None
        key = self.constant(node.index)
        if isinstance(display, n.Mapping):
            pairs = zip(display.keys, display.values, strict=True)
            found = [
                value for name, value in pairs if isinstance(name, n.Const) and name.value == key
            ]
            return (found[-1], scope) if found else None
        if type(key) is int and -len(display.items) <= key < len(display.items):
            return display.items[key], scope
        return None

    def resolve(self, expression: n.Expr) -> Symbol | None:
        """Return what a name or a chain of attributes means here."""
        found, scope = self.follow(expression)
        return scope.meant(found)

    def function(self, called: n.Expr) -> tuple[FunctionSymbol | None, ClassSymbol | None]:
        """Return the function of the site that a call runs, and whose method it is."""
        holder = called.value if isinstance(called, n.Attr) else None
        if isinstance(holder, n.Call) and tail(holder.func) == "super":
            return self._inherited(tail(called)), self.owner
        owner = self.resolve(holder) if holder is not None else None
        if holder is not None and (owner is None or isinstance(owner, ValueSymbol)):
            owner = self.class_of(holder)
        if isinstance(owner, ClassSymbol):
            return self.urlconf.classes.method(owner, tail(called)), owner
        found = self.resolve(called)
        return (found if isinstance(found, FunctionSymbol) else None), self.owner

    def _inherited(self, name: str) -> FunctionSymbol | None:
        """Return the method that `super().name` reaches here."""
        if self.owner is None or self.definer is None:
            return None
        return self.urlconf.classes.next_method(self.owner, self.definer, name)

    def meant(self, expression: n.Expr) -> Symbol | None:
        """Return what a name or a chain of attributes means, where it is not bound."""
        if self.owner is not None:
            if isinstance(expression, n.Name) and expression.id == "cls":
                return self.owner
            if isinstance(expression, n.Attr) and tail(expression.value) in ("self", "cls"):
                return self.urlconf.classes.member(self.owner, expression.name)
        if isinstance(expression, n.Attr) and root(expression) in self.bound:
            base = self.resolve(expression.value)
            return None if base is None else self.names.attribute(base, expression.name)
        if isinstance(expression, n.Const) and isinstance(expression.value, str):
            return self.names.dotted(expression.value, self.module)
        if isinstance(expression, n.Call) and tail(expression.func) == "import_module":
            named = self.constant(expression.args[0]) if len(expression.args) == 1 else None
            return self.names.dotted(named, self.module) if isinstance(named, str) else None
        return self.names.resolve(self.module, expression, self.imports or None)

    def constant(self, expression: n.Expr | None) -> Any:
        """Return the value of an expression in this module, settings included."""

        def lookup(node: n.Expr) -> Any:
            if isinstance(node, n.Call):
                return self.of_call(node) if node is not expression else UNKNOWN
            if isinstance(node, n.Name) and node.id in self.bound:
                value, owner = self.bound[node.id]
                return owner.constant(value)
            if isinstance(node, n.Attr):
                known = self._option(node) or self._of_config(node) or self._setting(node)
                if known is not UNKNOWN:
                    return known
            found = self.meant(node)
            return self._of_module(found) if isinstance(found, ValueSymbol) else UNKNOWN

        if isinstance(expression, n.Call) and tail(expression.func) in _QUESTIONS:
            is_about_classes = tail(expression.func) == "issubclass"
            return self._is_subclass(expression) if is_about_classes else self._has(expression)
        return default_of(evaluate(expression, lookup)) if expression is not None else UNKNOWN

    def of_call(self, call: n.Call) -> Any:  # noqa: ARG002 - lists of patterns follow it
        """Return what a call of a function of the site is worth; a scope alone follows none."""
        return UNKNOWN

    def _is_subclass(self, call: n.Call) -> Any:
        """Return what `issubclass(one, other)` is worth for two classes of the site."""
        found = [self.resolve(argument) for argument in call.args]
        match found:
            case [ClassSymbol() as one, ClassSymbol() as other]:
                return other in self.urlconf.classes.line(one)
        return UNKNOWN

    def _has(self, call: n.Call) -> Any:
        """Return what `hasattr(one, name)` is worth for a module or the configuration of an app."""
        name = self.constant(call.args[1]) if len(call.args) == 2 else None
        if not isinstance(name, str):
            return UNKNOWN
        found = self.resolve(call.args[0])
        if isinstance(found, ModuleSymbol):
            return self.names.member(found.module, name) is not None
        owner = self.class_of(call.args[0]) if self.depth <= DEPTH_LIMIT else None
        if owner is None or owner not in self.urlconf.models.configs:
            return UNKNOWN
        return self.urlconf.classes.member(owner, name) is not None or name in _OF_EACH_CONFIG

    def _of_module(self, symbol: ValueSymbol) -> Any:
        """Return the value that a module, or a class, gives to a name."""
        known = self.urlconf.constants
        if symbol.name not in known:
            known[symbol.name] = UNKNOWN
            if self.depth < DEPTH_LIMIT:
                scope = Scope(self.urlconf, symbol.module, {}, self.depth + 1)
                known[symbol.name] = scope.constant(symbol.value)
        return known[symbol.name]

    def _option(self, node: n.Attr) -> str:
        """Return what `Model._meta.app_label` or `.model_name` is, or an empty text."""
        if node.name not in ("app_label", "model_name") or tail(node.value) != "_meta":
            return ""
        model = self.resolve(node.value.value) if isinstance(node.value, n.Attr) else None
        if isinstance(model, ClassSymbol):
            label = self.urlconf.models.app_label(model)
            return label if node.name == "app_label" else model.node.name.lower()
        return ""

    def _setting(self, node: n.Attr) -> Any:
        settings = self.urlconf.settings
        found = self.names.resolve(self.module, node.value)
        name = getattr(found, "name", "")
        if not name.endswith(("conf.settings", "settings")):
            return UNKNOWN
        if settings is not None and node.name in settings.values:
            return settings.get(node.name, UNKNOWN)
        default = self.urlconf.defaults.get(node.name)
        return UNKNOWN if default is None else self._of_module(default)

    def target(self, view: n.Expr) -> Target:
        """Return what a view expression leads to, through decorators and `as_view`."""
        wrappers: list[Symbol] = []
        for _ in range(DEPTH_LIMIT):
            value, owner = self.follow(view)
            if value is not view:
                inner_target = owner.target(value)
                return replace(inner_target, wrappers=(*wrappers, *inner_target.wrappers))
            if not isinstance(view, n.Call):
                break
            if isinstance(view.func, n.Attr) and view.func.name == "as_view":
                return self._class_view(view, view.func.value, wrappers)
            inner = view.args[-1] if view.args else None
            decorator = func_of(view.func)
            symbol = self.resolve(decorator)
            if symbol is None and tail(decorator) == "admin_view":
                symbol = _ADMIN_VIEW
            if inner is None or isinstance(inner, n.Const | n.Lambda):
                break
            if isinstance(symbol, ClassSymbol) and isinstance(self.resolve(inner), ClassSymbol):
                break  # an object that is a view: `Preview(OrderForm)`
            wrappers.append(External(f"{UNSEEN}{tail(decorator)}") if symbol is None else symbol)
            view = view.args[0] if _is_view_first(view) else inner
        named = self.constant(view)
        if isinstance(named, str):
            found = self.names.dotted(named, self.module)
        else:
            found = self._made_view(view) if isinstance(view, n.Call) else self.resolve(view)
        if isinstance(found, ValueSymbol) and view in inside(found.value):
            return self._before(found, wrappers)
        if isinstance(found, ValueSymbol):
            return self._assigned(found, wrappers)
        return Target(found, wrappers=tuple(wrappers), is_lambda=isinstance(view, n.Lambda))

    def _made_view(self, call: n.Call) -> Symbol | None:
        """Return the view that a call makes: the function that it returns, an instance's class."""
        maker = self.resolve(call.func)
        if isinstance(maker, ClassSymbol):
            return maker
        if not isinstance(maker, FunctionSymbol) or self.depth > DEPTH_LIMIT:
            return None
        inner = type(self)(self.urlconf, maker.module, {}, self.depth + 1)
        for parameter, value in zip(maker.node.params, call.args, strict=False):
            inner.bind(parameter.name, value, self)
        statements = list(inner.taken(body(maker.node)))
        made = {s.name: s for s in statements if isinstance(s, n.Function)}
        for statement in statements:
            if isinstance(statement, n.Return) and isinstance(statement.value, n.Name | n.Attr):
                node = made.get(tail(statement.value))
                if node is not None:
                    return FunctionSymbol(
                        maker.module, node, f"{maker.qualname}.<locals>.{node.name}"
                    )
                found = inner.resolve(statement.value)
                if isinstance(found, FunctionSymbol):
                    return found
        return None

    def taken(self, statements: Iterable[n.Stmt]) -> Iterator[n.Stmt]:
        """Yield the statements that run, as far as conditions can be decided."""
        for statement in statements:
            if isinstance(statement, n.If):
                decided = self.constant(statement.test)
                if decided is UNKNOWN or decided:
                    yield from self.taken(statement.body)
                if decided is UNKNOWN or not decided:
                    yield from self.taken(statement.other)
            else:
                yield statement

    def _assigned(self, symbol: ValueSymbol, wrappers: list[Symbol]) -> Target:
        """`view = login_required(View.as_view())` in the views module."""
        scope = Scope(self.urlconf, symbol.module, {}, self.depth + 1)
        if scope.depth > DEPTH_LIMIT or not isinstance(symbol.value, n.Call):
            return Target(symbol, wrappers=tuple(wrappers))
        inner = scope.target(symbol.value)
        return replace(inner, wrappers=(*wrappers, *inner.wrappers))

    def _before(self, symbol: ValueSymbol, wrappers: list[Symbol]) -> Target:
        """`view = staff_required(view)` behind the view itself: what it was, and all that it was given to.

        The view is what the module defines or imports under the name, or what the name was given
        first: `view = csrf_exempt(View.as_view())`.
        """
        found = self.names.wrapped(symbol)
        for value in self.names.given(symbol):
            if value is symbol.value:
                continue
            if found is None and not _names(value, symbol.qualname):
                return self._assigned(ValueSymbol(symbol.module, value, symbol.qualname), wrappers)
            wrappers.extend(self._wrapping(value))
        return Target(found or symbol, wrappers=tuple(wrappers))

    def _wrapping(self, value: n.Expr) -> Iterator[Symbol]:
        """Yield the decorators that a value was given to, the outer one first."""
        while isinstance(value, n.Call) and value.args:
            decorator = func_of(value.func)
            yield self.resolve(decorator) or External(f"{UNSEEN}{tail(decorator)}")
            value = value.args[0] if _is_view_first(value) else value.args[-1]

    def _class_view(self, call: n.Call, owner: n.Expr, wrappers: list[Symbol]) -> Target:
        options = keywords(call)
        methods: tuple[tuple[str, str], ...] = ()
        actions = call.args[0] if call.args else options.get("actions")
        value = self.constant(actions) if actions is not None else None
        if isinstance(value, dict):
            methods = tuple(
                (str(k), str(v))
                for k, v in value.items()
                if isinstance(k, str) and isinstance(v, str)
            )
        if isinstance(owner, n.Call):  # `View().as_view()` works too
            owner = owner.func
        found = self.resolve(owner)
        if isinstance(found, ValueSymbol) and owner in inside(found.value):
            found = self.names.wrapped(found)  # `Page = login_required(Page.as_view())`
        return Target(found, options, methods, tuple(wrappers), module=self.module)


def is_property(function: n.Function) -> bool:
    """Whether a method is asked for without a call."""
    return any(tail(one) in ("property", "cached_property") for one in function.decorators)


def _names(value: n.Expr, name: str) -> bool:
    return any(isinstance(part, n.Name) and part.id == name for part in inside(value))


def _given_by(method: n.Function, name: str) -> n.Expr | None:
    """Return what a method assigns to `self.name`, or None."""
    for statement in flatten(body(method)):
        if isinstance(statement, n.Assign):
            if any(is_own(target, name) for target in statement.targets):
                return statement.value
    return None


def _is_view_first(call: n.Call) -> bool:
    """`decorator(view, 60)`: the view comes first where the last argument is no view."""
    return len(call.args) > 1 and isinstance(call.args[-1], n.Const)

"""Who may call an API of Django REST framework: its permission and authentication classes."""

from __future__ import annotations

from pickguard.site.access.guards import Applied, Guards
from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import statements

_DEPTH_LIMIT = 20
_CLASSES = "permission_classes"
_SESSION_AUTHENTICATION = ("SessionAuthentication",)
_DEFAULTS = "rest_framework.settings.api_settings.DEFAULT_PERMISSION_CLASSES"


class ApiAccess:
    """Judges permission and authentication classes, and the defaults in `REST_FRAMEWORK`."""

    def __init__(self, classes: Classes, guards: Guards, settings: Settings | None) -> None:
        self.classes = classes
        self.names = classes.names
        self.guards = guards
        self.settings = settings
        framework = settings.get("REST_FRAMEWORK", {}) if settings else {}
        self._is_known = isinstance(framework, dict)
        self._framework = framework if isinstance(framework, dict) else {}

    def function_login(self, applied: tuple[Applied, ...]) -> bool | None:
        """Whether an `@api_view` asks for a login."""
        for item in applied:
            if item.guard.permission_classes and item.call and item.call.args:
                return self._asks(item.module, item.call.args[0])
        return self.default_login()

    def class_login(
        self, symbol: ClassSymbol, classes: ValueSymbol | None, applied: tuple[Applied, ...]
    ) -> bool | None:
        """Whether an API class with these permission classes asks for a login."""
        if any(f.login for f in self.classes.library_line(symbol)):
            return True
        if any(a.guard.login for a in applied):
            return True
        method = self.classes.method(symbol, "get_permissions")
        if method is not None:
            return self._chosen(method, classes)
        if classes is not None:
            return self._asks(classes.module, classes.value)
        if any(f.open for f in self.classes.library_line(symbol)):
            return False
        found = self.default_login()
        return None if found is False and self.classes.has_unknown_api(symbol) else found

    def _chosen(self, method: FunctionSymbol, classes: ValueSymbol | None) -> bool | None:
        """Whether a login is asked for whatever permissions a `get_permissions` chooses; else None."""
        block = list(statements(body(method.node)))
        lists = [
            statement.value
            for statement in block
            if isinstance(statement, n.Assign)
            and any(tail(target) == _CLASSES for target in statement.targets)
        ]
        found = []
        for statement in block:
            if isinstance(statement, n.Return):
                if isinstance(statement.value, n.Sequence):
                    lists.append(statement.value)
                elif _hands_on_class(statement.value):
                    own = self._asks(classes.module, classes.value) if classes else None
                    found.append(self.default_login() if classes is None else own)
                elif not _makes_each(statement.value):
                    return None
        found += [self._asks(method.module, one) for one in lists]
        return True if found and all(found) else None

    def _asks(self, module: Module, expression: n.Expr) -> bool | None:
        """Whether a list of permission classes asks for a login."""
        if isinstance(expression, n.Name | n.Attr):
            found = self.names.resolve(module, expression)
            if isinstance(found, ValueSymbol):
                return self._asks(found.module, found.value)
            return self.default_login() if _is_default(found) else None
        if isinstance(expression, n.Binary) and expression.op == "+":
            parts = [self._asks(module, expression.left), self._asks(module, expression.right)]
            return True if True in parts else None if None in parts else False
        if not isinstance(expression, n.Sequence):
            return None
        guards = [self.guards.permission_class(module, item) for item in expression.items]
        if any(g is not None and g.login for g in guards):
            return True
        return None if None in guards else False

    def asks(self, classes: ValueSymbol) -> bool | None:
        """Whether the permission classes that an attribute lists ask for a login."""
        return self._asks(classes.module, classes.value)

    def default_login(self, setting: str = "") -> bool | None:
        """Whether the permission classes of the settings ask for a login.

        Args:
            setting: where a library looks for those of its own views, `NAME.KEY`; else REST framework's.
        """
        name, _, key = setting.partition(".")
        values = self.settings.get(name, {}) if name and self.settings else self._framework
        if not isinstance(values, dict):
            return None
        listed = values.get(key or "DEFAULT_PERMISSION_CLASSES")
        if listed is None:
            return False if self.settings is not None and self._is_known else None
        if not isinstance(listed, list | tuple):
            return None
        found = []
        for name in listed:
            symbol = self.names.dotted(name) if isinstance(name, str) else None
            found.append(self.guards.permission_symbol(symbol))
        if any(g is not None and g.login for g in found):
            return True
        return None if None in found else False

    def permissions(self, classes: ValueSymbol | None) -> list[str]:
        """Return the names of the permission classes of a view, those of the settings without any."""
        if classes is None:
            return self._default_permissions()
        return self._permissions(classes.module, classes.value)

    def _permissions(self, module: Module, expression: n.Expr) -> list[str]:
        if isinstance(expression, n.Sequence):
            return [name for item in expression.items for name in self._class_names(module, item)]
        if isinstance(expression, n.Binary) and expression.op == "+":
            sides = (expression.left, expression.right)
            return [name for side in sides for name in self._permissions(module, side)]
        is_default = _is_default(self.names.resolve(module, expression))
        return self._default_permissions() if is_default else []

    def _class_names(self, module: Module, expression: n.Expr, depth: int = 0) -> list[str]:
        """Return the names of the permission classes that `A & (B | ~C)` is made of."""
        if depth > _DEPTH_LIMIT:
            return []
        if isinstance(expression, n.Binary):
            sides = (expression.left, expression.right)
            return [name for side in sides for name in self._class_names(module, side, depth + 1)]
        if isinstance(expression, n.Unary):
            return self._class_names(module, expression.operand, depth + 1)
        found = self.names.resolve(module, expression)
        if isinstance(found, ValueSymbol) and isinstance(found.value, n.Binary | n.Unary):
            return self._class_names(found.module, found.value, depth + 1)
        name = tail(func_of(expression))
        return [name] if name else []

    def _default_permissions(self) -> list[str]:
        """Return the names of the default permission classes but those that ask for a login alone."""
        listed = self._framework.get("DEFAULT_PERMISSION_CLASSES")
        found = []
        for name in listed if isinstance(listed, list | tuple) else ():
            if not isinstance(name, str):
                continue
            symbol = self.names.dotted(name)
            guard = self.guards.permission_symbol(symbol)
            is_read_only = "ReadOnly" in getattr(symbol, "name", "")
            is_own = not isinstance(symbol, External)
            if is_own or guard is None or guard.permission or is_read_only:
                found.append(name.rpartition(".")[2])
        return found

    def csrf(self, applied: tuple[Applied, ...], classes: ValueSymbol | None = None) -> bool | None:
        """Whether a request without a token is refused.

        DRF's views are exempt; session authentication checks the token by itself.

        Args:
            applied: what stands around the view.
            classes: the authentication classes that a view of a class sets.
        """
        chosen: n.Expr | None = None
        module = None
        for item in applied:
            if item.guard.authentication_classes and item.call and item.call.args:
                chosen, module = item.call.args[0], item.module
        if classes is not None:
            chosen, module = classes.value, classes.module
        if chosen is not None and module is not None:
            if not isinstance(chosen, n.Sequence):
                return None
            return any(self._is_session(self.names.resolve(module, i)) for i in chosen.items)
        listed = self._framework.get("DEFAULT_AUTHENTICATION_CLASSES")
        if listed is None:
            return True if self._is_known else None
        if not isinstance(listed, list | tuple):
            return None
        return any(self._is_session(self.names.dotted(x)) for x in listed if isinstance(x, str))

    def _is_session(self, symbol: Symbol | None) -> bool:
        if isinstance(symbol, External):
            return symbol.name.endswith(_SESSION_AUTHENTICATION)
        return isinstance(symbol, ClassSymbol) and self.classes.inherits(
            symbol, *_SESSION_AUTHENTICATION
        )


def _hands_on_class(value: n.Expr | None) -> bool:
    """`super().get_permissions()`, `[one() for one in self.permission_classes]`: those of the class, if no others."""
    if isinstance(value, n.Call):
        return tail(value.func) == "get_permissions"
    return _makes_each(value) and isinstance(_source(value), n.Attr)


def _makes_each(value: n.Expr | None) -> bool:
    """`[permission() for permission in permission_classes]`."""
    return tail(_source(value)) == _CLASSES


def _source(value: n.Expr | None) -> n.Expr | None:
    return value.loops[0].source if isinstance(value, n.Comprehension) else None


def _is_default(symbol: Symbol | None) -> bool:
    """Whether a name stands for the permission classes that the settings list."""
    return isinstance(symbol, External) and symbol.name == _DEFAULTS

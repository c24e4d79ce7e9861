"""Functions and classes that settings name: `import_string(settings.SHOP_LABELLER)(name)`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.flow.values.definitions import Env, Value
from pickguard.site.link import Site
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body

LOADERS = frozenset(
    {"import_string", "import_from_string", "import_by_path", "import_attribute", "get_callable"}
    | {"load_func", "load_function", "load_class", "load_object", "import_object", "symbol_by_name"}
)
"""Names of functions that return what a dotted name means."""
# what the site's own take a name apart with, and look the parts up
_LOADING = frozenset({"import_module", "getattr"})


class Named:
    """What the settings of one site name.

    Args:
        site: the linked site.
    """

    def __init__(self, site: Site) -> None:
        self._site = site

    def loaded(self, body: Body, node: n.Expr, env: Env) -> Symbol | None:
        """Return what an expression stands for that a loader returned, or None."""
        if isinstance(node, n.Name):
            definition = env.get(node.id)
            if isinstance(definition, Value) and definition.how == "assigned":
                node = definition.expr
            elif definition is None:
                known = body.resolve(node)
                node = known.value if isinstance(known, ValueSymbol) else node
        if not isinstance(node, n.Call) or not node.args or not self._loads(body, node.func):
            return None
        name = self._said(node.args[0])
        return self._site.names.dotted(name) if name else None

    def _loads(self, body: Body, func: n.Expr) -> bool:
        """Whether a function returns what a dotted name means, by its name or by what the site's own does."""
        if tail(func) in LOADERS:
            return True
        found = self._site.names.resolve(body.module, func) if isinstance(func, n.Name) else None
        return isinstance(found, FunctionSymbol) and set(found.node.words) >= _LOADING

    def settings_of(self, function: FunctionSymbol | ClassSymbol) -> tuple[str, ...]:
        """Return the names of the settings that name a function, or a class."""
        return self._by_name.get(function.node.name, ())

    @cached_property
    def _by_name(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        production = self._site.production
        for setting in production.values if production is not None else ():
            for value in _texts(self.setting(setting)):
                last = value.rpartition(".")[2]
                found[last] = (*found.get(last, ()), setting)
        return found

    def _said(self, node: n.Expr) -> str:
        """Return the dotted name that an expression stands for: a text, or a setting."""
        match node:
            case n.Const():
                return text(node) or ""
            case n.Attr(value=n.Name(id="settings")):
                value = self.setting(node.name)
                return value if isinstance(value, str) else ""
            case n.Index(value=n.Attr(value=n.Name(id="settings")) as holder):
                value = self.setting(holder.name)
                entry = value.get(text(node.index)) if isinstance(value, dict) else None
                return entry if isinstance(entry, str) else ""
            case n.Call() if tail(node.func) == "getattr" and len(node.args) > 1:
                if tail(node.args[0]) != "settings":
                    return ""
                value = self.setting(text(node.args[1]) or "")
                return value if isinstance(value, str) else self._said(node.args[-1])
        return ""

    def setting(self, name: str) -> object:
        """Return what production sets, or None where that is not told."""
        production = self._site.production
        return production.get(name) if production is not None else None


def _texts(value: object) -> Iterator[str]:
    """Yield the dotted names in a setting: its value, or those of a dictionary."""
    values = value.values() if isinstance(value, dict) else (value,)
    yield from (one for one in values if isinstance(one, str) and "." in one and " " not in one)

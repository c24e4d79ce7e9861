"""Converters of a site's own, by what they let through of an address: `register_converter(YearConverter, "yyyy")`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pickguard.flow.values.origin import TYPED, Origin
from pickguard.kit.captures import of_pattern
from pickguard.site.link import Site
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, statements

_REGISTERS = "register_converter"
# what makes of a text a value that holds none
_CASTS = frozenset({"int", "float", "Decimal", "UUID", "date", "datetime", "strptime", "fromisoformat"})  # fmt: skip


def converters(site: Site) -> Mapping[str, Origin]:
    """Return what a part of an address may be, by the names of the site's own converters."""
    return {
        name: _let_through(site, symbol)
        for module in site.modules
        if _REGISTERS in module.record.words
        for name, symbol in _registered(site, module)
    }


def _registered(site: Site, module: Module) -> Iterator[tuple[str, ClassSymbol]]:
    for node in expressions(module.record.body):
        if isinstance(node, n.Call) and tail(node.func) == _REGISTERS:
            made, name = argument(node, 0, "converter"), text(argument(node, 1, "type_name"))
            found = site.names.resolve(module, made) if made is not None else None
            if isinstance(found, ClassSymbol) and name:
                yield name, found


def _let_through(site: Site, converter: ClassSymbol) -> Origin:
    """Return what its pattern lets through, or a value of another type where its method makes one."""
    method = site.classes.method(converter, "to_python")
    if method is not None and _makes_no_text(method):
        return TYPED
    pattern = site.classes.value(converter, "regex")
    said = text(pattern.value) if pattern is not None else None
    if said is None and _inherits_number(site, converter):
        return TYPED
    return of_pattern(said or ".+")


def _makes_no_text(method: FunctionSymbol) -> bool:
    returned = [s.value for s in statements(body(method.node)) if isinstance(s, n.Return)]
    return bool(returned) and all(
        isinstance(value, n.Call) and tail(value.func) in _CASTS for value in returned
    )


def _inherits_number(site: Site, converter: ClassSymbol) -> bool:
    return site.classes.inherits(converter, ".IntConverter", ".UUIDConverter")

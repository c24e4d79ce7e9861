"""Settings that an object of pydantic-settings reads from the environment.

class Environment(BaseSettings):
model_config = SettingsConfigDict(env_prefix="SHOP_")
debug: bool = False

environment = Environment()
DEBUG = environment.debug        # the variable SHOP_DEBUG, False where it is not set
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from pickguard.site.symbols.names import ClassSymbol, External, Names, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text

_LIBRARIES = ("pydantic_settings.", "pydantic.")
_DEPTH_LIMIT = 10


class SettingsField(Struct, frozen=True):
    """A field of such a class.

    Attributes:
        variable: the environment variable that fills it.
        default: the expression of its value where the variable is not set, or None.
        owner: the class that says so.
    """

    variable: str
    default: n.Expr | None
    owner: ClassSymbol


def settings_field(names: Names, holder: object, attribute: str) -> SettingsField | None:
    """Return what `holder.attribute` reads, or None where the holder is no settings object."""
    if not isinstance(holder, ValueSymbol) or not isinstance(holder.value, n.Call):
        return None
    kind = names.resolve(holder.module, holder.value.func)
    if not isinstance(kind, ClassSymbol) or not _reads_environment(names, kind):
        return None
    line = [ancestor for ancestor in _line(names, kind) if isinstance(ancestor, ClassSymbol)]
    prefix = next((found for owner in line if (found := _prefix(names, owner)) is not None), "")
    for owner in line:
        for statement in owner.node.body:
            if isinstance(statement, n.Annotate) and tail(statement.target) == attribute:
                return _field(owner, statement.value, f"{prefix}{attribute}".upper())
    return None


def _field(owner: ClassSymbol, value: n.Expr | None, variable: str) -> SettingsField:
    if not isinstance(value, n.Call) or tail(value.func) != "Field":
        return SettingsField(variable, value, owner)
    named = text(argument(value, -1, "validation_alias", "alias", "env"))
    default = argument(value, 0, "default")
    is_required = isinstance(default, n.Opaque)  # `...`
    return SettingsField(named or variable, None if is_required else default, owner)


def _line(names: Names, kind: ClassSymbol, depth: int = 0) -> Iterator[ClassSymbol | External]:
    yield kind
    for base in kind.node.bases if depth < _DEPTH_LIMIT else ():
        found = names.resolve(kind.module, base)
        if isinstance(found, External):
            yield found
        elif isinstance(found, ClassSymbol) and found != kind:
            yield from _line(names, found, depth + 1)


def _reads_environment(names: Names, kind: ClassSymbol) -> bool:
    return any(
        isinstance(ancestor, External)
        and ancestor.name.startswith(_LIBRARIES)
        and ancestor.name.endswith("BaseSettings")
        for ancestor in _line(names, kind)
    )


def _prefix(names: Names, owner: ClassSymbol) -> str | None:
    """Return `env_prefix`, from `model_config` or from the older inner class `Config`."""
    config = names.own_member(owner, "model_config")
    if isinstance(config, ValueSymbol) and isinstance(config.value, n.Call):
        return text(argument(config.value, -1, "env_prefix"))
    older = names.own_member(owner, "Config")
    found = names.own_member(older, "env_prefix") if isinstance(older, ClassSymbol) else None
    return text(found.value) if isinstance(found, ValueSymbol) else None

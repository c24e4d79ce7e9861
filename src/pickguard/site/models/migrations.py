"""What migrations say about when a model's field came to be."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct, field

from pickguard.site.symbols.modules import Module, Modules
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import keywords, text


class Operation(Struct, frozen=True):
    """One operation of a migration that creates or changes fields; names are in lower case."""

    kind: str
    model: str
    field: str = ""
    new: str = ""
    span: int = 0


class Migration(Struct, frozen=True):
    """A migration of an app; `app` is the folder's name."""

    app: str
    name: str
    module: Module
    operations: tuple[Operation, ...] = ()


class History(Struct, frozen=True):
    """When fields were added: `(label in lower case, field) → migration`, with its place.

    A field of the migration that creates its model is not in `added`: it was there from the start.
    """

    migrations: tuple[Migration, ...]
    added: dict[tuple[str, str], str] = field(default_factory=dict)
    places: dict[tuple[str, str], tuple[Module, int]] = field(default_factory=dict)


def read_history(modules: Modules) -> History:
    """Return the history of all apps' fields."""
    migrations = sorted(_find(modules), key=lambda m: (m.app, m.name))
    added: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str], tuple[Module, int]] = {}
    for migration in migrations:
        for operation in migration.operations:
            key = (f"{migration.app}.{operation.model}".lower(), operation.field)
            if operation.kind == "AddField":
                added[key] = migration.name
                places[key] = (migration.module, operation.span)
            elif operation.kind == "RemoveField":
                added.pop(key, None)
            elif operation.kind == "RenameField" and key in added:
                renamed = (key[0], operation.new)
                added[renamed] = added.pop(key)
                places[renamed] = places[key]
    return History(tuple(migrations), added, places)


def _find(modules: Modules) -> Iterator[Migration]:
    for module in modules:
        if not module.is_migration:
            continue
        folders = module.path.split("/")
        app = folders[-3] if len(folders) > 2 else ""
        operations = tuple(_operations(module))
        if operations:
            yield Migration(app, folders[-1].removesuffix(".py"), module, operations)


def _operations(module: Module) -> Iterator[Operation]:
    for statement in module.record.body:
        if not isinstance(statement, n.Class) or statement.name != "Migration":
            continue
        for inner in statement.body:
            if isinstance(inner, n.Assign) and isinstance(inner.value, n.Sequence):
                target = inner.targets[0]
                if isinstance(target, n.Name) and target.id == "operations":
                    for item in inner.value.items:
                        yield from _operation(item)


# The order of the arguments that Django's operations take
_ARGUMENTS = {
    "AddField": ("model_name", "name", "field"),
    "AlterField": ("model_name", "name", "field"),
    "RemoveField": ("model_name", "name"),
    "RenameField": ("model_name", "old_name", "new_name"),
}


def _operation(item: n.Expr) -> Iterator[Operation]:
    if not isinstance(item, n.Call) or not isinstance(item.func, n.Attr):
        return
    kind = item.func.name
    words = keywords(item)
    order = _ARGUMENTS.get(kind, ("name",))
    words |= dict(zip(order, item.args, strict=False))
    if kind in ("AddField", "RemoveField", "RenameField", "AlterField"):
        new = text(words.get("new_name")) or ""
        name = text(words.get("name")) or text(words.get("old_name")) or ""
        yield Operation(kind, (text(words.get("model_name")) or "").lower(), name, new, item.span)
    elif kind == "CreateModel":
        model = (text(words.get("name")) or text(item.args[0] if item.args else None) or "").lower()
        yield Operation(kind, model, "", "", item.span)
    elif kind == "SeparateDatabaseAndState":
        state = words.get("state_operations")
        if isinstance(state, n.Sequence):
            for inner in state.items:
                yield from _operation(inner)

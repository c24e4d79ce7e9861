"""The models of a site: their fields, what the browser may be allowed to edit, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from pickguard.site.models.fields import is_manager, is_shown, is_tagging
from pickguard.site.models.migrations import History
from pickguard.site.settings.apps import AppConfigs
from pickguard.site.symbols.classes import Classes
from pickguard.site.symbols.libraries import LibraryClass, library_class, library_line
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol, External, Symbol, ValueSymbol
from pickguard.site.symbols.unknown import UNKNOWN
from pickguard.site.symbols.values import evaluate
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text
from pickguard.source.python.reader import PythonRecord
from pickguard.source.python.walk import inside

_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey", "TreeForeignKey")
_TO_ONE = ("ForeignKey", "OneToOneField", "ParentalKey", "TreeForeignKey")
_NOT_COLUMNS = ("GenericForeignKey", "GenericRelation", "RelatedField", "InheritanceCastField")
_FIELD = re.compile(r"Field|ForeignKey|ParentalKey")
_AUTO = ("AutoField", "BigAutoField", "SmallAutoField")


_FILES = ("FileField", "ImageField")


class Field(Struct, frozen=True):
    """A field of a model.

    Attributes:
        kind: the name of its class, such as `CharField`.
        options: its keyword arguments, evaluated; what could not be told is `UNKNOWN`.
        target: label or name of the related model, for relations.
        module, span: where it is written; None for a field that a library brings.
        since: the migration that added it, or None.
        holds_tags: whether django-taggit keeps tags for it; REST framework leaves those alone.
        made_of: the columns that the database makes it of, where nobody writes it: `GeneratedField`.
        outlives: whether its row stays when the one that it names is deleted: `on_delete=SET_NULL`.
    """

    name: str
    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    target: str | None = None
    module: Module | None = None
    span: int = 0
    since: str | None = None
    holds_tags: bool = False
    made_of: tuple[str, ...] = ()
    outlives: bool = False

    @property
    def holds_file(self) -> bool:
        """Whether it keeps an upload, and its address."""
        return self.kind in _FILES

    @property
    def is_editable(self) -> bool:
        """Whether a model form shows it unless told otherwise."""
        if self.kind in _AUTO or self.kind in _NOT_COLUMNS:
            return False
        if self.options.get("editable", True) is False:
            return False
        return not any(
            self.options.get(o) is True for o in ("auto_now", "auto_now_add", "auto_created")
        )


class Model(Struct, frozen=True):
    """A model with a table, or an abstract one.

    Attributes:
        symbol: its class; for a library's model, the class of the site that first names it.
        fields: its own and the inherited ones.
        is_user: whether it is a model of accounts.
        is_library: whether a library defines it.
    """

    symbol: ClassSymbol
    label: str
    is_abstract: bool
    fields: tuple[Field, ...]
    is_user: bool = False
    is_library: bool = False

    def __hash__(self) -> int:
        """Return the hash of its class: the options of its fields have none."""
        return hash(self.symbol)

    @property
    def name(self) -> str:
        """The class's own name."""
        return self.label.rpartition(".")[2]

    def field(self, name: str) -> Field | None:
        """Return the field of a name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    def found_by(self, field: Field) -> str:
        """Return the name under which the row that a relation of this model leads to finds its rows: `notes`."""
        named = field.options.get("related_name")
        return named if isinstance(named, str) else f"{self.name.lower()}_set"

    @property
    def editable(self) -> tuple[str, ...]:
        """Names of the fields that a form with all fields shows."""
        return tuple(f.name for f in self.fields if f.is_editable)


class Relations(Struct, frozen=True):
    """The names by which rows lead to others.

    Attributes:
        many: from many rows to many, from either side; those of accounts included.
        one: to one other row: foreign keys, and one-to-one relations from either side.
    """

    many: frozenset[str] = frozenset()
    one: frozenset[str] = frozenset()


class Models:
    """The models of a site, by class and by label."""

    def __init__(self, classes: Classes, history: History) -> None:
        self.classes = classes
        self.history = history
        self.configs = AppConfigs(classes)
        self._given: dict[ClassSymbol | External, tuple[tuple[Field, bool], ...]] = {}
        self.all = tuple(self._find())
        self.by_symbol = {model.symbol: model for model in self.all}

    @cached_property
    def by_label(self) -> dict[str, Model]:
        """Models with a table, by lower-case label; a test's model never hides a real one."""
        found: dict[str, Model] = {}
        for model in self.all:
            if not model.is_abstract and not model.symbol.module.holds_tests:
                found.setdefault(model.label.lower(), model)
        for model in self.all:
            found.setdefault(model.label.lower(), model)
        return found

    @cached_property
    def by_name(self) -> dict[str, list[Model]]:
        """Models by their lower-case class name."""
        found: dict[str, list[Model]] = {}
        for model in self.all:
            found.setdefault(model.name.lower(), []).append(model)
        return found

    @cached_property
    def relations(self) -> Relations:
        """The names of relations between rows."""
        fields = [(model, item) for model in self.all for item in model.fields]
        many = {"groups", "user_permissions"}
        one = {item.name for _model, item in fields if item.kind in _TO_ONE}
        for model, item in fields:
            named = item.options.get("related_name")
            if item.kind == "ManyToManyField":
                many |= {item.name, named} if isinstance(named, str) else {item.name}
            elif item.kind == "OneToOneField":
                one.add(named if isinstance(named, str) else model.name.lower())
        return Relations(frozenset(many), frozenset(one))

    @cached_property
    def found_under(self) -> dict[str, Model]:
        """The models whose rows another row finds under a name that no other relation has: `user.notes`."""
        found: dict[str, list[Model]] = {}
        for model in self.by_label.values():
            for item in model.fields if not model.is_abstract else ():
                if item.target:
                    found.setdefault(model.found_by(item), []).append(model)
        return {name: models[0] for name, models in found.items() if len(models) == 1}

    def _find(self) -> Iterator[Model]:
        for symbol in self.classes.of_kind("model"):
            if symbol.module.is_migration:
                continue
            yield self._model(symbol)

    def _model(self, symbol: ClassSymbol) -> Model:
        label = f"{self.app_label(symbol)}.{symbol.node.name}"
        fields: dict[str, Field] = {}
        for ancestor in reversed(self.classes.line(symbol)):
            for item, is_removed in self._fields_of(ancestor):
                fields.pop(item.name, None)
                if not is_removed:
                    fields[item.name] = item
        placed = tuple(self._dated(label, item) for item in fields.values())
        own_meta = self.classes.names.own_member(symbol, "Meta")
        abstract = (
            isinstance(own_meta, ClassSymbol)
            and _constant(self.classes.names.own_member(own_meta, "abstract")) is True
        )
        is_user = self.classes.inherits(symbol, "AbstractBaseUser", "AbstractUser", ".models.User")
        return Model(symbol, label, abstract, placed, is_user)

    def _dated(self, label: str, item: Field) -> Field:
        since = self.history.added.get((label.lower(), item.name))
        if since is None:
            return item
        return replace(item, since=since)

    def _fields_of(self, written: ClassSymbol | External) -> tuple[tuple[Field, bool], ...]:
        """Return the fields that one class gives its heirs, and whether it takes each away."""
        found = self._given.get(written)
        if found is None:
            if isinstance(written, ClassSymbol):
                found = tuple(self._own_fields(written))
            else:
                found = tuple(_library_fields(written))
            self._given[written] = found
        return found

    def _own_fields(self, symbol: ClassSymbol) -> Iterator[tuple[Field, bool]]:
        for name, binding in self.classes.names.class_scope(symbol).items():
            if isinstance(binding, n.Const) and binding.value is None:
                yield Field(name, ""), True  # `name = None` removes an inherited field
            elif isinstance(binding, n.Call):
                found = self._field(symbol, name, binding)
                if found is not None:
                    yield found, False

    def _field(self, symbol: ClassSymbol, name: str, call: n.Call) -> Field | None:
        kind = tail(call.func)
        found = self.classes.names.resolve(symbol.module, call.func)
        if not self._is_field(found, kind):
            return self._encrypted(symbol, name, call)
        options = {
            keyword.name: evaluate(keyword.value, _no_names)
            for keyword in (*_of_items(call), *call.keywords)
            if keyword.name is not None
        }
        if is_shown(self.classes, found, kind, options) is False:
            options["editable"] = False
        target, outlives = None, False
        if kind.endswith(_RELATIONS) or "ForeignKey" in kind:
            target = self._target(symbol, argument(call, 0, "to"))
            outlives = _stays(argument(call, 1, "on_delete"))
        if kind == "GeneratedField":
            return _generated(name, call, options, symbol.module)
        holds_tags = is_tagging(self.classes, found, kind)
        return Field(
            name,
            kind,
            options,
            target,
            symbol.module,
            call.span,
            holds_tags=holds_tags,
            outlives=outlives,
        )

    def _encrypted(self, symbol: ClassSymbol, name: str, call: n.Call) -> Field | None:
        """Return the field in `encrypt(CharField())`: its table holds it unreadable, its rows do not."""
        inner = call.args[0] if len(call.args) == 1 else None
        if not isinstance(inner, n.Call) or not _ENCRYPTS.match(tail(call.func)):
            return None
        wrapped = self._field(symbol, name, inner)
        return wrapped and replace(wrapped, kind=f"Encrypted{wrapped.kind}", span=call.span)

    def _is_field(self, found: Symbol | None, kind: str) -> bool:
        if is_tagging(self.classes, found, kind):
            return True
        if is_manager(self.classes, found, kind):
            return False
        if not _FIELD.search(kind):
            return isinstance(found, ClassSymbol) and any(
                isinstance(a, External) and ".models." in a.name and a.name.endswith("Field")
                for a in self.classes.line(found)
            )
        name = getattr(found, "name", "")
        return not (".forms." in name or ".serializers." in name)

    def _target(self, symbol: ClassSymbol, expression: n.Expr | None) -> str | None:
        if isinstance(expression, n.Const) and isinstance(expression.value, str):
            named = expression.value
            if named == "self":
                return f"{self.app_label(symbol)}.{symbol.node.name}"
            return named if "." in named else f"{self.app_label(symbol)}.{named}"
        if isinstance(expression, n.Call) and tail(expression.func) in _NAMERS:
            words = [text(argument) for argument in expression.args]
            return f"{words[0]}.{words[1]}" if len(words) == 2 and all(words) else None
        found = self.classes.names.resolve(symbol.module, expression)
        if isinstance(found, ClassSymbol):
            return f"{self.app_label(found)}.{found.node.name}"
        if isinstance(found, External):
            if found.name.endswith("AUTH_USER_MODEL"):
                return "settings.AUTH_USER_MODEL"
            parts = found.name.split(".")
            return f"{parts[-3] if len(parts) > 2 else parts[0]}.{parts[-1]}"
        if _is_user_model(expression, found):
            return "settings.AUTH_USER_MODEL"
        named = _constant(found)
        return named if isinstance(named, str) and "." in named else None

    def app_label(self, symbol: ClassSymbol) -> str:
        """Return the label of the app that a model belongs to."""
        own = self.classes.names.own_member(symbol, "Meta")
        if isinstance(own, ClassSymbol):
            declared = _constant(self.classes.names.own_member(own, "app_label"))
            if isinstance(declared, str):
                return declared
        folder = _app_folder(symbol.module.path)
        return self.configs.declared_labels.get(folder, folder.rpartition("/")[2])

    def of_app(self, config: ClassSymbol) -> tuple[Model, ...]:
        """Return the models of the app that an `AppConfig` configures, in the order of files."""
        folder = self.configs.folder(config)
        return tuple(
            model
            for symbol, model in self.by_symbol.items()
            if not model.is_abstract and _app_folder(symbol.module.path) == folder
        )

    def of(self, symbol: object) -> Model | None:
        """Return the model of a class of the site, or of a library's that is known, or None.

        A name may also hold a model that was asked for: `Order = get_model("shop", "Order")`.
        """
        if isinstance(symbol, External):
            return self._library(symbol)
        if isinstance(symbol, ValueSymbol):
            return self.asked_for(symbol.value) if isinstance(symbol.value, n.Call) else None
        return self.by_symbol.get(symbol) if isinstance(symbol, ClassSymbol) else None

    def asked_for(self, call: n.Call) -> Model | None:
        """Return the model that `get_model("shop", "Order")` looks up, of Django, Oscar, or swapper."""
        if tail(call.func) == "get_user_model":
            return self._users
        if tail(call.func) not in _LOOKUPS:
            return self.swapped(call)
        words = [word for argument in call.args if (word := text(argument)) is not None]
        label = ".".join(words).lower()
        if not words or len(words) < len(call.args):
            return None
        if "." in label:
            return self.by_label.get(label)
        named = [
            model
            for model in self.by_name.get(label, ())
            if not model.is_abstract and not model.symbol.module.holds_tests
        ]
        return named[0] if len(named) == 1 else None

    def swapped(self, call: n.Call) -> Model | None:
        """Return the model that `get_image_model()` stands for, where the site has one of that name."""
        match = _SWAPPED.match(tail(call.func))
        if match is None or call.args or call.keywords:
            return None
        named = [
            model
            for model in self.by_name.get(match[1].replace("_", "").lower(), ())
            if not model.is_abstract and not model.symbol.module.holds_tests
        ]
        return named[0] if len(named) == 1 else None

    @cached_property
    def _users(self) -> Model | None:
        """The one model of users that the site has, Django's where it has none; None where it has several."""
        own = [
            model
            for model in self.all
            if model.is_user and not model.is_abstract and not model.symbol.module.holds_tests
        ]
        return own[0] if len(own) == 1 else None if own else self.named("auth.User")

    def _library(self, symbol: External) -> Model | None:
        """Return a model that a library defines, such as `auth.User`, as far as it is known."""
        name = symbol.name
        facts = library_class(name)
        if facts is None and name.endswith(".models.User"):
            name = "django.contrib.auth.models.User"  # the accounts of the site that an app is put into
            facts = library_class(name)
        if facts is None or facts.kind != "model" or facts.abstract:
            return None
        line = list(library_line(name))
        fields = [item for name in line for item, _removed in _library_fields(External(name))]
        module = Module("", symbol.name.rpartition(".")[0], "", PythonRecord(0, ()))
        parts = symbol.name.split(".")
        node = n.Class(0, parts[-1], (), (), (), ())
        is_user = any(name.endswith(("AbstractUser", "AbstractBaseUser")) for name in line)
        label = f"{parts[-3] if len(parts) > 2 else parts[0]}.{parts[-1]}"
        owner = ClassSymbol(module, node, parts[-1])
        return Model(owner, label, False, tuple(fields), is_user, is_library=True)

    def named(self, label: str | None, user_model: str | None = None) -> Model | None:
        """Return the model of a label such as `shop.Order`, or of `settings.AUTH_USER_MODEL`."""
        if label is None:
            return None
        if label == "settings.AUTH_USER_MODEL":
            label = user_model or "auth.User"
        found = self.by_label.get(label.lower())
        if found is None and label.lower() == "auth.user":
            return self._library(External("django.contrib.auth.models.User"))
        return found


# What looks a model up by its name: of Django, of Oscar and its like, of swapper
_LOOKUPS = frozenset({"get_model", "load_model"})
_ENCRYPTS = re.compile(r"^encrypt(ed)?(_field)?$")
"""What makes an encrypted field of another: that of django-cryptography, and a site's own like it."""
_SWAPPED = re.compile(r"^get_(\w+)_model$")
"""What names the model that a setting chooses: `get_image_model()`, `get_application_model()`."""
_NAMERS = frozenset({"get_model_name", "load_model", "get_model"})


def _stays(on_delete: n.Expr | None) -> bool:
    """Whether a row stays, and names another one or none, when the row that it names is deleted."""
    if isinstance(on_delete, n.Call):
        on_delete = on_delete.func  # `SET(function)`
    return tail(on_delete) in _STAYING


_STAYING = frozenset({"SET", "SET_NULL", "SET_DEFAULT"})


def _generated(name: str, call: n.Call, options: Mapping[str, Any], module: Module) -> Field:
    """Return a column that the database makes of others, called by what it holds: `GeneratedTextField`."""
    output = argument(call, -1, "output_field")
    kind = f"Generated{tail(output.func)}" if isinstance(output, n.Call) else "GeneratedField"
    made = argument(call, -1, "expression")
    stated = {
        id(part)
        for node in (inside(made) if made is not None else ())
        if isinstance(node, n.Call) and tail(node.func) == "Value"
        for part in inside(node)
    }
    columns = (
        text(part) for part in (inside(made) if made is not None else ()) if id(part) not in stated
    )
    named = tuple(dict.fromkeys(column for column in columns if column))
    return Field(name, kind, {**options, "editable": False}, None, module, call.span, made_of=named)


def _no_names(_node: n.Expr) -> Any:
    return UNKNOWN


def _of_items(call: n.Call) -> Iterator[n.Keyword]:
    """Yield the choices of the items of an `ArrayField(CharField(choices=…))`."""
    inner = argument(call, 0, "base_field")
    if isinstance(inner, n.Call):
        yield from (keyword for keyword in inner.keywords if keyword.name == "choices")


def _is_user_model(expression: n.Expr | None, found: object) -> bool:
    """Whether an expression, or what it stands for, is the user model: `User = get_user_model()`."""
    if tail(expression) == "AUTH_USER_MODEL":
        return True
    value = found.value if isinstance(found, ValueSymbol) else expression
    return isinstance(value, n.Call) and (
        tail(value.func) == "get_user_model"
        or any("AUTH_USER_MODEL" in (text(item), tail(item)) for item in value.args)
    )


def _constant(symbol: object) -> Any:
    value = symbol.value if isinstance(symbol, ValueSymbol) else None
    return value.value if isinstance(value, n.Const) else None


def _library_fields(ancestor: External) -> Iterator[tuple[Field, bool]]:
    facts = library_class(ancestor.name)
    if facts is None:
        return
    for name in facts.model_fields:
        yield _library_field(name, facts), False
    for name in facts.set_fields:
        yield Field(name, "Field", {"editable": False}), False


def _library_field(name: str, facts: LibraryClass) -> Field:
    if name in facts.user_fields:
        return Field(name, "ForeignKey", target="settings.AUTH_USER_MODEL")
    return Field(name, "Field")


def _app_folder(path: str) -> str:
    """Return the folder that holds `models.py` or the package `models`."""
    parts = path.removesuffix(".py").split("/")
    parts = parts[: parts.index("models")] if "models" in parts else parts[:-1]
    return "/".join(parts)

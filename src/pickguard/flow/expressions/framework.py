"""What Django and its companions hand to the methods of a class, and keep in its attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pickguard.flow.values.instance import Sort, Type
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, tail, text
from pickguard.source.python.queries import MANAGERS

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

_WITH_FORM = frozenset({"form_valid", "form_invalid", "perform_create", "perform_update"})
_ROW_NAMES = frozenset({"obj", "instance", "object", "record"})
# of django-mptt, django-treebeard and Wagtail: other rows of the same tree
_TREE_ROW = frozenset(
    {"get_root", "get_parent", "get_next_sibling", "get_prev_sibling", "get_previous_sibling"}
    | {"get_first_child", "get_last_child", "get_first_sibling", "get_last_sibling"}
)
_TREE_ROWS = frozenset(
    {"get_children", "get_ancestors", "get_descendants", "get_siblings", "get_family"}
    | {"get_leafnodes"}
)
_FORM_ATTRIBUTES = ("form_class", "serializer_class", "form")


class Framework:
    """Answers for the classes of one site."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._site = flow.site
        self._models: dict[ClassSymbol, Model | None] = {}

    def parameter(self, body: Body, function: FunctionSymbol, name: str) -> Type | None:
        """Return the type of what the framework hands to a method."""
        owner = body.owner
        if owner is None:
            return None
        if function.node.name in _WITH_FORM and name in ("form", "serializer"):
            form = self.form_of(owner)
            return Type(Sort.INSTANCE, form) if form else None
        if _is_column(function, name) and self._is_of_admins(owner):
            return self._flow.types.of_model(self._administered(owner))
        kinds = self._site.classes.kinds(owner)
        if name == "queryset" and "admin" in kinds:  # of an action, or a search
            return self._flow.types.of_model(self.model_of(owner), Sort.ROWS)
        if name in _ROW_NAMES and kinds & _WITH_ROWS:
            return self._flow.types.of_model(self.model_of(owner))
        return None

    def saved(self, body: Body, func: n.Attr) -> Type | None:
        """Return the type of `form.save()` in a view that has Django make its form of the model's fields.

        Or that of the rows which the formset of a model saves.
        """
        if func.name != "save":
            return None
        rows = self._of_formset(body, func.value)
        if rows is not None or body.function is None or body.owner is None:
            return rows
        if body.function.node.name not in _WITH_FORM:
            return None
        if tail(func.value) != "form" or self.form_of(body.owner) is not None:
            return None
        return self._flow.types.of_model(self.model_of(body.owner))

    def _of_formset(self, body: Body, formset: n.Expr) -> Type | None:
        """Return the rows of a formset: `Notes = inlineformset_factory(Author, Note)`, then `Notes(request.POST)`."""
        for value in _assigned(body, formset):
            for made in self._behind(body, value.func if isinstance(value, n.Call) else None):
                model = body.resolve(shown) if (shown := _shown_by(made)) is not None else None
                rows = self._flow.types.of_model(self._site.models.of(model), Sort.ROWS)
                if rows is not None:
                    return rows
        return None

    def _behind(self, body: Body, name: n.Expr | None) -> list[n.Expr]:
        """Return what a name is given, in a body or outside of it."""
        found = body.resolve(name) if isinstance(name, n.Name | n.Attr) else None
        outside = [found.value] if isinstance(found, ValueSymbol) else []
        return [*_assigned(body, name), *outside]

    def _is_of_admins(self, owner: ClassSymbol) -> bool:
        """Whether a class is one of the admin, or is mixed into such classes alone."""
        kinds = self._site.classes.kinds(owner)
        if kinds:
            return "admin" in kinds
        heirs = [self._site.classes.kinds(heir) for heir in self._heirs(owner)]
        known = [kinds for kinds in heirs if kinds]
        return bool(known) and all("admin" in kinds for kinds in known)

    def _administered(self, owner: ClassSymbol) -> Model | None:
        """Return the one model that a class of the admin, or all that it is mixed into, are about."""
        found = self.model_of(owner)
        if found is None:
            models = [self.model_of(heir) for heir in self._heirs(owner)]
            labels = {model.label for model in models if model is not None}
            found = next((m for m in models if m is not None), None) if len(labels) == 1 else None
        return found

    def _heirs(self, owner: ClassSymbol) -> Sequence[ClassSymbol]:
        return self._site.classes.subclasses.get(owner, ())

    def member(self, base: Type, name: str) -> Type | None:
        """Return the type of an attribute that the framework sets."""
        kinds = self._site.classes.kinds(base.symbol)
        if name in ("object", "instance") and kinds & _WITH_ROWS:
            return self._flow.types.of_model(self.model_of(base.symbol))
        if name in ("object_list", "queryset") and "view" in kinds:
            return self._flow.types.of_model(self.model_of(base.symbol), Sort.ROWS)
        if name == "model" and kinds & _WITH_ROWS:
            return self._flow.types.of_model(self.model_of(base.symbol), Sort.CLASS)
        return None

    def result(self, base: Type, name: str, _argument: n.Expr | None) -> Type | None:
        """Return the type of what a library's method returns, where the site has none of its own."""
        if self._site.classes.method(base.symbol, name) is not None:
            return None
        return self.of_library(base, name)

    def of_library(self, base: Type, name: str) -> Type | None:
        """Return the type of what the library's own method returns, whatever stands before it."""
        if base.model is not None:
            sort = Sort.INSTANCE if name in _TREE_ROW else Sort.ROWS
            return Type(sort, base.symbol, base.model) if name in _TREE_ROW | _TREE_ROWS else None
        if name in ("save", "get_object"):
            return self._flow.types.of_model(self.model_of(base.symbol))
        if name == "get_queryset":
            return self._flow.types.of_model(self.model_of(base.symbol), Sort.ROWS)
        if name in ("get_form", "get_serializer"):
            form = self.form_of(base.symbol)
            return Type(Sort.INSTANCE, form) if form else None
        return None

    def by_action(self, body: Body, base: Type, name: str) -> Type | None:
        """Return the serializer that an action names for itself: `@action(serializer_class=…)`."""
        if name != "get_serializer" or body.function is None:
            return None
        if self._site.classes.method(base.symbol, name) is not None:
            return None
        for decorator in body.function.node.decorators:
            given = (
                argument(decorator, -1, "serializer_class")
                if isinstance(decorator, n.Call)
                else None
            )
            symbol = self._site.names.resolve(body.module, given) if given is not None else None
            if isinstance(symbol, ClassSymbol):
                return Type(Sort.INSTANCE, symbol)
        return None

    def naming(self, owner: ClassSymbol, keyword: str, method: str) -> list[str]:
        """Return the classes of the fields that name a method: `CharFilter(method="by_title")`."""
        return [
            tail(call.func)
            for ancestor in self._site.classes.own_line(owner)
            for statement in ancestor.node.body
            if isinstance(statement, n.Assign) and isinstance(call := statement.value, n.Call)
            if _names(argument(call, -1, keyword), method)
        ]

    def declared(self, owner: ClassSymbol, name: str) -> n.Expr | None:
        """Return the annotation of a class's attribute."""
        for ancestor in self._site.classes.own_line(owner):
            for statement in ancestor.node.body:
                if isinstance(statement, n.Annotate) and tail(statement.target) == name:
                    return statement.annotation
        return None

    def form_of(self, owner: ClassSymbol) -> ClassSymbol | None:
        """Return the form or serializer class of a view."""
        for name in _FORM_ATTRIBUTES:
            symbol = self._site.classes.named(owner, name)
            if isinstance(symbol, ClassSymbol):
                return symbol
        return None

    def model_of(self, owner: ClassSymbol) -> Model | None:
        """Return the model whose rows a view, a form, a serializer or an admin class is about."""
        if owner not in self._models:
            self._models[owner] = None
            self._models[owner] = self._find_model(owner)
        return self._models[owner]

    def _is_table(self, owner: ClassSymbol) -> bool:
        return "table" in self._site.classes.kinds(owner)

    def _find_model(self, owner: ClassSymbol) -> Model | None:
        form = self._site.forms.by_symbol.get(owner)
        if form is not None:
            return form.model
        meta = [self._site.classes.meta(owner, "model")] if self._is_table(owner) else []
        for found in (*meta, *(self._site.classes.value(owner, name) for name in _NAMING_MODEL)):
            if found is not None:
                symbol = self._site.names.resolve(found.module, _root(found.value))
                model = self._site.models.of(symbol)
                if model is not None:
                    return model
        inner = self.form_of(owner)
        if inner is not None and inner in self._site.forms.by_symbol:
            return self._site.forms.by_symbol[inner].model
        return self._flow.shown_models.get(owner)


_NAMING_MODEL = ("model", "queryset")


# what makes formsets of a model, and the place of the model among what it is given
_FACTORIES = {
    "modelformset_factory": 0,
    "inlineformset_factory": 1,
    "generic_inlineformset_factory": 0,
}


def _shown_by(made: n.Expr) -> n.Expr | None:
    """Return the model whose rows a factory makes formsets of."""
    place = _FACTORIES.get(tail(func_of(made)))
    return (
        argument(made, place, "model") if place is not None and isinstance(made, n.Call) else None
    )


def _assigned(body: Body, name: n.Expr | None) -> list[n.Expr]:
    held = body.assigned.get(name.id, ()) if isinstance(name, n.Name) else ()
    return [value for value, _span in held]


def _names(given: n.Expr | None, method: str) -> bool:
    return text(given) == method or tail(given) == method


def _is_column(function: FunctionSymbol, name: str) -> bool:
    """Whether a method of an admin class takes a row and nothing else, as a column does."""
    names = [param.name for param in function.node.params]
    return names == ["self", name] and name != "request"


_WITH_ROWS = frozenset({"view", "form", "serializer", "admin", "inline", "table"})


def _root(node: n.Expr) -> n.Expr:
    """Return `Note` of `Note.objects.filter(…)`."""
    for _ in range(40):
        if isinstance(node, n.Call):
            node = node.func
        elif (
            isinstance(node, n.Attr) and (node.name in MANAGERS or isinstance(node.value, n.Call))
        ) or (isinstance(node, n.Attr) and tail(node.value) in MANAGERS):
            node = node.value
        else:
            break
    return node

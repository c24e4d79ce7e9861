"""Rows that a form has looked up by what was sent: `form.cleaned_data["author"]`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pickguard.flow.values.definitions import Env, Value
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.vocabulary import CLEANED
from pickguard.site.models.models import Model
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, is_super, is_true, tail

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow
    from pickguard.flow.types.types import Types

_OF_ROW = re.compile(
    r"Model(Multiple)?Choice\w*Field$|(PrimaryKey|Slug|Hyperlinked)Related\w*Field$"
)
_TAKERS = frozenset({"get", "pop"})


class CleanedRows:
    """Tells what the entries of cleaned data are rows of."""

    def __init__(self, flow: Flow, types: Types) -> None:
        self._flow = flow
        self._types = types

    def of_call(self, body: Body, node: n.Call, name: str, env: Env, depth: int) -> Type | None:
        """Return the type of `form.cleaned_data.get("author")`."""
        if not isinstance(node.func, n.Attr) or node.func.name not in _TAKERS:
            return None
        return self.of(body, node.func.value, name, env, depth)

    def of(self, body: Body, holder: n.Expr, name: str, env: Env, depth: int) -> Type | None:
        """Return the type of one entry of what a form or a serializer has let through.

        Args:
            body: the code that asks.
            holder: the expression before the entry: `form.cleaned_data`, or a name for it.
            name: of the entry.
            env: what names mean there.
            depth: how far the question has come.
        """
        owner = self._owner(body, holder, env, depth)
        if owner is None:
            return None
        return self._declared(owner, name) or self._put(owner, name, depth)

    def _owner(self, body: Body, holder: n.Expr, env: Env, depth: int) -> ClassSymbol | None:
        """Return the class of the form whose data an expression is."""
        if isinstance(holder, n.Name):
            known = env.get(holder.id)
            if not isinstance(known, Value) or known.how != "assigned":
                return None
            holder, env = known.expr, known.env
        if _is_cleaned_by_base(holder):
            return body.owner
        if not isinstance(holder, n.Attr) or holder.name not in CLEANED:
            return None
        if tail(holder.value) == "self" and body.owner is not None:
            return body.owner
        found = self._types.of(body, holder.value, env, depth + 1)
        return found.symbol if found is not None and found.sort is Sort.INSTANCE else None

    def _declared(self, owner: ClassSymbol, name: str) -> Type | None:
        """Return the type by the field of the form, or by that of the model behind it."""
        site = self._flow.site
        form = site.forms.by_symbol.get(owner)
        if form is None:
            return None
        if name in form.declared:
            made = site.classes.value(owner, name)
            if made is None or not _OF_ROW.search(form.declared[name]):
                return None
            call = made.value if isinstance(made.value, n.Call) else None
            rows = argument(call, 0, "queryset") if call is not None else None
            model = self._model(made.module, rows)
            is_many = "Multiple" in form.declared[name] or (
                call is not None and is_true(argument(call, -1, "many"))
            )
            return self._types.of_model(model, Sort.ROWS if is_many else Sort.INSTANCE)
        field = form.model.field(name) if form.model is not None else None
        if field is None or not field.target:
            return None
        sort = Sort.ROWS if "ManyToMany" in field.kind else Sort.INSTANCE
        return self._types.of_model(self._types.named(field.target), sort)

    def _model(self, module: Module, rows: n.Expr | None) -> Model | None:
        """Return the model that `Note.objects.none()` begins with."""
        site, node = self._flow.site, rows
        while isinstance(node, n.Call | n.Attr):
            found = site.models.of(site.names.resolve(module, node))
            if found is not None:
                return found
            node = node.func if isinstance(node, n.Call) else node.value
        return site.models.of(site.names.resolve(module, node)) if node is not None else None

    def _put(self, owner: ClassSymbol, name: str, depth: int) -> Type | None:
        """Return the type of what a method of the form puts in: `self.cleaned_data["note"] = note`."""
        for method in self._flow.site.classes.own_methods(owner):
            if CLEANED.isdisjoint(method.words):
                continue
            function = self._flow.site.classes.method(owner, method.name)
            if function is None:
                continue
            body = self._flow.body(function)
            for holder in CLEANED:
                for value, span in body.assigned.get(f"self.{holder}[{name!r}]", ())[:2]:
                    found = self._types.of(body, value, body.scope.at(span), depth + 3)
                    if found is not None:
                        return found
        return None


def _is_cleaned_by_base(node: n.Expr) -> bool:
    """Whether an expression is `super().clean()`."""
    if not isinstance(node, n.Call) or not isinstance(node.func, n.Attr):
        return False
    receiver = node.func.value
    return is_super(receiver) and node.func.name == "clean"

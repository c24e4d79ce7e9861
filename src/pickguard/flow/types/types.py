"""What an expression is an instance of, as far as the site's own classes tell.

Known are rows of models and sets of rows, forms and other objects that the code makes, and the
classes themselves. Where nothing tells, the answer is None: never a guess that looks like a fact;
what only a name suggests is marked so.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pickguard.flow.callees.arguments import given
from pickguard.flow.callees.handed_back import HandedBack, Share, handed_back
from pickguard.flow.callees.items import Items
from pickguard.flow.callees.managers import MANAGERS, Managers
from pickguard.flow.callees.named import LOADERS
from pickguard.flow.callees.structured import structured
from pickguard.flow.expressions.returned_parts import type_of_part
from pickguard.flow.stored.cleaned_rows import CleanedRows
from pickguard.flow.types.parameter_types import ParameterTypes
from pickguard.flow.values.definitions import (
    Checked,
    Definition,
    Env,
    Extended,
    Imported,
    Local,
    Merged,
    Parameter,
    Raised,
    Value,
)
from pickguard.flow.values.instance import Sort, Type
from pickguard.flow.values.origin import Passed
from pickguard.flow.values.plain_values import is_plain, may_be_plain
from pickguard.flow.values.results import Results
from pickguard.flow.values.vocabulary import ROW_METHODS, ROWS_METHODS
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, External, FunctionSymbol, Symbol, ValueSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, func_of, is_super, tail, text

if TYPE_CHECKING:
    from pickguard.flow.bodies.body import Body
    from pickguard.flow.flow import Flow

# What goes through the same rows, in whatever order, all of them or some
_ROWS_LAST = frozenset({"cast", "filter"})
_SAME_ROWS = _ROWS_LAST | {"list", "tuple", "sorted", "reversed", "set", "iter", "chain", "islice"}
# what they return are values of fields, not rows
_NO_ROWS = frozenset({"values_list", "dates", "datetimes"})
_GETTERS = frozenset({"get_object_or_404", "get_object_or_none", "aget_object_or_404"})
_LISTERS = frozenset({"get_list_or_404", "aget_list_or_404"})
_USER_NAMES = frozenset({"user", "request_user"})
_DEPTH_LIMIT = 12


class Types:
    """Tells types over one site."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._site = flow.site
        self.managers = Managers(flow.site.classes)
        self.items = Items(flow, self)
        self.parameters = ParameterTypes(flow, self)
        self.cleaned = CleanedRows(flow, self)
        self._results = Results(self._find_returned)
        self._kept: dict[FunctionSymbol, HandedBack | None] = {}
        self._merged: dict[tuple[Merged, int], Type | None] = {}  # of the question being answered
        self._delegates: dict[ClassSymbol, Type | None] = {}
        self._annotated: dict[ClassSymbol, dict[str, n.Expr]] = {}

    def of(self, body: Body, node: n.Expr, env: Env, depth: int = 0) -> Type | None:
        """Return the type of an expression, or None."""
        if depth == 0:
            around, self._merged = self._merged, {}
            try:
                return self._of(body, node, env, depth)
            finally:
                self._merged = around
        return self._of(body, node, env, depth) if depth <= _DEPTH_LIMIT else None

    def _of(self, body: Body, node: n.Expr, env: Env, depth: int) -> Type | None:
        match node:
            case n.Name():
                return self._name(body, node, env, depth + 1)
            case n.Attr():
                return self._attribute(body, node, env, depth + 1)
            case n.Call():
                return self._call(body, node, env, depth + 1)
            case n.Wrapped() if node.value is not None:
                return self.of(body, node.value, env, depth + 1)
            case n.Choice():
                then = self.of(body, node.then, env, depth + 1)
                return then or self.of(body, node.other, env, depth + 1)
            case n.Logic():
                found = (self.of(body, value, env, depth + 1) for value in node.values)
                return next((one for one in found if one is not None), None)
            case n.Index():
                name = text(node.index)
                if name is not None:
                    held = self._in_context(body, name, env, depth)
                    return held or self.cleaned.of(body, node.value, name, env, depth)
                base = self.of(body, node.value, env, depth + 1)
                if base is None or base.sort is not Sort.ROWS:
                    return None
                return base if isinstance(node.index, n.Slice) else base.item()
            case n.Binary(op="+" | "|" | "&"):
                sides = (self.of(body, side, env, depth + 1) for side in (node.left, node.right))
                return next((one for one in sides if one and one.sort is Sort.ROWS), None)
            case n.Comprehension() if node.kind != "dict":
                return self._rows(self.items.of(body, node, env, depth + 1))
        return None

    def _in_context(self, body: Body, name: str, env: Env, depth: int) -> Type | None:
        """Return the type of `context["object_list"]`, where Django's views have put what they show."""
        is_of_view = body.function is not None and body.function.node.name == "get_context_data"
        if name not in ("object", "object_list") or not is_of_view:
            return None
        return self.of(body, n.Attr(0, n.Name(0, "self"), name), env, depth + 1)

    def of_model(self, model: Model | None, sort: Sort = Sort.INSTANCE) -> Type | None:
        """Return the type of a model's rows."""
        return Type(sort, model.symbol, model) if model is not None else None

    def of_class(self, symbol: Symbol | None, sort: Sort) -> Type | None:
        """Return the type that a class makes."""
        if isinstance(symbol, ClassSymbol):
            return Type(sort, symbol, self._site.models.by_symbol.get(symbol))
        model = self._site.models.of(symbol)
        return self.of_model(model, sort)

    def user(self) -> Type | None:
        """Return the type of an account."""
        return self.of_model(self.named("settings.AUTH_USER_MODEL"))

    def named(self, label: str | None) -> Model | None:
        """Return the model of a label."""
        return self._site.models.named(label, self._flow.user_model)

    # Names

    def _name(self, body: Body, node: n.Name, env: Env, depth: int) -> Type | None:
        definition = env.get(node.id)
        if definition is not None:
            return self._definition(body, definition, node.id, depth)
        inner = body.inner_binding(node)
        if inner is not None:
            return self._definition(body, inner, node.id, depth)
        if body.enclosing is not None and node.id in body.enclosing.scope.bindings:
            found = body.enclosing.scope.bindings[node.id][-1]
            return self._definition(body.enclosing, found, node.id, depth)
        return self._symbol(body.resolve(node))

    def _symbol(self, symbol: Symbol | None) -> Type | None:
        if isinstance(symbol, ClassSymbol | External):
            return self.of_class(symbol, Sort.CLASS)
        if isinstance(symbol, ValueSymbol) and isinstance(symbol.value, n.Call):
            if tail(symbol.value.func) == "get_user_model":
                user = self.user()
                return Type(Sort.CLASS, user.symbol, user.model) if user else None
            maker = self._site.names.resolve(symbol.module, symbol.value.func)
            model = self._site.models.of(symbol)  # `Order = get_model("shop", "Order")`
            if model is not None:
                return self.of_class(model.symbol, Sort.CLASS)
            if isinstance(maker, ClassSymbol):  # `client = Client()`, one for all of the site
                return self.of_class(maker, Sort.INSTANCE)
        return None

    def _definition(self, body: Body, definition: Definition, name: str, depth: int) -> Type | None:
        if isinstance(definition, Extended) and definition.index is None:
            added = self.of(body, definition.expr, definition.env, depth + 1)
            held = self._rows(added) if definition.is_item else added
            if held is not None and held.sort is Sort.ROWS:
                return held
        while isinstance(definition, Checked | Extended) and definition.base is not None:
            definition = definition.base
        match definition:
            case Value():
                found = self.of(body, definition.expr, definition.env, depth)
                if definition.how == "iterated":
                    if definition.part is None and (found is None or found.sort is not Sort.ROWS):
                        return self.items.of(body, definition.expr, definition.env, depth)
                    return found.item() if found is not None else None
                if definition.part is not None and found is not None:
                    return found if definition.part[0] == 0 else None
                if definition.part is not None:
                    return type_of_part(body, definition, depth)
                return self._entered(found) if definition.how == "entered" else found
            case Merged():
                return self._merge(body, definition, name, depth)
            case Parameter():
                return self.parameters.of(body, definition.param)
            case Imported():
                return self._symbol(body.imported(definition.statement))
            case Raised():
                kind = self.of(body, definition.kind, definition.env, depth)
                if kind is not None and kind.sort is Sort.CLASS:
                    return Type(Sort.INSTANCE, kind.symbol)
            case Local() if isinstance(definition.node, n.Class):
                return None
        return None

    def _entered(self, found: Type | None) -> Type | None:
        """Return the type of what an object hands to the name of a `with`: mostly itself."""
        if found is None or found.sort is not Sort.INSTANCE:
            return found
        method_of = self._site.classes.method
        method = method_of(found.symbol, "__enter__") or method_of(found.symbol, "__aenter__")
        return self.returned(method) if method is not None else found

    def _merge(self, body: Body, definition: Merged, name: str, depth: int) -> Type | None:
        """Return the type of the first way that has one; ways share parts, which are asked once."""
        if depth > _DEPTH_LIMIT:
            return None
        key = (definition, depth)
        if key not in self._merged:
            options = (
                self._definition(body, option, name, depth + 2) for option in definition.options[:4]
            )
            found = next((one for one in options if one is not None), None)
            self._merged[key] = _doubted(found) if found and may_be_plain(definition) else found
        return self._merged[key]

    # Attributes

    def _attribute(self, body: Body, node: n.Attr, env: Env, depth: int) -> Type | None:
        path = body.path(node)
        definition = env.get(path) if path else None
        if isinstance(definition, Value):
            return self._definition(body, definition, path, depth)
        if body.is_request(node.value):
            return self.user() if node.name in _USER_NAMES else None
        base = self.of(body, node.value, env, depth)
        if base is None:
            return self._symbol(body.resolve(node))
        if node.name == "__class__" and base.sort is Sort.INSTANCE:
            return Type(Sort.CLASS, base.symbol, base.model, base.is_guess)
        return self.member(base, node.name, depth)

    def member(self, base: Type, name: str, depth: int = 0) -> Type | None:
        """Return the type of an attribute."""
        if base.sort is Sort.CLASS:
            if base.model is not None and MANAGERS.search(name):
                return Type(Sort.ROWS, base.symbol, base.model)
            return None
        if base.sort is Sort.ROWS:
            return base if base.model is not None else None
        if base.model is not None:
            found = self._model_member(base.model, name)
            if found is not None:
                return found
        return self._class_member(base, name, depth)

    def in_template(self, base: Type, name: str) -> Type | None:
        """Return the type of an attribute as templates take it: they call a method that it is."""
        found = self.member(base, name)
        if found is not None or base.sort is not Sort.INSTANCE:
            return found
        method = self._site.classes.method(base.symbol, name)
        return self.returned(method) if method is not None else None

    def _model_member(self, model: Model, name: str) -> Type | None:
        field = model.field(name)
        if field is not None and field.target:
            sort = Sort.ROWS if "ManyToMany" in field.kind else Sort.INSTANCE
            return self.of_model(self.named(field.target), sort)
        if field is None:
            related = self._flow.reverse_relations.get((model.label.lower(), name))
            if related is not None:
                return self.of_model(related, Sort.ROWS)
        return None

    def _class_member(self, base: Type, name: str, depth: int) -> Type | None:
        """Return what the methods of a class put into `self.name`."""
        found = self._flow.framework.member(base, name)
        if found is not None:
            return found
        for body, definition in self._flow.attributes.assigned(base.symbol, name):
            found = self._definition(body, definition, name, depth + 3)
            if found is not None:
                return found
        method = self._site.classes.method(base.symbol, name)
        if method is not None and any("property" in tail(d) for d in method.node.decorators):
            return self.returned(method)
        return self._named_class(base, name) or self._declared(base, name)

    def _declared(self, base: Type, name: str) -> Type | None:
        """Return what a class says of an attribute that its constructor fills: `backend: Backend`."""
        for ancestor in self._site.classes.own_line(base.symbol):
            if ancestor not in self._annotated:
                self._annotated[ancestor] = {
                    tail(statement.target): statement.annotation
                    for statement in ancestor.node.body
                    if isinstance(statement, n.Annotate)
                }
            annotation = self._annotated[ancestor].get(name)
            if annotation is not None:
                symbol = self._site.names.resolve(ancestor.module, annotation)
                is_own = isinstance(symbol, ClassSymbol)
                return self.of_class(symbol, Sort.INSTANCE) if is_own else None
        return None

    def _named_class(self, base: Type, name: str) -> Type | None:
        """Return the class that a class attribute names: `form_class = NoteForm`."""
        kept = self._site.classes.value(base.symbol, name)
        if kept is None or not isinstance(kept.value, n.Name | n.Attr):
            return None
        symbol = self._site.names.resolve(kept.module, kept.value)
        return self.of_class(symbol, Sort.CLASS) if isinstance(symbol, ClassSymbol) else None

    # Calls

    def _call(self, body: Body, node: n.Call, env: Env, depth: int) -> Type | None:
        name = tail(node.func)
        if name in _GETTERS | _LISTERS:
            first = self.of(body, node.args[0], env, depth) if node.args else None
            if first is None:
                return None
            sort = Sort.INSTANCE if name in _GETTERS else Sort.ROWS
            return Type(sort, first.symbol, first.model)
        if name == "get_user_model":
            user = self.user()
            return Type(Sort.CLASS, user.symbol, user.model) if user else None
        swapped = self._site.models.swapped(node)
        if swapped is not None:
            return self.of_class(swapped.symbol, Sort.CLASS)
        if name in LOADERS:
            loaded = self._flow.named.loaded(body, node, env)
            return self.of_class(loaded, Sort.CLASS) if isinstance(loaded, ClassSymbol) else None
        made = structured(body, node)
        kind = self.of(body, made.kind, env, depth) if made is not None else None
        if kind is not None and kind.sort is Sort.CLASS:
            return Type(Sort.INSTANCE, kind.symbol, kind.model)
        if isinstance(node.func, n.Attr):
            return self._method(body, node, node.func, env, depth)
        if name == "getattr":
            return self._of_managers(body, node, env, depth)
        base = self.of(body, node.func, env, depth)
        if base is not None and base.sort is Sort.CLASS:
            return Type(Sort.INSTANCE, base.symbol, base.model)
        if base is not None and base.sort is Sort.ROWS:
            return base  # only a method of theirs can be called
        symbol = body.resolve(node.func)
        if isinstance(symbol, FunctionSymbol):
            found = self.returned(symbol)
            return found or self._handed_back(body, node, symbol, env, depth)
        return self._wrapped(body, node, env, depth)

    def _of_managers(self, body: Body, node: n.Call, env: Env, depth: int) -> Type | None:
        """Return the rows of `getattr(Note.objects, name)`: a manager's methods hand out rows."""
        manager = node.args[0] if node.args else None
        if not isinstance(manager, n.Attr) or not MANAGERS.search(manager.name):
            return None
        found = self.of(body, manager, env, depth)
        return found if found is not None and found.sort is Sort.ROWS else None

    def _handed_back(
        self, body: Body, node: n.Call, function: FunctionSymbol, env: Env, depth: int
    ) -> Type | None:
        """Return the type of an argument that a function returns, or returns rows of."""
        if function not in self._kept:
            self._kept[function] = handed_back(self._flow.body(function))
        kept = self._kept[function]
        if kept is None:
            return None
        is_bound = function.owner is not None
        found = given(function, node, Passed(kept.name), is_bound=is_bound)
        whole = next((self.of(body, item, env, depth) for item in found), None)
        return _share(whole, kept.share) if whole is not None else None

    def _wrapped(self, body: Body, node: n.Call, env: Env, depth: int) -> Type | None:
        """`list(rows)`, `next(rows)`, `Paginator(rows, 20)` and its pages hold the same rows."""
        name = tail(node.func)
        if name in _SAME_ROWS and node.args:
            return self.of(body, node.args[-1 if name in _ROWS_LAST else 0], env, depth)
        if name.endswith("Paginator"):
            rows = argument(node, 0, "object_list")
            return self.of(body, rows, env, depth) if rows is not None else None
        if name == "next" and node.args:
            inner = node.args[0]
            found = self.of(body, inner, env, depth)
            return found.item() if found else None
        return None

    def _rows(self, item: Type | None) -> Type | None:
        """Return the type of a list of rows, or of records, by that of one of them; None of other lists."""
        if item is None or item.sort is not Sort.INSTANCE:
            return None
        if item.model is None and not self._site.classes.fields(item.symbol):
            return None
        return Type(Sort.ROWS, item.symbol, item.model, item.is_guess)

    def _method(self, body: Body, node: n.Call, func: n.Attr, env: Env, depth: int) -> Type | None:
        name = text(argument(node, 0))
        taken = self.cleaned.of_call(body, node, name, env, depth) if name is not None else None
        if taken is not None:
            return taken
        if is_super(func.value):
            return self._inherited(body, func.name)
        base = self.of(body, func.value, env, depth)
        if base is None:
            saved = self._flow.framework.saved(body, func)
            if saved is not None:
                return saved
            symbol = body.resolve(func)
            if isinstance(symbol, FunctionSymbol):
                known = self.returned(symbol)
                return known or self._handed_back(body, node, symbol, env, depth)
            found = self._symbol(symbol)
            return Type(Sort.INSTANCE, found.symbol, found.model) if found else None
        base = self._managed(base, func.name) or base
        if base.sort is Sort.ROWS:
            if func.name in ROW_METHODS:
                return base.item()
            if func.name in ROWS_METHODS:
                return base
            if func.name in _NO_ROWS:
                return None
            own = self.managers.method(base.symbol, func.name)
            made = self.returned(own) if own is not None else None
            # a manager hands out its model's rows, whichever model's it is
            return made if made is not None and made.model is not None else base
        framework = self._flow.framework
        found = framework.by_action(body, base, func.name)
        found = found or framework.result(base, func.name, argument(node, 0))
        if found is not None:
            return found
        method = self._site.classes.method(base.symbol, func.name)
        if method is not None:
            known = self.returned(method)
            known = known or self._handed_back(body, node, method, env, depth)
            return known or self._behind(base, method)
        made = self._named_class(base, func.name)
        if made is not None:
            return Type(Sort.INSTANCE, made.symbol, made.model)
        behind = self.delegate(base)
        if behind is None:
            return None
        method = self._site.classes.method(behind.symbol, func.name)
        return self.returned(method) if method is not None else None

    def delegate(self, base: Type) -> Type | None:
        """Return the type of what an object asks for all that it has not: `getattr(self.inner, name)`."""
        if base.sort is not Sort.INSTANCE or base.model is not None:
            return None
        if base.symbol not in self._delegates:
            self._delegates[base.symbol] = None  # it may be made of what it is asked for
            self._delegates[base.symbol] = self._find_delegate(base)
        return self._delegates[base.symbol]

    def _find_delegate(self, base: Type) -> Type | None:
        method = self._site.classes.method(base.symbol, "__getattr__")
        for call in self._flow.body(method).every(n.Call) if method is not None else ():
            asked = call.args[0] if tail(call.func) == "getattr" and call.args else None
            if isinstance(asked, n.Attr) and tail(asked.value) == "self":
                return self.member(base, asked.name)
        return None

    def _behind(self, base: Type, method: FunctionSymbol) -> Type | None:
        """Return the type of what the library's method returns that a method of the site calls in its own."""
        goes_on = "super" in method.node.words and method.owner != base.symbol
        return self._flow.framework.of_library(base, method.node.name) if goes_on else None

    def _inherited(self, body: Body, name: str) -> Type | None:
        """Return the type of `super().save()`: of what the next class of the site, or the library's, returns."""
        if body.owner is None:
            return None
        behind = body.function.owner if body.function is not None else None
        method = self._site.classes.next_method(body.owner, behind or body.owner, name)
        if method is not None:
            return self.returned(method)
        model = self._site.models.by_symbol.get(body.owner)
        return self._flow.framework.of_library(Type(Sort.INSTANCE, body.owner, model), name)

    def _managed(self, base: Type, name: str) -> Type | None:
        """Return the rows of `self.filter(…)` in a manager that one model alone names."""
        is_manager = base.sort is Sort.INSTANCE and base.model is None
        if not is_manager or name not in ROWS_METHODS | ROW_METHODS:
            return None
        models = self._models_by_manager.get(base.symbol, ())
        if len(models) != 1 or self._site.classes.method(base.symbol, name) is not None:
            return None
        return self.of_model(models[0], Sort.ROWS)

    def model_of_manager(self, owner: ClassSymbol) -> Model | None:
        """Return the one model whose manager a class makes, or None."""
        models = self._models_by_manager.get(owner, ())
        return models[0] if len(models) == 1 else None

    @cached_property
    def _models_by_manager(self) -> dict[ClassSymbol, list[Model]]:
        found: dict[ClassSymbol, list[Model]] = {}
        for model in self._site.models.all:
            for maker in dict.fromkeys(self.managers.makers(model.symbol)):
                found.setdefault(maker, []).append(model)
        return found

    def returned(self, function: FunctionSymbol) -> Type | None:
        """Return the type of what a function returns."""
        return self._results.of(function)

    def _find_returned(self, function: FunctionSymbol) -> Type | None:
        body = self._flow.body(function)
        if function.node.returns is not None:
            found = self.parameters.annotated(body, function.node.returns)
            if found is not None:
                return found
        for value, env, _span in body.scope.returns[:4]:
            found = self.of(body, value, env)
            if found is not None:
                if any(is_plain(other) for other, _env, _span in body.scope.returns):
                    found = _doubted(found)
                return self._rows(found) or found if _goes_through(body, function) else found
        return None


def _doubted(found: Type) -> Type:
    """Return the type of what may as well be a text or a number."""
    is_one = found.sort is Sort.INSTANCE
    return Type(found.sort, found.symbol, found.model, is_guess=True) if is_one else found


def _goes_through(body: Body, function: FunctionSymbol) -> bool:
    """Whether a function yields one after the other, and not only once, for a `with`."""
    return body.scope.yields and not any(
        tail(func_of(one)) in _ONCE for one in function.node.decorators
    )


_ONCE = frozenset({"contextmanager", "asynccontextmanager"})


def _share(whole: Type, share: Share) -> Type | None:
    """Return the type of what a function hands back of a model, or of rows."""
    if share is Share.ALL:
        return whole
    if whole.sort is Sort.INSTANCE or whole.model is None:
        return None
    sort = Sort.INSTANCE if share is Share.ROW else Sort.ROWS
    return Type(sort, whole.symbol, whole.model)

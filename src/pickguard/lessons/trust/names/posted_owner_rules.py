"""New rows, and acts, in the name of whomever the browser says: `Note(owner_id=request.POST["owner"])`."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.calls.memberships import OF_OTHERS
from pickguard.kit.code import tail, text
from pickguard.lessons.trust.asking import asks_who_may
from pickguard.lessons.trust.login_alone import asks_login_alone
from pickguard.lessons.trust.names.declared_owners import declared_owners, makers
from pickguard.lessons.trust.names.named_actors import of_acts
from pickguard.lessons.trust.names.named_people import is_named_person
from pickguard.lessons.trust.openness import proves_itself
from pickguard.lessons.trust.ownership import is_filled_by_owner, is_user, owner_field, rows_of
from pickguard.site.models.models import Model
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_false, receiver_of
from pickguard.source.python.walk import inside

_MAKES = frozenset({"create", "acreate", "get_or_create", "aget_or_create", "update_or_create"})
_SAVES = frozenset({"save", "asave"})
# In whose name a row is, whatever else it is about
_MAKER = re.compile(
    r"^(author|owner|creator|sender|buyer|requester|reporter|uploader|submitter|applicant|from_user"
    r"|(creat|upload|submitt|post|add|request|report)ed_by)$"
)


@rule(
    "trust.owner-from-browser",
    title="the browser says in whose name a row is made",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(639, 290),
    severity=Severity.MEDIUM,
    gain="a user writes, orders or pays in somebody else's name",
    mend="take it from who is logged in: `owner=request.user`",
)
def owner_from_browser(project: Project) -> Iterator[Hit]:
    """Find new rows whose owner a view takes from the request, and does not hold against who asks."""
    seen: set[FunctionSymbol] = set()
    for _route, view in project.views():
        if view.kind == "library" or proves_itself(view) or not asks_login_alone(project, view):
            continue
        for function in _making(project, view):
            if function not in seen:
                seen.add(function)
                yield from _in_function(project.code_of(function), function, view)
    yield from _of_sockets(project)


def _of_sockets(project: Project) -> Iterator[Hit]:
    """Yield what a consumer that knows who is logged in makes in the name that each message says."""
    for symbol in project.site.classes.of_kind("consumer"):
        methods = list(project.site.classes.own_functions(symbol))
        words = {word for method in methods for word in method.node.words}
        if project.kind_of(symbol.module) is not None or words.isdisjoint(_LOGGED_IN):
            continue
        for method in methods:
            yield from _in_function(project.code_of(method), method, None)


_LOGGED_IN = frozenset({"is_authenticated", "is_anonymous"})


def _making(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield the functions of a view that may make rows, those included that the library calls."""
    yield from (function for _method, function in view.handlers)
    if isinstance(view.symbol, ClassSymbol):
        for name in ("form_valid", "perform_create"):
            yield from project.site.classes.methods(view.symbol, name)
    yield from makers(project, view)


def _in_function(code: Code, function: FunctionSymbol, view: View | None) -> Iterator[Hit]:
    if asks_who_may(code.words) or _holds_against_asker(code):
        return
    named = (
        (place, model, name, _is_own_by_default(code, value))
        for place, model, name, value in (*_made(code, function, view), *_set(code, function, view))
        if is_named_person(code, function, value)
    )
    declared = ((*one, False) for one in _declared(code, function, view))
    for place, model, name, is_own in (*named, *declared):
        field = name.removesuffix("_id")
        if _is_owner(code.project, model, field, is_own=is_own):
            yield Hit(
                (code.spot(place),),
                f"the browser says who the `{field}` of a new `{model.name}` is",
                Confidence.MEDIUM,
                code.symbol,
            )
    yield from of_acts(code, function)


def _declared(
    code: Code, function: FunctionSymbol, view: View | None
) -> Iterator[tuple[n.Call, Model, str]]:
    """Yield what the calls that make rows fill with fields of a schema or of a plain serializer."""
    for call in code.every(n.Call):
        model = _model_made(code, function, view, call)
        if model is not None and not any(_is_asker(code, function, v) for _n, v in _filled(call)):
            yield from ((call, model, name) for name in declared_owners(code, call, view))


def _holds_against_asker(code: Code) -> bool:
    """Whether something is compared with whoever asks."""
    return any(any(map(is_user, inside(node))) for node in code.every(n.Compare))


def _made(
    code: Code, function: FunctionSymbol, view: View | None
) -> Iterator[tuple[n.Call, Model, str, n.Expr]]:
    """Yield what the calls that make rows fill of them; a row that who asks has a part in is theirs."""
    for call in code.every(n.Call):
        model = _model_made(code, function, view, call)
        filled = list(_filled(call)) if model is not None else []
        if model is not None and not any(_is_asker(code, function, v) for _name, v in filled):
            yield from ((call, model, name, value) for name, value in filled)


def _model_made(
    code: Code, function: FunctionSymbol, view: View | None, call: n.Call
) -> Model | None:
    """Return the model of the row that a call makes: `Note(…)`, `Note.objects.create(…)`, `serializer.save(…)`."""
    if tail(call.func) in _MAKES:
        return rows_of(code.project, function, receiver_of(call))
    if tail(call.func) in _SAVES and call.keywords and isinstance(call.func, n.Attr):
        return _model_of_form(view) if tail(call.func.value) in ("serializer", "form") else None
    if tail(call.func)[:1].isupper() and call.keywords:
        return code.project.site.models.of(code.resolve(call.func))
    return None


def _model_of_form(view: View | None) -> Model | None:
    return view.forms[0].model if view is not None and len(view.forms) == 1 else None


def _filled(call: n.Call) -> Iterator[tuple[str, n.Expr]]:
    """Yield what a call fills, `defaults` included."""
    for keyword in call.keywords:
        if keyword.name == "defaults" and isinstance(keyword.value, n.Mapping):
            pairs = zip(keyword.value.keys, keyword.value.values, strict=True)
            yield from ((text(key) or "", value) for key, value in pairs)
        elif keyword.name:
            yield keyword.name, keyword.value


def _is_asker(code: Code, function: FunctionSymbol, value: n.Expr) -> bool:
    """Whether a value is who is logged in; a row that the browser names may be called `user` as well."""
    return is_user(value) and not (
        isinstance(value, n.Name) and is_named_person(code, function, value)
    )


def _set(
    code: Code, function: FunctionSymbol, view: View | None
) -> Iterator[tuple[n.Stmt, Model, str, n.Expr]]:
    """Yield what is set on a row that was made here: `note = Note(); note.owner_id = …`.

    A row that who asks has a part in is theirs.
    """
    theirs = {
        tail(statement.targets[0].value)
        for statement in code.statements
        if isinstance(statement, n.Assign)
        and isinstance(statement.targets[0], n.Attr)
        and _is_asker(code, function, statement.value)
    }
    for statement in code.statements:
        target = statement.targets[0] if isinstance(statement, n.Assign) else None
        if isinstance(statement, n.Assign) and isinstance(target, n.Attr):
            for made in code.made(target.value) if tail(target.value) not in theirs else ():
                model = _model_begun(code, function, view, made)
                if model is not None:
                    yield statement, model, target.name, statement.value


def _model_begun(
    code: Code, function: FunctionSymbol, view: View | None, made: n.Expr
) -> Model | None:
    """Return the model of a row that is not stored yet: of `Note()`, of `form.save(commit=False)`."""
    if not isinstance(made, n.Call):
        return None
    if tail(made.func) in _SAVES:
        is_begun = any(k.name == "commit" and is_false(k.value) for k in made.keywords)
        return _model_of_form(view) if is_begun else None
    if any(_is_asker(code, function, value) for _name, value in _filled(made)):
        return None
    if tail(made.func)[:1].isupper():
        return code.project.site.models.of(code.resolve(made.func))
    return None


def _is_own_by_default(code: Code, value: n.Expr) -> bool:
    """Whether it is who asks, where nobody else is named: `request.POST.get("user", request.user.pk)`."""
    calls = (made for made in code.made(value) if isinstance(made, n.Call))
    return any(tail(call.func) == "get" and any(map(is_user, call.args[1:])) for call in calls)


def _is_owner(project: Project, model: Model, name: str, *, is_own: bool) -> bool:
    """Whether a field says in whose name a row is: by its name, by its default, or as the site fills it elsewhere."""
    field = model.field(name)
    target = (field.target or "").lower() if field is not None else ""
    if model.is_user or target not in project.user_models:
        return False
    if _MAKER.match(name):
        return True
    if owner_field(project, model, 0) != name:
        return False
    is_filled = is_filled_by_owner(project, model, name)
    return is_own or (is_filled and not OF_OTHERS.search(model.name))

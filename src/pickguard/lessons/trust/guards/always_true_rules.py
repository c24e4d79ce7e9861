"""Trust rules about conditions that look like a check and are true of everybody."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, Project, Spot, code_rule
from pickguard.kit.code import is_asker, tail
from pickguard.lessons.trust.guards.failing_open import failing_open, passed_over
from pickguard.lessons.trust.guards.returned_errors import ANSWERING
from pickguard.lessons.trust.guards.swallowed_questions import STAFF, leaves, swallowed
from pickguard.site.access.answers import LOGIN_WORDS
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_none, is_true, text
from pickguard.source.python.bodies import only_returned
from pickguard.source.python.walk import inside

# Methods that answer yes or no; of any user
_OF_USERS = frozenset({"has_perm", "has_perms", "has_module_perms", "check_password"})
_WORDS = _OF_USERS | {"user", "is_valid", "role"}
_FORM = re.compile(r"(form|formset|serializer)s?$", re.IGNORECASE)
_RIGHT = re.compile(r"user|role|perm|group|member|staff|admin", re.IGNORECASE)
_ASKING = (LOGIN_WORDS | PERMISSION_WORDS) - {
    "PermissionDenied",
    "HttpResponseForbidden",
    "NotAuthenticated",
}


@code_rule(
    "trust.condition-always-true",
    words=("user", "request", "is_valid", "role", "user_passes_test", *sorted(STAFF | _OF_USERS)),
    title="a check is true of everybody",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(571, 862),
    severity=Severity.HIGH,
    gain="the condition keeps nobody out, so whoever sends the request is treated as one who may",
    mend="ask for `request.user.is_authenticated`, call the method, compare with each of the values",
)
def condition_always_true(code: Code) -> Iterator[Hit]:
    """Find `if not request.user`, `if user.has_perm`, `if role == "admin" or "owner"`, what is not awaited."""
    yield from _passing_all(code)
    yield from swallowed(code)
    yield from passed_over(code)
    if _answers(code):
        yield from failing_open(code)
    is_async = code.function is not None and code.function.node.is_async
    if not is_async and code.words.isdisjoint(_WORDS | code.project.once(_questions_of_rows)):
        return
    for test in _tests(code):
        for node in _parts(test):
            yield from _not_asked(code, node)
            yield from _answered_yes(code, node)
        yield from _with_constant(code, test)
    if not _asks_elsewhere(code):
        yield from _of_any_user(code)
    yield from _chosen_first(code)


def _chosen_first(code: Code) -> Iterator[Hit]:
    """Yield `request.user or request.auth`: what stands behind is never taken."""
    told: set[str] = set()
    for node in code.every(n.Logic):
        first, *others = node.values
        if node.op != "or" or not (isinstance(first, n.Attr) and first.name == "user"):
            continue
        another = next((other for other in others if isinstance(other, n.Attr)), None)
        if another is None or not is_asker(first) or another.name in told:
            continue
        told.add(another.name)
        said = f"`{another.name}` is never taken: a stranger has a `request.user` as well, and it is true"
        mend = "ask `request.user.is_authenticated` to choose between the two"
        yield Hit((code.spot(node),), said, Confidence.MEDIUM, code.symbol, mend=mend)


def _passing_all(code: Code) -> Iterator[Hit]:
    """Yield `user_passes_test(lambda user: user)`: a stranger is a user as well."""
    for call in code.calls("user_passes_test"):
        test = call.args[0] if call.args else None
        if not isinstance(test, n.Lambda) or not test.params:
            continue
        held = tail(_bare(test.value))
        is_same = isinstance(test.value, n.Name) and held == test.params[0].name
        if is_same or is_true(test.value):
            yield _hit(
                code, test, "every user passes this test, strangers too", "ask what must be true"
            )


def _not_asked(code: Code, node: n.Expr) -> Iterator[Hit]:
    """Yield a method that is not called, a coroutine that is not awaited."""
    if isinstance(node, n.Attr) and _is_method(code, node):
        said = f"`{node.name}` is not called here, and a method is always true"
        yield _hit(code, node, said, f"call it: `{node.name}(…)`")
    if isinstance(node, n.Sequence) and node.items and node.kind == "tuple":
        if any(_RIGHT.search(tail(part)) for part in inside(node)):
            yield _hit(
                code, node, "a tuple that holds something is always true", "leave out the brackets"
            )
    if isinstance(node, n.Call):
        name = tail(node.func)
        known = name in code.project.once(_asynchronous)
        called = code.body.resolve(node.func) if known else None
        if isinstance(called, FunctionSymbol) and called.node.is_async:
            said = f"`{name}(…)` is not awaited here, and a coroutine is always true"
            yield _hit(code, node, said, f"`await {name}(…)`")


def _answered_yes(code: Code, node: n.Expr) -> Iterator[Hit]:
    """Yield a function that is asked whether somebody may, and answers yes whatever it is given."""
    if not isinstance(node, n.Call) or tail(node.func) not in code.project.once(_yes_sayers):
        return
    found = code.body.resolve(node.func)
    if isinstance(found, FunctionSymbol) and _says_yes(found):
        yield Hit(
            (code.spot(node), Spot(found.module.path, found.node.span, "always says yes")),
            f"`{tail(node.func)}(…)` is asked who may, and says yes of everybody",
            Confidence.MEDIUM,
            code.symbol,
            mend="have it ask for a right: `user.has_perm(…)`",
        )


def _yes_sayers(project: Project) -> frozenset[str]:
    return frozenset(f.node.name for f in project.flow.callers.functions if _says_yes(f))


def _says_yes(function: FunctionSymbol) -> bool:
    """Whether a function, no method that another class may override, asks who may and just returns `True`."""
    if function.owner is not None or not _ASKED.search(function.node.name):
        return False
    if not _PEOPLE & {param.name for param in function.node.params}:
        return False
    return is_true(only_returned(function.node))


def _hit(code: Code, node: n.Expr, message: str, mend: str) -> Hit:
    return Hit((code.spot(node),), message, Confidence.HIGH, code.symbol, mend=mend)


def _tests(code: Code) -> Iterator[n.Expr]:
    """Yield what is asked for yes or no: conditions, and what a permission answers."""
    for statement in code.statements:
        if isinstance(statement, n.If | n.While | n.Assert):
            yield statement.test
        elif isinstance(statement, n.Return) and statement.value is not None and _answers(code):
            yield statement.value


def _answers(code: Code) -> bool:
    return code.function is not None and code.function.node.name in ANSWERING


def _parts(test: n.Expr) -> Iterator[n.Expr]:
    """Yield the smallest parts of a condition that are each true or not."""
    if isinstance(test, n.Logic):
        for value in test.values:
            yield from _parts(value)
    elif isinstance(test, n.Unary) and test.op == "not":
        yield from _parts(test.operand)
    else:
        yield test


def _is_method(code: Code, node: n.Attr) -> bool:
    """Whether an attribute is a method of Django's, or of the site's own users, by its name and what has it."""
    holder = tail(node.value)
    if node.name in _OF_USERS or node.name in code.project.once(_methods_of_users):
        return holder.endswith("user")
    if node.name in code.project.once(_questions_of_rows):
        return _is_question_of(code, node)
    return node.name == "is_valid" and bool(_FORM.search(holder))


def _is_question_of(code: Code, node: n.Attr) -> bool:
    """Whether an attribute is a method of the row that has it, and no property: `file.may_see`."""
    scope = code.body.scope.at(node.span)
    holder = code.project.flow.types.of(code.body, node.value, scope)
    if holder is None:
        fetched = {tail(func_of(value)) for value in code.made(node.value)}
        return bool(fetched & _FETCHERS) and _is_always_method(code.project, node.name)
    if holder.sort is not Sort.INSTANCE or not isinstance(holder.symbol, ClassSymbol):
        return False
    method = code.project.site.classes.method(holder.symbol, node.name)
    return method is not None and not method.node.decorators


def _is_always_method(project: Project, name: str) -> bool:
    """Whether a name is that of a method wherever the site gives it, and of no property or field."""
    if any(field.name == name for model in project.site.models.all for field in model.fields):
        return False
    defined = project.flow.callers.defined(name)
    return all(one.owner is not None and not one.node.decorators for one in defined)


_FETCHERS = frozenset(
    {"get_object_or_404", "aget_object_or_404", "get", "aget", "first", "get_object"}
)


def _questions_of_rows(project: Project) -> frozenset[str]:
    """Return the methods of models that tell whether somebody whom they are given may."""
    return frozenset(
        member.name
        for model in project.site.models.all
        for member in project.site.classes.own_methods(model.symbol)
        if _ASKED.search(member.name) and _PEOPLE & {param.name for param in member.params[1:]}
    )


_ASKED = re.compile(
    r"(^|_)(can|may|allow(s|ed)?|permitted|permits|visible|accessible|authori[sz]ed|access)(_|$)|^(is|has)_"
)
_PEOPLE = frozenset({"user", "request", "actor", "viewer", "person", "account", "member"})


def _asynchronous(project: Project) -> frozenset[str]:
    """Return the names of the functions that have to be awaited."""
    return frozenset(f.node.name for f in project.flow.callers.functions if f.node.is_async)


def _methods_of_users(project: Project) -> frozenset[str]:
    """Return the methods of the site's users that take nothing and are no property."""
    models = (project.site.models.by_label.get(label) for label in project.user_models)
    return frozenset(
        member.name
        for model in models
        if model is not None
        for member in project.site.classes.own_methods(model.symbol)
        if len(member.params) == 1 and not member.decorators
    )


def _with_constant(code: Code, test: n.Expr) -> Iterator[Hit]:
    """Yield `role == "admin" or "owner"`: a text alone is always true."""
    for node in inside(test) if isinstance(test, n.Logic | n.Unary) else ():
        if not isinstance(node, n.Logic) or node.op != "or":
            continue
        first, *others = node.values
        compares = isinstance(first, n.Compare) and first.ops == ("==",)
        lone = next((other for other in others if text(other)), None)
        if compares and lone is not None and any(_RIGHT.search(tail(x)) for x in inside(first)):
            said = f"`or {text(lone)!r}` is true by itself, whatever is compared before it"
            yield _hit(code, lone, said, "write `in (…, …)`")


def _of_any_user(code: Code) -> Iterator[Hit]:
    """Yield the conditions that take a stranger for a user: `AnonymousUser` is true as well."""
    for statement in code.statements:
        if isinstance(statement, n.If) and leaves(statement):
            parts = _alternatives(statement.test)
            held = next((node for node in parts if _is_no_user(code, node)), None)
            if held is not None:
                yield _user_hit(code, held)
        elif isinstance(statement, n.Return) and statement.value is not None and _answers(code):
            if _is_user(code, _bare(statement.value)):
                yield _user_hit(code, statement.value)


def _user_hit(code: Code, node: n.Expr) -> Hit:
    said = "a stranger has a `request.user` as well: `AnonymousUser`, which is true and not None"
    return _hit(code, node, said, "ask `request.user.is_authenticated`")


def _alternatives(test: n.Expr) -> tuple[n.Expr, ...]:
    """Return the parts of which one alone makes a condition true."""
    return test.values if isinstance(test, n.Logic) and test.op == "or" else (test,)


def _is_no_user(code: Code, node: n.Expr) -> bool:
    """Whether an expression says that there is no user: `not request.user`, `user is None`."""
    if isinstance(node, n.Unary) and node.op == "not":
        return _is_user(code, _bare(node.operand))
    if isinstance(node, n.Compare) and node.ops in (("is",), ("==",)):
        (right,) = node.rights
        return is_none(right) and _is_user(code, node.left)
    return False


def _bare(node: n.Expr) -> n.Expr:
    is_bool = isinstance(node, n.Call) and tail(node.func) == "bool" and len(node.args) == 1
    return node.args[0] if isinstance(node, n.Call) and is_bool else node


def _is_user(code: Code, node: n.Expr) -> bool:
    """Whether an expression is `request.user`, or a name that stands for nothing else."""
    if isinstance(node, n.Name):
        held = code.body.assigned.get(node.id)
        return bool(held) and all(is_asker(value) for value, _span in held or ())
    return is_asker(node)


def _asks_elsewhere(code: Code) -> bool:
    """Whether something else asks for a login: the function itself, or what stands around the view."""
    if code.words & _ASKING or "request.user" in code.body.assigned or _answers_by_asking(code):
        return True
    if any(map(_tells_users_apart, code.every(n.Compare))):
        return True
    project = code.project
    return code.function not in project.once(_open_handlers) and not _answers(code)


def _tells_users_apart(node: n.Compare) -> bool:
    """Whether it holds the number of who asks against another: a stranger has none."""
    sides = (node.left, *node.rights)
    return any(
        isinstance(side, n.Attr) and side.name in ("id", "pk") and is_asker(side.value)
        for side in sides
    )


def _answers_by_asking(code: Code) -> bool:
    """Whether who may is told by another question in the end: `return allows(request, self.scopes)`."""
    last = code.returned[-1] if code.returned and _answers(code) else None
    return isinstance(last, n.Call) and tail(last.func) not in ("bool", "hasattr", "getattr")


def _open_handlers(project: Project) -> frozenset[FunctionSymbol]:
    """Return the functions that answer strangers, as far as is seen."""
    framework = project.production.get("REST_FRAMEWORK") if project.production else None
    if isinstance(framework, dict) and "UNAUTHENTICATED_USER" in framework:
        return frozenset()
    return frozenset(
        function
        for _route, view in project.views()
        if not view.login and not view.stopped
        for _method, function in view.handlers
    )

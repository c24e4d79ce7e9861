"""Trust rules that compare siblings: the one view that lacks what nearly all the others have."""

import re
from collections import defaultdict
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.vocabulary import TRANSLATIONS
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.around import decorators
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.kit.templates.pages import PAGES
from pickguard.lessons.trust.asking import ends_refusing, held_against_asker, turns_away
from pickguard.lessons.trust.openness import PUBLIC, UNSAFE, proves_itself
from pickguard.lessons.trust.siblings.admin_scopes import of_admin_scopes
from pickguard.lessons.trust.siblings.api_siblings import of_apis_beside_pages
from pickguard.lessons.trust.siblings.asked_siblings import of_actions
from pickguard.lessons.trust.siblings.asked_things import of_asked_things
from pickguard.lessons.trust.siblings.attribute_siblings import of_attributes
from pickguard.lessons.trust.siblings.bypass_siblings import of_bypasses
from pickguard.lessons.trust.siblings.copied_rows import of_copies
from pickguard.lessons.trust.siblings.gate_calls import of_gate_calls
from pickguard.lessons.trust.siblings.guarded_parts import of_guarded_parts
from pickguard.lessons.trust.siblings.hidden_links import of_hidden_links
from pickguard.lessons.trust.siblings.kind_checks import of_kinds
from pickguard.lessons.trust.siblings.meta_siblings import of_metas
from pickguard.lessons.trust.siblings.model_siblings import of_models
from pickguard.lessons.trust.siblings.open_apis import of_open_apis
from pickguard.lessons.trust.siblings.own_lists import of_own_lists
from pickguard.lessons.trust.siblings.own_pages import of_own_pages
from pickguard.lessons.trust.siblings.procedure_siblings import of_procedures
from pickguard.lessons.trust.siblings.refused_rows import of_refused
from pickguard.lessons.trust.siblings.relation_scopes import of_relations
from pickguard.lessons.trust.siblings.row_checks import of_checks
from pickguard.lessons.trust.siblings.row_scopes import of_own_rows, of_scopes
from pickguard.lessons.trust.siblings.row_siblings import of_rows
from pickguard.lessons.trust.siblings.twin_rows import of_twins
from pickguard.lessons.trust.siblings.unset_guards import of_unset
from pickguard.lessons.trust.siblings.view_scopes import of_view_scopes
from pickguard.site.access.answers import only_chooses_by
from pickguard.site.access.guards import PERMISSION_WORDS
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol, methods_of
from pickguard.site.urls.routes import Route
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of, is_empty, root
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, forks, inside, statements

_LOOKS_UP = frozenset({"get_object_or_404", "get_object", "objects", "queryset", "get_queryset"})
_CHECKING = re.compile(r"^_?(has_\w*perm\w*|check_\w*perm\w*|can_\w+|user_can_\w+|has_access)$")


@rule(
    "trust.odd-one-out",
    title="a view lacks the guard that its siblings have",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(862, 285),
    severity=Severity.MEDIUM,
    gain="what the guard keeps from people in all the other places, they get in this one",
    mend="give it the guard of its siblings, or say with a suppression why it is open",
    yields_to=("trust.object-without-owner", "trust.child-of-another"),
)
def odd_one_out(project: Project) -> Iterator[Hit]:
    """Find the one view, API or method of a class that nothing guards where nearly all others are."""
    seen: set[tuple[str, int]] = set()
    whole: set[tuple[str, str]] = set()
    for find in (
        _of_modules,
        _of_apis,
        _of_classes,
        of_actions,
        of_attributes,
        of_metas,
        of_procedures,
        *_OF_ROWS,
    ):
        for hit in find(project):
            place = (hit.spots[0].path, hit.spots[0].span)
            view = (hit.spots[0].path, hit.symbol)
            if place not in seen and view not in whole:
                seen.add(place)
                if find in (_of_modules, _of_apis):  # what such a view takes unasked is no news
                    whole.add(view)
                yield hit


# What compares how rows are taken, in the order of what says most
_OF_ROWS = (
    of_models,
    of_rows,
    of_own_rows,
    of_own_lists,
    of_checks,
    of_refused,
    of_copies,
    of_scopes,
    of_relations,
    of_view_scopes,
    of_unset,
    of_kinds,
    of_bypasses,
    of_own_pages,
    of_twins,
    of_gate_calls,
    of_asked_things,
    of_hidden_links,
    of_guarded_parts,
    of_apis_beside_pages,
    of_open_apis,
    of_admin_scopes,
)


def _of_modules(project: Project) -> Iterator[Hit]:
    if any(view.stopped for _route, view in project.views()):
        return  # where a middleware turns strangers away, its list says which pages are open
    groups: dict[str, dict[str, View]] = defaultdict(dict)
    addresses: dict[str, str] = {}
    for route, view in (*project.views(), *_of_own_sites(project)):
        addresses[view.name] = (route.route or "").strip("^$")
        symbol = view.symbol
        is_told = view.login is not None or view.permissions
        if isinstance(symbol, ClassSymbol | FunctionSymbol) and is_told:
            groups[symbol.module.path][view.name] = view
    for _path, views in sorted(groups.items()):
        guarded = [v for v in views.values() if v.login or _asks_more(v)]
        odd = [
            v
            for v in views.values()
            if v.login is False and not (_is_meant(v) or _is_door(v, guarded))
        ]
        for view in odd:
            like = [other for other in guarded if _answer_alike(view, other)]
            if len(like) >= 4 and len(odd) <= max(1, len(like) // 5):
                yield from _odd(project, view, len(like))
            elif len(odd) == 1 and (
                _is_lone(project, view, guarded, like) or _is_below(view, guarded, addresses)
            ):
                yield from _odd(project, view, len(guarded))


def _of_own_sites(project: Project) -> Iterator[tuple[Route, View]]:
    """Yield the pages that a reusable app's own kind of site routes in its `get_urls`; those of the admin ask anew."""
    for route, view in project.site.waiting:
        owner = view.symbol.owner if isinstance(view.symbol, FunctionSymbol) else None
        if owner is not None and not {"admin", "admin_site"} & project.site.classes.kinds(owner):
            yield route, view


def _is_meant(view: View) -> bool:
    """Whether a view is open by its name, such as the login itself, or asks for more than a login."""
    is_called_open = PUBLIC.search(view.name.rpartition(".")[2])
    is_meant = bool(is_called_open) or _asks_more(view) or _says_the_same_to_all(view)
    is_meant = is_meant or view.words >= _OF_PASSWORDS
    return is_meant or (bool(view.handlers) and all(_asks_whose(f) for _method, f in view.handlers))


# a login of the site's own: it takes a password, and the visit keeps that it was right
_OF_PASSWORDS = frozenset({"password", "session", "POST"})


def _is_door(view: View, guarded: list[View]) -> bool:
    """Whether other programs come in by a view, and by none of its siblings: it alone is exempt from the CSRF check."""
    return view.csrf is False and all(other.csrf is not False for other in guarded)


def _asks_whose(function: FunctionSymbol) -> bool:
    """Whether a view sends away whom the row is not: `if request.user != note.author: return …`."""
    return any(
        isinstance(statement, n.If)
        and bool(statement.body)
        and isinstance(statement.body[-1], n.Return | n.Raise)
        and any(held_against_asker(part) is not None for part in inside(statement.test))
        for statement in body(function.node)
    )


def _says_the_same_to_all(view: View) -> bool:
    """Whether all that answers does so without a look at the request, or at anything else: a script, an icon."""
    functions = [function for _method, function in view.handlers]
    is_plain = view.kind in ("function", "class")
    return is_plain and bool(functions) and all(map(_only_answers, functions))


_ANSWERING = TRANSLATIONS | PAGES | {"HttpResponse"}


def _only_answers(function: FunctionSymbol) -> bool:
    params = [param for param in function.node.params if param.name != "self"]
    if len(params) != 1:
        return False
    nodes = list(expressions(body(function.node)))
    calls = [node for node in nodes if isinstance(node, n.Call)]
    if not all(tail(call.func) in _ANSWERING for call in calls):
        return False
    # a page that is handed the site's own words and nothing else
    handed = {id(call.args[0]) for call in calls if tail(call.func) in PAGES and call.args[2:]}
    is_used = any(
        isinstance(node, n.Name) and node.id == params[0].name and id(node) not in handed
        for node in nodes
    )
    roots = {root(node) for node in nodes if isinstance(node, n.Attr)}
    return not is_used and roots <= {"settings", ""}


def _is_lone(project: Project, view: View, guarded: list[View], like: list[View]) -> bool:
    """Whether a view that asks for nothing does what few pages are open for, where all others ask."""
    if like and len(guarded) > _FEW and _writes_named(project, view):
        return True
    return len(guarded) >= _FEW and _writes_alike(project, view, like)


_FEW = 2


def _is_below(view: View, guarded: list[View], addresses: dict[str, str]) -> bool:
    """Whether a view takes orders below the address of one that asks for a right, as all others of the module do."""
    if len(guarded) <= _FEW or not all(_asks_more(other) for other in guarded):
        return False
    answered = {method.upper() for method, _function in view.handlers}
    takes_orders = {"method", "POST"} & view.words if view.kind == "function" else UNSAFE & answered
    if not takes_orders:
        return False
    above = (addresses[other.name] for other in guarded)
    return any(len(one) > 1 and addresses[view.name].startswith(one) for one in above)


def _writes_alike(project: Project, view: View, like: list[View]) -> bool:
    """Whether a view does nothing but change the row that another one, which asks, changes by the same name."""
    if not view.methods or set(view.methods) - UNSAFE - _ALWAYS:
        return False
    named = _written_names(project, view)
    return any(named & _written_names(project, other) for other in like)


def _written_names(project: Project, view: View) -> set[str]:
    """Return by which parts of its address a view says what rows it changes."""
    return {
        name
        for _method, function in view.handlers
        for name in project.url_origins(function)
        if any(effect.changes_rows for effect in project.effects.of(function))
    }


def _writes_named(project: Project, view: View) -> bool:
    """Whether a view does nothing but change the row that the address names by its number."""
    if not view.methods or set(view.methods) - UNSAFE - _ALWAYS:
        return False
    return any(
        {"pk", "id"} & {name.rpartition("_")[2] for name in project.url_origins(function)}
        and any(effect.changes_rows for effect in project.effects.of(function))
        for _method, function in view.handlers
    )


def _answer_alike(one: View, other: View) -> bool:
    """Whether two views answer a method in common: a page to read is no sibling of orders alone.

    Nor is one that everybody reads of those where who has the right to writes.
    """
    methods = _methods(one)
    if methods == {"GET"} and _asks_more(other) and _methods(other) != methods:
        return False
    return not methods or other.methods is None or bool(methods & set(other.methods))


def _methods(view: View) -> set[str]:
    """Return the methods that a view answers, as far as its decorators or its code tell."""
    only_reads = view.kind == "function" and view.words.isdisjoint(_OF_ORDERS)
    return {"GET"} if view.methods is None and only_reads else set(view.methods or ()) - _ALWAYS


_OF_ORDERS = frozenset({"POST", "FILES", "body", "data", "method"})
_ALWAYS = frozenset({"HEAD", "OPTIONS"})


# Functions of a project's own that say who may: `is_mlist_authorized(request, mlist)`
_ASKING = re.compile(
    r"authori[sz]ed|permi(t|ss)|is_allowed|(can|has|check|may)_(\w+_)?access|^has_(\w+_)?perms?$"
)


def _asks_more(view: View) -> bool:
    """Whether a view asks for a permission, or its code does."""
    if any(permission != "AllowAny" for permission in view.permissions):
        return True
    words = view.words
    asked = words & PERMISSION_WORDS
    if asked and not all(
        only_chooses_by(f.node, asked & set(f.node.words)) for _method, f in view.handlers
    ):
        return True
    return any(_ASKING.search(word) for word in words)


def _is_about_its_caller(symbol: ClassSymbol) -> bool:
    """Whether a class's own methods ask `self.request.user` for what they show."""
    methods = (member for member in symbol.node.body if isinstance(member, n.Function))
    return any({"user", "request"} <= set(method.words) for method in methods)


def _serves_strangers_too(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class, or one that it inherits from, tells strangers from those who are logged in."""
    methods = project.site.classes.own_methods(symbol)
    return any(not _TELLING.isdisjoint(method.words) for method in methods)


def _asks_in_mixin(project: Project, symbol: ClassSymbol) -> bool:
    """Whether what a class inherits asks the person for a right: `user.has_perm_to_admin_or_die(app)`."""
    return any(
        {"user", "request"} <= set(method.words) and any(map(_CHECKING.match, method.words))
        for method in project.site.classes.own_methods(symbol)
    )


_TELLING = frozenset({"is_authenticated", "is_anonymous"})


def _names_a_right(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class says which right its base class is to ask for: `object_permission = "see"`."""
    nearest: dict[str, n.Expr] = {}
    for owner in project.site.classes.own_line(symbol):
        for member in owner.node.body:
            if isinstance(member, n.Assign):
                nearest = {tail(target): member.value for target in member.targets} | nearest
    return any(_RIGHT.search(name) and not is_empty(value) for name, value in nearest.items())


_RIGHT = re.compile(r"_(permission|right|role)s?$")


def _refuses(function: FunctionSymbol) -> bool:
    """Whether a condition on the person ends with an exception: `if not may(user, row): raise Http403`."""
    return any(
        any(tail(part) == "user" for part in inside(statement.test))
        and (ends_refusing(then) or ends_refusing(other))
        for statement, then, other in forks(body(function.node))
    )


def _narrows_for_asker(function: FunctionSymbol) -> bool:
    """Whether a view leaves those rows that whoever asks may see: `filter(rows_for(request.user))`."""
    block = body(function.node)
    named = {
        tail(target)
        for statement in statements(block)
        if isinstance(statement, n.Assign) and _is_for_asker(statement.value)
        for target in statement.targets
    }
    return any(
        _is_for_asker(given) or (isinstance(given, n.Name) and given.id in named)
        for node in expressions(block)
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "filter"
        for given in node.args
    )


def _is_for_asker(made: n.Expr) -> bool:
    if not isinstance(made, n.Call):
        return False
    return any(tail(g) == "user" and root(g) == "request" for g in made.args)


def _is_empty(function: FunctionSymbol) -> bool:
    return not any(isinstance(node, n.Call) for node in expressions(body(function.node)))


def _odd(project: Project, view: View, siblings: int) -> Iterator[Hit]:
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol) and (
        _is_about_its_caller(symbol)
        or _serves_strangers_too(project, symbol)
        or _asks_in_mixin(project, symbol)
        or _names_a_right(project, symbol)
    ):
        return
    if isinstance(symbol, FunctionSymbol) and (
        _refuses(symbol) or _is_empty(symbol) or _narrows_for_asker(symbol)
    ):
        return
    if proves_itself(view) or not isinstance(symbol, ClassSymbol | FunctionSymbol):
        return
    if any(turns_away(body(function.node)) for function in _deciding(project, view)):
        return
    if any(guard.name.endswith("_required") for guard in view.guards):
        return
    if any(_leaves_it_to(project, function) for _method, function in view.handlers):
        return
    if view.kind == "function" and all(_only_leads_on(project, f) for _m, f in view.handlers):
        return
    if any(guard.name == "cache_page" for guard in view.guards):
        return  # the same for everybody
    says_so = "AllowAny" in view.permissions or any(
        a.guard.open or a.guard.permission_classes for a in view.guards
    )
    if says_so and not UNSAFE & set(view.methods or ()):
        return
    if PUBLIC.search(view.name.rpartition(".")[2]):
        return
    yield Hit(
        (Spot(symbol.module.path, symbol.node.span),),
        f"`{symbol.node.name}` asks for no login; {siblings} other views of the module do",
        Confidence.MEDIUM,
        symbol.name,
    )


def _only_leads_on(project: Project, function: FunctionSymbol) -> bool:
    """Whether all that a view does is to send everybody to another page: it changes nothing, and takes no orders."""
    returned = project.code_of(function).returned
    if not returned or not all(map(is_redirect, returned)) or project.url_origins(function):
        return False
    return not any(effect.changes_rows for effect in project.effects.of(function))


def _deciding(project: Project, view: View) -> Iterator[FunctionSymbol]:
    """Yield what answers the requests of a view, and the site's own decorators on it."""
    for _method, function in view.handlers:
        yield function
        for decorator in decorators(project, function):
            found = project.site.names.resolve(function.module, func_of(decorator))
            if isinstance(found, FunctionSymbol):
                yield found


def _leaves_it_to(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function returns what another one answers to the request: behind decorators that ask, or a login."""
    code = project.code_of(function)
    parts = (part for value in code.returned for part in inside(value))
    called = (code.called(part) for part in parts if isinstance(part, n.Call))
    return any(
        PUBLIC.search(one.node.name)
        or any("required" in tail(func_of(item)) for item in decorators(project, one))
        for one in called
        if one is not None
    )


def _of_apis(project: Project) -> Iterator[Hit]:
    """Yield the APIs that write and name no permission, where nearly all others of the site do."""
    guarded: set[str] = set()
    odd: dict[str, View] = {}
    for _route, view in project.views():
        if view.kind not in ("api", "viewset") or not UNSAFE & set(view.methods or ()):
            continue
        if view.permissions:
            guarded.add(view.name)
        elif view.login is False and not (view.writes or view.model) and not _is_own(view):
            if not PUBLIC.search(view.name) and _changes(project, view):
                odd[view.name] = view
    if len(guarded) < 5 or len(odd) > max(1, len(guarded) // 4):
        return
    for view in odd.values():
        symbol = view.symbol
        if isinstance(symbol, ClassSymbol):
            yield Hit(
                (Spot(symbol.module.path, symbol.node.span),),
                f"`{symbol.node.name}` names no permission; {len(guarded)} other APIs that write do",
                Confidence.MEDIUM,
                symbol.name,
            )


def _is_own(view: View) -> bool:
    """Whether an API is about its caller alone, lets somebody in, or checks something in its code."""
    words = set(view.words)
    if isinstance(view.symbol, ClassSymbol):
        members = (m for m in view.symbol.node.body if isinstance(m, n.Function))
        words |= {word for member in members for word in member.words}
    own = {"user", "login", "authenticate", *PERMISSION_WORDS}
    return not own.isdisjoint(words) or proves_itself(view)


_CHANGING = re.compile(
    r"^(save|create|update|delete|destroy|set|add|remove|clear|write|bulk|send|delay|apply_async"
    r"|enqueue|start|run|execute)(_|$)"
)


def _changes(project: Project, view: View) -> bool:
    """Whether what answers anything but a reading method changes something, or calls what may."""
    owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
    writing = [function for method, function in view.handlers if method.upper() in UNSAFE]
    return any(
        any(project.effects.of(function, owner=owner))
        or any(_CHANGING.match(word) for word in function.node.words)
        for function in writing
    )


def _of_classes(project: Project) -> Iterator[Hit]:
    """Yield the method `…_view` that checks no permission where nearly all of its class do."""
    for symbol in project.site.classes.all:
        methods = [method for method in methods_of(symbol) if _is_view_method(method.node)]
        checked = [method for method in methods if _checks(method)]
        odd = [method for method in methods if method not in checked and _looks_up(method)]
        if len(checked) < 3 or len(odd) > max(1, len(checked) // 4):
            continue
        names = {method.node.name for method in methods}
        for method in odd:
            if not _hands_on(method, names - {method.node.name}):
                yield Hit(
                    (Spot(symbol.module.path, method.node.span),),
                    f"`{method.node.name}` checks no permission; {len(checked)} other views of "
                    f"`{symbol.node.name}` do",
                    Confidence.MEDIUM,
                    method.name,
                )


def _is_view_method(function: n.Function) -> bool:
    names = [param.name for param in function.params[:2]]
    return names == ["self", "request"] and function.name.endswith("_view")


def _checks(method: FunctionSymbol) -> bool:
    words = set(method.node.words)
    return bool(words & PERMISSION_WORDS) or any(_CHECKING.match(word) for word in words)


def _looks_up(method: FunctionSymbol) -> bool:
    return not _LOOKS_UP.isdisjoint(method.node.words)


def _hands_on(method: FunctionSymbol, names: set[str]) -> bool:
    """Whether a method leaves the work to a sibling, or to the same method of a base class."""
    return any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and (tail(node.func) in names or tail(node.func) == method.node.name)
        for node in expressions(body(method.node))
    )

"""CSRF rules about views that change something when they are only looked at."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.effects import Effect
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.flow.values.vocabulary import TAKES_ROW
from pickguard.kit import Code, Hit, Project, Spot, rule
from pickguard.kit.around import decorators
from pickguard.kit.code import effect_spot, is_asker
from pickguard.kit.debugging import is_for_developers
from pickguard.kit.gone_through import asked
from pickguard.kit.values.query_keys import QUERIES
from pickguard.kit.values.spelling import spelled
from pickguard.lessons.csrf.cookies import needs_no_cookie
from pickguard.lessons.csrf.decided_branches import is_left_out
from pickguard.lessons.csrf.file_deletions import DELETES_FILE, file_deletion
from pickguard.lessons.csrf.header_guards import demands_header
from pickguard.lessons.csrf.header_keys import is_known_by_header
from pickguard.lessons.csrf.method_guards import ends, reached_by_get
from pickguard.lessons.csrf.noted_failures import notes_failure
from pickguard.lessons.csrf.numbered_anew import numbers_anew
from pickguard.lessons.csrf.outdated_rows import takes_away_old
from pickguard.lessons.csrf.signatures import proves
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol
from pickguard.site.views.view import View
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, entry_of, func_of, tail, text, texts
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import expressions, inside, statements


@rule(
    "csrf.write-on-get",
    title="a GET request changes state",
    areas=(Area.INTEGRITY,),
    cwe=(352, 650),
    severity=Severity.MEDIUM,
    gain="a link or an image on any page makes a visitor's browser change data; no token is asked for",
    mend="answer only POST (`@require_POST`) and send a form with a token",
)
def write_on_get(project: Project) -> Iterator[Hit]:
    """Find views that a GET reaches and that write rows on that way, each write told once."""
    found: dict[tuple[str, int], Hit] = {}
    for view, function, effect in _written_on_get(project):
        place = (effect.function.module.path, effect.span)
        hit = _get_hit(view, function, effect)
        known = found.get(place)
        found[place] = hit if known is None else replace(known, spots=(*known.spots, hit.spots[1]))
    yield from found.values()


def _written_on_get(project: Project) -> Iterator[tuple[View, FunctionSymbol, Effect]]:
    seen: set[FunctionSymbol] = set()
    for _route, view in (*project.views(), *project.site.waiting):
        if needs_no_cookie(project, view) or demands_header(asked(project, view)):
            continue
        owner = view.symbol if isinstance(view.symbol, ClassSymbol) else None
        for method, function in (*view.handlers, *_on_the_way(project, view)):
            if function in seen or not _answers_get(view, method, function):
                continue
            if _is_kept_back(project, function):
                continue
            seen.add(function)
            effect = _effect_on_get(project, function, owner)
            if effect is not None:
                yield view, function, effect


def _is_kept_back(project: Project, function: FunctionSymbol) -> bool:
    """Whether a decorator of the site's own comes to the function on no way that a GET takes."""
    marks = (func_of(mark) for mark in decorators(project, function))
    found = (project.site.names.resolve(function.module, mark) for mark in marks)
    return any(isinstance(one, FunctionSymbol) and _lets_no_get(one) for one in found)


def _lets_no_get(decorator: FunctionSymbol) -> bool:
    """Whether what a decorator puts in a function's place asks for the method, and calls it only behind that."""
    if _METHODS.isdisjoint(decorator.node.words):
        return False
    functions = [
        decorator.node,
        *_inside(decorator.node),
    ]  # `def only(*methods): def wrap(view): …`
    wrapping = [
        (made, outer.params[0].name)
        for outer in functions
        for made in _inside(outer)
        if outer.params and outer.params[0].name in made.words
    ]
    made, given = wrapping[-1] if wrapping else (None, "")
    return made is not None and all(
        tail(call.func) != given
        for call in expressions(tuple(reached_by_get(body(made))))
        if isinstance(call, n.Call)
    )


_METHODS = frozenset({"method", "POST"})


def _inside(function: n.Function) -> list[n.Function]:
    return [one for one in body(function) if isinstance(one, n.Function)]


def _on_the_way(project: Project, view: View) -> Iterator[tuple[str, FunctionSymbol]]:
    """Yield the methods of a class that a GET comes by: where Django's own redirect goes, the `dispatch`."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol) or view.kind != "class":
        return
    if project.site.classes.inherits(symbol, ".RedirectView"):
        method = project.site.classes.method(symbol, "get_redirect_url")
        if method is not None and view.methods is not None and "GET" in view.methods:
            yield "get", method
    method = project.site.classes.method(symbol, "dispatch")
    if method is not None and not _refuses_get(project, symbol):
        if ("dispatch" not in method.node.words and not method.node.decorators) or _may_be_got(
            view, method
        ):
            yield "get", method


def _may_be_got(view: View, dispatch: FunctionSymbol) -> bool:
    """Whether a GET gets behind the `dispatch` of a class; a decorator there may refuse it."""
    if view.methods is None:
        return not dispatch.node.decorators
    return "GET" in view.methods


def _refuses_get(project: Project, symbol: ClassSymbol) -> bool:
    """Whether a class says itself which methods it answers, and a GET is none of them."""
    named = project.site.classes.value(symbol, "http_method_names")
    return named is not None and "get" not in texts(named.value)


def _answers_get(view: View, method: str, function: FunctionSymbol) -> bool:
    if method == "any":
        return view.methods is None or "GET" in view.methods
    del function
    return method == "get" and view.kind != "library"


def _effect_on_get(
    project: Project, function: FunctionSymbol, owner: ClassSymbol | None
) -> Effect | None:
    words = set(function.node.words)
    if words & {"require_POST", "form_valid"} or words & _VERIFIED or proves(words):
        return None
    if is_known_by_header(project, function):
        return None
    if _shows_ticket(project, function):
        return None
    if _CONFIRMS.search(function.name) and not _MAILED.isdisjoint(_in_link(project, function)):
        return None
    if _takes_secret(project, function):
        return None
    for effect in _effects(project, function, owner):
        if effect.what not in _HARMFUL and not _lets_in_whom_it_names(project, function, effect):
            continue
        if any(is_harmless(project, effect) for is_harmless in _HARMLESS):
            continue
        if any(is_for_developers(project.code_of(one), span) for one, span in _way(effect)):
            continue
        if is_left_out(effect):
            continue
        if _is_bookkeeping(effect) and not _is_asked_here(project, effect):
            continue
        if _is_of_secret_form(project, effect.function):
            continue
        line = project.site.classes.own_line(owner) if owner is not None else ()
        if any(one.owner in line and _takes_secret(project, one) for one, _span in _way(effect)):
            continue
        if not set(effect.function.node.words) & _COMPARING:
            is_proved = _proves(project, function) or _asks_for_proof(project, function)
            return None if is_proved else effect
    return None


def _effects(
    project: Project, function: FunctionSymbol, owner: ClassSymbol | None
) -> Iterator[Effect]:
    yield from project.effects.of(function, reached_by_get, owner)
    deletion = file_deletion(project.code_of(function), reached_by_get)
    if deletion is not None:
        yield deletion


def _way(effect: Effect) -> Iterator[tuple[FunctionSymbol, int]]:
    """Yield the calls that lead to an effect, and the one that has it."""
    yield from effect.path
    yield effect.function, effect.span


def _lets_in_whom_it_names(project: Project, view: FunctionSymbol, effect: Effect) -> bool:
    """Whether a view logs in whose number, or name, stands in the address: staff looks at the site as they see it."""
    if effect.what != "logs a user in" or len(effect.path) > 1:
        return False
    named = _in_link(project, view)
    return any(
        word.name in _WHOSE and tail(word.value) in named
        for account in _let_in(project, view, effect)
        if isinstance(account, n.Call) and tail(account.func) in TAKES_ROW
        for word in account.keywords
    )


def _let_in(project: Project, view: FunctionSymbol, effect: Effect) -> Iterator[n.Expr]:
    """Yield who is logged in, as the view has it: there, or in the function that the view hands the account to."""
    code, inner = project.code_of(view), project.code_of(effect.function)
    logins = (call for call in inner.calls("login", "alogin") if call.span == effect.span)
    for account in (one for call in logins for one in call.args[1:2]):
        if not effect.path:
            yield from code.made(account)
        elif isinstance(account, n.Name):
            on_the_way = (c for c in code.every(n.Call) if c.span == effect.path[0][1])
            for call in on_the_way:
                passed = Passed(account.id)
                for handed in given(effect.function, call, passed, is_bound=False):
                    yield from code.made(handed)


_WHOSE = frozenset({"pk", "id", "username", "email"})


def _makes_the_only_row(project: Project, effect: Effect) -> bool:
    """Whether it makes a row that says nothing yet where there is none: `if row is None: Note.objects.create()`."""
    for statement in project.code_of(effect.function).statements:
        if isinstance(statement, n.If) and _asks_for_none(statement.test):
            made = (call for call in _calls_in(statement.body) if call.span == effect.span)
            if any(map(_says_nothing, made)):
                return True
    return False


def _asks_for_none(test: n.Expr) -> bool:
    """Whether it is `row is None`, or `not row`."""
    if isinstance(test, n.Compare):
        return test.ops == ("is",)
    return isinstance(test, n.Unary) and test.op == "not" and isinstance(test.operand, n.Name)


def _says_nothing(call: n.Call) -> bool:
    """Whether a row is made of nothing, or of who asks alone: `create(user=request.user)`."""
    if tail(call.func) not in ("create", "acreate") or call.args:
        return False
    return all(is_asker(word.value) for word in call.keywords)


# A link that carries one of these cannot be made by somebody else
_UNGUESSABLE = frozenset({"token", "signature", "secret", "activation_key", "confirmation_key", "activation_code",
                          "confirmation_code"})  # fmt: skip
# a link that was mailed, with what makes it the receiver's
_CONFIRMS = re.compile(r"verif|confirm|activat|unsubscri", re.IGNORECASE)
_MAILED = frozenset({"code", "guid"})
_VERIFIED = frozenset({"check_token", "unsign", "signing"})


def _shows_ticket(project: Project, function: FunctionSymbol) -> bool:
    """Whether a view logs in whom a ticket names that a login at another server has just given out, once; CAS."""
    return any(
        keyword.name == "ticket"
        for call in project.code_of(function).calls("authenticate", "aauthenticate")
        for keyword in call.keywords
    )


def _in_link(project: Project, function: FunctionSymbol) -> frozenset[str]:
    """Return the names of what a view takes: its parameters, and the keys that it reads."""
    code = project.code_of(function)
    keys = [node.index for node in code.every(n.Index)]
    keys += [given for call in code.calls("get", "pop", "get_argument") for given in call.args[:1]]
    params = {param.name for param in function.node.params}
    words = (word for call in code.every(n.Call) for word in call.keywords)
    named = {word.name or "" for word in words if _is_taken(code, word.value, params)}
    return frozenset(params | named | {text(key) or "" for key in keys})


def _takes_secret(project: Project, function: FunctionSymbol) -> bool:
    """Whether a function takes what stands in a mailed link alone: a token, an activation key."""
    known = _UNGUESSABLE.intersection(function.node.words)
    return bool(known) and not known.isdisjoint(_in_link(project, function))


def _is_taken(code: Code, value: n.Expr, params: set[str]) -> bool:
    """Whether a value is a part of the link: a parameter, or read from where its parts are."""
    parts = [part for made in code.made(value) for part in inside(made)]
    named = params - _NOT_OF_LINK
    return any(
        part.id in named if isinstance(part, n.Name) else tail(part) in _OF_LINK or _reads(part)
        for part in parts
    )


def _reads(part: n.Expr) -> bool:
    """Whether a call is given the request, and nothing else: `token_of(request)`."""
    return isinstance(part, n.Call) and not part.keywords and [*map(tail, part.args)] == ["request"]


_NOT_OF_LINK = frozenset({"self", "request"})
_OF_LINK = frozenset({"GET", "kwargs", "query_params"})


# Nor one whose value the function that writes compares with a secret
_COMPARING = frozenset({"constant_time_compare", "compare_digest", "check_token", "unsign"})
_PROOF = re.compile(r"(^|_)(hash|hmac|digest|signature|sign|mac|checksum)", re.IGNORECASE)


def _proves(project: Project, function: FunctionSymbol) -> bool:
    """Whether a view compares what the link carries with what it makes itself: `key != get_hash(user)`."""
    code = project.code_of(function)
    if any(_is_state(code, compared) for compared in code.every(n.Compare)):
        return True
    return any(map(_is_answer_to_session, code.every(n.Call))) or any(
        isinstance(side, n.Call) and _PROOF.search(tail(side.func))
        for compared in code.every(n.Compare)
        for side in (compared.left, *compared.rights)
    )


def _is_state(code: Code, compared: n.Compare) -> bool:
    """Whether the `state` of an address is held against the one that the session was sent away with."""
    sides = [list(code.made(side)) for side in (compared.left, compared.rights[0])]
    is_sent = any(text(key) == "state" for side in sides for key in _keys(side))
    return is_sent and any(
        tail(part) == "session" for side in sides for made in side for part in inside(made)
    )


def _keys(made: list[n.Expr]) -> Iterator[n.Expr]:
    """Yield the keys by which the address is read: `"state"` of `request.GET.get("state")`."""
    for value in made:
        holder, key = entry_of(value) or (None, None)
        if key is not None and tail(holder) in QUERIES:
            yield key


def _is_answer_to_session(call: n.Call) -> bool:
    """Whether a row is looked up by the session and by what it was sent away with: `get(state=…, session_key=…)`."""
    names = {keyword.name for keyword in call.keywords}
    by_session = any(tail(keyword.value) == "session_key" for keyword in call.keywords)
    return by_session and not names.isdisjoint(_SENT_AWAY)


_SENT_AWAY = frozenset({"state", "nonce"})


def _asks_for_proof(project: Project, function: FunctionSymbol) -> bool:
    """Whether a view goes on only if a function of the site finds a signature right: `if not valid(x): return`."""
    code = project.code_of(function)
    asked: set[n.Call] = set()
    names: dict[str, n.Call] = {}
    for statement in code.statements:
        if isinstance(statement, n.Assign) and isinstance(statement.value, n.Call):
            names.update({tail(target): statement.value for target in statement.targets})
        if isinstance(statement, n.If) and isinstance(statement.test, n.Unary):
            operand = statement.test.operand
            found = names.get(operand.id) if isinstance(operand, n.Name) else operand
            if isinstance(found, n.Call) and ends(statement.body):
                asked.add(found)
    called = (code.called(call) for call in asked)
    return any(one is not None and _COMPARING & set(one.node.words) for one in called)


def _is_of_secret_form(project: Project, function: FunctionSymbol) -> bool:
    """Whether a form that asks for a secret of the link writes: nobody else can make that link."""
    owner = function.owner
    if owner is None or "model" in project.site.classes.kinds(owner):
        return False
    return not (_UNGUESSABLE | _VERIFIED).isdisjoint(owner.node.words)


_HARMFUL = frozenset(
    {
        "deletes rows",
        "deletes a row",
        "writes rows",
        "saves a row",
        "sends mail",
        "runs a management command",
        "logs the user out",
        DELETES_FILE,
    }
)
_COUNTER = re.compile(r"(?<!ac)(?<!dis)count(?!r)")  # neither an account, a discount nor a country
# each at the beginning of a word: a thread is nothing that was read
_BOOKKEEPING = re.compile(
    r"(?<![a-z])(log(?!in|out|ic|o)|audit|track|visit|history|seen|stat(istic)?s|cache|session|hit|(pre)?view|last_|touch"
    r"|get_or_create|ensure|activity|metric|anomal|read|init|default|sync|refresh|token|nonce|notif|message_set"
    r"|middleware|download|thumb)"
)
_PASSING = re.compile(r"(?<![a-z])(cache|session|token|expire|temp(?!l))")


def _is_bookkeeping(effect: Effect) -> bool:
    """Whether the write only notes that the page was looked at, by the names on the way."""
    names_on_way = [function for function, _span in effect.path[1:]]
    names = [effect.receiver, *(function.node.name for function in names_on_way)]
    if effect.path:
        names.append(effect.function.node.name)
    text = spelled(" ".join(names)).lower()
    if effect.what.startswith("logs"):
        return False
    if effect.what.startswith("deletes"):
        return bool(_PASSING.search(text))
    if any(function.node.name.startswith("get_") for function in (*names_on_way, effect.function)):
        return effect.path != ()  # what was worked out is kept for the next time
    return bool(_COUNTER.search(text) or _BOOKKEEPING.search(text))


# what says of a row that it was looked at, and when
_NOTED = re.compile(
    r"(^|_)((un)?read|seen|viewed|views|opened|visited|hits|clicks|clicked|accessed|last|(view|hit|click|visit|read)s?_?(count(er)?|totals?))(_|$)"
)


def _tidies(project: Project, effect: Effect) -> bool:
    """Whether a write only takes away rows that are there twice: `except Cart.MultipleObjectsReturned:`."""
    return any(
        effect.span in {part.span for part in expressions(handler.body)}
        for tried in project.code_of(effect.function).tries
        for handler in tried.handlers
        if tail(handler.type) == "MultipleObjectsReturned"
    )


def _is_noted(project: Project, effect: Effect) -> bool:
    """Whether a row is written for nothing but that it was looked at: `message.read_at = now()`."""
    code = project.code_of(effect.function)
    row = effect.row
    if effect.what == "writes rows":
        made = [call for call in code.calls("create", "acreate") if call.span == effect.span]
        if any(_READ_AT.search(word.name or "") for call in made for word in call.keywords):
            return True
        if any(map(_notes_request, made)):
            return True
        updates = [call for call in code.calls("update", "aupdate") if call.span == effect.span]
        written = {keyword.name or "" for call in updates for keyword in call.keywords}
    elif effect.what == "saves a row" and any(map(_is_of_log, code.assigned(row))):
        return True
    elif effect.what == "saves a row" and row not in ("", "self"):
        written = {
            target.name
            for statement in code.statements
            for target in _targets(statement)
            if isinstance(target, n.Attr) and access_path(target.value) == row
        }
    else:
        return False
    return bool(written) and all(_NOTED.search(name) for name in written)


def _notes_request(made: n.Call) -> bool:
    """Whether a row tells which request there was: its address, and how it was sent; not what it said.

    `Hit(path=request.path, method=request.method)`
    """
    told = {
        part.name
        for keyword in made.keywords
        for part in inside(keyword.value)
        if isinstance(part, n.Attr) and tail(part.value) == "request"
    }
    return bool(told & _ADDRESS and told & _MANNER) and told.isdisjoint(_SAID)


_ADDRESS = frozenset({"path", "path_info", "get_full_path", "build_absolute_uri"})
_MANNER = frozenset({"method", "META", "headers"})
_SAID = frozenset({"GET", "POST", "data", "FILES", "query_params"})
_READ_AT = re.compile(r"^(read|seen|viewed|opened|visited)_(at|on|date|time)$")


def _is_of_log(made: n.Expr) -> bool:
    """Whether a row is one of those that tell who did what: `ExportHistory(user=request.user)`."""
    return isinstance(made, n.Call) and bool(_LOGS.search(tail(made.func)))


_LOGS = re.compile(r"(History|Log|Audit|AuditTrail|AccessLog)(Entry|Record|Event|Item)?$")


# writes by which nobody gains anything who leads a visitor there
_HARMLESS = (
    _is_noted,
    _tidies,
    notes_failure,
    numbers_anew,
    takes_away_old,
    _makes_the_only_row,
)


def _targets(statement: n.Stmt) -> tuple[n.Expr, ...]:
    if isinstance(statement, n.Assign):
        return statement.targets
    return (statement.target,) if isinstance(statement, n.Augment) else ()


def _weight(effect: Effect) -> Severity | None:
    if effect.what.startswith("deletes"):
        return Severity.HIGH
    return Severity.LOW if effect.what == "logs the user out" else None


def _get_hit(view: View, function: FunctionSymbol, effect: Effect) -> Hit:
    spots = [effect_spot(effect)]
    spots.append(Spot(function.module.path, function.node.span, "answers a GET"))
    flow = [Spot(step.module.path, span, f"`{step.node.name}` calls") for step, span in effect.path]
    if effect.path:
        flow.append(effect_spot(effect))
    is_near = (len(effect.path) <= 1 and not effect.by_type) or _is_asked_for(effect)
    is_near = is_near or _is_an_act(effect)
    return Hit(
        tuple(spots),
        f"a GET of `{view.name.rpartition('.')[2]}` {effect.what}",
        Confidence.MEDIUM if is_near else Confidence.LOW,
        function.name,
        _weight(effect),
        tuple(flow),
    )


_ACTS = re.compile(
    r"^(revoke|deactivate|disable|enable|cancel|accept|approve|reject|decline|suspend|ban|unban|block|unblock"
    r"|refund|withdraw|publish|unpublish|archive|follow|unfollow)(_|$)"
)


def _is_an_act(effect: Effect) -> bool:
    """Whether what the view calls is named for what it does to a row: `token.revoke_all()`."""
    called = [function for function, _span in effect.path[1:2]] or [effect.function]
    return bool(effect.path) and bool(_ACTS.match(called[0].node.name))


def _is_asked_for(effect: Effect) -> bool:
    """Whether the address asks for the write by a name of its own: `if "revert" in request.GET`."""
    return any(
        isinstance(statement, n.If)
        and _names_of_address(statement.test)
        and any(call.span == span and _takes_request(call) for call in _calls_in(statement.body))
        for function, span in effect.path
        for statement in statements(body(function.node))
    )


def _is_asked_here(project: Project, effect: Effect) -> bool:
    """Whether a view writes itself what the address asks for: `if "renew" in request.GET: token.delete()`."""
    if effect.path or not effect.what.startswith("deletes"):
        return False
    return any(
        isinstance(statement, n.If)
        and _names_of_address(statement.test)
        and any(call.span == effect.span for call in _calls_in(statement.body))
        for statement in project.code_of(effect.function).statements
    )


def _names_of_address(test: n.Expr) -> bool:
    """Whether a condition asks if a name stands in the address."""
    if isinstance(test, n.Logic):
        return any(map(_names_of_address, test.values))
    return isinstance(test, n.Compare) and any(
        op == "in" and isinstance(right, n.Attr) and right.name == "GET"
        for op, right in zip(test.ops, test.rights, strict=True)
    )


def _takes_request(call: n.Call) -> bool:
    """Whether a call is given the request, to do what it asks for."""
    return any(tail(value) == "request" for value in call.args)


def _calls_in(block: tuple[n.Stmt, ...]) -> Iterator[n.Call]:
    for node in expressions(block):
        if isinstance(node, n.Call):
            yield node

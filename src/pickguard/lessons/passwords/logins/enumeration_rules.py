"""Password rules about answers that tell strangers which accounts there are."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.log_lines import is_log_line
from pickguard.kit.code import tail, text
from pickguard.kit.templates.pages import PAGES
from pickguard.kit.values.spelling import spelled
from pickguard.lessons.passwords.logins.failed_logins import (
    KNOWN,
    is_message,
    told_after_failure,
    told_by_difference,
)
from pickguard.lessons.passwords.logins.kept_quiet import is_kept_quiet
from pickguard.lessons.passwords.logins.refused_names import cleans_nothing, refused_names
from pickguard.lessons.passwords.logins.told_names import told_names
from pickguard.site.views.view import HTTP_METHODS
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import entry_of
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import expressions, forks, inside, statements

# Views that begin a reset of a password, and what they show
_RESETS = re.compile(
    r"(reset|forgot\w*|recover\w*|lost)_?\w*(pass|login)|(pass\w*)_?(reset|forgot|recover|lost)|^forgot"
    r"|^((account|user|login|start|begin|request)_?)?recover(y|_?account)?(_?(view|serializer|form|request|email))?$"
)
_CONFIRMS = re.compile(r"confirm|complete|done|token|code|verify|check|key|link|change")
_SHOWS = (*sorted(PAGES), "Response", "JsonResponse", "HttpResponse", "add_error")
_ANSWER = re.compile(r"(^|_)(error|errors|message|msg|detail|reason|status)$")
_WHO = frozenset({"email", "username", "mail", "login", "user_name", "email_address"})
# Classes of a later step, or of somebody who is known
_LATER = re.compile(r"confirm|complete|done|verif|check|change|admin|staff", re.IGNORECASE)
_REFUSES = ("ValidationError", "NotFound", "APIException", "ParseError", "fail")
_UNKNOWN = re.compile(
    r"\b(no|unknown) (active |such |registered |matching )?(users?|accounts?|members?)\b"
    r"|(user|account|e-?mail|member|address)\b.{0,40}"
    r"(not exist|n.t exist|not found|unknown|not registered|n.t registered|not associated|n.t associated)",
    re.IGNORECASE,
)


_LETS_IN = re.compile(
    r"login|log_in|signin|sign_in|reset|forgot|authenticate|(get|obtain|create|issue)_(\w+_)?token$"
)


@code_rule(
    "passwords.account-enumeration",
    words=("DoesNotExist", "exists", "messages", "authenticate", *_SHOWS, *_REFUSES),
    title="the answer tells which accounts exist",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(204,),
    severity=Severity.LOW,
    gain="a robot finds out which addresses have an account, and tries passwords only there",
    mend="give the same answer, in the same time, whether the account exists or not",
)
def account_enumeration(code: Code) -> Iterator[Hit]:
    """Find login and reset views that answer an unknown account in words of its own."""
    name = _called(code)
    if cleans_nothing(code) or is_kept_quiet(code):
        return
    for refusal in refused_names(code):
        yield Hit(
            (code.spot(refusal),),
            "only a name that has an account gets past this",
            Confidence.MEDIUM,
            code.symbol,
        )
        return
    for told in told_names(code):
        yield Hit(
            (code.spot(told),),
            "the error tells a stranger whose account has what was typed",
            Confidence.MEDIUM,
            code.symbol,
        )
    yield from _taken(code, name)
    yield from _told_by_error(code, name)
    yield from _told_by_refusal(code, name)
    for lookup in told_after_failure(code):
        yield Hit(
            (code.spot(lookup),),
            "the answer to a wrong password tells whether there is such an account",
            Confidence.MEDIUM,
            code.symbol,
        )
    if not _lets_in(code, name):
        if _answers_login(code, name):
            yield from _told_by_look(code)
        return
    said = [*_told_by_look(code), *_told_by_handlers(code)]
    yield from said
    if not _CONFIRMS.search(name):
        yield from _told_by_difference(code, {hit.spots[0].span for hit in said})


def _lets_in(code: Code, name: str) -> bool:
    """Whether a function logs in, or resets what one logs in by; carts and answers are reset as well."""
    found = _LETS_IN.search(name)
    if found is None or found.group() != "reset":
        return found is not None
    is_of_who = name == "reset" or bool(_OF_WHO.search(name))
    return is_of_who or any(_BY_WHAT.search(word.lower()) for word in code.words)


_OF_WHO = re.compile(r"mail|account|login")
_BY_WHAT = re.compile(r"pass|pwd|credential|token")


def _called(code: Code) -> str:
    """Return what a function is called in lower case; what answers requests is called as its class is."""
    name = code.function.node.name if code.function is not None else ""
    owner = code.owner.node.name if code.owner is not None else ""
    if name not in _HANDLERS or not owner or _LATER.search(owner):
        return name.lower()
    return re.sub(r"(_?(view|api|viewset))+$", "", spelled(owner).lower())


_HANDLERS = frozenset({*HTTP_METHODS, "dispatch", "form_valid", "create"})


def _answers_login(code: Code, name: str) -> bool:
    """Whether a method judges what is sent to a class of a login: `LoginForm.clean`."""
    if code.owner is None or name not in ("clean", "validate"):
        return False
    owner = code.owner.node.name
    return bool(_LETS_IN.search(owner.lower())) and not _LATER.search(owner)


def _catches_unknown(handler: n.Handler, tried: n.Try) -> bool:
    """Whether it catches that there is no such row, by name or with all that a lookup may raise."""
    caught = {tail(part) for part in inside(handler.type)} if handler.type else {"Exception"}
    if "DoesNotExist" in caught:
        return True
    return "Exception" in caught and any(
        isinstance(node, n.Call)
        and isinstance(node.func, n.Attr)
        and node.func.name in ("get", "aget")
        and tail(node.func.value) in MANAGERS
        for node in expressions(tried.body)
    )


def _told_by_handlers(code: Code) -> Iterator[Hit]:
    """Find a login that says so where a lookup has raised that there is no such account."""
    for statement in code.statements:
        if isinstance(statement, n.Try):
            yield from _told_where_caught(code, statement)


def _told_where_caught(code: Code, tried: n.Try) -> Iterator[Hit]:
    for handler in tried.handlers:
        if not _catches_unknown(handler, tried) or _is_told_by_token(code, tried):
            continue
        found = _telling_answer(tuple(s for s in handler.body if not _raises_again(s)))
        if found is not None:
            yield _no_such_account(code, found)


def _no_such_account(code: Code, said: n.Expr) -> Hit:
    return Hit(
        (code.spot(said),),
        "the answer tells that there is no such account",
        Confidence.MEDIUM,
        code.symbol,
    )


def _is_told_by_token(code: Code, tried: n.Try) -> bool:
    """Whether all that an account is looked up by was in a token that is opened here: only the site writes those."""
    sought = [
        keyword.value
        for node in expressions(tried.body)
        if isinstance(node, n.Call) and tail(node.func) in ("get", "aget") and not node.args
        for keyword in node.keywords
    ]
    return bool(sought) and all(_is_of_token(code, value) for value in sought)


def _is_of_token(code: Code, value: n.Expr) -> bool:
    """Whether it is an entry of what a call has opened: `claims["email"]`, `claims.get("email")`."""
    holder = (entry_of(value) or (None, None))[0]
    values = code.made(holder) if holder is not None else code.made(value)
    if holder is None:
        return any(value is not one and _is_of_token(code, one) for one in values)
    return bool(values) and all(
        isinstance(one, n.Call) and bool(_OPENS.search(tail(one.func))) for one in values
    )


_OPENS = re.compile(
    r"(^|_)(decode|decrypt|unsign|verify|validate)(_\w*)?(token|jwt|claims)(_|$)"
    r"|^(decode|decrypt|unsign|unsign_object)$"
)


def _told_by_look(code: Code) -> Iterator[Hit]:
    """Find a login that looks whether there is such an account, and says so where there is none."""
    for statement, then, other in forks(code.block):
        if not any(map(_looks_up, inside(statement.test))):
            continue
        found = _telling_answer(then) or _telling_answer(other)
        if found is not None:
            yield _no_such_account(code, found)
            return


def _told_by_difference(code: Code, told: set[int]) -> Iterator[Hit]:
    """Find a login, or a reset, whose answer is another one where there is no such account, whatever it says."""
    if _ENTERS.isdisjoint(code.words) and not code.words >= _OWN_LOGIN:
        return
    for found in told_by_difference(code):
        answer = _telling_answer((n.Do(found.span, found),)) or found
        if answer.span in told or _is_said_elsewhere(code, found):
            continue
        yield Hit(
            (code.spot(answer),),
            "only where there is no such account is this the answer",
            Confidence.MEDIUM,
            code.symbol,
        )


def _is_said_elsewhere(code: Code, found: n.Expr) -> bool:
    """Whether what is raised has the words of something else raised here: of a wrong password, most often."""
    raised = [s.value for s in code.statements if isinstance(s, n.Raise) and s.value is not None]
    own = next((one for one in raised if any(part is found for part in inside(one))), None)
    words = {said for part in inside(own) if (said := text(part)) and " " in said} if own else set()
    others = (part for one in raised if one is not own for part in inside(one))
    return any(text(part) in words for part in others)


# What logs in, or sends the link of a reset
_ENTERS = frozenset({"authenticate", "aauthenticate", "check_password", "send_mail", "email_user", "send",
                     "send_email", "EmailMessage", "make_token"})  # fmt: skip

# a login of the site's own, which the session keeps
_OWN_LOGIN = frozenset({"session", "password", "POST"})


def _looks_up(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and tail(node.func) in ("exists", "aexists")


def _raises_again(statement: n.Stmt) -> bool:
    """Whether a statement raises `User.DoesNotExist` anew: what it says is for who calls, nobody is shown it."""
    raised = statement.value if isinstance(statement, n.Raise) else None
    return isinstance(raised, n.Call) and tail(raised.func) == "DoesNotExist"


def _taken(code: Code, name: str) -> Iterator[Hit]:
    """Find a registration that tells strangers which addresses have an account."""
    if not re.search(r"register|sign_?up|create_account|join", name) or "exists" not in code.words:
        return
    of_known = {id(node) for node in _said_to_known(code)}
    for node in code.expressions:
        said = text(node)
        if (
            said
            and id(node) not in of_known
            and re.search(
                r"(mail|address|account|user).{0,40}(already|taken|in use)", said, re.IGNORECASE
            )
        ):
            yield Hit(
                (code.spot(node),),
                "the answer tells that there is such an account",
                Confidence.MEDIUM,
                code.symbol,
            )


def _said_to_known(code: Code) -> Iterator[n.Expr]:
    """Yield what is said to who has logged in already: `if request.user.is_authenticated`."""
    for statement in code.statements:
        if isinstance(statement, n.If) and tail(statement.test) == "is_authenticated":
            yield from expressions(statement.body)


_OF_LINK = frozenset({"token", "uidb64", "key", "signature"})


def _told_by_error(code: Code, name: str) -> Iterator[Hit]:
    """Find a reset of passwords that shows what went wrong: that the account is not there, for one."""
    if not _RESETS.search(name) or _CONFIRMS.search(name) or not _asks_who(code):
        return
    params = code.function.node.params if code.function is not None else ()
    if any(param.name in _OF_LINK for param in params):
        return  # who has the link knows whose it is
    for statement in code.statements:
        for handler in statement.handlers if isinstance(statement, n.Try) else ():
            caught = {tail(part) for part in inside(handler.type)} if handler.type else set()
            if not handler.name or caught & {"ValidationError", "BadSignature"}:
                continue
            shown = _shown_error(handler)
            if shown is not None:
                yield Hit(
                    (code.spot(shown),),
                    "the answer tells why the password was not reset",
                    Confidence.MEDIUM,
                    code.symbol,
                )


def _told_by_refusal(code: Code, name: str) -> Iterator[Hit]:
    """Find a reset of passwords that refuses an address which has no account."""
    owner = code.owner.node.name.lower() if code.owner is not None else ""
    if not _RESETS.search(owner or name) or _LATER.search(owner or name):
        return
    if not owner and _CONFIRMS.search(name):
        return
    known = code.words | (frozenset(code.owner.node.words) if code.owner is not None else set())
    if known & KNOWN or not _asks_who(code):
        return
    for statement in code.statements:
        value = statement.value if isinstance(statement, n.Raise | n.Return) else None
        if isinstance(value, n.Call) and tail(value.func) in (*_REFUSES, *_SHOWS):
            if any(_UNKNOWN.search(text(part) or "") for part in inside(value)):
                yield _no_such_account(code, value)


def _asks_who(code: Code) -> bool:
    said = {node.value for node in code.every(n.Const) if isinstance(node.value, str)}
    named = {word.partition("__")[0] for word in code.words}  # `email__iexact`
    own = code.function.node.name if code.function is not None else ""
    field = own.removeprefix("validate_").removeprefix("clean_")  # of a form or serializer
    return bool(_WHO & {*named, *said, field})


def _shown_error(handler: n.Handler) -> n.Expr | None:
    """Return where what was caught goes into the answer."""
    for statement in statements(handler.body):
        if isinstance(statement, n.Assign) and _ANSWER.search(tail(statement.targets[0])):
            if any(tail(part) == handler.name for part in inside(statement.value)):
                return statement.value
    for node in expressions(handler.body):
        if isinstance(node, n.Call) and (tail(node.func) in _SHOWS or is_message(node)):
            if any(tail(part) == handler.name for part in inside(node)):
                return node
    return None


def _is_logged(node: n.Expr) -> bool:
    return isinstance(node, n.Call) and is_log_line(node)


def _telling_answer(block: tuple[n.Stmt, ...]) -> n.Expr | None:
    """Return the text of a block that says there is no such account; what is only logged says nothing."""
    nodes = list(expressions(block))
    logged = {id(part) for node in nodes if _is_logged(node) for part in inside(node)}
    for node in nodes:
        said = text(node) if id(node) not in logged else None
        if said and re.search(
            r"(no|unknown|not).{0,30}(user|account|e-?mail|member)|(user|account|e-?mail|member).{0,40}"
            r"(not exist|n.t exist|not found|unknown|not registered)",
            said,
            re.IGNORECASE,
        ):
            return node
    return None

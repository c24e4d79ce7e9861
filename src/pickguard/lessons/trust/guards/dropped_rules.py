"""Trust rules about refusals that go nowhere: not raised, not returned, not looked at, caught and dropped."""

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.log_lines import is_log_line
from pickguard.kit.calls.redirects import is_redirect
from pickguard.kit.code import tail
from pickguard.lessons.trust.guards.returned_errors import of_returned
from pickguard.lessons.trust.guards.unreturned_refusals import of_unreturned
from pickguard.site.symbols.names import External
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import func_of
from pickguard.source.python.walk import blocks, inside

_ERRORS = frozenset({"PermissionDenied", "SuspiciousOperation", "Http404", "NotAuthenticated", "AuthenticationFailed",
                     "NotFound", "ValidationError", "HttpError", "GraphQLError"})  # fmt: skip
_ANSWERS = frozenset({"HttpResponseForbidden", "HttpResponseNotFound", "HttpResponseBadRequest", "HttpResponseRedirect",
                      "HttpResponsePermanentRedirect", "HttpResponseNotAllowed", "HttpResponse", "JsonResponse",
                      "Response", "redirect"})  # fmt: skip
_LIBRARIES = ("django.", "rest_framework.", "ninja.", "graphql.")
# Functions and methods that answer yes or no, and do nothing else
_YES_OR_NO = frozenset(
    {"compare_digest", "constant_time_compare", "url_has_allowed_host_and_scheme", "authenticate"}
)
_OF_OBJECTS = frozenset(
    {"has_perm", "has_perms", "has_module_perms", "check_token", "verify_token", "check_password"}
)
_CHECKING = re.compile(
    r"check|verify|ensure|require|assert_|authori[sz]e|validate_(password|token|signature)"
)
_CAUGHT = frozenset({"PermissionDenied", "SuspiciousOperation", "BadSignature", "InvalidSignature", "SignatureExpired",
                     "NotAuthenticated", "AuthenticationFailed", "InvalidTokenError", "ValidationError"})  # fmt: skip


@code_rule(
    "trust.refusal-dropped",
    words=tuple(sorted(_ERRORS | _ANSWERS | _YES_OR_NO | _OF_OBJECTS | _CAUGHT)),
    title="a refusal is made and dropped",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(862, 252),
    severity=Severity.HIGH,
    gain="whoever is to be refused is not: the code goes on as if nothing had been asked",
    mend="`raise` the exception, `return` the response",
)
def refusal_dropped(code: Code) -> Iterator[Hit]:
    """Find `if not user.is_staff: PermissionDenied()`, `user.has_perm(…)` alone, `except PermissionDenied: pass`."""
    yield from _unread(code)
    yield from _swallowed(code)
    yield from _only_logged(code)
    yield from of_unreturned(code)
    yield from of_returned(code, _ERRORS)
    for call in _dropped(code):
        name = tail(call.func)
        is_error = name in _ERRORS
        yield Hit(
            (code.spot(call),),
            f"`{name}(…)` is made and not {'raised' if is_error else 'returned'}: the code goes on",
            Confidence.HIGH,
            code.symbol,
            mend=f"`{'raise' if is_error else 'return'} {name}(…)`",
        )


def _dropped(code: Code) -> Iterator[n.Call]:
    """Yield the calls that make a refusal, and are a whole statement in a condition's block."""
    for statement in code.statements:
        if not isinstance(statement, n.If):
            continue
        for inner in (*statement.body, *statement.other):
            if isinstance(inner, n.Do) and isinstance(inner.value, n.Call):
                if _is_refusal(code, inner.value) and not _only_leads_on(code, statement):
                    yield inner.value


def _only_leads_on(code: Code, statement: n.If) -> bool:
    """Whether nothing follows a condition but that the browser is sent to another page."""
    followed = (b[b.index(statement) + 1 :] for b in _blocks(code) if statement in b)
    return any(
        len(rest) == 1 and isinstance(rest[0], n.Return) and is_redirect(rest[0].value)
        for rest in followed
    )


def _blocks(code: Code) -> Iterator[tuple[n.Stmt, ...]]:
    """Yield the statements of a body, and those of each block in it."""
    return chain((code.body.block,), *map(blocks, code.statements))


def _is_refusal(code: Code, call: n.Call) -> bool:
    if tail(call.func) not in _ERRORS | _ANSWERS:
        return False
    made = code.body.resolve(call.func)
    return isinstance(made, External) and made.name.startswith(_LIBRARIES)


def _unread(code: Code) -> Iterator[Hit]:
    """Yield the checks whose answer nobody looks at."""
    for statement in code.statements:
        if not isinstance(statement, n.Do) or not isinstance(statement.value, n.Call):
            continue
        call = statement.value
        if not _only_answers(code, call):
            continue
        if tail(call.func) == "authenticate" and code.words.isdisjoint(_LETS_IN):
            continue  # nobody is let in by it
        if not _is_for_its_time(code, statement):
            name = tail(call.func)
            yield Hit(
                (code.spot(call),),
                f"nobody looks at what `{name}(…)` answers",
                Confidence.HIGH,
                code.symbol,
                mend=f"`if not {name}(…):` refuse",
            )


def _is_for_its_time(code: Code, statement: n.Do) -> bool:
    """Whether something is compared only for the time that it takes, where there is nothing to compare.

    It stands where a search has failed, or right before what refuses in any case.
    """
    tries = [each for each in code.statements if isinstance(each, n.Try)]
    if any(
        inner is statement for each in tries for handler in each.handlers for inner in handler.body
    ):
        return True
    if tail(func_of(statement.value)) in _MAY_RAISE and any(
        inner is statement for each in tries if each.handlers for inner in each.body
    ):
        return True  # the site's own, which raises where it is wrong
    return tail(func_of(statement.value)) in _YES_OR_NO | {"check_password"} and any(
        first is statement and isinstance(then, n.Raise | n.Return)
        for block in _blocks(code)
        for first, then in pairwise(block)
    )


_MAY_RAISE = frozenset({"verify_token", "check_token"})


def _only_answers(code: Code, call: n.Call) -> bool:
    name = tail(call.func)
    if name in _YES_OR_NO:
        found = code.body.resolve(call.func)
        return isinstance(found, External) and found.name.startswith(_ANSWERING)
    own = isinstance(call.func, n.Attr) and tail(call.func.value) in ("self", "cls", "super", "")
    return name in _OF_OBJECTS and isinstance(call.func, n.Attr) and not own


_LETS_IN = frozenset(
    {"login", "auth_login", "django_login", "session", "token", "Token", "set_cookie", "user"}
)
_ANSWERING = ("hmac.", "secrets.", "django.utils.", "django.contrib.auth.")


def _swallowed(code: Code) -> Iterator[Hit]:
    """Yield the checks whose refusal is caught and dropped, with nothing else in between."""
    for statement in code.statements:
        if not isinstance(statement, n.Try) or statement.other or not _only_checks(statement.body):
            continue
        for handler in statement.handlers:
            caught = {tail(node) for node in inside(handler.type)} if handler.type else set()
            refused = sorted(caught & _CAUGHT)
            if refused and all(map(_does_nothing, handler.body)):
                yield Hit(
                    (code.spot(handler.type or statement.body[0]),),
                    f"`{refused[0]}` is caught and dropped: the code goes on",
                    Confidence.HIGH,
                    code.symbol,
                    mend="refuse here, or do not catch it",
                )


def _only_logged(code: Code) -> Iterator[Hit]:
    """Yield the checks that fail, have a line in the log, and keep nobody from going on."""
    for statement in code.statements:
        if not isinstance(statement, n.If) or statement.other or not statement.body:
            continue
        test = statement.test
        denied = test.operand if isinstance(test, n.Unary) and test.op == "not" else None
        if isinstance(denied, n.Call) and _is_check(code, denied) and _is_logged(statement.body):
            name = tail(denied.func)
            yield Hit(
                (code.spot(statement.test),),
                f"where `{name}(…)` says no, that is logged, and the code goes on",
                Confidence.HIGH,
                code.symbol,
                mend="refuse after the line in the log: `return HttpResponseForbidden()`",
            )


def _is_logged(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block writes a line into the log, and does nothing else."""
    return all(map(_does_nothing, block)) and any(
        isinstance(s, n.Do) and isinstance(s.value, n.Call) for s in block
    )


def _is_check(code: Code, call: n.Call) -> bool:
    """Whether a call answers whether something is proved: a signature, a token, a right."""
    return _only_answers(code, call) or tail(call.func) in _PROOFS


_PROOFS = frozenset({"verify_signature", "check_signature", "validate_signature", "is_valid_signature",
                     "check_password", "verify_password", "verify_webhook", "check_token"})  # fmt: skip


def _only_checks(block: tuple[n.Stmt, ...]) -> bool:
    """Whether a block is calls of checks and nothing else."""
    calls = [s.value for s in block if isinstance(s, n.Do)]
    named = [
        call for call in calls if isinstance(call, n.Call) and _CHECKING.match(tail(call.func))
    ]
    return len(named) == len(block) and bool(block)


def _does_nothing(statement: n.Stmt) -> bool:
    """Whether a statement is a text, or a line for the log."""
    if not isinstance(statement, n.Do):
        return False
    return not isinstance(statement.value, n.Call) or is_log_line(statement.value)

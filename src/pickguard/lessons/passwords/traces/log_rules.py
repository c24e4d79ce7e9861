"""Password rules about logs: what is written there is read by many, and kept."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.instance import Sort
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.log_lines import LOGGERS, log_lines
from pickguard.kit.code import argument, is_false, is_true, tail, text
from pickguard.kit.values.told_entries import told_entries
from pickguard.lessons.passwords.names import PASSWORD, is_password
from pickguard.lessons.passwords.traces.as_a_whole import handed_back, shown
from pickguard.lessons.passwords.traces.passing import HIDES, sees_all
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, called_by, func_of, given_to, receiver_of
from pickguard.source.python.walk import inside, parts

# what lets whoever has it in
_KEYS = (
    "access_token", "refresh_token", "reset_token", "auth_token", "api_token", "bearer_token",
    "session_key", "sessionid", "api_key", "apikey", "secret_key", "client_secret", "private_key",
    "SECRET_KEY", "pw_reset_token", "password_reset_token", "activation_token", "activation_key", "login_token",
)  # fmt: skip
# `tracker.api_password`: what the site itself is let in with elsewhere
_OF_SERVICE = re.compile(
    r"^(api|db|database|smtp|imap|pop3|e?mail|ldap|bind|service|admin|root|proxy|s?ftp|ssh|redis|auth|remote|master|login"
    r"|host)(_\w+)?_(password|passwd|pwd|pass|passphrase|secret)$"
)
# What holds all that was sent, and how it is put into a log as a whole
_HEADERS = ("headers", "META")
_FIELDS = ("POST", "data", "cleaned_data", "validated_data", "body")
# Headers by whose value somebody is let in
_CREDENTIALS = ("Authorization", "HTTP_AUTHORIZATION", "Cookie", "HTTP_COOKIE")
# What an error service is told, beside the error
_REPORTS = ("set_context", "set_extra", "add_breadcrumb", "capture_message", "set_user")
_WHOLE = frozenset({"headers", "META", "POST", "cleaned_data", "validated_data"})
# Methods of OAuth clients that answer with the tokens of an account
_FETCH_TOKENS = frozenset({"fetch_token", "fetch_access_token", "authorize_access_token", "refresh_token",
                           "acquire_token_by_authorization_code"})  # fmt: skip
_LOGINS = (".LoginView", ".AuthenticationForm", ".SignupView", ".PasswordChangeView", ".PasswordResetConfirmView",
           ".UserCreationForm", ".SetPasswordForm", ".ObtainAuthToken", ".TokenObtainPairView")  # fmt: skip


@code_rule(
    "passwords.secret-in-log",
    words=(
        "password",
        "passwd",
        "pwd",
        "password1",
        "new_password",
        "raw_password",
        *_KEYS,
        *_CREDENTIALS,
        *_WHOLE,
        *LOGGERS,
        *_REPORTS,
        "print",
    ),
    title="a password, or what serves as one, is written to a log",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(532,),
    severity=Severity.HIGH,
    gain="whoever reads the logs, or the service that collects them, logs in as the user",
    mend="log the account, never the password",
)
def secret_in_log(code: Code) -> Iterator[Hit]:
    """Find passwords, keys that let somebody in, and all headers, among what is logged."""
    for call in (*log_lines(code), *_reported(code), *_printed(code)):
        for argument_ in given_to(call):
            found = next(
                (part for part in _said(code, argument_) if _is_credential(code, part)), None
            )
            whole = (
                _whole(code, argument_) or _in_dictionary(code, argument_)
                if found is None
                else None
            )
            if whole is not None:
                yield whole
                break
            if found is not None and not _is_hidden(argument_):
                what = "a password" if is_password(found) else f"`{called_by(found)}`"
                yield Hit(
                    (code.spot(found if _holds(argument_, found) else argument_),),
                    f"{what} goes into `{_written(call.func)}(…)`",
                    Confidence.MEDIUM if tail(call.func) == "print" else Confidence.HIGH,
                    code.symbol,
                )
                break


def _in_dictionary(code: Code, value: n.Expr) -> Hit | None:
    """Return the hit of a dictionary that a function of the site makes, with a credential among its entries."""
    for there, entry in told_entries(code, value, _TELLING):
        if there is code or _is_hidden(entry) or any(map(HIDES.search, there.words - _TELLING)):
            continue
        found = next((part for part in _said(there, entry) if _is_credential(there, part)), None)
        if found is not None:
            what = "a password" if is_password(found) else f"`{called_by(found)}`"
            spots = (code.spot(value), there.spot(entry, "what is told"))
            says = f"{what} goes into the log, in what `{there.symbol.rpartition('.')[2]}` puts together"
            return Hit(spots, says, Confidence.MEDIUM, code.symbol)
    return None


_TELLING = frozenset({"password", "passwd", "pwd", *_KEYS, *_CREDENTIALS})


def _holds(value: n.Expr, part: n.Expr) -> bool:
    return any(one is part for one in inside(value))


# What an object that is called by a credential keeps it under
_BARE = frozenset({"key", "value", "token", "secret", "raw", "plain", "string", "text"})


def _said(code: Code, value: n.Expr) -> Iterator[n.Expr]:
    """Yield a value and what is in it, but not what only leads to one: `api_key.name` says no key."""
    stack = [value]
    told = set()
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, n.Name) and node.id not in told:
            told.add(node.id)
            texts = (made for made in code.assigned(node.id) if isinstance(made, n.Joined))
            stack.extend(made for made in texts if not _is_hidden(made))
        if isinstance(node, n.Attr) and node.name not in _BARE:
            continue
        if isinstance(node, n.Index) and isinstance(node.index, n.Slice):
            continue  # the beginning of a key opens nothing
        inner = parts(node)
        if isinstance(node, n.Call) and isinstance(node.func, n.Attr):
            inner = (node.func.value, *tuple(inner)[1:])
        stack.extend(reversed(tuple(inner)))


def _reported(code: Code) -> Iterator[n.Call]:
    """Yield the calls that tell an error service more: `sentry_sdk.set_context("form", data)`."""
    for call in code.calls(*_REPORTS):
        if code.is_from(call.func, "sentry_sdk") or tail(receiver_of(call)) == "scope":
            yield call


def _printed(code: Code) -> Iterator[n.Call]:
    """Yield what a view prints: a server keeps it with its logs. Who is asked to type sits before a terminal."""
    if code.function is None or not code.sees_browser or code.is_of_command:
        return
    if not any(isinstance(call.func, n.Name) for call in code.calls("input")):
        yield from (call for call in code.calls("print") if isinstance(call.func, n.Name))


def _written(func: n.Expr) -> str:
    """Return `logger.debug` of what writes the line."""
    return f"{tail(func.value)}.{func.name}" if isinstance(func, n.Attr) else tail(func)


def _whole(
    code: Code, value: n.Expr, depth: int = 0, known: frozenset[str] = frozenset()
) -> Hit | None:
    """Return the hit of a value that is, or holds, everything that a request has sent.

    `known` are the names of functions that hand it back as it was.
    """
    for node in shown(code, value):
        if isinstance(node, n.Name) and (key := _headers_put(code, node.id)):
            says = f"`{key}` goes into the log, among the headers"
            return Hit((code.spot(value),), says, Confidence.HIGH, code.symbol)
        if isinstance(node, n.Name) and (name := _password_of(code, node)):
            says = f"all of `{node.id}` goes into the log, `{name}` with it"
            return Hit((code.spot(node),), says, Confidence.HIGH, code.symbol)
        if isinstance(node, n.Call) and (key := _headers_made(code, node)):
            says = f"`{key}` goes into the log, among the headers"
            return Hit((code.spot(value),), says, Confidence.HIGH, code.symbol)
        if isinstance(node, n.Call) and tail(node.func) in _FETCH_TOKENS:
            says = f"all that `{tail(node.func)}(…)` answers goes into the log, the tokens with it"
            return Hit((code.spot(value),), says, Confidence.HIGH, code.symbol)
        if isinstance(node, n.Call) and (told := _told_by(code, node, depth)) is not None:
            return Hit((code.spot(node),), told.message, told.confidence, code.symbol)
        if isinstance(node, n.Call) and (told := _handed_back(code, node, depth, known)):
            return told
        if isinstance(node, n.Mapping) and (key := _credential_key(node)):
            says = f"`{key}` goes into the log, among the headers"
            return Hit((code.spot(value),), says, Confidence.HIGH, code.symbol)
        if not isinstance(node, n.Attr):
            continue
        if node.name in _HEADERS and code.body.is_request(node.value):
            says = f"all of `request.{node.name}` goes into the log: cookies, tokens, passwords of `Authorization`"
            return Hit((code.spot(node),), says, Confidence.HIGH, code.symbol)
        if node.name in _FIELDS and (name := _password_in_form(code, node)):
            says = f"all of `{tail(node.value)}.{node.name}` goes into the log, `{name}` with it"
            return Hit((code.spot(node),), says, Confidence.HIGH, code.symbol)
        if node.name in _FIELDS and _takes_password(code, known) and _is_sent(code, node):
            says = f"all of `{tail(node)}` goes into the log, the password with it"
            return Hit((code.spot(node),), says, Confidence.MEDIUM, code.symbol)
    return None


_KEY_NAMES = re.compile(
    r"^(authorization|cookie|(x-)?api-?key|x-auth-token|private-token)$", re.IGNORECASE
)
_MAKES_HEADERS = re.compile(r"header|auth", re.IGNORECASE)


def _credential_key(node: n.Mapping) -> str:
    """Return the header of a mapping by which somebody is let in, whose value is not hidden; or an empty text."""
    for key, value in zip(node.keys, node.values, strict=True):
        name = text(key) or ""
        if _KEY_NAMES.match(name) and not isinstance(value, n.Const) and not _is_hidden(value):
            return name
    return ""


def _headers_put(code: Code, name: str) -> str:
    """Return such a header of `options["headers"] = {…}`, or an empty text."""
    found = code.assigned(f"{name}['headers']")
    return next(
        (k for one in found if isinstance(one, n.Mapping) and (k := _credential_key(one))), ""
    )


def _headers_made(code: Code, call: n.Call) -> str:
    """Return such a header among those that a function of the site puts together, or an empty text."""
    function = code.called(call) if _MAKES_HEADERS.search(tail(call.func)) else None
    if function is None or function == code.function:
        return ""
    there = code.project.code_of(function)
    made = (m for value in there.returned for m in there.made(value))
    return next(
        (key for one in made if isinstance(one, n.Mapping) and (key := _credential_key(one))), ""
    )


_DEEPEST = 3


def _told_by(code: Code, call: n.Call, depth: int) -> Hit | None:
    """Return the hit of what a method of the same class, or a function of the site, puts together."""
    function = code.called_with(call, _WHOLE) if depth < _DEEPEST else None
    if function is None or function == code.function:
        return None
    there = code.project.code_of(function)
    values = (value for value in there.returned if not isinstance(value, n.Call))
    found = (_whole(there, value, depth + 1) for value in values)
    return next((hit for hit in found if hit is not None), None)


def _handed_back(code: Code, call: n.Call, depth: int, known: frozenset[str]) -> Hit | None:
    """Return the hit of what a function of the site is given, and answers with as a whole."""
    wholes = handed_back(code, call) if depth < _DEEPEST else ()
    passed = known | {tail(call.func)}
    found = (_whole(code, whole, depth + 1, passed) for whole in wholes)
    return next((hit for hit in found if hit is not None), None)


def _password_of(code: Code, node: n.Name) -> str:
    """Return the field of a record that is a password and is shown with it, or an empty text."""
    found = code.type_of(node)
    classes = code.project.site.classes
    if found is None or found.sort is not Sort.INSTANCE or found.is_guess:
        return ""
    if classes.method(found.symbol, "__repr__") or classes.method(found.symbol, "__str__"):
        return ""
    shown = classes.fields(found.symbol)
    if classes.inherits(found.symbol, "TypedDict"):
        shown = tuple(tail(s.target) for s in found.symbol.node.body if isinstance(s, n.Annotate))
    names = [name for name in shown if PASSWORD.match(name)]
    return next((name for name in names if not _is_kept_back(code, found.symbol, name)), "")


def _password_in_form(code: Code, node: n.Attr) -> str:
    """Return the password among what a form took, or a serializer shows or has validated; or an empty text."""
    found = code.type_of(node.value, node)
    if (
        found is None
        or found.sort is not Sort.INSTANCE
        or not isinstance(found.symbol, ClassSymbol)
    ):
        return ""
    classes = code.project.site.classes
    form = code.project.site.forms.by_symbol.get(found.symbol)
    if form is not None and "serializer" not in classes.kinds(found.symbol):
        names = form.declared if node.name in ("cleaned_data", "data") else ()
        return next(filter(PASSWORD.match, names), "")
    if "serializer" not in classes.kinds(found.symbol):
        return ""
    fields = code.project.site.forms.form(found.symbol, "serializer").declared
    for name in filter(PASSWORD.match, fields):
        declared = classes.value(found.symbol, name)
        made = declared.value if declared is not None else None
        is_hidden = isinstance(made, n.Call) and is_true(argument(made, -1, "write_only"))
        if node.name == "validated_data" or (node.name == "data" and not is_hidden):
            return name
    return ""


def _is_kept_back(code: Code, owner: ClassSymbol, name: str) -> bool:
    """Whether a field is not shown with its record: `SecretStr`, `field(repr=False)`."""
    declared = code.project.flow.framework.declared(owner, name)
    value = code.project.site.classes.value(owner, name)
    is_secret = declared is not None and any("Secret" in tail(part) for part in inside(declared))
    made = value.value if value is not None else None
    return is_secret or (isinstance(made, n.Call) and is_false(argument(made, -1, "repr")))


def _is_sent(code: Code, node: n.Attr) -> bool:
    is_form = node.name == "data" and tail(node.value) == "form"
    return (
        is_form
        or code.body.is_request(node.value)
        or node.name in ("cleaned_data", "validated_data")
    )


def _takes_password(code: Code, known: frozenset[str] = frozenset()) -> bool:
    """Whether the view or form around the code is one of a login, reads a password, or sees every request."""
    if code.owner is not None and code.project.site.classes.inherits(code.owner, *_LOGINS):
        return True
    return any(map(PASSWORD.match, code.words)) or sees_all(code, known) or _is_told_by_login(code)


def _is_told_by_login(code: Code) -> bool:
    """Whether a view that takes a password calls the function."""
    if code.function is None or code.owner is not None:
        return False
    callers = code.project.flow.callers.of(code.function)
    owners = {body.owner for body, _call, _is_bound in callers if body.owner is not None}
    return any(_takes_password_itself(code, owner) for owner in owners)


def _takes_password_itself(code: Code, owner: ClassSymbol) -> bool:
    site = code.project.site
    if site.classes.inherits(owner, *_LOGINS):
        return True
    named = site.classes.named(owner, "form_class")
    if isinstance(named, ClassSymbol):
        return site.classes.inherits(named, *_LOGINS)
    return named is not None and getattr(named, "name", "").endswith(_LOGINS)


def _is_credential(code: Code, node: n.Expr) -> bool:
    if _header(code, node) in _CREDENTIALS:
        return True
    # the lesson of sessions has a rule for `request.session.session_key`
    is_session = isinstance(node, n.Attr) and node.name == "session_key"
    if tail(node) == "pwd" and _is_folder(code, node):
        return False
    if is_password(node) or (isinstance(node, n.Attr) and _OF_SERVICE.match(node.name)):
        return True
    if isinstance(node, n.Attr) and node.name in _COLUMNS:
        return _is_kept_token(code, node)
    if called_by(node) in _KEYS and not is_session:
        return not _names_entry(code, node) and not _is_entry(code, node)
    if isinstance(node, n.Call) and _LINK.search(tail(node.func)):
        return code.called_with(node, _IN_LINKS) is not None
    return isinstance(node, n.Name) and bool(_LINK.search(node.id)) and _holds_token(code, node)


def _is_folder(code: Code, node: n.Expr) -> bool:
    """Whether `pwd` is what it is to a shell, the folder that one works in: paths begin with it here."""
    path = access_path(node)
    if any(tail(func_of(made)) in _FOLDERS for made in code.made(node)):
        return True
    return any(
        call.args and access_path(call.args[0]) == path and code.is_from(call.func, *_OF_PATHS)
        for call in code.calls("join", "Path", "chdir", "listdir", "isdir", "exists")
    )


_FOLDERS = frozenset({"getcwd", "cwd"})
_OF_PATHS = ("os", "posixpath", "pathlib")


# columns of rows by which somebody is let in, here or at another service
_COLUMNS = frozenset({"token", "secret", "auth_key"})
_TOLD = re.compile(r"push|device|fcm|csrf|public|lex", re.IGNORECASE)


def _is_kept_token(code: Code, node: n.Attr) -> bool:
    """Whether an attribute is a column of a row that holds a token as a text: `backend.token`."""
    found = code.type_of(node.value, node)
    model = found.model if found is not None and found.sort is Sort.INSTANCE else None
    column = model.field(node.name) if model is not None and not _TOLD.search(model.name) else None
    return column is not None and column.kind in ("CharField", "TextField")


def _names_entry(code: Code, node: n.Expr) -> bool:
    """Whether a key is the name of an entry: `request.session[session_key] = value`."""
    return isinstance(node, n.Name) and any(
        isinstance(entry.index, n.Name) and entry.index.id == node.id
        for entry in code.every(n.Index)
    )


def _is_entry(code: Code, node: n.Expr) -> bool:
    """Whether a name stands for an entry of the session alone, which lets nobody in."""
    found = list(code.assigned(node.id)) if isinstance(node, n.Name) else []
    return bool(found) and all(
        called_by(value) not in ("", *_KEYS) and tail(_holder(value)) == "session"
        for value in found
    )


def _holder(node: n.Expr) -> n.Expr:
    """Return `session` of `session["name"]` and of `session.get("name")`."""
    if isinstance(node, n.Call):
        return receiver_of(node) or node
    return node.value if isinstance(node, n.Index) else node


# an address that somebody resets a password or logs in by
_LINK = re.compile(r"(^|_)(link|ur[il]|token|href|address)$")
_MAKES_TOKEN = frozenset({"make_token", "default_token_generator"})
_IN_LINKS = _MAKES_TOKEN | {
    "pw_reset_token",
    "password_reset_token",
    "reset_token",
    "login_token",
    "activation_key",
}


def _holds_token(code: Code, name: n.Name) -> bool:
    """Whether what a name holds is made of a token that sets a password, also by a function of the site."""
    calls = [
        part
        for value in code.assigned(name.id)
        for part in inside(value)
        if isinstance(part, n.Call)
    ]
    if any(tail(call.func) == "make_token" for call in calls):
        return True
    return any(code.called_with(call, _IN_LINKS) is not None for call in calls)


def _header(code: Code, node: n.Expr) -> str:
    """Return the name of a header that an expression reads from the request, or an empty text."""
    holder, key = None, None
    if isinstance(node, n.Index):
        holder, key = node.value, node.index
    elif isinstance(node, n.Call) and isinstance(node.func, n.Attr) and node.func.name == "get":
        holder, key = node.func.value, argument(node, 0)
    is_headers = isinstance(holder, n.Attr) and holder.name in _HEADERS
    is_read = isinstance(holder, n.Attr) and is_headers and code.body.is_request(holder.value)
    return (text(key) or "") if is_read else ""


_TELLING_LITTLE = frozenset({"len", "bool", "type", "mask", "make_password"})


def _is_hidden(node: n.Expr) -> bool:
    """Whether only a fact about it is logged: its length, its type, whether it is there."""
    return any(
        isinstance(part, n.Compare | n.Unary)
        or (isinstance(part, n.Call) and tail(part.func) in _TELLING_LITTLE)
        for part in inside(node)
    )

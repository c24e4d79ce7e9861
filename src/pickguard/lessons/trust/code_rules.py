"""Trust rules that look at code: the browser names the address, the file, the host."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.origins import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_REDIRECTS = ("redirect", "HttpResponseRedirect", "HttpResponsePermanentRedirect")
_HOST_CHECKS = ("url_has_allowed_host_and_scheme", "is_safe_url", "get_safe_redirect_url")
_CLEANED_PATHS = (
    "safe_join",
    "basename",
    "get_valid_filename",
    "secure_filename",
    "get_available_name",
    "slugify",
)
_FETCHES = (
    "get",
    "post",
    "put",
    "patch",
    "delete",
    "head",
    "options",
    "request",
    "urlopen",
    "stream",
    "urlretrieve",
)
_CLIENTS = ("requests", "httpx", "urllib", "urllib3", "aiohttp")
_LOGGERS = ("debug", "info", "warning", "warn", "error", "exception", "critical")


@code_rule(
    "trust.open-redirect",
    words=_REDIRECTS,
    needs_browser=True,
    title="the browser names the address of a redirect",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(601,),
    severity=Severity.MEDIUM,
    gain="a link to your site leads to a copy of your login page somewhere else",
    mend="check it with `url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()})`",
)
def open_redirect(code: Code) -> Iterator[Hit]:
    """Find redirects to what the request says, with no check of the host."""
    if any(word in code.words for word in _HOST_CHECKS):
        return
    for call in code.calls(*_REDIRECTS):
        target = argument(call, 0, "redirect_to", "to")
        if target is None or _is_anchored(code, target):
            continue
        origin = code.origin(
            target,
            "reverse",
            "resolve_url",
            "get_absolute_url",
            "build_absolute_uri",
            *_HOST_CHECKS,
        )
        if origin.is_browser and not _is_own_path(origin):
            is_cleaned = tail(origin.source) in ("cleaned_data", "validated_data")
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}(…)` goes where the browser says",
                Confidence.LOW if is_cleaned else Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "is the address of the redirect"),
            )


def _is_own_path(origin: Origin) -> bool:
    """Whether the source is the request's own path, which begins with one slash."""
    source = origin.source
    names = {tail(part) for part in inside(source)} if source is not None else set()
    return bool(names & {"path", "path_info", "get_full_path", "build_absolute_uri"})


def _is_anchored(code: Code, target: n.Expr, depth: int = 0) -> bool:
    """Whether an address begins with something constant that fixes the host."""
    if isinstance(target, n.Joined) and target.parts:
        first = text(target.parts[0])
        if first is None:
            return not code.origin(target.parts[0]).is_browser
        return _fixes_host(first)
    if isinstance(target, n.Binary) and target.op in ("+", "%"):
        first = text(target.left)
        if first is not None:
            return _fixes_host(first.partition("%")[0])
        return code.origin(target.left).is_constant and target.op == "+"
    if (
        isinstance(target, n.Call)
        and tail(target.func) == "format"
        and isinstance(target.func, n.Attr)
    ):
        first = text(target.func.value)
        return first is not None and _fixes_host(first.partition("{")[0])
    if isinstance(target, n.Name) and depth < 4:
        values = [v for v, _span in code.origins.assigned.get(target.id, ())]
        moving = [v for v in values if not code.origin(v).is_constant]
        return bool(moving) and all(_is_anchored(code, v, depth + 1) for v in moving)
    return False


def _fixes_host(start: str) -> bool:
    return bool(re.match(r"(/[^/\\]|https?://[^/]+/|[?#]|\.{1,2}/)", start)) or start == "./"


@code_rule(
    "trust.path-traversal",
    words=("open", "FileResponse", "sendfile", "read_text", "read_bytes", "write_text", "write_bytes",
           "unlink", "remove", "serve", "send_file", "rmtree", "isfile", "listdir"),
    needs_browser=True,
    title="the browser names a file of the server",
    areas=(Area.CONFIDENTIALITY, Area.INTEGRITY),
    cwe=(22, 73),
    severity=Severity.HIGH,
    gain="with `../../config/settings.py` a stranger reads, or overwrites, any file that the site can",
    mend="join it with `safe_join`, or look it up in a list of names",
)  # fmt: skip
def path_traversal(code: Code) -> Iterator[Hit]:
    """Find paths that the request has a part in, with nothing that cleans them."""
    if code.words & {
        "is_relative_to",
        "commonpath",
        "commonprefix",
        "realpath",
        "resolve",
        "normpath",
    }:
        return
    for call, path in _paths(code):
        origin = code.origin(path, *_CLEANED_PATHS)
        if not origin.is_browser or _is_upload(origin):
            continue
        yield Hit(
            (code.spot(call),),
            f"the path in `{tail(call.func)}(…)` comes from the browser",
            Confidence.HIGH,
            code.symbol,
            flow=code.flow(origin, call, "names the file"),
        )


def _paths(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls(
        "open", "FileResponse", "sendfile", "send_file", "unlink", "remove", "rmtree", "listdir"
    ):
        is_builtin = isinstance(call.func, n.Name) and code.resolve(call.func) is None
        if call.args and (
            is_builtin or code.is_from(call.func, "os", "io", "shutil", "codecs", "django_sendfile")
        ):
            yield call, _through_join(code, call.args[0])
    for call in code.calls(
        "read_text", "read_bytes", "write_text", "write_bytes", "open", "unlink"
    ):
        receiver = call.func.value if isinstance(call.func, n.Attr) else None
        if receiver is not None and _is_path(code, receiver):
            yield call, receiver
    for call in code.calls("serve"):
        path = argument(call, 1, "path")
        if path is not None and code.is_from(call.func, "django.views.static"):
            yield call, n.Const(path.span, "")


def _through_join(_code: Code, node: n.Expr) -> n.Expr:
    """`os.path.join(a, b)` carries what all its arguments carry."""
    if isinstance(node, n.Call) and tail(node.func) in ("join", "Path") and node.args:
        return n.Sequence(node.span, "tuple", node.args)
    return node


def _is_path(code: Code, node: n.Expr) -> bool:
    if isinstance(node, n.Binary) and node.op == "/":
        return True
    values = [v for v, _span in code.origins.assigned.get(tail(node), ())] or [node]
    return any(
        (isinstance(v, n.Binary) and v.op == "/")
        or (isinstance(v, n.Call) and tail(v.func) in ("Path", "PurePath"))
        for v in values
    )


def _is_upload(origin: Origin) -> bool:
    """Whether the value is an uploaded file itself, not its name."""
    return any(tail(part) == "FILES" for part in inside(origin.source)) if origin.source else False


@code_rule(
    "trust.ssrf",
    words=_FETCHES,
    packages=_CLIENTS,
    needs_browser=True,
    title="the browser names an address that the server fetches",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(918,),
    severity=Severity.HIGH,
    gain="through the server a stranger reaches what only the server can: metadata, databases, admin pages",
    mend="allow hosts by name, and refuse private addresses after the name is resolved",
)
def ssrf(code: Code) -> Iterator[Hit]:
    """Find outgoing requests whose host the request decides on."""
    for call in code.calls(*_FETCHES):
        if not code.is_from(call.func, *_CLIENTS):
            continue
        position = 1 if tail(call.func) in ("request", "stream") and len(call.args) > 1 else 0
        target = argument(call, position, "url")
        if target is None or _is_anchored(code, target):
            continue
        origin = code.origin(target)
        if origin.is_browser:
            yield Hit(
                (code.spot(target),),
                f"`{tail(call.func)}(…)` fetches what the browser says",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, target, "is fetched by the server"),
            )


@code_rule(
    "trust.host-header",
    words=("get_host", "HTTP_HOST", "build_absolute_uri", "HTTP_X_FORWARDED_HOST"),
    needs_browser=True,
    title="the `Host` header goes into a mail or decides something",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(644, 20),
    severity=Severity.MEDIUM,
    gain="a forged `Host` header sends the victim's reset link to the attacker's site",
    mend="use a configured address (`SITE_URL`, the sites framework), and name the hosts in `ALLOWED_HOSTS`",
)
def host_header(code: Code) -> Iterator[Hit]:
    """Find mails that carry the host of the request, and checks of it."""
    for call in code.calls(
        "send_mail", "EmailMessage", "EmailMultiAlternatives", "email_user", "mail_admins"
    ):
        for part in (*call.args, *(k.value for k in call.keywords)):
            origin = code.origin(part)
            if origin.is_browser and origin.source is not None and _names_host(origin.source):
                yield Hit(
                    (code.spot(call),),
                    "the `Host` header becomes part of a mail",
                    Confidence.HIGH,
                    code.symbol,
                    flow=code.flow(origin, call, "is mailed"),
                )
                break
    for node in code.expressions:
        if (
            isinstance(node, n.Index)
            and tail(node.value) == "META"
            and text(node.index) in _RAW_HOSTS
        ):
            yield Hit(
                (code.spot(node),),
                "the raw `Host` header is read, unchecked",
                Confidence.MEDIUM,
                code.symbol,
            )


_RAW_HOSTS = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST")


def _names_host(source: n.Expr) -> bool:
    return bool(
        {tail(part) for part in inside(source)}
        & {"get_host", "build_absolute_uri", "META", "headers"}
    )


@code_rule(
    "trust.forwarded-for",
    words=("META", "headers"),
    title="an address is believed that the browser can write",
    areas=(Area.INTEGRITY,),
    cwe=(348, 290),
    severity=Severity.MEDIUM,
    gain="with a forged `X-Forwarded-For` a stranger passes for any address: limits, bans and logs fail",
    mend="read it only behind proxies that you name, from the right end (`pickguard.attempts` does)",
)
def forwarded_for(code: Code) -> Iterator[Hit]:
    """Find the first entry of `X-Forwarded-For` taken for the visitor's address."""
    for node in code.expressions:
        name = _header(node)
        if name not in (
            "HTTP_X_FORWARDED_FOR",
            "X-FORWARDED-FOR",
            "HTTP_CLIENT_IP",
            "HTTP_X_REAL_IP",
        ):
            continue
        first = _takes_first(code)
        known = code.words & {
            "REMOTE_ADDR",
            "trusted_proxies",
            "TRUSTED_PROXIES",
            "NUM_PROXIES",
            "num_proxies",
        }
        trusted = bool(known - {"REMOTE_ADDR"}) or any("TRUST" in word for word in code.words)
        yield Hit(
            (code.spot(node),),
            f"`{name}` is taken from the request, and its sender can write it",
            Confidence.LOW if trusted or not first else Confidence.MEDIUM,
            code.symbol,
        )
        return


def _header(node: n.Expr) -> str:
    if isinstance(node, n.Index) and tail(node.value) in ("META", "headers"):
        return (text(node.index) or "").upper()
    if isinstance(node, n.Call) and tail(node.func) == "get" and isinstance(node.func, n.Attr):
        if tail(node.func.value) in ("META", "headers"):
            return (text(argument(node, 0)) or "").upper()
    return ""


def _takes_first(code: Code) -> bool:
    return any(
        isinstance(node, n.Index) and isinstance(node.index, n.Const) and node.index.value == 0
        for node in code.expressions
    )


@code_rule(
    "trust.referer",
    words=("META", "headers"),
    title="a decision rests on a header that the browser writes",
    areas=(Area.INTEGRITY,),
    cwe=(293, 807),
    severity=Severity.MEDIUM,
    gain="whoever sends the header by hand passes the check",
    mend="check a session, a token or a permission",
)
def referer(code: Code) -> Iterator[Hit]:
    """Find `Referer` and `User-Agent` in conditions that let somebody in."""
    for statement in code.statements:
        if not isinstance(statement, n.If) or not _lets_in_or_out(statement):
            continue
        for node in inside(statement.test):
            name = _header(node) or _assigned_header(code, node)
            if name in ("HTTP_REFERER", "REFERER", "HTTP_USER_AGENT", "USER-AGENT", "HTTP_ORIGIN"):
                yield Hit(
                    (code.spot(statement.test),),
                    f"`{name}` decides whether the request is answered",
                    Confidence.MEDIUM,
                    code.symbol,
                )
                break


def _assigned_header(code: Code, node: n.Expr) -> str:
    values = code.origins.assigned.get(node.id, ()) if isinstance(node, n.Name) else ()
    return next(
        (h for value, _span in values for part in inside(value) if (h := _header(part))), ""
    )


def _lets_in_or_out(statement: n.If) -> bool:
    from pickguard.source.python.walk import expressions

    found = list(expressions((*statement.body, *statement.other[:1])))
    names = {tail(node) for node in found}
    if any(isinstance(node, n.Const) and node.value in (401, 403) for node in found):
        return True
    return bool(names & {"HttpResponseForbidden", "PermissionDenied", "HttpResponseBadRequest"})


@code_rule(
    "trust.log-injection",
    words=_LOGGERS,
    needs_browser=True,
    title="a log line is put together from what the browser sent",
    areas=(Area.INTEGRITY,),
    cwe=(117,),
    severity=Severity.LOW,
    gain="with a line break in the value a stranger writes log lines of their own",
    mend='pass it as an argument with `%r`: `logger.info("search for %r", q)`',
)
def log_injection(code: Code) -> Iterator[Hit]:
    """Find formatted log messages with a part of the request."""
    for call in code.calls(*_LOGGERS):
        if not isinstance(call.func, n.Attr) or "log" not in tail(call.func.value).lower():
            continue
        message = call.args[0] if call.args else None
        if not isinstance(message, n.Joined | n.Binary | n.Call):
            continue
        origin = code.origin(message)
        if origin.is_browser and not _is_shown_safely(message):
            is_plain = tail(call.func) != "debug" and any(
                code.origins.reads_request(p) for p in inside(message) if isinstance(p, n.Attr)
            )
            yield Hit(
                (code.spot(message),),
                "a value from the browser is formatted into a log line",
                Confidence.MEDIUM if is_plain else Confidence.LOW,
                code.symbol,
                flow=code.flow(origin, message, "is logged"),
            )


def _is_shown_safely(message: n.Expr) -> bool:
    parts = [p for p in inside(message) if isinstance(p, n.Formatted)]
    return bool(parts) and all(part.conversion == "r" for part in parts)


@code_rule(
    "trust.header-from-browser",
    words=("HttpResponse", "headers", "response", "FileResponse", "EmailMessage", "send_mail"),
    needs_browser=True,
    title="a mail's address or subject is put together from what the browser sent",
    areas=(Area.INTEGRITY,),
    cwe=(93, 113),
    severity=Severity.MEDIUM,
    gain="the site sends mail to whoever a stranger names, with words of the stranger's",
    mend="take the sender and the recipients from the settings or from a stored account",
)
def header_from_browser(code: Code) -> Iterator[Hit]:
    """Find mails whose sender the request names."""
    for call in code.calls("send_mail", "EmailMessage", "EmailMultiAlternatives"):
        sender = argument(call, 2, "from_email")
        origin = code.origin(sender)
        if sender is not None and origin.is_browser:
            yield Hit(
                (code.spot(call),),
                "the browser names the sender of a mail",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, call, "is the sender"),
            )


_PRICE = re.compile(
    r"(^|_)(price|total|amount|discount|cost|is_admin|is_staff|role|owner_id|user_id)$"
)


@code_rule(
    "trust.browser-decides",
    words=("GET", "POST", "data", "query_params"),
    needs_browser=True,
    title="the browser sends the price, the role or the owner",
    areas=(Area.INTEGRITY,),
    cwe=(602, 472),
    severity=Severity.HIGH,
    gain="whoever edits the form pays what they like, or acts as whom they like",
    mend="look the price up, and take the user from `request.user`",
)
def browser_decides(code: Code) -> Iterator[Hit]:
    """Find a price, role or owner from the request written into a row."""
    for call in code.calls("create", "update"):
        if not any(tail(p) == "objects" or tail(p).endswith("_set") for p in inside(call.func)):
            continue
        for keyword in call.keywords:
            if keyword.name and _PRICE.search(keyword.name):
                origin = code.origin(keyword.value)
                if (
                    origin.is_browser
                    and origin.source is not None
                    and tail(origin.source) != "cleaned_data"
                ):
                    yield Hit(
                        (code.spot(keyword.value),),
                        f"`{keyword.name}` is written as the browser sent it",
                        Confidence.MEDIUM,
                        code.symbol,
                        flow=code.flow(origin, keyword.value, "is written"),
                    )

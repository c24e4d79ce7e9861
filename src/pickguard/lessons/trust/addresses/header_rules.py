"""Trust rules about headers: what a request says of its host, its sender and its way."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, spot_of, tail, text
from pickguard.kit.settings.readings import reading
from pickguard.lessons.trust.addresses.mailed import rendered, written
from pickguard.lessons.trust.addresses.redirect_rules import OF_MIDDLEWARE
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import root
from pickguard.source.python.walk import expressions, forks, inside

_RAW_HOSTS = ("HTTP_HOST", "HTTP_X_FORWARDED_HOST")
# what a request says of the site that it was sent to, or from
_HOSTS = frozenset({*_RAW_HOSTS, "HTTP_ORIGIN", "HOST", "X-FORWARDED-HOST", "ORIGIN"})
_MAILS = ("send_mail", "EmailMessage", "EmailMultiAlternatives", "email_user", "mail_admins")
# functions of `ipware`, and what tells them which proxies to believe
_LIBRARY_WAYS = ("get_client_ip", "get_ip", "get_real_ip", "get_trusted_ip")
_PROXIES = frozenset({"proxy_count", "proxy_trusted_ips", "trusted_proxies"})
# what counts or looks up by an address
_DECIDERS = frozenset({"ip_address", "ip_network", "incr", "add", "filter", "exists"})


@code_rule(
    "trust.host-header",
    words=(
        "get_host",
        "HTTP_HOST",
        "build_absolute_uri",
        "HTTP_X_FORWARDED_HOST",
        "make_token",
        "token",
        *_MAILS,
    ),
    title="the `Host` header goes into a mail or decides something",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(644, 20),
    severity=Severity.MEDIUM,
    gain="a forged `Host` header sends the victim's reset link to the attacker's site",
    mend="use a configured address (`SITE_URL`, the sites framework), and name the hosts in `ALLOWED_HOSTS`",
)
def host_header(code: Code) -> Iterator[Hit]:
    """Find mails that carry the host of the request, links with a token that lead to it, and checks of it."""
    yield from _token_links(code)
    yield from _reset_mails(code)
    if not code.sees_browser or code.is_of_command:
        return
    for call in code.calls(*_MAILS):
        hit = next(_mailed_hosts(code, call), None)
        if hit is not None:
            yield hit
    targets = {
        id(target) for s in code.statements if isinstance(s, n.Assign) for target in s.targets
    }
    held = _held_against_sender(code)
    for node in code.every(n.Index):
        if (
            tail(node.value) == "META"
            and text(node.index) in _RAW_HOSTS
            and id(node) not in targets
            and id(node) not in held
            and not _is_only_key(code, node)
        ):
            is_late = text(node.index) == "HTTP_HOST" and not _runs_before_check(code)
            yield Hit(
                (code.spot(node),),
                "the raw `Host` header is read, unchecked",
                Confidence.LOW if is_late else Confidence.MEDIUM,
                code.symbol,
            )


def _mailed_hosts(code: Code, call: n.Call) -> Iterator[Hit]:
    """Yield what a mail says, or its templates, that holds the host of the request."""
    parts = list(written(call))
    for part in parts:
        origin = code.origin(part)
        sure = _sure_of_host(code, origin)
        if sure is not None:
            yield _in_mail(code, call, origin, sure)
    for there, value in (one for part in parts for one in rendered(code, part)):
        origin = there.origin(value)
        sure = _sure_of_host(code, origin)
        if sure is not None:
            # where nobody can tell which hosts there are, a template may not even say it
            sure = sure if sure is Confidence.HIGH else Confidence.LOW
            yield _in_mail(code, call, origin, sure)


def _sure_of_host(code: Code, origin: Origin) -> Confidence | None:
    """Tell how freely the host is chosen that a value holds; None where it holds none."""
    source = origin.source if origin.is_browser else None
    return _sure_of(code, source) if source is not None and _names_host(source) else None


def _in_mail(code: Code, call: n.Call, origin: Origin, sure: Confidence) -> Hit:
    return Hit(
        (code.spot(call),),
        "the `Host` header becomes part of a mail",
        sure,
        code.symbol,
        flow=code.flow(origin, call, "is mailed"),
    )


def _is_only_key(code: Code, node: n.Expr) -> bool:
    """Whether a host only chooses among those that the site has listed: `settings.SITES_BY_HOST[host]`."""
    assigns = [s for s in code.statements if isinstance(s, n.Assign)]
    names = {tail(t) for s in assigns for t in s.targets if any(p is node for p in inside(s.value))}
    if not names or names == {""}:
        return False
    keys = {id(one.index) for one in code.every(n.Index)}
    keys |= {id(call.args[0]) for call in code.calls("get") if call.args}
    own = {id(p) for s in assigns if names & set(map(tail, s.targets)) for p in _parts_of(s)}
    own |= {
        id(p) for one in code.every(n.Compare) if any(map(text, one.rights)) for p in inside(one)
    }
    used = [one for one in code.every(n.Name) if one.id in names and id(one) not in own]
    return bool(used) and all(id(one) in keys for one in used)


def _parts_of(statement: n.Assign) -> Iterator[n.Expr]:
    for part in (*statement.targets, statement.value):
        yield from inside(part)


def _token_links(code: Code) -> Iterator[Hit]:
    """Yield the addresses with a token in them that begin with what the request says of its host."""
    made = {
        tail(target)
        for statement in code.statements
        if isinstance(statement, n.Assign) and _makes_token(statement.value)
        for target in statement.targets
    }
    for node in code.expressions if not _MAKING_LINKS.isdisjoint(code.words) else ():
        is_made = _is_address(node) and any(_is_token(part, made) for part in inside(node))
        if not is_made and not _names_token(node):
            continue
        origin = code.beginning(node)
        if origin.is_browser and origin.source is not None:
            is_host = _header(origin.source) in _HOSTS
            if not is_made and not is_host:
                continue
            yield Hit(
                (spot_of(origin.steps[0]) if origin.steps else code.spot(node),),
                "a link with a token leads to whatever host the request names",
                Confidence.HIGH if is_host else Confidence.MEDIUM,
                code.symbol,
                flow=code.flow(origin, node, "the link"),
            )
            return


def _reset_mails(code: Code) -> Iterator[Hit]:
    """Yield where Django's form for lost passwords is told to lead to the host that the request names."""
    is_form = code.owner is not None and code.project.site.classes.inherits(
        code.owner, ".PasswordResetForm"
    )
    for call in code.calls("save"):
        domain = argument(call, 0 if is_form else -1, "domain_override")
        if domain is None or not any(tail(part) in _CHECKED for part in inside(domain)):
            continue
        sure = _sure_of(code, domain)
        if sure is not None:
            yield Hit(
                (code.spot(domain),),
                "the link to a new password leads to whatever host the request names",
                sure,
                code.symbol,
            )


def _is_address(node: n.Expr) -> bool:
    return isinstance(node, n.Joined) or (isinstance(node, n.Call) and tail(node.func) == "urljoin")


_MAKING_LINKS = frozenset({"make_token", "token"})


def _names_token(node: n.Expr) -> bool:
    """Whether it is a link that a caller has made the token of: `f"{base}/reset/?token={token}"`."""
    if not isinstance(node, n.Joined) or len(node.parts) < _FEWEST_PARTS:
        return False
    first = node.parts[0].value if isinstance(node.parts[0], n.Formatted) else node.parts[0]
    return isinstance(first, n.Name | n.Attr) and any(tail(p) == "token" for p in inside(node))


_FEWEST_PARTS = 3  # the site, a path, and the token


def _makes_token(node: n.Expr) -> bool:
    return any(isinstance(p, n.Call) and tail(p.func) == "make_token" for p in inside(node))


def _is_token(node: n.Expr, made: set[str]) -> bool:
    return _makes_token(node) or (isinstance(node, n.Name) and node.id in made)


def _held_against_sender(code: Code) -> frozenset[int]:
    """Return what a referer or an origin is compared with, or cut by: the browser writes both alike."""
    if not any((text(part) or "").upper() in _SENDERS for part in code.every(n.Const)):
        return frozenset()
    asked: list[n.Expr] = list(code.calls("startswith", "len"))
    asked += [c for c in code.every(n.Compare) if not any(map(text, (c.left, *c.rights)))]
    return frozenset(id(part) for node in asked for part in inside(node))


_SENDERS = ("HTTP_REFERER", "REFERER", "HTTP_ORIGIN", "ORIGIN")


def _sure_of(code: Code, source: n.Expr) -> Confidence | None:
    """Tell how freely the header is chosen: Django's functions hold it against `ALLOWED_HOSTS`.

    None where the settings name the hosts.
    """
    named = {tail(part) for part in inside(source)} | {_header(part) for part in inside(source)}
    if named.isdisjoint(_CHECKED) and (named.isdisjoint(_HELD) or not _is_held_by_middleware(code)):
        return Confidence.HIGH
    if code.project.production is None:
        return Confidence.LOW  # whoever installs a library names the hosts, or gets no answer
    hosts = reading(code.project, "ALLOWED_HOSTS")
    if hosts is None or not hosts.value or not isinstance(hosts.value, list | tuple):
        return Confidence.MEDIUM
    if "*" not in hosts.value:
        return None if hosts.confidence is Confidence.HIGH else Confidence.MEDIUM
    return Confidence.HIGH if hosts.confidence is Confidence.HIGH else Confidence.MEDIUM


_CHECKED = frozenset({"get_host", "build_absolute_uri"})
# `CommonMiddleware` calls `get_host` for every request
_HELD = frozenset({"HTTP_HOST", "HOST"})


def _is_held_by_middleware(code: Code) -> bool:
    """Whether `ALLOWED_HOSTS` were asked before the code runs, as the settings tell."""
    names = code.project.middleware or ()
    return any(name.endswith("CommonMiddleware") for name in names) and not _is_middleware(code)


def _runs_before_check(code: Code) -> bool:
    """Whether nobody has asked `ALLOWED_HOSTS` when the code runs; of an app alone that is thought of mails."""
    if _is_middleware(code):
        return True
    if code.project.middleware is None:
        return any(map(_OF_MAILS.search, code.words))
    return not _is_held_by_middleware(code)


_OF_MAILS = re.compile(r"(^|_)e?mails?(_|$)|EmailM|^send_", re.IGNORECASE)


def _is_middleware(code: Code) -> bool:
    """Whether the code is a middleware's, which may stand before Django's."""
    name = code.symbol.rpartition(".")[2]
    is_of_one = code.owner is not None and code.project.site.classes.is_middleware(code.owner)
    return name in OF_MIDDLEWARE or is_of_one


def _names_host(source: n.Expr) -> bool:
    return any(tail(part) in _CHECKED or _header(part) in _HOSTS for part in inside(source))


@code_rule(
    "trust.forwarded-for",
    words=("META", "headers", *_LIBRARY_WAYS),
    title="an address is believed that the browser can write",
    areas=(Area.INTEGRITY,),
    cwe=(348, 290),
    severity=Severity.MEDIUM,
    gain="with a forged `X-Forwarded-For` a stranger passes for any address: limits, bans and logs fail",
    mend="read it only behind proxies that you name, from the right end (`pickguard.attempts` does)",
)
def forwarded_for(code: Code) -> Iterator[Hit]:
    """Find the first entry of `X-Forwarded-For` taken for the visitor's address, also by `ipware`."""
    yield from _by_library(code)
    for node in code.expressions:
        name = _header(node)
        if name.removeprefix("HTTP_").replace("_", "-") not in _ADDRESSES:
            continue
        if _is_switched_on(code, node):
            continue
        there = _reading(code, node)
        first = _takes_first(there)
        if "reversed" in there.words or (_counts_from_end(there) and not first):
            return  # from the right end, where the proxies write
        known = code.words & {
            "REMOTE_ADDR",
            "trusted_proxies",
            "TRUSTED_PROXIES",
            "NUM_PROXIES",
            "num_proxies",
        }
        is_harmless = not _becomes_sender(code, node) and (not first or _is_noted(code, node))
        trusted = bool(known - {"REMOTE_ADDR"}) or any("TRUST" in word for word in code.words)
        yield Hit(
            (code.spot(node),),
            f"`{name}` is taken from the request, and its sender can write it",
            Confidence.LOW if trusted or is_harmless else Confidence.MEDIUM,
            code.symbol,
        )
        return


def _is_switched_on(code: Code, header: n.Expr) -> bool:
    """Whether a setting says that the header is the proxy's own: `if settings.BEHIND_PROXY: ip = headers[…]`."""
    return any(
        _names_setting(fork.test) and any(part is header for part in expressions(then))
        for fork, then, _otherwise in forks(code.block)
    )


def _names_setting(test: n.Expr) -> bool:
    return any(
        isinstance(part, n.Attr) and part.name.isupper() and root(part) != "request"
        for part in inside(test)
    )


def _is_noted(code: Code, header: n.Expr) -> bool:
    """Whether the address is only written down, as far as who asks for it can be seen here."""
    if _decides(code, header) or any(root(t) == "request" for t in _assigned_to(code)):
        return False
    callers = code.project.flow.callers.of(code.function) if code.function is not None else ()
    return not any(
        caller.function is not None and _decides(code.project.code_of(caller.function), call)
        for caller, call, _is_bound in callers[:_MOST_CALLERS]
    )


_MOST_CALLERS = 20


def _assigned_to(code: Code) -> Iterator[n.Expr]:
    for statement in code.statements:
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            yield target.value if isinstance(target, n.Index) else target


_ADDRESSES = frozenset(
    {"X-FORWARDED-FOR", "X-REAL-IP", "CLIENT-IP", "X-CLIENT-IP", "TRUE-CLIENT-IP"}
)


def _by_library(code: Code) -> Iterator[Hit]:
    """Yield the calls of `ipware` that are told of no proxy: they believe every header there is."""
    for call in code.calls(*_LIBRARY_WAYS):
        told = {keyword.name for keyword in call.keywords}
        if told & _PROXIES or None in told or not code.is_from(call.func, "ipware"):
            continue
        if not _decides(code, call):
            continue  # an address that is only written down
        yield Hit(
            (code.spot(call),),
            f"`{tail(call.func)}(…)` believes the headers of every sender: it is told of no proxy",
            Confidence.MEDIUM,
            code.symbol,
            mend="take `REMOTE_ADDR`, or say how many proxies there are: `proxy_count=1`",
        )


def _is_decider(name: str) -> bool:
    return name in _DECIDERS or bool(_ASKING.search(name))


_ASKING = re.compile(
    r"white_?list|black_?list|allow|block|bann?ed|limit|throttle|trust|permit|internal|local"
)


def _decides(code: Code, call: n.Expr) -> bool:
    """Whether the address is compared with others, or counted by, where it was asked for."""
    if _COUNTS.search(code.symbol):
        return True
    names = _names_of(code, call)
    tested: tuple[n.Expr, ...] = (
        *(node for node in code.every(n.Compare) if {"in", "not in", "=="} & set(node.ops)),
        *(call for call in code.every(n.Call) if _is_decider(tail(call.func)) or _asks_net(call)),
    )
    return any(part is call or tail(part) in names for node in tested for part in inside(node))


def _asks_net(call: n.Call) -> bool:
    """Whether a call asks for the network that an address is of: `ip.startswith("10.")`."""
    said = argument(call, 0) if tail(call.func) == "startswith" else None
    nets = said.items if isinstance(said, n.Sequence) else (said,)
    return any(_NET.match(text(net) or "") for net in nets)


_NET = re.compile(r"\d{1,3}\.")


def _names_of(code: Code, address: n.Expr) -> set[str]:
    """Return the names that an address is given, and those that a part of it is given after that."""
    names: set[str] = set()
    for statement in code.statements:
        if not isinstance(statement, n.Assign):
            continue
        parts = list(inside(statement.value))
        if address in parts or not names.isdisjoint(map(tail, parts)):
            names |= {tail(part) for target in statement.targets for part in inside(target)}
    return names - {""}


# code that is there to limit: `shop.ratelimit.key_of`
_COUNTS = re.compile(r"rate_?limit|throttl|lock_?out|brute_?force", re.IGNORECASE)


def _header(node: n.Expr) -> str:
    if isinstance(node, n.Index) and tail(node.value) in ("META", "headers"):
        return (text(node.index) or "").upper()
    if isinstance(node, n.Call) and tail(node.func) == "get" and isinstance(node.func, n.Attr):
        if tail(node.func.value) in ("META", "headers"):
            return (text(argument(node, 0)) or "").upper()
    return ""


def _reading(code: Code, header: n.Expr) -> Code:
    """Return the code that takes a header apart: a function of the site's that is given it, or this one."""
    for call in code.every(n.Call):
        function = code.called(call) if header in call.args else None
        if function is not None:
            return code.project.code_of(function)
    return code


def _takes_first(code: Code) -> bool:
    """Whether the first of several addresses is taken: `addresses.split(",")[0]`, `ADDRESS.match(addresses)`."""
    is_first = any(
        isinstance(node.index, n.Const) and node.index.value == 0 for node in code.every(n.Index)
    )
    return is_first or next(code.calls("match"), None) is not None


def _counts_from_end(code: Code) -> bool:
    """Whether the last of several addresses is taken: `addresses.split(",")[-1]`."""
    places = (node.index for node in code.every(n.Index))
    return any(isinstance(place, n.Const) and place.value == -1 for place in places)


def _becomes_sender(code: Code, header: n.Expr) -> bool:
    """Whether all that comes later takes it for the sender's: `META["REMOTE_ADDR"] = …`, `META.update({…})`."""
    for statement in code.statements:
        for target in statement.targets if isinstance(statement, n.Assign) else ():
            if isinstance(target, n.Index) and text(target.index) == _SENDER:
                return True
    pairs = (
        (key, value)
        for call in code.calls("update")
        for given in call.args
        if isinstance(given, n.Mapping)
        for key, value in zip(given.keys, given.values, strict=True)
    )
    return any(text(key) == _SENDER and header in inside(value) for key, value in pairs)


_SENDER = "REMOTE_ADDR"


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
    for compared in code.every(n.Compare):
        name = _header_of_power(code, compared)
        if name:
            yield Hit(
                (code.spot(compared),),
                f"`{name}`, which anybody can send, says who asks",
                Confidence.MEDIUM,
                code.symbol,
            )


_OF_POWER = re.compile(
    r"(^|[^a-z])(admin|internal|superuser|staff|root|bypass|trusted|role|is_?admin)", re.IGNORECASE
)


def _header_of_power(code: Code, compared: n.Compare) -> str:
    """Return the header that is held against a fixed text, one of both speaking of power: `X-Internal`."""
    sides = (compared.left, compared.rights[0])
    said = next((found for side in sides if (found := text(side))), None)
    if said is None or compared.ops[0] not in ("==", "!="):
        return ""
    names = (_header(side) or _assigned_header(code, side) for side in sides)
    name = next(filter(None, names), "")
    return name if name and (_OF_POWER.search(name) or _OF_POWER.search(said)) else ""


def _assigned_header(code: Code, node: n.Expr) -> str:
    values = code.assigned(node.id) if isinstance(node, n.Name) else []
    return next((h for value in values for part in inside(value) if (h := _header(part))), "")


def _lets_in_or_out(statement: n.If) -> bool:
    found = list(expressions((*statement.body, *statement.other[:1])))
    names = {tail(node) for node in found}
    if any(isinstance(node, n.Const) and node.value in (401, 403) for node in found):
        return True
    return bool(names & {"HttpResponseForbidden", "PermissionDenied", "HttpResponseBadRequest"})

"""Passwords that code keeps as they are, or hashes with a function that is no match for a thief."""

import re
from collections.abc import Iterable, Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.callees.arguments import given
from pickguard.flow.values.origin import Passed
from pickguard.kit import Code, Hit, code_rule, reading
from pickguard.kit.code import argument, tail, text
from pickguard.lessons.passwords.hashes.hashed_on_save import is_hashed_on_save
from pickguard.lessons.passwords.hashes.stated_passwords import stored_by_statement
from pickguard.lessons.passwords.names import COLUMN, HASHERS, OF_SERVICE, is_password, unencoded
from pickguard.site.symbols.names import ClassSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, spread_into
from pickguard.source.python.queries import MANAGERS
from pickguard.source.python.walk import blocks, expressions, inside


@code_rule(
    "passwords.plain-text",
    words=(
        *("password", "passwd", "pwd", "password1", "new_password", "raw_password"),
        *("validated_data", "cleaned_data"),
    ),
    needs_browser=True,
    title="a password is stored as it was typed",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 312),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database can log in as everybody, here and elsewhere",
    mend="call `user.set_password(raw)`",
)
def plain_text(code: Code) -> Iterator[Hit]:
    """Find `user.password = raw` and `User.objects.create(password=raw)`."""
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            for target in statement.targets:
                if isinstance(target, n.Attr) and COLUMN.match(target.name):
                    yield from _stored(code, statement, statement.value, target.value)
    for call in code.every(n.Call):
        value = next((k.value for k in call.keywords if COLUMN.match(k.name or "")), None)
        if value is not None and _makes_account(code, call):
            yield from _stored(code, call, value, None)

    for call in stored_by_statement(code):
        yield Hit(
            (code.spot(call),),
            "a statement stores the password as the browser sent it",
            Confidence.HIGH,
            code.symbol,
        )
    if code.words.isdisjoint(HASHERS | {"set_password", "create_user", "pop"}):
        yield from _spread(code)


def _spread(code: Code) -> Iterator[Hit]:
    """Find `User.objects.create(**validated_data)` where a plain form or serializer has a password."""
    form = code.project.site.forms.by_symbol.get(code.owner) if code.owner is not None else None
    if form is None or form.model is not None or "password" not in form.declared:
        return
    for call in code.calls("create", "get_or_create", "User", "Member", "Account"):
        given = [tail(value) for value in spread_into(call)]
        found = code.type_of(call)
        is_user = found is not None and found.model is not None and found.model.is_user
        if is_user and set(given) & {"validated_data", "cleaned_data", "data"}:
            yield Hit(
                (code.spot(call),),
                "the password is stored as the browser sent it, with all else that was sent",
                Confidence.HIGH,
                code.symbol,
            )


def _stored(
    code: Code, node: n.Expr | n.Stmt, value: n.Expr, holder: n.Expr | None
) -> Iterator[Hit]:
    value = unencoded(code, value)
    origin = code.origin(value, *HASHERS)
    if not origin.is_browser:
        return
    if holder is not None and (_SAVES.isdisjoint(code.words) or not _is_user(code, holder)):
        return
    if holder is not None and _is_set_anew(code, node, holder):
        return
    yield Hit(
        (code.spot(node),),
        "the password is stored as the browser sent it",
        Confidence.HIGH,
        code.symbol,
        flow=code.flow(origin, value, "is stored"),
    )


def _is_set_anew(code: Code, node: n.Expr | n.Stmt, holder: n.Expr) -> bool:
    """Whether the next thing that is done with a row is to hash: `user.set_password(raw)`, in the same block."""
    for block in _blocks(code):
        at = next((i for i, one in enumerate(block) if one is node), None)
        if at is not None:
            return _sets_hash(block[at + 1 :], access_path(holder))
    return False


def _blocks(code: Code) -> Iterator[tuple[n.Stmt, ...]]:
    yield code.block
    for statement in code.statements:
        yield from blocks(statement)


def _sets_hash(block: Iterable[n.Stmt], path: str) -> bool:
    """Whether the first of some statements that calls a method of an object calls `set_password`."""
    for statement in block:
        called = {
            call.func.name
            for call in expressions((statement,))
            if isinstance(call, n.Call)
            and isinstance(call.func, n.Attr)
            and access_path(call.func.value) == path
        }
        if called:
            return isinstance(statement, n.Do) and called == {"set_password"}
    return False


_USERS = re.compile(r"user|account|member|customer|profile", re.IGNORECASE)
_SAVES = frozenset({"save", "asave", "save_model"})


_ROWS = re.compile(r"obj|instance", re.IGNORECASE)


def _is_user(code: Code, holder: n.Expr) -> bool:
    """Tell by its model whether somebody logs in as a row; by its name where no model is known."""
    found = code.type_of(holder)
    if is_hashed_on_save(code.project, found.model if found is not None else None):
        return False
    if found is None or found.model is None or found.is_guess:
        return bool(_USERS.search(tail(holder)) or _ROWS.search(tail(holder)))
    return found.model.is_user or bool(_USERS.search(found.model.symbol.name))


def _makes_account(code: Code, call: n.Call) -> bool:
    """Whether a call makes or changes the row of somebody who logs in: `User.objects.create`, `Member(…)`."""
    if tail(call.func) in _WRITES:
        names = {tail(part) for part in inside(call.func)}
        if "objects" in names and any("user" in name.lower() for name in names):
            return not is_hashed_on_save(code.project, None)
        maker = next(
            (p.value for p in inside(call.func) if tail(p) in MANAGERS and isinstance(p, n.Attr)),
            None,
        )
    else:
        maker = call.func if isinstance(call.func, n.Name | n.Attr) else None
    model = code.project.site.models.of(code.resolve(maker)) if maker is not None else None
    if model is None or is_hashed_on_save(code.project, model):
        return False
    names = {field.name for field in model.fields}
    if model.is_user or any(map(OF_SERVICE.match, names)):
        return model.is_user
    is_readable = any(
        COLUMN.match(f.name) and not f.kind.startswith("Encrypted") for f in model.fields
    )
    return is_readable and bool(names & _LOGS_IN_BY)


_WRITES = ("create", "acreate", "get_or_create", "update_or_create", "update")


_LOGS_IN_BY = frozenset(
    {"username", "user_name", "login", "email", "userid", "user", "mobile", "phone"}
)


@code_rule(
    "passwords.fixed-salt",
    words=("make_password", "salt"),
    title="all passwords are hashed with the same salt",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(760,),
    severity=Severity.MEDIUM,
    gain="one table of hashes serves for all accounts, and equal passwords show",
    mend="leave `salt` out; `make_password` makes a new one each time",
)
def fixed_salt(code: Code) -> Iterator[Hit]:
    """Find `make_password(raw, salt="constant")`."""
    for call in code.calls("make_password"):
        salt = argument(call, 1, "salt")
        if text(salt):
            yield Hit(
                (code.spot(call),), "the salt is always the same", Confidence.HIGH, code.symbol
            )


@code_rule(
    "passwords.fast-hash",
    words=("md5", "sha1", "sha256", "sha512"),
    packages=("hashlib", "django"),
    title="a password is hashed with a fast function",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(916, 759),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database tries billions of passwords a second",
    mend="use `make_password` and `check_password`",
)
def fast_hash(code: Code) -> Iterator[Hit]:
    """Find `hashlib.md5(password…)` and its kin."""
    if (code.owner is not None and _hashes_keys(code, code.owner)) or _asks_by_prefix(code):
        return
    for call in code.calls("md5", "sha1", "sha256", "sha512"):
        if not code.is_from(call.func, "hashlib"):
            continue
        for argument_ in call.args:
            named = [part for part in inside(argument_) if is_password(part)]
            if named and not all(_is_stored_hash(code, p) or _is_own(code, p) for p in named):
                yield Hit(
                    (code.spot(call),),
                    f"a password is hashed with `{tail(call.func)}`",
                    Confidence.LOW if _is_hasher_unlisted(code) else Confidence.HIGH,
                    code.symbol,
                )
                break


def _is_hasher_unlisted(code: Code) -> bool:
    """Whether it is a hasher that the settings do not list: at most another one wraps what it makes."""
    listed = reading(code.project, "PASSWORD_HASHERS")
    if code.owner is None or listed is None or not isinstance(listed.value, list | tuple):
        return False
    is_hasher = code.project.site.classes.inherits(code.owner, ".BasePasswordHasher")
    return is_hasher and code.owner.name not in listed.value


def _is_own(code: Code, node: n.Expr) -> bool:
    """Whether it is what the site itself shows to a partner: `PARTNER["password"]`, `settings.PARTNER_PASSWORD`."""
    return all(bool(_CONSTANT.match(access_path(made))) for made in code.made(node))


_CONSTANT = re.compile(r"(\w*settings|conf|[A-Z][A-Z0-9_]+)[.\[]")


def _hashes_keys(code: Code, owner: ClassSymbol) -> bool:
    """Whether a class has the interface of Django's hashers for what is long and by chance already."""
    is_hasher = code.project.site.classes.inherits(owner, ".BasePasswordHasher")
    return is_hasher and bool(re.search("key|token", owner.node.name, re.IGNORECASE))


def _asks_by_prefix(code: Code) -> bool:
    """Whether the first five characters are taken, by which services of leaked passwords are asked."""
    return any(isinstance(s.stop, n.Const) and s.stop.value == _PREFIX for s in code.every(n.Slice))


_PREFIX = 5


def _is_stored_hash(code: Code, node: n.Expr) -> bool:
    """Whether it is the column of an account, which holds a hash already, here or with all who call."""
    if isinstance(node, n.Attr):
        return _is_column(node, code.statements)
    function = code.function
    if not isinstance(node, n.Name) or function is None or code.assigned(node.id):
        return False
    found = [
        _is_column(item, caller.statements)
        for caller, call, is_bound in code.project.flow.callers.of(function)
        for item in given(function, call, Passed(node.id), is_bound=is_bound)
    ]
    return bool(found) and all(found)


def _is_column(node: n.Expr, around: Iterable[n.Stmt]) -> bool:
    """Whether it is `user.password`, which nothing around it fills."""
    if not isinstance(node, n.Attr) or node.name != "password":
        return False
    targets = (t for s in around if isinstance(s, n.Assign) for t in s.targets)
    is_filled = any(isinstance(t, n.Attr) and t.name == "password" for t in targets)
    return bool(_USER.search(tail(node.value))) and not is_filled


_USER = re.compile(r"(^|_)user$")

"""Password rules that look at settings, models and forms."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, reading, rule
from pickguard.kit.code import tail, text
from pickguard.lessons.passwords.limit_siblings import unlimited
from pickguard.lessons.passwords.own_hashers import hashes_nothing
from pickguard.lessons.passwords.printed_passwords import printed_passwords
from pickguard.site.forms import Form
from pickguard.site.modules import is_test
from pickguard.site.names import ClassSymbol, External
from pickguard.site.settings import Setting
from pickguard.site.unknown import UNKNOWN
from pickguard.site.view import View
from pickguard.site.written import Selection
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import is_empty
from pickguard.source.python.walk import heads, inside, statements

_WEAK = re.compile(r"MD5|SHA1PasswordHasher|Unsalted|Crypt(?!o)|\.SHA1", re.IGNORECASE)
_PASSWORD_FIELD = re.compile(
    r"^(password|passwd|pwd|pass_?word|user_?password|login_?password)$", re.IGNORECASE
)
_PLACEHOLDER = re.compile(
    r"insecure|change|replace|example|dummy|secret.?key|your|xxx|todo|test|{{|fixme|unsafe|dev",
    re.IGNORECASE,
)
_SECRET_SETTING = re.compile(
    r"(SECRET|PASSWORD|PASSWD|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|ENCRYPTION_KEY|CREDENTIALS?)(_KEY|_ID)?$"
    r"|(^|_)(FERNET|SECRET|CIPHER|CRYPTO|HMAC|JWT|MASTER)(_\w+)?_KEY$"
)
_NOT_SECRET = re.compile(
    r"(HASHERS|VALIDATORS|TIMEOUT|URL|NAME|HEADER|FIELD|CLASS|PUBLIC|(?<![A-Z])AGE(?![A-Z])|MODEL|GENERATOR|LENGTH|EXPIR|ENABLED|TYPE|PREFIX|BACKEND|FALLBACKS)"
)


@rule(
    "passwords.weak-hasher",
    title="new passwords are hashed with a fast or unsalted function",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(916, 328),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database tries billions of passwords a second",
    mend="put `PBKDF2PasswordHasher`, `Argon2PasswordHasher` or `ScryptPasswordHasher` first",
)
def weak_hasher(project: Project) -> Iterator[Hit]:
    """Find weak functions at the head of `PASSWORD_HASHERS`."""
    found = reading(project, "PASSWORD_HASHERS")
    if found is None or not isinstance(found.value, list | tuple) or not found.value:
        return
    first = found.value[0]
    if isinstance(first, str) and hashes_nothing(project, first):
        yield Hit(
            (found.spot,),
            f"`{first.rpartition('.')[2]}` stores new passwords as they are",
            found.confidence,
            "PASSWORD_HASHERS",
        )
    elif isinstance(first, str) and _WEAK.search(first):
        yield Hit(
            (found.spot,),
            f"new passwords are hashed with `{first.rpartition('.')[2]}`",
            found.confidence,
            "PASSWORD_HASHERS",
        )


@rule(
    "passwords.no-validators",
    title="any password is accepted",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(521,),
    severity=Severity.LOW,
    gain="accounts with `123456` are opened by the first robot that tries",
    mend="set `AUTH_PASSWORD_VALIDATORS` as `startproject` does",
)
def no_validators(project: Project) -> Iterator[Hit]:
    """Find production settings with users and without validators."""
    if "django.contrib.auth" not in project.installed:
        return
    found = reading(project, "AUTH_PASSWORD_VALIDATORS", [])
    if found is not None and found.value in ([], ()):
        says = "is empty" if found.is_set else "is not set"
        yield Hit(
            (found.spot,),
            f"`AUTH_PASSWORD_VALIDATORS` {says}: any password will do",
            found.confidence,
            "AUTH_PASSWORD_VALIDATORS",
        )
    elif found is not None and _lets_common_through(found.value):
        yield Hit(
            (found.spot,),
            "`AUTH_PASSWORD_VALIDATORS` lets the most common passwords through",
            found.confidence,
            "AUTH_PASSWORD_VALIDATORS",
        )


def _lets_common_through(validators: object) -> bool:
    """Whether none but Django's own validators are asked, and not the one that knows common passwords."""
    if not isinstance(validators, list | tuple):
        return False
    names = [one.get("NAME") for one in validators if isinstance(one, dict)]
    if len(names) < len(validators) or not all(isinstance(name, str) for name in names):
        return False
    return all(
        str(name).startswith(_OF_DJANGO) and not str(name).endswith(".CommonPasswordValidator")
        for name in names
    )


_OF_DJANGO = "django.contrib.auth.password_validation."


@rule(
    "passwords.no-attempt-limit",
    title="passwords can be tried without a limit",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(307,),
    severity=Severity.MEDIUM,
    gain="a robot tries the thousand most common passwords on every account, and gets some right",
    mend="install `pickguard.attempts` with its backend first: it counts before a password is hashed,"
    " so that many at once get no further, and locks no owner out",
)
def no_attempt_limit(project: Project) -> Iterator[Hit]:
    """Find a login route that nothing throttles, or that lacks the limit which other views have."""
    yield from unlimited(project)
    if project.production is None or project.limits_attempts:
        return
    for route, view in project.views():
        if _checks_passwords(project, view) and not view.throttled and not route.is_admin:
            message = f"`/{route.known.lstrip('^/')}` takes any number of wrong passwords"
            if _counts_in(project, view, _OF_VISITOR):
                message += ": wrong ones are counted in the visitor's own session"
            if project.counts_first is False:
                message += ": `AttemptsBackend` is not the first of `AUTHENTICATION_BACKENDS`"
            spot = Spot(route.module.path, route.span)
            yield Hit((spot,), message, Confidence.MEDIUM, view.name)
            return


def _checks_passwords(project: Project, view: View) -> bool:
    if view.name.startswith("django.contrib.auth.") and view.name.endswith(".LoginView"):
        return True
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol) and project.site.classes.inherits(symbol, ".LoginView"):
        return True
    if _gives_tokens(project, view):
        return not _limits_apis(project) or _switches_off(project, view)
    if _counts_in(project, view, _OF_SITE):
        return False
    return re.search(r"log_?in|sign_?in", view.name, re.IGNORECASE) is not None and any(
        _takes_password(frozenset(function.node.words)) for _method, function in view.handlers
    )


def _takes_password(words: frozenset[str]) -> bool:
    """Whether a login by these words looks at a password, or has Django's own form or page do so."""
    if words & {"AuthenticationForm", "LoginView"}:
        return True
    begins = {"authenticate", "check_password", "session", "set_cookie"} & words
    return "password" in words and bool(begins or {"login", "POST"} <= words)


_COUNTER = re.compile(r"attempt|block|lock|fail|too_many|throttl|limit|tries", re.IGNORECASE)
_OF_SITE = frozenset({"cache", "caches", "incr", "objects", "redis"})
# who sends no cookie begins anew each time
_OF_VISITOR = frozenset({"session"})


def _counts_in(project: Project, view: View, where: frozenset[str]) -> bool:
    """Whether a view has functions of the site count what failed, and keep the number in one of some places."""
    for _method, function in view.handlers:
        code = project.code_of(function)
        for call in code.every(n.Call):
            if any(_COUNTER.search(tail(part)) for part in inside(call.func)):
                called = code.called_with(call, where)
                if called is not None and (
                    where is _OF_SITE or _OF_SITE.isdisjoint(called.node.words)
                ):
                    return True
    return False


# Views of APIs that answer a name and a password with a token
_TOKEN_VIEWS = (".ObtainAuthToken", ".TokenObtainPairView", ".TokenObtainSlidingView", ".obtain_auth_token",
                ".ObtainJSONWebToken", ".obtain_jwt_token")  # fmt: skip


def _gives_tokens(project: Project, view: View) -> bool:
    symbol = view.symbol
    if isinstance(symbol, ClassSymbol):
        return project.site.classes.inherits(symbol, *_TOKEN_VIEWS)
    return isinstance(symbol, External) and symbol.name.endswith(_TOKEN_VIEWS)


def _switches_off(project: Project, view: View) -> bool:
    """Whether a view leaves the limit of all APIs out: REST framework's own `ObtainAuthToken` does so."""
    symbol = view.symbol
    if not isinstance(symbol, ClassSymbol):
        return view.name.endswith((".ObtainAuthToken", ".obtain_auth_token"))
    own = project.site.classes.value(symbol, "throttle_classes")
    if own is None or own.value is None:
        return project.site.classes.inherits(symbol, ".ObtainAuthToken")
    return is_empty(own.value)


def _limits_apis(project: Project) -> bool:
    """Whether all APIs have a limit by the settings, or what it is could not be told."""
    found = reading(project, "REST_FRAMEWORK", {})
    if found is None or not isinstance(found.value, dict):
        return True
    return bool(found.value.get("DEFAULT_THROTTLE_CLASSES"))


@rule(
    "passwords.secret-in-repository",
    title="a secret stands in the settings",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(798, 321),
    severity=Severity.HIGH,
    gain="whoever reads the repository, or an old copy of it, signs sessions and reset links, or logs in",
    mend="take it from the environment or a file outside the repository, and change the one that leaked",
)
def secret_in_repository(project: Project) -> Iterator[Hit]:
    """Find secrets written into the production settings."""
    production = project.production
    for name, setting in sorted(production.values.items()) if production else ():
        value = setting.value
        if isinstance(value, dict):
            yield from _nested(setting)
        if not _SECRET_SETTING.search(name) or _NOT_SECRET.search(name):
            continue
        if not isinstance(value, str) or not _is_secret(value, name):
            continue
        doubtful = setting.in_branch or bool(_PLACEHOLDER.search(value))
        yield Hit(
            (project.setting_spot(setting),),
            f"`{name}` is written into the settings",
            Confidence.MEDIUM if doubtful else Confidence.HIGH,
            name,
            None if name == "SECRET_KEY" or not doubtful else Severity.MEDIUM,
        )


def _nested(setting: Setting) -> Iterator[Hit]:
    """Find secrets inside dictionaries, such as the password of a database."""
    for statement in statements(setting.module.record.body):
        if statement.span != setting.span:
            continue
        for head in heads(statement):
            for node in inside(head):
                yield from _in_mapping(setting, node)


def _entries(node: n.Expr) -> Iterator[tuple[str | None, n.Expr]]:
    """Yield the entries of a dictionary that is written out, `{…}` or `dict(…)`."""
    if isinstance(node, n.Mapping):
        yield from ((text(key), value) for key, value in zip(node.keys, node.values, strict=True))
    elif isinstance(node, n.Call) and tail(node.func) == "dict":
        yield from ((keyword.name, keyword.value) for keyword in node.keywords)


def _in_mapping(setting: Setting, node: n.Expr) -> Iterator[Hit]:
    for name, value in _entries(node):
        said = text(value)
        if not name or not said or not _SECRET_SETTING.search(name.upper()):
            continue
        if _NOT_SECRET.search(name.upper()) or len(said) < 6 or " " in said or "://" in said:
            continue
        yield Hit(
            (Spot(setting.module.path, value.span),),
            f"`{name}` in `{setting.name}` is written into the settings",
            Confidence.MEDIUM
            if setting.in_branch or _PLACEHOLDER.search(said)
            else Confidence.HIGH,
            setting.name,
        )


def _is_secret(value: str, name: str) -> bool:
    if name == "SECRET_KEY":
        return len(value) >= 4  # a short one is guessed besides
    return len(value) >= 8 and " " not in value and "." not in value and "/" not in value[:1]


@rule(
    "passwords.own-column",
    title="a model keeps passwords in a column of its own",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(256, 257),
    severity=Severity.HIGH,
    gain="whoever gets a copy of the database can log in as everybody, here and elsewhere",
    mend="build on `AbstractBaseUser`, or hash with `make_password` before saving",
)
def own_column(project: Project) -> Iterator[Hit]:
    """Find models with a password field that nothing hashes."""
    seen: set[tuple[str, int]] = set()
    for model in sorted(project.site.models.all, key=lambda m: not m.is_abstract):
        symbol = model.symbol
        names = {field.name for field in model.fields}
        if is_test(symbol.module) or not names & _ACCOUNT or _hashes(project, symbol):
            continue
        for field in model.fields:
            if field.module is None or field.module.path != symbol.module.path:
                continue
            place = (field.module.path, field.span)
            if place in seen:
                continue  # a base class has it
            if _PASSWORD_FIELD.match(field.name) and field.kind in ("CharField", "TextField"):
                seen.add(place)
                yield Hit(
                    (Spot(field.module.path, field.span),),
                    f"`{model.name}.{field.name}` is a plain column, and nothing here hashes it",
                    Confidence.MEDIUM,
                    symbol.name,
                )


# What a model of accounts has; a model of connections to other servers has a host instead
_ACCOUNT = frozenset({"email", "username", "user_name", "login", "email_address", "nickname"})
_HASHING = frozenset(
    {"make_password", "set_password", "check_password", "encrypt", "decrypt", "hash_password"}
)


def _hashes(project: Project, symbol: ClassSymbol) -> bool:
    classes = project.site.classes
    if classes.inherits(symbol, "AbstractBaseUser", "AbstractUser", "User"):
        return True
    module_words: set[str] = set()
    for ancestor in classes.own_line(symbol):
        for binding in project.site.names.class_scope(ancestor).values():
            module_words |= set(getattr(binding, "words", ()))
    return bool(module_words & _HASHING)


@rule(
    "passwords.hash-in-output",
    title="a serializer or a template hands out password hashes",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 522),
    severity=Severity.HIGH,
    gain="whoever can read the object takes the hash home and tries passwords at leisure",
    mend="leave `password` out of `fields`, or mark it `write_only`",
)
def hash_in_output(project: Project) -> Iterator[Hit]:
    """Find serializers and templates that show the password of a user, or all of a user by `depth`."""
    yield from printed_passwords(project)
    for form in project.site.forms.all:
        if form.kind in ("serializer", "schema", "graphql_type") and not is_test(
            form.symbol.module
        ):
            yield from _shown_password(project, form)
            yield from _shown_by_depth(project, form)


def _shown_by_depth(project: Project, form: Form) -> Iterator[Hit]:
    """Find `depth = 1` in serializers of models that lead to a user: all of the user is shown."""
    found = project.site.classes.meta(form.symbol, "depth") if form.kind == "serializer" else None
    depth = project.site.forms.value(found) if found is not None else 0
    if found is None or form.model is None or not isinstance(depth, int) or depth < 1:
        return
    for field in form.model.fields:
        is_user = field.target is not None and field.target.lower() in project.user_models
        if is_user and _has(form, field.name) and field.name not in form.declared:
            yield Hit(
                (Spot(found.module.path, found.value.span),),
                f"`depth` shows all of `{form.model.name}.{field.name}`, the password hash with it",
                Confidence.HIGH if form.symbol in project.views_by_form else Confidence.MEDIUM,
                form.symbol.name,
            )
            return


def _shown_password(project: Project, form: Form) -> Iterator[Hit]:
    model = form.model
    if model is None or model.field("password") is None or form.selection is Selection.UNSAID:
        return
    if not _has(form, "password"):
        return
    if _is_write_only(project, form):
        return
    if not model.is_user or any(name.startswith("new_password") for name in form.declared):
        return  # a form to change it takes the old one in
    meta = form.meta
    spot = (
        Spot(meta.module.path, meta.value.span)
        if meta
        else Spot(form.symbol.module.path, form.symbol.node.span)
    )
    is_shown = form.kind == "graphql_type" or form.symbol in project.views_by_form
    yield Hit(
        (spot,),
        f"`{form.symbol.node.name}` shows the password hash of `{model.name}`",
        Confidence.HIGH if is_shown else Confidence.MEDIUM,
        form.symbol.name,
    )


def _has(form: Form, name: str) -> bool:
    """Whether a field is among those that a serializer takes of its model."""
    if form.selection is Selection.LISTED:
        return name in form.listed
    is_left = form.selection is Selection.EXCLUDE and name not in form.listed
    return is_left or form.selection is Selection.ALL


def _is_write_only(project: Project, form: Form) -> bool:
    if "password" in form.declared:
        return True
    extra = project.site.classes.meta(form.symbol, "extra_kwargs")
    value = project.site.forms.value(extra) if extra is not None else {}
    if value is UNKNOWN:
        return True
    options = value.get("password") if isinstance(value, dict) else None
    return isinstance(options, dict) and options.get("write_only") is True

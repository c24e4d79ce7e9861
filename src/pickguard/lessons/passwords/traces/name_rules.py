"""Password rules about rows whose own name is their secret: it stands wherever the row is shown."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, Project, rule
from pickguard.kit.code import tail
from pickguard.lessons.passwords.names import SECRET
from pickguard.site.models.models import Model
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

_NAMES = ("__str__", "__repr__", "__unicode__")
_TYPED = re.compile(r"^(\w+_)?(password|passwd|passphrase|otp|pin)$")
# What lets in where the row says by its name that it is such
_OPENING = re.compile(r"^(\w+_)?(token|key|code)$")
_IS_OPENING = re.compile(
    r"(Token|Api_?Key|Secret|Credentials?|Invit\w*|Reset\w*|Session)$", re.IGNORECASE
)
# where it stands, `key` is the name of it
_KEPT_BESIDE = re.compile(
    r"^(value|secret|encrypted_value)$"
    r"|^(?!pass)(\w+_)?(digest|hash|hashed|hmac)(_(key|secret|token|value))?$"
)
_TEXT = frozenset({"CharField", "TextField", "UUIDField", "SlugField"})
# What makes something of a secret that is none
_DULLS = re.compile(
    r"hash|digest|mask|hide|redact|len|bool|truncat|short|slice|hmac|sha\d+|md5", re.IGNORECASE
)


@rule(
    "passwords.secret-as-name",
    title="a row is called by its secret",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(200, 532),
    severity=Severity.LOW,
    gain="the secret stands wherever the row is shown: in lists, log lines and error reports, for all who see those",
    mend='call the row by what it is for: `return f"token of {self.user}"`',
)
def secret_as_name(project: Project) -> Iterator[Hit]:
    """Find models whose `__str__` returns a token, a key or a password as it is."""
    for model in project.site.models.all:
        if model.is_library or project.kind_of(model.symbol.module):
            continue
        for function in project.site.classes.own_functions(model.symbol):
            if function.owner == model.symbol and function.node.name in _NAMES:
                code = project.code_of(function)
                found = _secret(code, model)
                if found is not None:
                    yield Hit(
                        (code.spot(found),),
                        f"`{model.name}` shows its `{found.name}` as its name",
                        Confidence.MEDIUM,
                        code.symbol,
                    )


def _secret(code: Code, model: Model) -> n.Attr | None:
    """Return the secret of a row that its name holds whole."""
    if any(map(_DULLS.search, code.words)):
        return None
    for value in code.returned:
        parts = list(inside(value))
        cut = {id(part.value) for part in parts if isinstance(part, n.Index)}
        for part in parts:
            is_own = isinstance(part, n.Attr) and tail(part.value) == "self" and id(part) not in cut
            if is_own and isinstance(part, n.Attr) and _is_secret(model, part.name):
                return part
    return None


def _is_secret(model: Model, name: str) -> bool:
    field = model.field(name)
    if field is None or field.kind not in _TEXT:
        return False
    others = (other.name for other in model.fields if other is not field)
    is_named = any(map(_KEPT_BESIDE.search, others))
    is_opening = _OPENING.match(name) and _IS_OPENING.search(model.name) and not is_named
    return bool(SECRET.match(name) or _TYPED.match(name) or is_opening)

"""Password rules about commands that make accounts."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import argument, text

_PASSWORD = re.compile(r"^-{0,2}(\w+[-_])?(password|passwd|pwd)$", re.IGNORECASE)
_MAKES = frozenset({"set_password", "create_user", "create_superuser", "make_password", "aset_password",
                    "acreate_user", "acreate_superuser"})  # fmt: skip


@code_rule(
    "passwords.default-of-command",
    words=("add_argument", "add_option", "option"),
    title="a command gives an account a password that everybody knows",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(1392, 1393, 798),
    severity=Severity.HIGH,
    gain="who has read the code logs in wherever the command was run without a password of its own",
    mend="ask for it with `getpass()`, require it, or make one with `secrets.token_urlsafe()` and print it once",
)
def default_of_command(code: Code) -> Iterator[Hit]:
    """Find `add_argument("--password", default="demo")` of a command that makes an account with it."""
    if not code.is_of_command or _MAKES.isdisjoint(_words_beside(code)):
        return
    for call in code.calls("add_argument", "add_option", "option"):
        default = text(argument(call, -1, "default"))
        names = [said for one in call.args if (said := text(one))]
        if default and any(map(_PASSWORD.match, names)):
            yield Hit(
                (code.spot(call),),
                f"`{names[-1]}` is `{default[:2]}…` where nobody says another",
                Confidence.MEDIUM,
                code.symbol,
            )


def _words_beside(code: Code) -> frozenset[str]:
    """Return the words of a function, and of the methods of its class."""
    if code.owner is None:
        return code.words
    methods = code.project.site.classes.own_functions(code.owner)
    return code.words.union(*(method.node.words for method in methods))

"""Password rules about the words that a program is started with, which every account of the machine can list."""

import re
from collections.abc import Iterator
from itertools import pairwise

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.expressions.displays import displays
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.programs import SUBPROCESS
from pickguard.kit.code import argument, text
from pickguard.kit.values.pieces import pieces
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import called_by, given_to
from pickguard.source.python.walk import inside

_OPTION = re.compile(r"(?:^|\s)(?:--(?:password|passwd|pass)(?:=|\s+)|-p)['\"]?$")
_OPTION_WORD = frozenset({"--password", "--passwd", "--pass", "-p", "-P"})
_SECRET = re.compile(r"(^|_)(password|passwd|pwd|passphrase)$", re.IGNORECASE)


@code_rule(
    "passwords.in-process-list",
    words=(*SUBPROCESS, "system", "format", "cmd", "command", "args", "argv", "run_command"),
    title="a program is started with a password among its words",
    areas=(Area.CONFIDENTIALITY,),
    cwe=(214, 522),
    severity=Severity.LOW,
    gain="`ps` shows it to every account of the machine, and the error of a program that fails quotes it",
    mend="hand it over in the environment (`PGPASSWORD`, `MYSQL_PWD`), in a file of options, or on its input",
)
def in_process_list(code: Code) -> Iterator[Hit]:
    """Find `["mysqldump", f"--password={password}"]`, and addresses of databases among a program's words."""
    found = {node.span: node for node in (*_options(code), *_addresses(code))}
    for node in found.values():
        yield Hit(
            (code.spot(node),),
            "a password stands among the words of the program",
            Confidence.MEDIUM,
            code.symbol,
        )


def _options(code: Code) -> Iterator[n.Expr]:
    """Yield the passwords that stand behind an option, in a text or in a list."""
    texts: tuple[n.Expr, ...] = (
        *code.every(n.Joined),
        *code.every(n.Binary),
        *code.calls("format"),
    )
    for node in texts:
        parts = pieces(node)
        for before, value in pairwise(parts):
            if isinstance(before, str) and not isinstance(value, str) and _is_password(value):
                if _OPTION.search(before):
                    yield node
    for listed in code.every(n.Sequence):
        if _is_of_same_process(code, listed):
            continue
        for option, value in pairwise(listed.items):
            if text(option) in _OPTION_WORD and _is_password(value):
                yield value


def _is_of_same_process(code: Code, listed: n.Sequence) -> bool:
    """Whether words are those of a command of Django's that runs where it is called, and starts nothing."""
    return any(
        made is listed
        for call in code.calls("execute_from_command_line", "call_command")
        for given in given_to(call)
        for made in code.made(given)
    )


def _is_password(value: n.Expr) -> bool:
    return any(_SECRET.search(called_by(part)) for part in inside(value))


def _addresses(code: Code) -> Iterator[n.Expr]:
    """Yield the words of a program that a function of the site makes of a password: `[pg_dump, url_of(database)]`."""
    for call in code.calls(*SUBPROCESS):
        command = argument(call, 0, "args")
        if command is None or not code.is_from(call.func, "subprocess"):
            continue
        for display in displays(code.body, command):
            for item in display.node.items if display.body is code.body else ():
                if _is_made_of_password(code, item):
                    yield item


def _is_made_of_password(code: Code, item: n.Expr) -> bool:
    for made in code.made(item):
        called = code.called(made) if isinstance(made, n.Call) else None
        if called is None:
            continue
        there = code.project.code_of(called)
        for value in there.returned:
            if isinstance(value, n.Joined) and any(map(_is_password, _put_into(value))):
                return True
    return False


def _put_into(value: n.Joined) -> Iterator[n.Expr]:
    """Yield what is put into an f-string that is an address: `f"postgresql://{user}:{password}@{host}"`."""
    parts = pieces(value)
    if any(isinstance(part, str) and "://" in part for part in parts):
        yield from (part for part in parts if not isinstance(part, str))

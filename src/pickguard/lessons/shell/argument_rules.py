"""Shell rules about arguments: without a shell, a value can still be taken for an option."""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.flow.expressions.displays import Display, displays
from pickguard.flow.values.beginning import SCHEME
from pickguard.flow.values.origin import Origin
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.calls.programs import SUBPROCESS
from pickguard.kit.code import argument, spot_of, tail, text
from pickguard.kit.rule import Spot
from pickguard.kit.values.sure import sure
from pickguard.lessons.shell.inner_shells import program_texts
from pickguard.lessons.shell.named_options import named_option
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, called_by
from pickguard.source.python.walk import expressions

_AS_IT_BEGINS = frozenset({SCHEME, "abspath", "realpath", "quote"})
_ASYNC = ("create_subprocess_exec",)
# of `os`, with where the program stands: its arguments follow one by one, or in a list
_EACH = {"execl": 0, "execle": 0, "execlp": 0, "execlpe": 0}
_EACH |= {"spawnl": 1, "spawnle": 1, "spawnlp": 1, "spawnlpe": 1}
_LISTED = {"execv": 0, "execve": 0, "execvp": 0, "execvpe": 0, "posix_spawn": 0, "posix_spawnp": 0}
_LISTED |= {"spawnv": 1, "spawnve": 1, "spawnvp": 1, "spawnvpe": 1}


@code_rule(
    "shell.option-from-browser",
    words=(*SUBPROCESS, *_ASYNC, *_EACH, *_LISTED, "git"),
    packages=("subprocess", "asyncio", "os", "git"),
    title="a value can be taken for an option of the program",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY, Area.AVAILABILITY),
    cwe=(88,),
    severity=Severity.MEDIUM,
    gain="a value such as `--output=/srv/site/x.py` makes the program do what it was not called for",
    mend='put `"--"` before it, or refuse values that begin with `-`',
)
def option_from_browser(code: Code) -> Iterator[Hit]:
    """Find arguments from outside with no `--` before them, those of callers included."""
    if _refuses_hyphens(code.body):
        return
    seen: set[tuple[str, int, int]] = set()
    for display in _commands(code):
        # one more item of a list is a list of its own each time it is come to
        key = (display.body.module.path, display.node.span, len(display.node.items))
        if key not in seen and not _refuses_hyphens(display.body):
            seen.add(key)
            yield from _in_command(code, display, is_whole=display.body is code.body)
    yield from _whole_commands(code)


def _commands(code: Code) -> Iterator[Display]:
    for call in code.calls(*SUBPROCESS):
        command = argument(call, 0, "args")
        if command is not None and code.is_from(call.func, "subprocess"):
            yield from displays(code.body, command)
    for call in code.calls(*_ASYNC):
        if code.is_from(call.func, "asyncio"):
            yield Display(code.body, n.Sequence(call.span, "list", call.args))
    for call in code.calls(*_EACH, *_LISTED):
        if code.is_from(call.func, "os"):
            yield from _replacing(code, call)
    if "git" in code.packages:
        for call in code.every(n.Call):
            if isinstance(call.func, n.Attr) and _is_git(call.func.value):
                program = n.Const(call.span, "git")
                yield Display(code.body, n.Sequence(call.span, "list", (program, *call.args)))


def _is_git(holder: n.Expr) -> bool:
    """Whether it is `repo.git`, of GitPython, whose methods hand git what they are given, word by word."""
    return isinstance(holder, n.Attr) and holder.name == "git"


def _replacing(code: Code, call: n.Call) -> Iterator[Display]:
    """Yield what `os.execvp("convert", ["convert", path])` runs; the list begins with the program again."""
    name = tail(call.func)
    place = {**_EACH, **_LISTED}[name]
    program, given = call.args[place : place + 1], call.args[place + 1 :]
    arguments = given[1:] if name in _EACH else ()
    yield Display(code.body, n.Sequence(call.span, "list", (*program, *arguments)))
    for listed in given[:1] if name in _LISTED else ():
        for display in displays(code.body, listed):
            items = (n.Const(call.span, ""), *display.node.items[1:])
            yield replace(display, node=n.Sequence(display.node.span, "list", items))


def _whole_commands(code: Code) -> Iterator[Hit]:
    """Yield `run(shlex.split(line))`: the browser names the program, and all that it is told."""
    for call in code.calls(*SUBPROCESS):
        command = argument(call, 0, "args")
        if not _is_split(code, command) or not code.is_from(call.func, "subprocess"):
            continue
        origin = code.beginning(command)
        if origin.is_browser or (origin.is_stored and origin.writer):
            yield Hit(
                (code.spot(call),),
                "the browser names the program",
                sure(origin),
                code.symbol,
                Severity.HIGH,
                flow=code.flow(origin, call, "is the command"),
            )


def _is_split(code: Code, node: n.Expr | None) -> bool:
    values = code.assigned(node.id) if isinstance(node, n.Name) else [node]
    return any(isinstance(v, n.Call) and tail(v.func) == "split" for v in values)


def _refuses_hyphens(body: Body) -> bool:
    """Whether the code looks for a hyphen at the beginning of anything."""
    function = body.function
    if function is None or "startswith" not in function.node.words:
        return False
    return any(
        isinstance(node, n.Call)
        and tail(node.func) == "startswith"
        and (text(argument(node, 0)) or "").startswith("-")
        for node in expressions(body.block)
    )


def _asks_for_beginning(body: Body, item: n.Expr) -> bool:
    """Whether the code goes on only where a value begins so: `if not x.startswith("http"): return`."""
    path = access_path(item)
    return bool(path) and any(
        isinstance(statement, n.If)
        and any(isinstance(last, n.Return | n.Raise) for last in statement.body[-1:])
        and isinstance(statement.test, n.Unary)
        and isinstance(statement.test.operand, n.Call)
        and isinstance(statement.test.operand.func, n.Attr)
        and statement.test.operand.func.name == "startswith"
        and access_path(statement.test.operand.func.value) == path
        for statement in body.statements
    )


# `[;&\\-]+`: a set of characters that holds the hyphen itself
_HYPHENS = re.compile(r"\[(?!\^)(?:\\.|[^\]\\])*(?:\\-(?:\\.|[^\]\\])*|-)\][+*]?")


def _loses_hyphens(body: Body, item: n.Expr) -> bool:
    """Whether all hyphens are taken out of a value by a set of characters that holds one."""
    made = [value for value, _span in body.assigned.get(access_path(item), ())] or [item]
    return any(
        isinstance(one, n.Call)
        and tail(one.func) in ("sub", "subn")
        and isinstance(one.func, n.Attr)
        and _HYPHENS.fullmatch(body.pattern(argument(one, 0) or one) or "") is not None
        and text(argument(one, 1)) == ""
        for one in made
    )


def _in_command(code: Code, display: Display, *, is_whole: bool) -> Iterator[Hit]:
    """Yield the first argument that may begin with a hyphen; the value of an option, where there is no other."""
    if display.is_after:
        return
    as_value: Hit | None = None
    for position, given in enumerate(display.node.items):
        if text(given) in _ENDS_OPTIONS:
            break
        # `*shlex.split(options)`: as many as one likes
        is_split = isinstance(given, n.Wrapped) and _is_split(code, given.value)
        item = given.value if is_split and isinstance(given, n.Wrapped) and given.value else given
        option = named_option(display.body, item) if isinstance(item, n.Joined) else None
        if option is not None:
            yield Hit(
                (Spot(display.body.module.path, item.span),),
                "the browser names an option of the program",
                sure(option),
                code.symbol if is_whole else _symbol(display),
                flow=_way(display, option, item),
            )
            return
        if isinstance(item, n.Joined | n.Binary | n.Const | n.Wrapped):
            continue
        if _asks_for_beginning(display.body, item) or item in program_texts(display.node):
            continue
        if _loses_hyphens(display.body, item):
            continue
        origin = display.body.origin(item, _AS_IT_BEGINS)
        if not origin.is_browser and not (origin.is_stored and origin.writer):
            continue
        if next(displays(display.body, item), None) is not None:
            continue  # a list is no argument: it is poured out on another way
        is_program = position == 0 and is_whole and display.begins
        hit = Hit(
            (Spot(display.body.module.path, item.span),),
            "the browser names the program"
            if is_program
            else "an argument from the browser may begin with `-`",
            sure(origin),
            code.symbol if is_whole else _symbol(display),
            Severity.HIGH if is_program else None,
            flow=_way(display, origin, item),
        )
        if not _is_value(display, position):
            yield hit
            return
        as_value = as_value or replace(hit, confidence=Confidence.LOW)
    if as_value is not None:
        yield as_value


_ENDS_OPTIONS = ("--", "--end-of-options")  # the second is git's own


def _is_value(display: Display, position: int) -> bool:
    """Whether an argument is the value of the option before it, by that one's name, whatever it begins with."""
    before = (text(display.node.items[position - 1]) if position else None) or ""
    return bool(_TAKES_VALUE.match(before)) or _is_letter_of(before, display.node.items[position])


def _is_letter_of(option: str, value: n.Expr) -> bool:
    """Whether an option is the first letter of what its value is called: `"-u", user`."""
    found = _SHORTENED.search(called_by(value))
    return found is not None and option == f"-{found[1][0]}"


# `--output`, and `-name` of programs that have no flags of several letters
_TAKES_VALUE = re.compile(
    r"--([\w-]*-)?(output|file|path|dir(ectory)?|name|branch|language|format|message|author|title|user|host|port"
    r"|input|config|contains|type|size|width|height|date|since|until|encoding|charset|database|key|id|domain|email)$|-\w{2,}$"
)
# not the words whose letter is often a flag: `rm -f file`, `mkdir -p path`, `git tag -l label`
_SHORTENED = re.compile(
    r"(?:^|_)(user(?:name)?|host(?:name)?|port|domain|database|output|message|config)$"
)


def _symbol(display: Display) -> str:
    function = display.body.function
    return function.name if function is not None else display.body.module.name


def _way(display: Display, origin: Origin, item: n.Expr) -> tuple[Spot, ...]:
    end = Spot(display.body.module.path, item.span, "becomes an argument")
    return (*(spot_of(step) for step in origin.steps), end)

"""Shell and code rules: data that is run, unpickled, imported or unpacked."""

import re
from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.flow.bodies.body import Body
from pickguard.flow.callees.called import called_name
from pickguard.flow.catalog import SinkKind
from pickguard.flow.expressions.displays import Display, displays
from pickguard.flow.values.origin import Origin, joined
from pickguard.kit import Code, Hit, Project, code_rule
from pickguard.kit.calls.programs import SUBPROCESS
from pickguard.kit.code import argument, is_false, spot_of, tail, text
from pickguard.kit.rule import Spot
from pickguard.kit.values.handed_in import from_outside, handed_in
from pickguard.kit.values.sinks import sunk
from pickguard.kit.values.sure import is_stored_part, sure
from pickguard.lessons.shell.answers import is_answered
from pickguard.lessons.shell.inner_shells import program_texts, shell_texts
from pickguard.lessons.shell.written_uploads import written_upload
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import given_to, items_of, receiver_of
from pickguard.source.python.bodies import body
from pickguard.source.python.walk import inside, leaves, statements

_ALL = (Area.INTEGRITY, Area.CONFIDENTIALITY, Area.AVAILABILITY)
_CLEARS = ("quote", "shlex_quote", "split")


@code_rule(
    "shell.command-from-parts",
    words=("run", "exec_command", "create_subprocess_exec"),
    packages=("subprocess", "paramiko", "asyncio"),
    sinks=(SinkKind.SHELL,),
    title="a shell command is put together from parts",
    areas=_ALL,
    cwe=(78,),
    severity=Severity.HIGH,
    gain="with `; curl … | sh` in the value, a stranger runs programs on the server",
    mend='pass a list without a shell: `subprocess.run(["convert", path])`',
)
def command_from_parts(code: Code) -> Iterator[Hit]:
    """Find shells that get a text with a part that is not constant."""
    clears = frozenset((*_CLEARS, *code.clears(SinkKind.SHELL)))
    for call, command, there in _commands(code):
        origin = there.origin(command, clears)
        if origin.is_constant or not _is_put_together(there, command, origin):
            continue
        way = _way(there, origin, command)
        yield Hit(
            (
                Spot(there.module.path, command.span),
                *handed_in(there, command, way, clears, _does_harm),
            ),
            f"a shell runs a text that `{tail(call.func)}(…)` is given in parts",
            sure(origin, Confidence.MEDIUM if _joins_list(there, command) else Confidence.LOW),
            there.symbol,
            flow=way,
        )


def _does_harm(given: n.Expr, origin: Origin) -> bool:
    """Whether a command that a wrapper is handed is not the site's own: written outside, or put together."""
    is_together = isinstance(given, n.Joined | n.Binary) and not origin.is_constant
    return from_outside(given, origin) or is_together


def _way(there: Body, origin: Origin, command: n.Expr) -> tuple[Spot, ...]:
    if not origin.steps:
        return ()
    end = Spot(there.module.path, command.span, "is run by a shell")
    return (*map(spot_of, origin.steps), end)


def _is_put_together(there: Body, command: n.Expr, origin: Origin) -> bool:
    if origin.is_browser or is_stored_part(origin):
        return True
    if isinstance(command, n.Name):
        return any(
            _is_put_together(there, value, origin)
            for value, _span in there.assigned.get(command.id, ())
            if not isinstance(value, n.Name)
        )
    return isinstance(command, n.Joined | n.Binary) or (
        isinstance(command, n.Call) and tail(command.func) in ("format", "join")
    )


def _joins_list(there: Body, command: n.Expr) -> bool:
    """Whether a list of arguments is made a text again: nothing quotes those with a space."""
    made = there.assigned.get(command.id, ()) if isinstance(command, n.Name) else ()
    return any(map(_is_joined_list, (command, *(value for value, _span in made))))


def _is_joined_list(command: n.Expr) -> bool:
    return (
        isinstance(command, n.Call)
        and tail(command.func) == "join"
        and isinstance(command.func, n.Attr)
        and text(command.func.value) == " "
        and len(command.args) == 1
        and isinstance(command.args[0], n.Name | n.Attr | n.Sequence)
    )


def _commands(code: Code) -> Iterator[tuple[n.Call, n.Expr, Body]]:
    """Yield the calls that hand a text to a shell, with the body that the text stands in."""
    seen: set[int] = set()
    for found in sunk(code, SinkKind.SHELL):
        seen.add(id(found.call))
        yield found.call, found.value, code.body
    for call in code.calls(*SUBPROCESS, "create_subprocess_exec"):
        lists = [Display(code.body, command) for command in _lists(code, call)]
        for display in lists or _lists_elsewhere(code, call):
            for line in shell_texts(display.node):
                yield call, line, display.body
    for call in code.calls("exec_command"):
        if call.args and isinstance(call.func, n.Attr) and id(call) not in seen:
            yield call, call.args[0], code.body


def _lists_elsewhere(code: Code, call: n.Call) -> Iterator[Display]:
    """Yield the lists of arguments that methods return, objects keep and callers hand over."""
    command = argument(call, 0, "args") if code.is_from(call.func, "subprocess") else None
    seen: set[int] = set()
    for display in displays(code.body, command) if command is not None else ():
        if id(display.node) not in seen:
            seen.add(id(display.node))
            yield display


def _lists(code: Code, call: n.Call) -> Iterator[n.Sequence]:
    """Yield the lists of arguments that a call may be given, as far as they are written out here."""
    if code.is_from(call.func, "asyncio"):
        yield n.Sequence(call.span, "list", call.args)
    elif code.is_from(call.func, "subprocess"):
        made = code.made(argument(call, 0, "args"))
        yield from (value for value in made if isinstance(value, n.Sequence))


@code_rule(
    "shell.evaluated",
    words=("eval", "exec", "compile", "query", *SUBPROCESS, "create_subprocess_exec"),
    sinks=(SinkKind.CODE,),
    title="data is run as Python",
    areas=_ALL,
    cwe=(95, 94),
    severity=Severity.HIGH,
    gain="whoever sends the value runs any code on the server",
    mend="parse it: `json.loads`, `ast.literal_eval`, or a table of what is allowed",
)
def evaluated(code: Code) -> Iterator[Hit]:
    """Find `eval`, `exec` and `compile` of something that is not constant."""
    for call, value in _evaluations(code):
        origin = code.origin(value, *code.clears(SinkKind.CODE))
        if origin.is_constant or _is_only_compiled(code, call):
            continue
        yield Hit(
            (code.spot(call),),
            f"`{tail(call.func)}` runs what {_who(origin)}",
            sure(origin, Confidence.MEDIUM if _is_handed_in(code, call, value) else Confidence.LOW),
            code.symbol,
            flow=code.flow(origin, call, "is run"),
        )
    yield from _by_interpreters(code)


def _serves(project: Project) -> bool:
    """Whether anything of a project is Django's: of other programs nobody but who runs them hands values in."""
    return any(_DJANGO in module.record.words for module in project.site.modules)


_DJANGO = "django"


def _is_handed_in(code: Code, call: n.Call, value: n.Expr) -> bool:
    """Whether a method evaluates a text that it is handed, whoever calls it: `def to_python(self, value)`."""
    if code.function is None or code.owner is None or code.is_of_command:
        return False
    if not code.project.once(_serves):
        return False
    params = {param.name for param in code.function.node.params}
    return tail(call.func) == "eval" and isinstance(value, n.Name) and value.id in params


def _is_only_compiled(code: Code, call: n.Call) -> bool:
    """Whether a text is compiled, to see whether it can be, and what comes of it is never used."""
    if tail(call.func) != "compile":
        return False
    if any(isinstance(s, n.Do) and s.value is call for s in code.statements):
        return True
    targets = [
        target
        for statement in code.statements
        if isinstance(statement, n.Assign) and statement.value is call
        for target in statement.targets
    ]
    names = {target.id for target in targets if isinstance(target, n.Name)}
    read = (name for name in code.every(n.Name) if name not in targets)
    return bool(names) and names.isdisjoint(name.id for name in read)


def _by_interpreters(code: Code) -> Iterator[Hit]:
    """Yield the calls that have another interpreter run a text: `run(["python", "-c", text])`."""
    for call in code.calls(*SUBPROCESS, "create_subprocess_exec"):
        for command in _lists(code, call):
            for value in program_texts(command):
                origin = code.origin(value, *code.clears(SinkKind.CODE))
                if origin.is_browser or is_stored_part(origin):
                    yield Hit(
                        (code.spot(value),),
                        f"an interpreter runs what {_who(origin)}",
                        sure(origin),
                        code.symbol,
                        flow=code.flow(origin, value, "is run"),
                    )


def _evaluations(code: Code) -> Iterator[tuple[n.Call, n.Expr]]:
    for call in code.calls("eval", "exec", "compile"):
        if isinstance(call.func, n.Name) and call.args and code.resolve(call.func) is None:
            yield call, call.args[0]
    known = {id(found.call): found for found in sunk(code, SinkKind.CODE)}
    yield from ((found.call, found.value) for found in known.values())
    for call in code.calls("query", "eval") if "pandas" in code.packages else ():
        if call.args and id(call) not in known and _FRAME.search(tail(receiver_of(call))):
            yield call, call.args[0]


# what a table of pandas is called, where another function has made it
_FRAME = re.compile(r"(^|_)(df|frame|dataframe|data_frame)$", re.IGNORECASE)


def _who(origin: Origin) -> str:
    if origin.is_browser:
        return "the browser sent"
    return "was stored" if origin.is_stored else "is not written here"


@code_rule(
    "shell.unpickled",
    words=("load", "load_all", "serializer", "Loader", "UnsafeLoader", "CLoader"),
    packages=("yaml", "ruamel", "django", "signing"),
    sinks=(SinkKind.UNPICKLED,),
    title="data is unpickled, or its like",
    areas=_ALL,
    cwe=(502,),
    severity=Severity.HIGH,
    gain="what is loaded this way can name what is run: whoever wrote it runs code on the server",
    mend="use JSON; for YAML, `yaml.safe_load`",
)
def unpickled(code: Code) -> Iterator[Hit]:
    """Find loaders that run code, fed from the request, or with an unknown value."""
    for call, value, is_yaml in () if "find_global" in code.words else _loads(code):
        origin = code.origin(_held(value), *code.clears(SinkKind.UNPICKLED))
        if origin.is_constant:
            continue
        is_known = origin.is_browser or origin.is_stored
        is_answer = not is_known and is_answered(code, value)
        said = "another machine sends" if is_answer else _who(origin)
        yield Hit(
            (code.spot(call),),
            f"`{_plain_name(code, call)}` runs code that stands in what {said}",
            Confidence.HIGH
            if origin.is_browser
            else sure(origin, Confidence.MEDIUM if is_yaml or is_answer else Confidence.LOW),
            code.symbol,
            flow=code.flow(origin, call, "is loaded"),
        )
    for call in code.calls("loads", "unsign_object"):
        if "pickle" in tail(argument(call, -1, "serializer")).lower():
            yield Hit(
                (code.spot(call),),
                f"`{tail(call.func)}` unpickles what nothing but a signature vouches for",
                Confidence.MEDIUM,
                code.symbol,
                Severity.MEDIUM,
            )
    for loader in _reading_bodies(code):
        yield Hit(
            (code.spot(loader),),
            f"`{tail(loader)}` runs code that stands in what it is sent as a type of content",
            Confidence.MEDIUM,
            code.symbol,
        )
    for statement in code.statements:
        if isinstance(statement, n.Class) and any(_runs_code(code, b) for b in statement.bases):
            yield Hit(
                (code.spot(statement),),
                f"`{statement.name}` is a loader of YAML that runs code which stands in the text",
                Confidence.MEDIUM,
                code.symbol,
            )


def _held(value: n.Expr | None) -> n.Expr | None:
    """Return the file of `row.file.path`: what it holds is loaded, whoever names it."""
    return value.value if isinstance(value, n.Attr) and value.name == "path" else value


# `application/python-pickle`
_CONTENT_TYPE = re.compile(r"^(application|text)/[\w.+-]+$")


def _reading_bodies(code: Code) -> Iterator[n.Expr]:
    """Yield the loaders that read a type of content: `register(pickle.loads, "application/x-pickle")`."""
    for call in code.every(n.Call):
        given = given_to(call)
        if any(_CONTENT_TYPE.match(text(p) or "") for one in given for p in inside(one)):
            yield from (one for one in given if _is_loader(code, one))
    for node in code.every(n.Mapping):
        for key, value in zip(node.keys, node.values, strict=True):
            if _CONTENT_TYPE.match(text(key) or "") and _is_loader(code, value):
                yield value


def _is_loader(code: Code, node: n.Expr) -> bool:
    """Whether a function is one that runs code that stands in what it loads."""
    if not isinstance(node, n.Attr | n.Name):
        return False
    name = code.name(node)
    sinks = code.project.flow.catalog.sinks(SinkKind.UNPICKLED).get(tail(node), ())
    return name in ("yaml.load", "yaml.load_all") or any(sink.fits(name) for sink in sinks)


_UNSAFE = ("Loader", "UnsafeLoader", "CLoader")
_RUNNING_LOADERS = ("yaml.Loader", "yaml.UnsafeLoader", "yaml.CLoader", "yaml.CUnsafeLoader")


def _runs_code(code: Code, base: n.Expr) -> bool:
    return tail(base).endswith("Loader") and code.name(base) in _RUNNING_LOADERS


def _plain_name(code: Code, call: n.Call) -> str:
    return called_name(code.body, call).replace("()", "") or tail(call.func)


def _loads(code: Code) -> Iterator[tuple[n.Call, n.Expr | None, bool]]:
    for found in sunk(code, SinkKind.UNPICKLED):
        yield found.call, found.value, found.sink.name.startswith("yaml.")
    for call in code.calls("load", "load_all"):
        if _is_unsafe_yaml(code, call):
            yield call, call.args[0] if call.args else None, True


def _is_unsafe_yaml(code: Code, call: n.Call) -> bool:
    if called_name(code.body, call).startswith(_OF_RUAMEL):
        return any(_is_unsafe_maker(made) for made in code.made(receiver_of(call)))
    if code.name(call.func) not in ("yaml.load", "yaml.load_all"):
        return False
    loader = argument(call, 1, "Loader")
    return loader is None or any(_is_unsafe(code, made) for made in code.made(loader))


_OF_RUAMEL = "ruamel.yaml.YAML()."


def _is_unsafe_maker(made: n.Expr) -> bool:
    """Whether it is `YAML(typ="unsafe")`."""
    if not isinstance(made, n.Call):
        return False
    kinds = items_of(argument(made, -1, "typ") or made)
    return any(text(kind) == "unsafe" for kind in kinds) and tail(made.func) == "YAML"


def _is_unsafe(code: Code, loader: n.Expr) -> bool:
    # `from yaml import SafeLoader as Loader`, `from yaml import CLoader as ProfileLoader`
    meant = code.name(loader).rpartition(".")[2]
    return (meant or tail(loader)) in _UNSAFE


@code_rule(
    "shell.unpacked",
    words=("extractall", "unpack_archive", "extract"),
    title="an archive is unpacked without a filter",
    areas=(Area.INTEGRITY,),
    cwe=(22, 409),
    severity=Severity.HIGH,
    gain="a member called `../../srv/site/views.py` is written there",
    mend='pass `filter="data"` (PEP 706), and check the sizes first',
)
def unpacked(code: Code) -> Iterator[Hit]:
    """Find tar archives of the browser's unpacked as they are."""
    if code.words & {
        "is_relative_to",
        "commonpath",
        "realpath",
        "is_within_directory",
        "safe_join",
    }:
        return
    for call in code.calls("extractall", "unpack_archive", "extract"):
        if _is_filtered(call) or _is_of_zip(code, call):
            continue
        source = call.args[0] if tail(call.func) == "unpack_archive" and call.args else None
        receiver = receiver_of(call)
        if source is None and not _is_tar(code, receiver):
            continue
        opened = [source] if source is not None else list(_opened(code, receiver))
        origin = joined(code.origin(part) for part in opened)
        if not origin.is_browser:
            origin = joined([origin, *(written_upload(code, part) for part in opened)])
        yield Hit(
            (code.spot(call),),
            "members of the archive may be written anywhere",
            Confidence.HIGH if origin.is_browser else Confidence.LOW,
            code.symbol,
            flow=code.flow(origin, call, "is unpacked"),
            mend=_OF_ANY_FORMAT if tail(call.func) == "unpack_archive" else "",
        )


_OF_ANY_FORMAT = 'name the format, and pass `filter="data"` (PEP 706) for a tar, a zip takes none; check the sizes'


def _is_of_zip(code: Code, call: n.Call) -> bool:
    """Whether an archive is said to be a zip: Python itself leaves members out that lead elsewhere."""
    kind = argument(call, 2, "format") if tail(call.func) == "unpack_archive" else None
    made = list(code.made(kind)) if kind is not None else []
    return bool(made) and all(text(one) == "zip" for one in made)


def _is_filtered(call: n.Call) -> bool:
    """Whether a filter looks at the members; the one called `fully_trusted` lets all of them pass."""
    chosen = argument(call, -1, "filter")
    name = text(chosen) or tail(chosen)
    return chosen is not None and not name.startswith("fully_trusted")


def _values(code: Code, receiver: n.Expr | None) -> list[n.Expr]:
    if isinstance(receiver, n.Name):
        return code.assigned(receiver.id)
    return [receiver] if receiver is not None else []


def _is_tar(code: Code, receiver: n.Expr | None) -> bool:
    return any(
        isinstance(value, n.Call) and code.is_from(value.func, "tarfile")
        for value in _values(code, receiver)
    )


def _opened(code: Code, receiver: n.Expr | None) -> Iterator[n.Expr]:
    """Yield what an archive was opened with."""
    for value in _values(code, receiver):
        if isinstance(value, n.Call):
            yield from given_to(value)


@code_rule(
    "shell.xml-entities",
    words=(),
    packages=("xml", "lxml"),
    sinks=(SinkKind.XML,),
    title="XML of the browser's is parsed with entities",
    areas=(Area.AVAILABILITY, Area.CONFIDENTIALITY),
    cwe=(611, 776),
    severity=Severity.MEDIUM,
    gain="entities that name one another fill the memory, and external ones read files of the server",
    mend="parse it with `defusedxml`",
)
def xml_entities(code: Code) -> Iterator[Hit]:
    """Find XML parsers that expand entities, fed from the request."""
    for found in sunk(code, SinkKind.XML):
        origin = code.origin(found.value, *code.clears(SinkKind.XML))
        if origin.is_browser and not (_is_hardened(code, found.call) or _refuses_entities(code)):
            yield Hit(
                (code.spot(found.call),),
                f"`{tail(found.call.func)}` expands the entities of what the browser sent",
                Confidence.HIGH,
                code.symbol,
                flow=code.flow(origin, found.call, "is parsed"),
                gain="" if code.is_from(found.call.func, "lxml") else _STANDARD_LIBRARY,
            )


# its parsers load no file and no address that a document names
_STANDARD_LIBRARY = "entities that name one another fill the memory"


def _is_hardened(code: Code, call: n.Call) -> bool:
    """Whether the parser is told to leave entities alone, or reads HTML, which has none of its own."""
    parser = argument(call, 1, "parser")
    made = [inner for value in code.made(parser) for inner in _handed_out(code, value)]
    for value in made:
        if isinstance(value, n.Call):
            is_told = is_false(argument(value, -1, "resolve_entities"))
            return is_told or tail(value.func) == "HTMLParser"
    return False


def _refuses_entities(code: Code) -> bool:
    """Whether the code turns away what declares any: `if b"<!ENTITY" in data: raise …`."""
    return any(
        isinstance(part, n.Const | n.Bytes) and _DECLARATION.search(str(part.value))
        for statement in code.statements
        if isinstance(statement, n.If) and leaves(statement.body)
        for part in inside(statement.test)
    )


_DECLARATION = re.compile(r"<!(ENTITY|DOCTYPE)", re.IGNORECASE)


def _handed_out(code: Code, value: n.Expr) -> list[n.Expr]:
    """Return what a function of the site returns where a value is a call of it, else the value."""
    maker = code.called(value) if isinstance(value, n.Call) else None
    if maker is None:
        return [value]
    returned = (s.value for s in statements(body(maker.node)) if isinstance(s, n.Return))
    return [one for one in returned if one is not None]

"""Every sink of the catalogue, called as its library is called: with the browser's value, and with a constant.

The calls are made of the entries themselves, so that an entry that no call fits is told at once.
"""

from __future__ import annotations

import importlib
import inspect
from functools import cache
from importlib.resources import files
from types import ModuleType

import pytest

from pickguard.base.config import Config
from pickguard.flow.catalog import Sink, SinkKind, parsed
from pickguard.scan import scan

RULES = {
    SinkKind.SHELL: ("shell.command-from-parts", "'ls ' + {}"),
    SinkKind.CODE: ("shell.evaluated", "{}"),
    SinkKind.UNPICKLED: ("shell.unpickled", "{}"),
    SinkKind.XML: ("shell.xml-entities", "{}"),
    SinkKind.SQL: ("sql.formatted-statement", "'SELECT ' + {}"),
    SinkKind.LDAP_FILTER: ("ldap.formatted-filter", "'(uid=' + {} + ')'"),
    SinkKind.LDAP_NAME: ("ldap.formatted-name", "'uid=' + {} + ',o=x'"),
    SinkKind.PATH: ("trust.path-traversal", "'/srv/' + {}"),
    SinkKind.ADDRESS: ("trust.ssrf", "{}"),
    SinkKind.TEMPLATE: ("xss.template-from-data", "{}"),
    SinkKind.DECOMPRESSED: ("deployment.unbounded-decompression", "{}"),
}
# Functions in the middle of a name, whose results have the methods that follow
MAKERS = frozenset(
    [
        "connect",
        "cursor",
        "initialize",
        "create_engine",
        "begin",
        "create_pool",
        "acquire",
        "build_opener",
        "open",
        "new",
        "client",
        "resource",
        "from_url",
        "open_session",
        "get_transport",
        "session",
    ]
)
MODULES = frozenset({"boto3.session", "http.client"})
# Older releases had them: code that still names them is what a scan meets
GONE = frozenset(
    [
        "base64.decodestring",
        "django.http.HttpRequest.get_raw_uri",
        "django.utils.encoding.force_text",
        "django.utils.encoding.smart_text",
        "django.utils.http.is_safe_url",
        "jinja2.Markup",
        "PIL.ImageMath.eval",
        "ruamel.yaml.unsafe_load",
        "sqlalchemy.create_engine.execute",
        "urllib.basejoin",
        "urllib.unquote",
        "urllib.unquote_plus",
        "urllib.urlopen",
        "urllib.urlretrieve",
        "lxml.html.clean.clean_html",
        "lxml.html.clean.Cleaner.clean_html",
    ]
)
# Set on instances when they are made
ON_INSTANCES = (
    "ldap3.Connection.extend",
    "django.contrib.admin.SimpleListFilter.used_parameters",
    "django.contrib.admin.filters.SimpleListFilter.used_parameters",
)
FILES = sorted(
    f.name.removesuffix(".toml")
    for f in files("pickguard.flow.catalog").iterdir()
    if f.name.endswith(".toml")
)


@cache
def entries(library):
    """Return what the catalogue's file of a library says."""
    text = (files("pickguard.flow.catalog") / f"{library}.toml").read_text("utf-8")
    return parsed(text, library)


def called(sink: Sink) -> str:
    """Return the expression that a call of a sink begins with: `boto3.client().download_file`."""
    *before, last = sink.name.split(".")
    found = ""
    for part in before:
        found = f"{found}.{part}" if found else part
        is_module = found == sink.package or found in MODULES
        if not is_module and (part in MAKERS or part[0].isupper()) and part != "PIL":
            found += "()"
    return f"{found}.{last}"


def arguments(sink: Sink, value: str) -> list[str]:
    """Return the arguments of a call of a sink: by position, and by keyword."""
    when = [f"{name}={wanted!r}" for name, wanted in sink.when]
    found = []
    if sink.position >= 0:
        found.append(", ".join([*["'x'"] * sink.position, value, *when]))
    if sink.keyword:
        found.append(", ".join([f"{sink.keyword}={value}", *when]))
    return found


def calls(library):
    """Yield the kind of each sink of a library's, and its calls with a place for the value."""
    for kind, sinks in entries(library).sinks.items():
        for sink in sinks:
            for given in arguments(sink, RULES[kind][1]):
                yield kind, f"{called(sink)}({given})"


@pytest.mark.parametrize("library", [name for name in FILES if entries(name).sinks])
def test_each_sink_of_the_catalogue_is_found_where_it_is_called(library, tmp_path):
    """By position and by keyword, with a way from the request; a constant is left alone."""
    wanted = list(calls(library))
    bodies = []
    for number, (_kind, call) in enumerate(wanted):
        bodies.append(
            f"def hit{number}(request):\n    q = request.GET['q']\n    return {call.format('q')}\n"
        )
        bodies.append(f"def calm{number}(request):\n    return {call.format(repr('x'))}\n")
    imports = f"import {library}\n" + "".join(f"import {name}\n" for name in sorted(MODULES))
    (tmp_path / "views.py").write_text(imports + "\n".join(bodies))
    result = scan(tmp_path, config=Config(select=tuple(r for r, _ in RULES.values())), cache=False)
    assert not result.files.unreadable
    found = {(f.rule, f.symbol) for f in result.findings if f.confidence.value == "high"}
    missed = [
        call
        for number, (kind, call) in enumerate(wanted)
        if (RULES[kind][0], f"views.hit{number}") not in found
    ]
    loud = sorted(symbol for _rule, symbol in found if symbol.startswith("views.calm"))
    assert (missed, loud) == ([], [])


def names(library):
    """Yield every name of a library's file, and the sink where it is one."""
    known = entries(library)
    for name in known.passages:
        yield name, None
    for listed in known.sanitizers.values():
        for name in listed:
            yield name, None
    for sinks in known.sinks.values():
        for sink in sinks:
            yield sink.name, sink


def looked_up(name):
    """Return what a library has under a dotted name; None behind what only a call tells."""
    package, *parts = name.split(".")
    found, path = importlib.import_module(package), package
    for part in parts:
        if not isinstance(found, ModuleType | type):
            return None
        path = f"{path}.{part}"
        found = getattr(found, part) if hasattr(found, part) else importlib.import_module(path)
    return found


def is_told(sink, function):
    """Whether a function has the parameter that a sink speaks of, at the place that it says."""
    try:
        parameters = [
            p for p in inspect.signature(function).parameters.values() if p.name != "self"
        ]
    except (TypeError, ValueError):
        return True
    known = [p.name for p in parameters]
    if not sink.keyword or any(p.kind is p.VAR_KEYWORD for p in parameters):
        return True
    return sink.keyword in known and sink.position in (-1, known.index(sink.keyword))


@pytest.mark.parametrize("library", FILES)
def test_entries_are_true_of_the_library_that_is_installed(library):
    """Each name is there, and each sink's argument stands where the entry says."""
    pytest.importorskip(library, exc_type=ImportError)
    wrong = []
    for name, sink in names(library):
        if name in GONE or name.startswith(ON_INSTANCES):
            continue
        try:
            function = looked_up(name)
        except (AttributeError, ImportError):
            wrong.append(name)
        except RuntimeError as error:
            pytest.skip(f"its models need a site that installs it: {error}")
        else:
            if sink is not None and function is not None and not is_told(sink, function):
                wrong.append(f"{name}({sink.position}, {sink.keyword})")
    assert wrong == []

"""The map of a site for a terminal: what each route lets whom do."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pickguard.base.screen import crop, many, printable, wrap
from pickguard.report import View
from pickguard.report.ink import Ink, Role

_INDENT = "    "
_UNKNOWN = "?"


def render(surface: Mapping[str, Any], view: View) -> str:
    """Return the map that `pickguard.scan.surface` made; what could not be told is a `?`."""
    ink = Ink(colour=view.colour, unicode=view.unicode, width=view.width)
    lines = [*_routes(surface, ink), *_models(surface, ink), *_forms(surface, ink)]
    lines += [*_settings(surface, ink), _count(surface, ink)]
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text if view.unicode else text.encode("ascii", "replace").decode("ascii")


def _routes(surface: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    for route in sorted(surface["routes"], key=lambda found: found["route"] or ""):
        address = route["route"]
        shown = _address(address) if address is not None else _end(route)
        name = f"   {route['name']}" if route["name"] else ""
        yield ink(shown, Role.RULE) + ink(name, Role.QUIET)
        where = f"{route['path']}:{route['line']}"
        yield f"{_INDENT}{ink(route['view'] or _UNKNOWN)}   {ink(where, Role.PLACE)}"
        yield _INDENT + f" {ink.dot} ".join(_facts(route, ink))
        yield from _fields("writes", _dated(route), ink)
        yield from _fields("reads", route["reads"], ink)
        yield ""


def _address(route: str) -> str:
    """Return an address as people write it: without the marks of expressions that begin and end in it."""
    return "/" + _MARKS.sub("", route).removeprefix("/")


_MARKS = re.compile(r"(?:^|(?<=/))\^|(?<!\\)\$(?=/|$)")


def _end(route: Mapping[str, Any]) -> str:
    """Return how an address ends whose beginning could not be told."""
    return f"{_UNKNOWN} {route['known']}".rstrip()


def _dated(route: Mapping[str, Any]) -> list[str]:
    """Return what the browser may write, each field with the migration that added it later."""
    since = route.get("writes_since", {})
    return [f"{w} (since {since[w]})" if w in since else w for w in route["writes"] or ()]


def _facts(route: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    methods = route["methods"]
    yield ink("methods ?" if methods is None else " ".join(methods))
    login = route["login"]
    yield {True: ink("login", Role.GOOD), False: ink("anybody", Role.MEDIUM)}.get(
        login, ink("login ?")
    )
    if route["permissions"]:
        yield ink("needs " + ", ".join(route["permissions"]), Role.GOOD)
    if route["csrf"] is False:
        yield ink("no CSRF check", Role.HIGH)
    elif route["csrf"] is None:
        yield ink("CSRF ?")
    if route.get("throttled"):
        yield ink("throttled")
    if route["framing"] not in {"deny", None}:
        yield ink(f"framing {route['framing']}", Role.MEDIUM)
    yield from (ink(f"{name} ?") for name in ("writes", "reads") if route[name] is None)


def _fields(label: str, names: list[str] | None, ink: Ink) -> Iterator[str]:
    if names:
        head = f"{label} "
        room = ink.width - len(_INDENT) - len(head)
        for index, line in enumerate(wrap(", ".join(names), room)):
            yield _INDENT + (ink(head, Role.QUIET) if index == 0 else " " * len(head)) + ink(line)


def _models(surface: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    for model in surface["models"]:
        yield from _titled("model", model["model"], model, ink)
        yield from _fields("fields", [_field(field) for field in model["fields"]], ink)
        yield ""


def _field(field: Mapping[str, Any]) -> str:
    since = f" (since {field['since']})" if field["since"] else ""
    return f"{field['name']}{since}"


def _forms(surface: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    for form in surface["forms"]:
        yield from _titled(form["kind"], form["form"], form, ink)
        if form["model"]:
            yield f"{_INDENT}{ink('model', Role.QUIET)} {ink(form['model'])}"
        yield from _fields("writes", ["?"] if form["writes"] is None else form["writes"], ink)
        yield from _fields("added later", form["added_later"], ink)
        yield ""


def _titled(kind: str, name: str, found: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    where = f"{found['path']}:{found['line']}"
    yield f"{ink(kind, Role.QUIET)} {ink(name, Role.RULE)}   {ink(where, Role.PLACE)}"


def _settings(surface: Mapping[str, Any], ink: Ink) -> Iterator[str]:
    settings = surface["settings"]
    if not settings:
        return
    yield f"{ink('settings', Role.QUIET)} {ink(settings['module'], Role.RULE)}"
    for name, value in settings["values"].items():
        text = _UNKNOWN if value is None else printable(str(value))
        yield _INDENT + ink(crop(f"{name} = {text}", ink.width - len(_INDENT)))
    yield ""


def _count(surface: Mapping[str, Any], ink: Ink) -> str:
    counts = [(len(surface[f"{noun}s"]), noun) for noun in ("route", "model", "form")]
    return ink(", ".join(many(count, noun) for count, noun in counts), Role.QUIET)

"""Lessons: found by looking into the folders of `pickguard.lessons`; there is no list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType

from msgspec import Struct

from pickguard.base.scales import Area
from pickguard.kit.page import Page, parse_page
from pickguard.kit.rule import Rule

_PACKAGE = "pickguard.lessons"


class Lesson(Struct, frozen=True):
    """A lesson: its page and its rules, sorted by id."""

    id: str
    title: str
    areas: tuple[Area, ...]
    page: Page
    rules: tuple[Rule, ...]


@cache
def lessons() -> Mapping[str, Lesson]:
    """Return all lessons by id, sorted; a folder with a `lesson.md` is one."""
    root = import_module(_PACKAGE)
    found = {}
    for info in sorted(iter_modules(root.__path__), key=lambda item: item.name):
        folder = files(f"{_PACKAGE}.{info.name}")
        if info.ispkg and folder.joinpath("lesson.md").is_file():
            found[info.name] = _lesson(info.name, parse_page(_text(folder)))
    return MappingProxyType(found)


def _text(folder: Traversable) -> str:
    """Return a lesson's page, with what the rooms of a large lesson say of their rules."""
    rooms = sorted((room for room in folder.iterdir() if room.is_dir()), key=lambda room: room.name)
    pages = (room.joinpath("rules.md") for room in rooms)
    texts = (page.read_text("utf-8").partition("\n")[2] for page in pages if page.is_file())
    return "\n".join((folder.joinpath("lesson.md").read_text("utf-8"), *texts))


def _lesson(name: str, page: Page) -> Lesson:
    rules: dict[str, Rule] = {}
    for module in _rule_modules(f"{_PACKAGE}.{name}"):
        for value in vars(module).values():
            if isinstance(value, Rule):
                rules[value.id] = value
    ordered = tuple(rules[key] for key in sorted(rules))
    return Lesson(name, page.title, tuple(Area(area) for area in page.areas), page, ordered)


def _rule_modules(name: str) -> Iterator[ModuleType]:
    """Yield the modules of rules in a package and in the rooms below it."""
    for info in iter_modules(import_module(name).__path__):
        if info.ispkg:
            yield from _rule_modules(f"{name}.{info.name}")
        elif info.name.endswith("rules"):
            yield import_module(f"{name}.{info.name}")

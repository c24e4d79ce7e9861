"""Lessons: found by looking into the folders of `pickguard.lessons`; there is no list of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.resources import files
from pkgutil import iter_modules
from types import MappingProxyType

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
        page_file = files(f"{_PACKAGE}.{info.name}").joinpath("lesson.md")
        if info.ispkg and page_file.is_file():
            found[info.name] = _lesson(info.name, parse_page(page_file.read_text("utf-8")))
    return MappingProxyType(found)


def _lesson(name: str, page: Page) -> Lesson:
    package = import_module(f"{_PACKAGE}.{name}")
    rules: dict[str, Rule] = {}
    for info in iter_modules(package.__path__):
        if info.name.endswith("rules"):
            module = import_module(f"{_PACKAGE}.{name}.{info.name}")
            for value in vars(module).values():
                if isinstance(value, Rule):
                    rules[value.id] = value
    ordered = tuple(rules[key] for key in sorted(rules))
    return Lesson(name, page.title, tuple(Area(area) for area in page.areas), page, ordered)

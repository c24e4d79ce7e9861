"""Published packages, and the project beside one that is there to try it out, and is never deployed.

A package for other sites comes with settings of its own, `project/settings.py` beside `silk/`: those of
no site. A package that is a site itself has its settings, or its `wsgi.py`, inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from pickguard.site.symbols.modules import Module
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import argument, tail, text, texts
from pickguard.source.requirements import FRAMEWORK, RequirementsRecord

_OF_DJANGO = re.compile(r"^(django|drf|dj)[-_.]?|[-_.]django$", re.IGNORECASE)
_DEPLOYED = frozenset({"wsgi.py", "asgi.py", "manage.py"})


def libraries(
    modules: Iterable[Module], manifests: Mapping[str, RequirementsRecord], settings: Iterable[str]
) -> dict[str, str]:
    """Return the packages that are published for other sites, by the folder of their project.

    Args:
        modules: of the tree.
        manifests: what `pyproject.toml` and its kin say, by path.
        settings: the paths of the settings modules.

    Returns:
        folders, each with a slash at its end; the folder of the scanned root is an empty text.
    """
    paths = {module.path for module in modules}
    chosen = tuple(settings)
    found = {root: _package(root, name, paths) for root, name in _published(modules, manifests)}
    return {
        root: package
        for root, package in found.items()
        if package and not _is_site(package, paths, chosen)
    }


def tried_out(packages: Mapping[str, str], settings: Iterable[str]) -> tuple[str, ...]:
    """Return the folders, and the files, of projects that only try out a package beside them.

    Args:
        packages: those that are published for other sites, by the folder of their project.
        settings: the paths of the settings modules.
    """
    chosen = tuple(settings)
    found: set[str] = set()
    for root, package in packages.items():
        outside = (p for p in chosen if p.startswith(root) and not p.startswith(package))
        found |= {_top(path, package, root) for path in outside}
    return tuple(sorted(found))


def _published(
    modules: Iterable[Module], manifests: Mapping[str, RequirementsRecord]
) -> Iterator[tuple[str, str]]:
    """Yield the folders of published projects, each with a slash at its end, and their names."""
    for path, record in manifests.items():
        if record.published:
            yield _folder(path), record.published
    for module in modules:
        if module.path.rpartition("/")[2] == "setup.py":
            name = _named_by_setup(module.record.body)
            if name:
                yield _folder(module.path), name


def _folder(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _named_by_setup(block: tuple[n.Stmt, ...]) -> str:
    """Return the name that `setup(name="…", classifiers=[…])` gives to a package for Django."""
    for statement in block:
        call = statement.value if isinstance(statement, n.Do) else None
        if isinstance(call, n.Call) and tail(call.func) == "setup":
            classifiers = texts(argument(call, -1, "classifiers"))
            if any(item.startswith(FRAMEWORK) for item in classifiers):
                return text(argument(call, -1, "name")) or ""
    return ""


def _package(root: str, name: str, paths: set[str]) -> str:
    """Return the folder of the package that is published under a name, or an empty text."""
    names = (name, _OF_DJANGO.sub("", name))
    spelt = {re.sub(r"[-.]", joint, one).lower() for one in names for joint in ("_", "")}
    folders = (f"{root}{below}{one}/" for one in sorted(spelt) for below in ("", "src/") if one)
    return next((folder for folder in folders if f"{folder}__init__.py" in paths), "")


def _is_site(package: str, paths: set[str], settings: Iterable[str]) -> bool:
    """Whether a package is deployed itself."""
    if any(path.startswith(package) for path in settings):
        return True
    inside = (path for path in paths if path.startswith(package))
    return any(path.rpartition("/")[2] in _DEPLOYED for path in inside)


def _top(path: str, package: str, root: str) -> str:
    """Return the folder beside a package that a file is in, with a slash at its end; or the file."""
    around = package.rstrip("/").rpartition("/")[0]
    base = f"{around}/" if around and path.startswith(f"{around}/") else root
    first, slash, _rest = path.removeprefix(base).partition("/")
    return f"{base}{first}{slash}"

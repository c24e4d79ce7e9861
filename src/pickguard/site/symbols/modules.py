"""The modules of a site and the dotted names under which its own code finds them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from msgspec import Struct

from pickguard.source.python import nodes as n
from pickguard.source.python.reader import PythonRecord

# a site may be about test cases itself
_TEST_PLACES = re.compile(r"(^|/)((tests?|testing|test_[^/]*|[^/]*_tests?)/|testcases?\.py$)")
_TEST_FILES = re.compile(
    r"(^|/)(tests?|test_[^/]*|[^/]*_tests?|conftest|pytest_plugin|testutils?)\.py$"
)
_TEST_LIBRARIES = ("unittest", "pytest", "django.test", "rest_framework.test", "hypothesis")


class Module(Struct, frozen=True):
    """One Python file of the site.

    Attributes:
        path: below the scanned root.
        name: the dotted name under which the project itself imports it.
        root: the folder that stands on the import path, below the scanned root, `""` or ending in `/`.
        holds_tests: whether it is a module of tests: by where it stands, or by what it imports.
    """

    path: str
    name: str
    root: str
    record: PythonRecord
    holds_tests: bool = False

    @property
    def is_package(self) -> bool:
        """Whether the file is a package's `__init__`."""
        return self.path.endswith("__init__.py")

    @property
    def package(self) -> str:
        """The dotted name that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    def enclosing(self, levels: int) -> str:
        """Return the package that a relative import starts from, so many levels further up.

        A folder without `__init__.py` is a package too (PEP 420), so that its path tells more
        than the module's name.
        """
        parts = self.package.split(".") if self.package else []
        if levels >= len(parts):
            parts = []
            for part in self.path.split("/")[:-1]:
                parts = [*parts, part] if part.isidentifier() else []
        return ".".join(parts[: len(parts) - levels] if levels else parts)

    @property
    def is_migration(self) -> bool:
        """Whether the file is a migration of Django's."""
        return "/migrations/" in f"/{self.path}" and not self.is_package


# fmt: off
_OWN_NAMES = frozenset({
    "admin", "app_settings", "auth", "conf", "constants", "decorators", "exceptions", "fields", "forms", "formsets",
    "helpers", "lib", "managers", "middleware", "mixins", "models", "permissions", "serializers", "settings",
    "signals", "tasks", "urls", "util", "utils", "validators", "views", "widgets",
})
# fmt: on


class Modules:
    """All modules of a site, found by path or by dotted name as seen from an importing module.

    Args:
        records: by path.
        package: the dotted name of the root, where it is a package itself.
        folder: the name of the root's folder: a package too, if its own code imports from it.
    """

    def __init__(
        self, records: Mapping[str, PythonRecord], package: str = "", folder: str = ""
    ) -> None:
        self._folder = "" if package else folder
        paths = set(records)
        self.by_path = {
            path: Module(path, *_names(path, paths, package), record, _holds_tests(path, record))
            for path, record in records.items()
        }
        self._roots = tuple(p.removesuffix("manage.py") for p in paths if p.endswith("manage.py"))
        self._by_name: dict[str, list[Module]] = defaultdict(list)
        for module in self.by_path.values():
            for name in dict.fromkeys([*_all_names(module), *self._below_roots(module)]):
                self._by_name[name].append(module)
        self._found: dict[tuple[str, str], Module | None] = {}

    def _below_roots(self, module: Module) -> Iterator[str]:
        """Yield the names under which code beside `manage.py` finds a module."""
        for root in self._roots:
            if module.path.startswith(root):
                below = module.path[len(root) :].removesuffix(".py").removesuffix("/__init__")
                if below != "__init__":
                    yield below.replace("/", ".")

    def __iter__(self) -> Iterator[Module]:
        return iter(self.by_path.values())

    def find(self, name: str, importer: Module | None = None) -> Module | None:
        """Return the module of a dotted name, the nearest one where the tree holds several."""
        candidates = self._by_name.get(name)
        if candidates is None and self._folder:
            head, _, below = name.partition(".")
            candidates = self._by_name.get(below) if head == self._folder else None
        if not candidates:
            return self._beside(name, importer) if importer is not None else None
        if len(candidates) == 1:
            return candidates[0]
        near = importer.path if importer else ""
        key = (name, near)
        if key not in self._found:
            self._found[key] = max(
                candidates, key=lambda module: (_shared(module.path, near), -len(module.path))
            )
        return self._found[key]

    def _beside(self, name: str, importer: Module) -> Module | None:
        """Return the module in the importer's own folder, as Python 2 finds it and a script does.

        Packages are imported by names that sites give no modules of their own.
        """
        if name.partition(".")[0] not in _OWN_NAMES:
            return None
        base = importer.path.rpartition("/")[0] + "/" + name.replace(".", "/")
        path = base.removeprefix("/")
        return self.by_path.get(f"{path}.py") or self.by_path.get(f"{path}/__init__.py")


def _names(path: str, paths: set[str], package: str) -> tuple[str, str]:
    """Return the dotted name and the import root of a file.

    The root is the first folder upwards that is no package: it has no `__init__.py`, and neither
    has any folder above it.
    """
    folder, _, file = path.rpartition("/")
    parts = [] if file == "__init__.py" else [file.removesuffix(".py")]
    while folder and (f"{folder}/__init__.py" in paths or _is_inside(folder, paths, package)):
        folder, _, name = folder.rpartition("/")
        parts.append(name)
    if not folder and package and "__init__.py" in paths:
        parts.append(package)
    root = folder + "/" if folder else ""
    return ".".join(reversed(parts)), root


def _is_inside(folder: str, paths: set[str], package: str) -> bool:
    """Whether a folder without `__init__.py` is part of the package that it lies in (PEP 420)."""
    while folder:
        folder, _, name = folder.rpartition("/")
        if not name.isidentifier():
            return False
        if folder and f"{folder}/__init__.py" in paths:
            return True
    return bool(package) and "__init__.py" in paths


def _all_names(module: Module) -> Iterator[str]:
    """Yield the module's name, and its names through folders that are namespace packages."""
    yield module.name
    name = module.name
    folder = module.root.rstrip("/")
    while folder:
        folder, _, part = folder.rpartition("/")
        if not part.isidentifier():
            return
        name = f"{part}.{name}" if name else part
        yield name


def _shared(path: str, other: str) -> int:
    count = 0
    for mine, yours in zip(path.split("/"), other.split("/"), strict=False):
        if mine != yours:
            break
        count += 1
    return count


def _holds_tests(path: str, record: PythonRecord) -> bool:
    """Whether a module holds tests: by where it stands, or by what it imports."""
    if not _TEST_PLACES.search(path) and not _TEST_FILES.search(path):
        return False
    return record.lines <= 1 or _TEST_FILES.search(path) is not None or _in_tests(path, record)


def _in_tests(path: str, record: PythonRecord) -> bool:
    imports = (s.module for s in record.body if isinstance(s, n.Import))
    is_used = any(module.startswith(_TEST_LIBRARIES) for module in imports)
    return is_used or bool(re.search(r"(^|/)(tests|testing)/", path))

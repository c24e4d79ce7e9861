"""Which files a running site executes, as far as their places tell."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pickguard.site.settings.environment import app_package
from pickguard.site.symbols.modules import Module

_VENDORED = re.compile(
    r"(^|/)(vendor|vendored|_vendor|_vendored|third_?party|extern|externals|bundled|dist)/"
    r"|(^|/)(site-packages|lib/python\d(\.\d+)?|distutils|encodings|lib2to3|idlelib)/",  # a copy of Python itself
    re.IGNORECASE,
)
_OF_TESTS = re.compile(
    r"(^|/)(t|tests?|testing|testutils|test_?utils|test_?app|(\w+_)?test_?project|ci_project|test_?site|run_?tests?)/"
    r"|(^|/)(test_?settings|settings_?tests?|(\w*_)?ci_(\w+_)?settings|testing|test_?utils|mocks?)\.py$"
)
_GENERATED = re.compile(
    r"(_pb2(_grpc)?|\.generated|_generated|parsetab|lextab)\.py$"
    r"|(^|/)(ez_setup|distribute_setup|versioneer|get-pip)\.py$"  # copied to install what they stand beside
)
_NOT_SERVED = re.compile(
    r"(^|/)(examples?|samples?|(example|sample|demo)_?(project|site|app)|docs?|benchmarks?|(\w+_)?demo(_\w+)?"
    r"|sandbox|fixtures?|factories"
    r"|project_template|app_template|cookiecutter[^/]*|scripts?|tools?)/",
    re.IGNORECASE,
)


def kind_of(module: Module, apps: frozenset[str] = frozenset()) -> str | None:
    """Return why a module is not served (`tests`, `migrations`, `examples`), or None."""
    if module.is_migration:
        return "migrations"
    if module.holds_tests:
        return "tests"
    return kind_of_path(module.path, apps)


def is_command(module: Module) -> bool:
    """Whether a module is a command of `manage.py`."""
    return "/management/commands/" in f"/{module.path}"


def kind_of_path(path: str, apps: Iterable[str] = ()) -> str | None:
    """Return why a file is not served, by where it stands.

    Args:
        path: below the scanned root.
        apps: folders that are served whatever they are called, since production installs them.
    """
    around = max((app for app in apps if path.startswith(f"{app}/")), key=len, default=None)
    if around is not None:
        path = f"{around.rpartition('/')[0]}/app{path.removeprefix(around)}"
    if _OF_TESTS.search(path):
        return "tests"
    if _VENDORED.search(path):
        return "vendored"
    if _GENERATED.search(path):
        return "generated"
    return "examples" if _NOT_SERVED.search(path) else None


def app_folders(modules: Iterable[Module], installed: Iterable[str]) -> frozenset[str]:
    """Return the folders of apps: `docs` and `docs.apps.DocsConfig` are both in `docs`.

    Where no settings tell, a folder `docs` with models and views is no documentation either.
    """
    named = set(map(app_package, installed))
    found: set[str] = set()
    files: dict[str, set[str]] = {}
    for module in modules:
        folder, _, file = module.path.rpartition("/")
        if module.is_package and module.name in named:
            found.add(folder)
        if _AMBIGUOUS.search(folder):
            files.setdefault(folder, set()).add(file)
    found |= {folder for folder, names in files.items() if names >= _OF_APPS}
    return frozenset(found - {""})


_AMBIGUOUS = re.compile(r"(^|/)(docs?|tools?|scripts?)$")
_OF_APPS = frozenset({"models.py", "views.py"})

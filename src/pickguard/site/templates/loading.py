"""Where the template loaders of the settings look, and in which order.

`TEMPLATES` names engines; each looks into its own folders (`DIRS`) first, and then into those of
the installed apps, in the order of `INSTALLED_APPS`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from pickguard.site.settings.environment import Settings
from pickguard.site.symbols.modules import Modules
from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import UNKNOWN

_FILES, _APPS = "filesystem", "app_directories"


class TemplateFolder(Struct, frozen=True):
    """A folder that an engine looks into.

    Attributes:
        path: below the scanned root.
        engine: position of the engine in `TEMPLATES`.
        rank: when it is looked into; folders whose order is not told share one.
    """

    path: str
    engine: int
    rank: int


def template_folders(settings: Settings | None, modules: Modules) -> tuple[TemplateFolder, ...]:
    """Return the folders of all engines, in order; none where the settings do not tell them."""
    engines = settings.get("TEMPLATES") if settings is not None else None
    if settings is None or not isinstance(engines, list | tuple) or UNKNOWN in engines:
        return ()
    apps = settings.get("INSTALLED_APPS", ())
    listed = list(apps) if isinstance(apps, list | tuple) else [UNKNOWN]
    found: list[TemplateFolder] = []
    for number, engine in enumerate(engines):
        folders = list(_of_engine(number, engine, listed, modules)) if engine else None
        if not folders:
            return ()
        found += folders
    return tuple(found)


def _of_engine(
    number: int, engine: Any, apps: Sequence[Any], modules: Modules
) -> Iterator[TemplateFolder]:
    own = engine.get("DIRS", ()) if isinstance(engine, dict) else None
    if not isinstance(own, list | tuple) or UNKNOWN in own or not _is_usual_order(engine):
        return
    for rank, folder in enumerate(own):
        if isinstance(folder, TreePath):
            yield TemplateFolder(folder.path, number, rank)
    backend = engine.get("BACKEND")
    name = "jinja2" if isinstance(backend, str) and "jinja2" in backend.lower() else "templates"
    is_told = all(isinstance(app, str) for app in apps)
    for position, app in enumerate(apps):
        home = _home(app, modules) if isinstance(app, str) else None
        if home is not None:
            rank = len(own) + (position if is_told else 0)
            yield TemplateFolder(posixpath.join(home, name), number, rank)


def _is_usual_order(engine: dict[Any, Any]) -> bool:
    """Whether the engine looks into its own folders before those of the apps."""
    options = engine.get("OPTIONS", {})
    loaders = options.get("loaders") if isinstance(options, dict) else UNKNOWN
    if loaders is None:
        return True
    words = str(loaders)
    return _FILES in words and words.find(_FILES) < words.find(_APPS)


def _home(app: str, modules: Modules) -> str | None:
    """Return the folder of an app, which `INSTALLED_APPS` names by its module or its `AppConfig`."""
    for _ in range(3):
        module = modules.find(app)
        if module is not None:
            return posixpath.dirname(module.path)
        app = app.rpartition(".")[0]
    return None

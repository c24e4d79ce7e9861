"""From a template's name to the files that may be meant, as Django's loaders look for them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

from pickguard.site.templates.loading import TemplateFolder
from pickguard.source.templates.in_code import is_written

_FOLDERS = ("templates", "jinja2", "template")


class TemplateNames:
    """The names that files have for the template loaders.

    A file may have several: one for each template folder that it stands in. Several files may
    have one name: the order of the folders decides where the settings tell it, else all are given.

    Args:
        paths: the templates' paths below the scanned root.
        folders: those that the settings tell, in the order in which they are looked into.
    """

    def __init__(self, paths: Iterable[str], folders: Sequence[TemplateFolder] = ()) -> None:
        self._order = folders
        self._folders = tuple(f"{folder.path}/" for folder in folders if folder.path)
        self._names: dict[str, tuple[str, ...]] = {}
        files: dict[str, list[str]] = {}
        for path in sorted(paths):
            self._names[path] = tuple(dict.fromkeys(self._names_of(path)))
            for name in self._names[path]:
                files.setdefault(name, []).append(path)
        self._files = {name: tuple(found) for name, found in files.items()}

    def _names_of(self, path: str) -> Iterable[str]:
        if is_written(path):
            yield path
            return
        for folder in self._folders:
            if path.startswith(folder):
                yield path[len(folder) :]
        parts = path.split("/")
        found = [index for index, part in enumerate(parts[:-1]) if part in _FOLDERS]
        if not found:
            # NOTE: below a folder that only `DIRS` knows; any part of the path may be the name
            yield from ("/".join(parts[index:]) for index in range(len(parts)))
        for index in found:
            yield "/".join(parts[index + 1 :])

    def names(self, path: str) -> tuple[str, ...]:
        """Return the names of a file."""
        return self._names.get(path, ())

    def resolve(self, name: str, asking: str = "") -> tuple[str, ...]:
        """Return the files that a name may mean, none where it is not in the tree.

        Args:
            name: as it is written; `./` and `../` are relative to the asking template, and a part
                behind `#` names a partial of it.
            asking: the path of the file that asks; it is never its own parent.
        """
        name = name.partition("#")[0]
        if name.startswith(("./", "../")):
            folder = posixpath.dirname(asking)
            path = posixpath.normpath(posixpath.join(folder, name))
            return (path,) if path in self._names else ()
        found = tuple(path for path in self._files.get(name, ()) if path != asking)
        return self._chosen(found, name, asking) if self._order and len(found) > 1 else found

    def _chosen(self, found: tuple[str, ...], name: str, asking: str) -> tuple[str, ...]:
        """Return those of several files that the loaders come upon first."""
        placed = [(self._folder(path, name), path) for path in found]
        engine = self._engine(asking) if asking else None
        if asking and engine is None:
            return found  # a template of another site in the same tree
        known = [(f.engine, f.rank) for f, _p in placed if f and engine in (None, f.engine)]
        if not known:
            return found
        first = min(known)
        best = tuple(path for f, path in placed if f and (f.engine, f.rank) == first)
        return best if asking else (*best, *(path for f, path in placed if f is None))

    def _folder(self, path: str, name: str) -> TemplateFolder | None:
        return next((f for f in self._order if path == posixpath.join(f.path, name)), None)

    def _engine(self, path: str) -> int | None:
        """Return the engine that a template belongs to."""
        return next((f.engine for f in self._order if path.startswith(f"{f.path}/")), None)

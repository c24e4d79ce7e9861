"""From a template's name to the files that may be meant, as Django's loaders look for them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence

_FOLDERS = ("templates", "jinja2", "template")


class TemplateNames:
    """The names that files have for the template loaders.

    A file may have several: one for each template folder that it stands in. Several files may
    have one name: then all are given, since which of them a site uses depends on its settings.

    Args:
        paths: the templates' paths below the scanned root.
        folders: more template folders, from `DIRS` of the settings.
    """

    def __init__(self, paths: Iterable[str], folders: Sequence[str] = ()) -> None:
        self._folders = tuple(f"{folder.strip('/')}/" for folder in folders)
        self._names: dict[str, tuple[str, ...]] = {}
        files: dict[str, list[str]] = {}
        for path in sorted(paths):
            self._names[path] = tuple(self._names_of(path))
            for name in self._names[path]:
                files.setdefault(name, []).append(path)
        self._files = {name: tuple(found) for name, found in files.items()}

    def _names_of(self, path: str) -> Iterable[str]:
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
        return tuple(path for path in self._files.get(name, ()) if path != asking)

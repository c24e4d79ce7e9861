"""Which files of a folder are read, and which folders are passed over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import msgspec

from pickguard.source.scripts import is_static_script
from pickguard.source.templates import looks_like_template

HEAD_BYTES = 2048
_SKIPPED_NAMES = {
    "node_modules": "packages of npm",
    "bower_components": "packages of bower",
    "site-packages": "installed packages",
    "dist-packages": "installed packages",
    "__pycache__": "",
    "__pypackages__": "installed packages",
}
_REQUIREMENTS = ("requirements*.txt", "requirements/*.txt", "constraints*.txt", "*requirements.txt")
_BUILT_BY = ("pyproject.toml", "setup.py", "setup.cfg")
_MANIFESTS = ("pyproject.toml", "setup.cfg", "Pipfile.lock", "poetry.lock", "uv.lock")


class SourceFile(msgspec.Struct, frozen=True):
    """A file to read: its path below the root with forward slashes, and what it is.

    `kind` is `python`, `template`, `script` or `requirements`.
    """

    path: str
    kind: str


class Skipped(msgspec.Struct, frozen=True):
    """A folder or link that was not read, and why."""

    path: str
    reason: str


class Tree(msgspec.Struct, frozen=True):
    """The files of a scanned folder, sorted by path.

    `package` is the dotted name of the root where it is a Python package itself, else empty.
    """

    root: Path
    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]
    package: str = ""


def discover(root: Path, exclude: tuple[str, ...] = ()) -> Tree:
    """Return the files below a folder, or the one file that `root` names.

    Links to folders are not followed, so a loop of links ends at once; links to files are
    followed only where they stay below the root.

    Args:
        root: an existing file or folder.
        exclude: glob patterns against paths below the root.
    """
    if root.is_file():
        kind = _kind(root.name, str(root)) or "template"
        return Tree(root.parent, (SourceFile(root.name, kind),), ())
    files: list[SourceFile] = []
    skipped: list[Skipped] = []
    for path, entry in _walk(root, exclude, skipped):
        found = _kind(path, entry.path)
        if found:
            files.append(SourceFile(path, found))
    files.sort(key=lambda file: file.path)
    skipped.sort(key=lambda item: item.path)
    return Tree(root, tuple(files), tuple(skipped), _package(root))


def _package(root: Path) -> str:
    parts: list[str] = []
    folder = root.resolve()
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        parts.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(parts))


def _walk(
    root: Path, exclude: tuple[str, ...], skipped: list[Skipped]
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    real_root = os.path.realpath(root)
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            skipped.append(Skipped(prefix.rstrip("/"), error.strerror or "cannot be listed"))
            continue
        for entry in entries:
            path = _readable(prefix + entry.name)
            if any(fnmatch(path, pattern) for pattern in exclude):
                continue
            if entry.is_dir(follow_symlinks=False):
                reason = _why_skipped(entry)
                if reason is None:
                    folders.append((path + "/", entry.path))
                elif reason:
                    skipped.append(Skipped(path, reason))
            elif _is_inside(entry, real_root):
                yield path, entry


def _readable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()


def _why_skipped(folder: os.DirEntry[str]) -> str | None:
    if folder.name in _SKIPPED_NAMES:
        return _SKIPPED_NAMES[folder.name]
    if folder.name.startswith("."):
        return ""
    if os.path.exists(os.path.join(folder.path, "pyvenv.cfg")):  # noqa: PTH110, PTH118 - hot path
        return "a virtual environment"
    if folder.name == "build" and _is_built(Path(folder.path)):
        return "copies that a build made"
    return None


def _is_built(folder: Path) -> bool:
    """Whether a folder is what setuptools leaves beside a project: the same files once more."""
    beside = (folder.with_name(name) for name in _BUILT_BY)
    return (folder / "lib").is_dir() and any(path.is_file() for path in beside)


def _is_inside(entry: os.DirEntry[str], real_root: str) -> bool:
    if not entry.is_symlink():
        return entry.is_file(follow_symlinks=False)
    target = os.path.realpath(entry.path)
    return target.startswith(real_root + os.sep) and os.path.isfile(target)  # noqa: PTH113 - hot path


def _kind(path: str, location: str) -> str | None:
    if path.endswith(".py"):
        return "python"
    name = path.rpartition("/")[2]
    if name in _MANIFESTS or (
        name.endswith(".txt") and any(fnmatch(path, pattern) for pattern in _REQUIREMENTS)
    ):
        return "requirements"
    if looks_like_template(path, b""):
        return "template"
    if path.endswith((".html", ".htm")) and looks_like_template(path, _head(location)):
        return "template"
    if is_static_script(path):
        return "script"
    return None


def _head(location: str) -> bytes:
    try:
        with open(location, "rb") as file:  # noqa: PTH123 - hot path
            return file.read(HEAD_BYTES)
    except OSError:
        return b""

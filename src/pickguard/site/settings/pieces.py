"""Settings that a module puts together of files, as the package django-split-settings does.

include("components/*.py", f"environments/{env('STAGE')}.py", optional("local.py"))

Each file runs in the module's own names, one after the other.
"""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from pickguard.site.settings.naming import rank
from pickguard.site.symbols.modules import Module
from pickguard.site.symbols.names import External, Names, ValueSymbol
from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import FromEnvironment, default_of
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import put_in, tail
from pickguard.source.python.walk import inside

_PACKAGE = "split_settings"
_INCLUDE = "split_settings.tools.include"
_OPTIONAL = "optional"
_FILE_LIMIT = 200

Value = Callable[[n.Expr], Any]


class Pieces(Struct, frozen=True):
    """The files that an `include(…)` runs, in order; `complete` where they are all in the tree."""

    modules: tuple[Module, ...]
    complete: bool


class _Pattern(Struct, frozen=True):
    """A file, or several.

    Attributes:
        path: below the scanned root, as a glob pattern; None where it cannot be told.
        is_one: whether the environment chooses one of those that the pattern fits.
        is_optional: whether the file may be missing.
    """

    path: str | None
    is_one: bool = False
    is_optional: bool = False


def puts_together(module: Module) -> bool:
    """Whether a module has its settings put together of files."""
    return _PACKAGE in module.record.words and any(
        isinstance(statement, n.Import) and statement.module.partition(".")[0] == _PACKAGE
        for statement in module.record.body
    )


def pieces(names: Names, module: Module, call: n.Call, value: Value) -> Pieces | None:
    """Return what a call runs; None where it is no `include` of settings.

    Args:
        names: what names mean.
        module: where the call stands.
        call: any call.
        value: gives the value of an expression there.
    """
    if tail(call.func) != "include":
        return None
    found = names.resolve(module, call.func)
    if not isinstance(found, External) or found.name != _INCLUDE:
        return None
    patterns = [p for argument in call.args for p in _patterns(names, module, argument, value)]
    chosen: list[Module] = []
    is_complete = True
    for pattern in patterns[:_FILE_LIMIT]:
        fitting = _fitting(names, pattern)
        chosen += fitting
        is_complete = is_complete and (bool(fitting) or _may_miss(pattern))
    return Pieces(tuple(chosen[:_FILE_LIMIT]), is_complete)


def _patterns(names: Names, module: Module, argument: n.Expr, value: Value) -> Iterator[_Pattern]:
    if not isinstance(argument, n.Wrapped) or argument.value is None:
        yield _pattern(module, argument, value)
        return
    listed = value(argument.value)
    found = names.resolve(module, argument.value)
    written = found.value if isinstance(found, ValueSymbol) else argument.value
    known = default_of(listed)
    values = known if isinstance(known, list | tuple) else (None,)
    if isinstance(written, n.Sequence) and len(written.items) == len(values):
        yield from (_pattern(module, item, value) for item in written.items)
    else:
        yield from (_Pattern(_below(module, item)) for item in values)


def _pattern(module: Module, node: n.Expr, value: Value) -> _Pattern:
    if isinstance(node, n.Call) and tail(node.func) == _OPTIONAL and node.args:
        inner = _pattern(module, node.args[0], value)
        return _Pattern(inner.path, inner.is_one, is_optional=True)
    if isinstance(node, n.Joined) and any(map(_is_chosen_outside, map(value, inside(node)))):
        return _Pattern(_below(module, _glob(node, value)), is_one=True)
    return _Pattern(_below(module, default_of(value(node))))


def _is_chosen_outside(found: Any) -> bool:
    return isinstance(found, FromEnvironment)


def _glob(node: n.Joined, value: Value) -> str:
    """Return a text that is put together as a pattern: whatever stands outside the code may be anything."""
    parts = [*map(put_in, node.parts)]
    known = [value(part) for part in parts]
    return "".join(one if isinstance(one, str) else "*" for one in known)


def _below(module: Module, path: Any) -> str | None:
    """Return a path below the scanned root, from one that a module names beside itself."""
    if isinstance(path, TreePath):
        return path.path
    if not isinstance(path, str) or path.startswith("/"):
        return None
    found = posixpath.normpath(posixpath.join(posixpath.dirname(module.path), path))
    return None if found.startswith("..") else found


def _fitting(names: Names, pattern: _Pattern) -> list[Module]:
    """Return the modules that a pattern fits, by name; production's where only one is meant."""
    known = names.modules.by_path
    if pattern.path is None:
        return []
    if pattern.path in known:
        return [known[pattern.path]]
    depth = pattern.path.count("/")
    found = [p for p in sorted(fnmatch.filter(known, pattern.path)) if p.count("/") == depth]
    if pattern.is_one and found:
        return [known[max(found, key=lambda path: rank(posixpath.basename(path)))]]
    return [known[path] for path in found]


def _may_miss(pattern: _Pattern) -> bool:
    """Whether a missing file changes nothing in production: `optional("local.py")`."""
    if not pattern.is_optional or pattern.path is None:
        return False
    return rank(posixpath.basename(pattern.path)) == 0

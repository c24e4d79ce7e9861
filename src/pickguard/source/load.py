"""The bytes of a tree's files, each with the key of its record."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from pickguard.source.cache import digest
from pickguard.source.templates import engine_of_path
from pickguard.source.test_modules import holds_tests
from pickguard.source.tree import SourceFile, Tree

_FILE_LIMIT = 50_000_000
_MARK = b"pickguard:"


class Problem(msgspec.Struct, frozen=True):
    """A file that could not be read, and why."""

    path: str
    reason: str


class Job(msgspec.Struct, frozen=True):
    """A file with its bytes, and the key of its record."""

    file: SourceFile
    digest: bytes
    data: bytes


class Loaded(msgspec.Struct, frozen=True):
    """The bytes of a tree's files.

    Attributes:
        unreadable: the files that could not be opened.
        tests: how many modules of tests were left aside.
    """

    jobs: tuple[Job, ...]
    unreadable: tuple[Problem, ...]
    tests: int = 0

    @property
    def marked(self) -> tuple[str, ...]:
        """The files that hold a word to Pickguard."""
        return tuple(job.file.path for job in self.jobs if _MARK in job.data)


def load(tree: Tree, *, tests: bool = True) -> Loaded:
    """Return the bytes of a tree's files; `tests` asks for modules of tests as well."""
    found = [_load(tree.root, file, tests=tests) for file in tree.files]
    return Loaded(
        tuple(item for item in found if isinstance(item, Job)),
        tuple(item for item in found if isinstance(item, Problem)),
        found.count(None),
    )


def _load(root: Path, file: SourceFile, *, tests: bool) -> Job | Problem | None:
    """Return a file's bytes, or why there are none; None for a module of tests that is not wanted."""
    path = f"{root}{os.sep}{file.path}"
    try:
        with open(path, "rb") as opened:  # noqa: PTH123 - hot path
            if os.fstat(opened.fileno()).st_size > _FILE_LIMIT:
                return Problem(file.path, f"larger than {_FILE_LIMIT // 1_000_000} MB")
            data = opened.read(_FILE_LIMIT + 1)
    except OSError as error:
        return Problem(file.path, error.strerror or "cannot be opened")
    if not tests and file.kind == "python" and holds_tests(file.path, data):
        return None
    return Job(file, digest(data, _salt(file)), data)


def _salt(file: SourceFile) -> str:
    """Return what a record depends on beside the file's bytes."""
    if file.kind == "template":
        return f"{file.kind}{engine_of_path(file.path) or ''}"
    return file.kind + ("" if file.kind == "python" else file.path[-12:])

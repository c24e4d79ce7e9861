"""The bytes of a tree's files, each with the key of its record."""

from __future__ import annotations

import os

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
    """A file to read, and the key of its record.

    Attributes:
        is_marked: whether the file holds a word to Pickguard.
    """

    file: SourceFile
    digest: bytes
    is_marked: bool = False


class Loaded(msgspec.Struct, frozen=True):
    """The bytes of a tree's files.

    Attributes:
        contents: the bytes by path; they are let go of once the files are read.
        unreadable: the files that could not be opened.
        tests: how many modules of tests were left aside.
    """

    jobs: tuple[Job, ...]
    contents: dict[str, bytes]
    unreadable: tuple[Problem, ...] = ()
    tests: int = 0

    def only(self, job: Job) -> Loaded:
        """Return one file of them alone."""
        return Loaded((job,), {job.file.path: self.contents[job.file.path]})

    @property
    def marked(self) -> tuple[str, ...]:
        """The files that hold a word to Pickguard."""
        return tuple(job.file.path for job in self.jobs if job.is_marked)


def load(tree: Tree, *, tests: bool = True) -> Loaded:
    """Return the bytes of a tree's files; `tests` asks for modules of tests as well."""
    jobs: list[Job] = []
    contents: dict[str, bytes] = {}
    unreadable: list[Problem] = []
    left = 0
    for file in tree.files:
        data = _bytes(f"{tree.root}{os.sep}{file.path}")
        if isinstance(data, str):
            unreadable.append(Problem(file.path, data))
        elif not tests and file.kind == "python" and holds_tests(file.path, data):
            left += 1
        else:
            jobs.append(Job(file, digest(data, _salt(file)), _MARK in data))
            contents[file.path] = data
    return Loaded(tuple(jobs), contents, tuple(unreadable), left)


def _bytes(path: str) -> bytes | str:
    """Return a file's bytes, or why there are none."""
    try:
        with open(path, "rb") as opened:  # noqa: PTH123 - hot path
            if os.fstat(opened.fileno()).st_size > _FILE_LIMIT:
                return f"larger than {_FILE_LIMIT // 1_000_000} MB"
            return opened.read(_FILE_LIMIT + 1)
    except OSError as error:
        return error.strerror or "cannot be opened"


def _salt(file: SourceFile) -> str:
    """Return what a record depends on beside the file's bytes."""
    if file.kind == "template":
        return f"{file.kind}{engine_of_path(file.path) or ''}"
    return file.kind + (file.path[-12:] if file.kind == "requirements" else "")

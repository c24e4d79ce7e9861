"""A tree of files becomes records: from the cache where they are known, else made in parallel."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from pickguard.source.cache import RecordCache, digest
from pickguard.source.python.reader import PythonRecord, read_python
from pickguard.source.requirements import RequirementsRecord, read_requirements
from pickguard.source.templates import TemplateRecord, engine_of_path, read_template
from pickguard.source.test_modules import holds_tests
from pickguard.source.tree import SourceFile, Tree
from pickguard.source.unreadable import Unreadable

_PARALLEL_FROM_BYTES = 3_000_000
_CHUNK_BYTES = 400_000
_FILE_LIMIT = 50_000_000


class Problem(msgspec.Struct, frozen=True):
    """A file that could not be read, and why."""

    path: str
    reason: str


class Records(msgspec.Struct, frozen=True):
    """What a tree holds, by path below its root.

    `reused` counts records from the cache.
    """

    python: dict[str, PythonRecord]
    templates: dict[str, TemplateRecord]
    requirements: dict[str, RequirementsRecord]
    unreadable: tuple[Problem, ...]
    reused: int = 0


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


_encode = msgspec.msgpack.Encoder().encode
_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "python": msgspec.msgpack.Decoder(PythonRecord).decode,
    "template": msgspec.msgpack.Decoder(TemplateRecord).decode,
    "requirements": msgspec.msgpack.Decoder(RequirementsRecord).decode,
}
_ByKind: TypeAlias = dict[str, dict[str, Any]]
_MARK = b"pickguard:"


def load(tree: Tree, *, tests: bool = True) -> Loaded:
    """Return the bytes of a tree's files; `tests` asks for modules of tests as well."""
    found = [_load(tree.root, file, tests=tests) for file in tree.files]
    return Loaded(
        tuple(item for item in found if isinstance(item, Job)),
        tuple(item for item in found if isinstance(item, Problem)),
        found.count(None),
    )


def read(
    loaded: Loaded,
    *,
    jobs: int = 1,
    cache: RecordCache | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> Records:
    """Return the records of a tree's files; the result is the same for any number of jobs.

    Args:
        loaded: the files.
        jobs: processes to use, at most.
        cache: where records are kept between scans, or None.
        advance: told how many more files are done.
    """
    work, unreadable = loaded.jobs, list(loaded.unreadable)
    known = cache.get(job.digest for job in work) if cache else {}
    records: _ByKind = {kind: {} for kind in _DECODERS}
    missing = _reuse(work, known, records)
    advance(len(work) - len(missing))
    fresh: dict[bytes, bytes] = {}
    for job, made in _make_all(missing, jobs, advance):
        if isinstance(made, str):
            unreadable.append(Problem(job.file.path, made))
            continue
        is_encoded = isinstance(made, bytes)
        kind = job.file.kind
        records[kind][job.file.path] = _DECODERS[kind](made) if is_encoded else made
        if cache:
            fresh[job.digest] = made if is_encoded else _encode(made)
    if cache:
        cache.put(fresh)
    unreadable.sort(key=lambda problem: problem.path)
    return Records(
        _sorted(records["python"]),
        _sorted(records["template"]),
        _sorted(records["requirements"]),
        tuple(unreadable),
        len(work) - len(missing),
    )


def _reuse(work: Sequence[Job], known: Mapping[bytes, bytes], records: _ByKind) -> list[Job]:
    """Put the known records among the records; return the jobs that have none."""
    missing: list[Job] = []
    for job in work:
        record = _decoded(job.file.kind, known.get(job.digest))
        if record is None:
            missing.append(job)
        else:
            records[job.file.kind][job.file.path] = record
    return missing


def _sorted(records: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(records.items()))


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


def _decoded(kind: str, data: bytes | None) -> Any:
    if data is None:
        return None
    try:
        return _DECODERS[kind](data)
    except msgspec.DecodeError:
        return None


def _make_all(
    work: Sequence[Job], jobs: int, advance: Callable[[int], None]
) -> Iterator[tuple[Job, Any]]:
    """Yield each job with its record, its encoded record where another process made it, or why not."""
    chunks = list(_chunks(work))
    if jobs > 1 and sum(len(job.data) for job in work) >= _PARALLEL_FROM_BYTES:
        made: Iterable[list[Any]] = _in_processes(chunks, jobs)
    else:
        made = map(_make_chunk, chunks)
    for chunk, results in zip(chunks, made, strict=True):
        yield from zip(chunk, results, strict=True)
        advance(len(chunk))


def _in_processes(chunks: list[list[Job]], jobs: int) -> Iterator[list[Any]]:
    # NOTE: imported here, since a small tree needs no processes and a fast start
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    try:
        with ProcessPoolExecutor(max_workers=jobs) as pool:
            for results in pool.map(_encoded_chunk, chunks):
                yield results
                done += 1
    except BrokenProcessPool:
        # NOTE: a worker was killed, most often for memory; one process needs less
        yield from map(_make_chunk, chunks[done:])


def _chunks(work: Iterable[Job]) -> Iterator[list[Job]]:
    chunk: list[Job] = []
    size = 0
    for job in work:
        chunk.append(job)
        size += len(job.data)
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _encoded_chunk(chunk: list[Job]) -> list[bytes | str]:
    return [made if isinstance(made, str) else _encode(made) for made in _make_chunk(chunk)]


def _make_chunk(chunk: list[Job]) -> list[Any]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return [_make(job) for job in chunk]
    finally:
        if was_enabled:
            gc.enable()


def _make(job: Job) -> Any:
    """Return the record of a file, or the reason why there is none."""
    try:
        if job.file.kind == "python":
            return read_python(job.data)
        if job.file.kind == "template":
            return read_template(job.data, job.file.path)
        return read_requirements(job.data, job.file.path)
    except Unreadable as error:
        return error.reason
    except RecursionError:
        return "nested too deeply"

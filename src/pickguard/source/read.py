"""The files of a tree become records: from the cache where they are known, else made in parallel."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from pickguard.source.cache import RecordCache
from pickguard.source.load import Job, Loaded, Problem
from pickguard.source.python.reader import PythonRecord, read_python
from pickguard.source.requirements import RequirementsRecord, read_requirements
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates.reader import read_template
from pickguard.source.unreadable import Unreadable

_PARALLEL_FROM_BYTES = 3_000_000
_CHUNK_BYTES = 400_000


class Records(msgspec.Struct, frozen=True):
    """What a tree holds, by path below its root.

    `reused` counts records from the cache.
    """

    python: dict[str, PythonRecord]
    templates: dict[str, TemplateRecord]
    requirements: dict[str, RequirementsRecord]
    unreadable: tuple[Problem, ...]
    reused: int = 0


_encode = msgspec.msgpack.Encoder().encode
_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "python": msgspec.msgpack.Decoder(PythonRecord).decode,
    "template": msgspec.msgpack.Decoder(TemplateRecord).decode,
    "requirements": msgspec.msgpack.Decoder(RequirementsRecord).decode,
}
_ByKind: TypeAlias = dict[str, dict[str, Any]]


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
        record = decoded(job.file.kind, known.get(job.digest))
        if record is None:
            missing.append(job)
        else:
            records[job.file.kind][job.file.path] = record
    return missing


def _sorted(records: dict[str, Any]) -> dict[str, Any]:
    return dict(sorted(records.items()))


def decoded(kind: str, data: bytes | None) -> Any:
    """Return the record of a kind of file that was kept as bytes; None where it is damaged."""
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

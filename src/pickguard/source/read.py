"""The files of a tree become records: from the cache where they are known, else made in parallel."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

import msgspec

from pickguard.base.workers import in_order
from pickguard.source.cache import RecordCache
from pickguard.source.load import Job, Loaded, Problem
from pickguard.source.python.reader import PythonRecord, read_python
from pickguard.source.requirements import RequirementsRecord, read_requirements
from pickguard.source.scripts import ScriptRecord, read_script
from pickguard.source.templates import TemplateRecord
from pickguard.source.templates.reader import read_template
from pickguard.source.tree import SourceFile
from pickguard.source.unreadable import Unreadable

_PARALLEL_FROM_BYTES = 3_000_000
_CHUNK_BYTES = 400_000
_BATCH = 500


class Records(msgspec.Struct, frozen=True):
    """What a tree holds, by path below its root.

    `reused` counts records from the cache.
    """

    python: dict[str, PythonRecord]
    templates: dict[str, TemplateRecord]
    scripts: dict[str, ScriptRecord]
    requirements: dict[str, RequirementsRecord]
    unreadable: tuple[Problem, ...]
    reused: int = 0


_encode = msgspec.msgpack.Encoder().encode
_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "python": msgspec.msgpack.Decoder(PythonRecord).decode,
    "template": msgspec.msgpack.Decoder(TemplateRecord).decode,
    "script": msgspec.msgpack.Decoder(ScriptRecord).decode,
    "requirements": msgspec.msgpack.Decoder(RequirementsRecord).decode,
}
_ByKind: TypeAlias = dict[str, dict[str, Any]]
_Work: TypeAlias = tuple[Job, bytes]
"""A file that has no record yet, and its bytes."""


def read(
    loaded: Loaded,
    *,
    jobs: int = 1,
    cache: RecordCache | None = None,
    advance: Callable[[int], None] = lambda _count: None,
) -> Records:
    """Return the records of a tree's files; the result is the same for any number of jobs.

    Args:
        loaded: the files; their bytes are let go of, since the records stand for them from here on.
        jobs: processes to use, at most.
        cache: where records are kept between scans, or None.
        advance: told how many more files are done.
    """
    unreadable = list(loaded.unreadable)
    records: _ByKind = {kind: {} for kind in _DECODERS}
    missing = _reuse(loaded, cache, records)
    reused = len(loaded.jobs) - len(missing)
    loaded.contents.clear()
    advance(reused)
    for chunk in _make_all(missing, jobs, advance):
        unreadable += [Problem(job.file.path, made) for job, made in chunk if isinstance(made, str)]
        fresh = [(job, made) for job, made in chunk if not isinstance(made, str)]
        _take(fresh, records)
        if cache:
            cache.put({job.digest: _encoded(made) for job, made in fresh})
    unreadable.sort(key=lambda problem: problem.path)
    return Records(
        _sorted(records["python"]),
        _sorted(records["template"]),
        _sorted(records["script"]),
        _sorted(records["requirements"]),
        tuple(unreadable),
        reused,
    )


def _reuse(loaded: Loaded, cache: RecordCache | None, records: _ByKind) -> list[_Work]:
    """Put the known records among the records; return the files that have none."""
    missing: list[_Work] = []
    for start in range(0, len(loaded.jobs), _BATCH):
        jobs = loaded.jobs[start : start + _BATCH]
        known = cache.get(job.digest for job in jobs) if cache else {}
        for job in jobs:
            record = decoded(job.file.kind, known.get(job.digest))
            if record is None:
                missing.append((job, loaded.contents[job.file.path]))
            else:
                records[job.file.kind][job.file.path] = record
    return missing


def _take(fresh: Iterable[tuple[Job, Any]], records: _ByKind) -> None:
    """Put new records among the records."""
    for job, made in fresh:
        kind = job.file.kind
        record = _DECODERS[kind](made) if isinstance(made, bytes) else made
        records[kind][job.file.path] = record


def _encoded(made: Any) -> bytes:
    return made if isinstance(made, bytes) else _encode(made)


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
    work: Sequence[_Work], jobs: int, advance: Callable[[int], None]
) -> Iterator[list[tuple[Job, Any]]]:
    """Yield jobs with their records, encoded ones where another process made them, or why not."""
    chunks = list(_chunks(work))
    if jobs > 1 and sum(len(data) for _job, data in work) >= _PARALLEL_FROM_BYTES:
        made: Iterable[list[Any]] = in_order(_encoded_chunk, chunks, jobs)
    else:
        made = map(_make_chunk, chunks)
    for chunk, results in zip(chunks, made, strict=True):
        jobs_done = [job for job, _data in chunk]
        yield list(zip(jobs_done, results, strict=True))
        advance(len(chunk))


def _chunks(work: Iterable[_Work]) -> Iterator[list[_Work]]:
    chunk: list[_Work] = []
    size = 0
    for job, data in work:
        chunk.append((job, data))
        size += len(data)
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _encoded_chunk(chunk: list[_Work]) -> list[bytes | str]:
    return [made if isinstance(made, str) else _encode(made) for made in _make_chunk(chunk)]


def _make_chunk(chunk: list[_Work]) -> list[Any]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return [_make(job.file, data) for job, data in chunk]
    finally:
        if was_enabled:
            gc.enable()


def _make(file: SourceFile, data: bytes) -> Any:
    """Return the record of a file, or the reason why there is none."""
    try:
        if file.kind == "python":
            return read_python(data)
        if file.kind == "template":
            return read_template(data, file.path)
        if file.kind == "script":
            return read_script(data)
        return read_requirements(data, file.path)
    except Unreadable as error:
        return error.reason
    except RecursionError:
        return "nested too deeply"

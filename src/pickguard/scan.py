"""The main job, read as a table of contents: find the files, ask the rules, settle, report.

What takes long to load is imported where it is needed: where nothing has changed, nothing of it is.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pickguard.base.config import Config
from pickguard.base.errors import NothingToReadError
from pickguard.base.progress import Progress, Silent
from pickguard.findings import baseline as baselines
from pickguard.findings import rulebook, suppression
from pickguard.findings.outcome import Outcome
from pickguard.findings.result import LessonInfo, ScanResult, Skipped
from pickguard.findings.rulebook import Rulebook
from pickguard.findings.selection import Selection, selection
from pickguard.findings.settle import Scope, Settled, settle
from pickguard.findings.watch import Watch
from pickguard.known import Last
from pickguard.source.cache import RecordCache, cache_folder
from pickguard.source.load import Loaded, load
from pickguard.source.tree import Tree, discover


def scan(
    root: Path,
    *,
    config: Config,
    jobs: int = 1,
    cache: bool = True,
    progress: Progress | None = None,
) -> ScanResult:
    """Return everything that Pickguard has to say about a folder or a file.

    Args:
        root: what to scan.
        config: what the project, or the command line, asks for.
        jobs: processes to work in.
        cache: whether records may be kept between scans.
        progress: told of each stage.

    Raises:
        NothingToReadError: there is neither Python nor a template.
        ConfigurationError: the configuration names a rule, lesson or module that is not there.
    """
    watch = Watch(progress or Silent())
    with _without_collector(), _opened(cache=cache) as store:
        book = _rulebook(store)
        chosen = selection(config, book.lesson_of)
        wanted = [rule.id for rule in book.rules if chosen.wants(rule.id, rule.lesson)]
        tree, loaded = _files(root, config, watch)
        found, is_kept = _outcome(tree, loaded, wanted, config, jobs, store, watch)
        settled = _settle(found, tree, loaded, config, chosen, book)
    return _result(tree, loaded, found, settled, book, watch, kept=is_kept)


def surface(
    root: Path,
    *,
    config: Config,
    jobs: int = 1,
    cache: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the map of a site as the object that `pickguard surface --format json` prints."""
    from pickguard import check

    watch = Watch(progress or Silent())
    with _without_collector(), _opened(cache=cache) as store:
        tree, loaded = _files(root, config, watch)
        return check.surface(tree, loaded, config, jobs=jobs, store=store, watch=watch)


@contextmanager
def _opened(*, cache: bool) -> Iterator[RecordCache | None]:
    store = RecordCache(cache_folder()) if cache else None
    try:
        yield store
    finally:
        if store:
            store.close()


def _rulebook(store: RecordCache | None) -> Rulebook:
    known = rulebook.recall(store) if store else None
    if known is not None:
        return known
    from pickguard import check

    book = check.rulebook()
    if store:
        rulebook.keep(store, book)
    return book


def _files(root: Path, config: Config, watch: Watch) -> tuple[Tree, Loaded]:
    """Return the files of a tree, and their bytes.

    Raises:
        NothingToReadError: there is neither Python nor a template.
    """
    with watch.stage("finding files"):
        tree = discover(root, config.exclude)
        # a module of tests that is named by itself is wanted
        tests = "tests" in config.include or len(tree.files) == 1
        loaded = load(tree, tests=tests)
    if not any(file.kind in ("python", "template") for file in tree.files):
        skipped = ", ".join(folder.path for folder in tree.skipped[:5])
        raise NothingToReadError(
            "there is neither Python nor a template to read",
            where=str(root),
            way_out=f"Skipped: {skipped}." if skipped else "Name the folder of a Django project.",
        )
    return tree, loaded


def _outcome(
    tree: Tree,
    loaded: Loaded,
    wanted: Collection[str],
    config: Config,
    jobs: int,
    store: RecordCache | None,
    watch: Watch,
) -> tuple[Outcome, bool]:
    """Return what the rules say, and whether that was kept since they looked at the same."""
    last = Last(tree, loaded, list(wanted), config, store) if store else None
    known = last.outcome() if last else None
    if known is not None:
        watch.count("records reused", len(loaded.jobs))
        return known, True
    from pickguard import check

    found = check.outcome(tree, loaded, wanted, config, jobs=jobs, store=store, watch=watch)
    if last:
        last.keep(found)
    return found, False


def _settle(
    found: Outcome,
    tree: Tree,
    loaded: Loaded,
    config: Config,
    chosen: Selection,
    book: Rulebook,
) -> Settled:
    suppressions = {
        path: suppression.read(text, python=path.endswith(".py"))
        for path in loaded.marked
        if (text := _text(tree.root / path))
    }
    path, prefix = baselines.location(config, tree.root)
    known = baselines.read(path)
    scope = Scope(
        root=tree.root,
        paths=frozenset(file.path for file in tree.files),
        rules=book.lesson_of,
        selection=chosen,
        suppressions=suppressions,
        baseline=known,
        prefix=prefix,
        secret=book.quoting_secrets,
    )
    return settle(list(found.findings), scope)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _result(
    tree: Tree,
    loaded: Loaded,
    found: Outcome,
    settled: Settled,
    book: Rulebook,
    watch: Watch,
    *,
    kept: bool,
) -> ScanResult:
    return ScanResult(
        root=str(tree.root),
        duration_s=watch.seconds(),
        files=msgspec.structs.replace(found.files, tests=loaded.tests),
        skipped=tuple(Skipped(s.path, s.reason) for s in tree.skipped),
        findings=settled.findings,
        lessons=(*book.lessons, LessonInfo(suppression.LESSON, suppression.TITLE)),
        rules=(*book.rules, *suppression.RULES),
        hidden=settled.hidden,
        left_out=found.left_out,
        baseline=settled.baseline,
        mended=settled.mended,
        stats=tuple(watch.stats),
        faults=found.faults,
        unfollowed=found.unfollowed,
        production=found.production,
        uses_django=found.uses_django,
        kept=kept,
    )


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the cyclic collector off: records hold no cycles, and it would walk them all."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

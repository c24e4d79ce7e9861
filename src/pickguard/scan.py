"""The main job, read as a table of contents: read, link, run the rules, settle, report."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError, NothingToReadError, Problem
from pickguard.base.progress import Progress, Silent
from pickguard.base.spans import unpack
from pickguard.findings import baseline as baselines
from pickguard.findings import outcome as outcomes
from pickguard.findings import suppression
from pickguard.findings.model import Finding
from pickguard.findings.outcome import Outcome
from pickguard.findings.result import (
    FaultInfo,
    FileCounts,
    LessonInfo,
    RuleInfo,
    ScanResult,
    Skipped,
    Stat,
    Unreadable,
)
from pickguard.findings.selection import Selection, selection
from pickguard.findings.settle import Scope, Settled, settle
from pickguard.flow.catalog import Catalog, CatalogError, of_project
from pickguard.kit import Project, Rule, lessons
from pickguard.kit.findings import Sources, finding
from pickguard.kit.run import Failure, run
from pickguard.kit.served import kind_of_path
from pickguard.site.link import Site, link
from pickguard.source.cache import RecordCache, cache_folder
from pickguard.source.read import Loaded, Records, load, read
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
        jobs: processes to read with.
        cache: whether records may be kept between scans.
        progress: told of each stage.

    Raises:
        NothingToReadError: there is neither Python nor a template.
        ConfigurationError: the configuration names a rule, lesson or module that is not there.
    """
    watch = _Watch(progress or Silent())
    rules = all_rules()
    chosen = selection(config, {rule.id: rule.lesson for rule in rules})
    wanted = [rule for rule in rules if chosen.wants(rule.id, rule.lesson)]
    with _without_collector(), _opened(cache=cache) as store:
        tree, loaded = find_files(root, config, watch)
        found = _outcome(tree, loaded, wanted, config, jobs, store, watch)
        kept, left_out = _serving(found, config)
        settled = _settle(kept, tree, loaded, config, chosen)
    files = msgspec.structs.replace(found.files, tests=loaded.tests)
    result = _result(tree, files, found.faults, settled, left_out, watch)
    return msgspec.structs.replace(result, unfollowed=found.unfollowed)


@contextmanager
def _opened(*, cache: bool) -> Iterator[RecordCache | None]:
    store = RecordCache(cache_folder()) if cache else None
    try:
        yield store
    finally:
        if store:
            store.close()


def find_files(root: Path, config: Config, watch: _Watch) -> tuple[Tree, Loaded]:
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


def _records(loaded: Loaded, jobs: int, store: RecordCache | None, watch: _Watch) -> Records:
    with watch.stage("reading", len(loaded.jobs)):
        return read(loaded, jobs=jobs, cache=store, advance=watch.progress.advance)


def _outcome(
    tree: Tree,
    loaded: Loaded,
    rules: list[Rule],
    config: Config,
    jobs: int,
    store: RecordCache | None,
    watch: _Watch,
) -> Outcome:
    """Return what the rules say, from the cache where nothing has changed since they said it."""
    key = outcomes.key(
        [(job.file.path, job.digest) for job in loaded.jobs],
        [(problem.path, problem.reason) for problem in loaded.unreadable],
        [tree.package, tree.root.resolve().name],
        [rule.id for rule in rules],
        [config.include, config.settings, repr(config.flow)],
    )
    known = outcomes.recall(store, tree.root, key) if store else None
    if known is not None:
        watch.stats.append(Stat("records reused", len(loaded.jobs), ""))
        return known
    records = _records(loaded, jobs, store, watch)
    project = link_project(tree, records, config, watch)
    found, faults = _run(rules, project, tree, watch)
    watch.stats.append(Stat("records reused", records.reused, ""))
    outcome = Outcome(
        tuple(found),
        tuple(faults),
        _counts(records),
        tuple(sorted(project.app_folders)),
        tuple(sorted(project.flow.gave_up)),
    )
    if store:
        outcomes.keep(store, tree.root, key, outcome)
    return outcome


def _counts(records: Records) -> FileCounts:
    lines = sum(record.lines for record in records.python.values())
    return FileCounts(
        python=len(records.python),
        template=len(records.templates),
        lines=lines + sum(record.lines for record in records.templates.values()),
        unreadable=tuple(sorted(_unreadable(records), key=lambda item: item.path)),
    )


def link_project(tree: Tree, records: Records, config: Config, watch: _Watch) -> Project:
    """Return the project that rules look at."""
    with watch.stage("linking"):
        site = link(
            records.python,
            package=tree.package,
            folder=tree.root.resolve().name,
            settings_module=next(iter(config.settings), None),
        )
        missing = [name for name in config.settings if not _has_settings(site, name)]
        if missing:
            raise ConfigurationError(
                [Problem(f"`{name}` in settings names no settings module") for name in missing]
            )
        return Project(
            site,
            records.templates,
            records.requirements,
            frozenset(config.include),
            catalog_of(config),
        )


def catalog_of(config: Config) -> Catalog:
    """Return what is known of libraries, and what the project says of its own functions.

    Raises:
        ConfigurationError: with every mistake in `[tool.pickguard.flow]`.
    """
    try:
        return of_project(config.flow)
    except CatalogError as error:
        where = f"{config.origin}: [tool.pickguard.flow]"
        raise ConfigurationError(
            [Problem(line.removeprefix("flow: "), where) for line in str(error).splitlines()]
        ) from None


def _has_settings(site: Site, name: str) -> bool:
    return any(name in (settings.name, settings.module.name) for settings in site.settings)


def all_rules() -> tuple[Rule, ...]:
    """Return the rules of all lessons."""
    return tuple(rule for lesson in lessons().values() for rule in lesson.rules)


def _run(
    rules: list[Rule], project: Project, tree: Tree, watch: _Watch
) -> tuple[list[Finding], list[FaultInfo]]:
    sources = Sources(tree.root)
    found: list[Finding] = []
    faults: list[FaultInfo] = []
    with watch.stage("checking"):
        for item in run(rules, project):
            if isinstance(item, Failure):
                faults.append(FaultInfo(f"{item.rule} in {item.where}", item.message))
            else:
                found.append(finding(*item, sources))
    return found, faults


def _serving(outcome: Outcome, config: Config) -> tuple[list[Finding], dict[str, int]]:
    """Split off the findings in files that a running site does not execute."""
    kept: list[Finding] = []
    left_out: dict[str, int] = {}
    for item in outcome.findings:
        kind = kind_of_path(item.places[0].path, outcome.apps)
        if kind is None or kind in config.include:
            kept.append(item)
        else:
            left_out[kind] = left_out.get(kind, 0) + 1
    return kept, left_out


def _settle(
    found: list[Finding],
    tree: Tree,
    loaded: Loaded,
    config: Config,
    chosen: Selection,
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
        rules={rule.id: rule.lesson for rule in all_rules()},
        selection=chosen,
        suppressions=suppressions,
        baseline=known,
        prefix=prefix,
    )
    return settle(found, scope)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def _unreadable(records: Records) -> Iterator[Unreadable]:
    """Yield the files that could not be read, and the templates that could be only in part."""
    for problem in records.unreadable:
        yield Unreadable(problem.path, problem.reason)
    for path, record in records.templates.items():
        if record.problems:
            first, more = record.problems[0], len(record.problems) - 1
            reason = first.message + (f", and {more} more" if more else "")
            yield Unreadable(path, reason, unpack(first.span).line)


def _result(
    tree: Tree,
    files: FileCounts,
    faults: tuple[FaultInfo, ...],
    settled: Settled,
    left_out: dict[str, int],
    watch: _Watch,
) -> ScanResult:
    return ScanResult(
        root=str(tree.root),
        duration_s=watch.seconds(),
        files=files,
        skipped=tuple(Skipped(s.path, s.reason) for s in tree.skipped),
        findings=settled.findings,
        lessons=(
            *(LessonInfo(x.id, x.title, x.areas) for x in lessons().values()),
            LessonInfo(suppression.LESSON, suppression.TITLE),
        ),
        rules=(*(_rule_info(rule) for rule in all_rules()), *suppression.RULES),
        hidden=settled.hidden,
        left_out=left_out,
        baseline=settled.baseline,
        mended=settled.mended,
        stats=tuple(watch.stats),
        faults=faults,
    )


def _rule_info(rule: Rule) -> RuleInfo:
    section = lessons()[rule.lesson].page.section(rule.id)
    return RuleInfo(
        rule.id, rule.lesson, rule.title, rule.severity, rule.cwe, section.text if section else ""
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


class _Watch:
    """Times the stages and passes them on to whoever shows progress."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.stats: list[Stat] = []
        self._start = time.perf_counter()

    @contextmanager
    def stage(self, name: str, total: int = 0) -> Iterator[None]:
        """Time one stage."""
        self.progress.stage(name, total)
        start = time.perf_counter()
        try:
            yield
        finally:
            self.stats.append(Stat(name, round(time.perf_counter() - start, 3)))

    def seconds(self) -> float:
        """Return the time since the start."""
        return round(time.perf_counter() - self._start, 3)


def surface(
    root: Path,
    *,
    config: Config,
    jobs: int = 1,
    cache: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Return the map of a site as the object that `pickguard surface --format json` prints."""
    from pickguard.site.surface import describe

    watch = _Watch(progress or Silent())
    with _without_collector(), _opened(cache=cache) as store:
        tree, loaded = find_files(root, config, watch)
        records = _records(loaded, jobs, store, watch)
        project = link_project(tree, records, config, watch)
        return describe(project.site)

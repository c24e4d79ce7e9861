"""From files to what the rules say of them: read, link, run the rules. It takes most of a scan."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

from pickguard.base.config import Config
from pickguard.base.errors import ConfigurationError, Problem
from pickguard.base.spans import unpack
from pickguard.base.workers import can_copy
from pickguard.findings.model import Finding
from pickguard.findings.outcome import Outcome
from pickguard.findings.result import FaultInfo, FileCounts, LessonInfo, RuleInfo, Unreadable
from pickguard.findings.rulebook import Rulebook
from pickguard.findings.sources import Sources
from pickguard.findings.watch import Watch
from pickguard.flow.catalog import Catalog, CatalogError, of_project
from pickguard.kit import Lesson, Project, Rule, lessons
from pickguard.kit.findings import finding
from pickguard.kit.run import Failure, run
from pickguard.site.link import Site, link
from pickguard.site.surface import describe
from pickguard.source.cache import RecordCache
from pickguard.source.load import Loaded
from pickguard.source.read import Records, read
from pickguard.source.tree import Tree

_PARALLEL_FROM_LINES = 20_000
_MOST_ASKING = 4
_Told: TypeAlias = tuple[Finding, tuple[int, ...]]
"""A finding with the spans of its places, then those of its flow."""


def rulebook() -> Rulebook:
    """Return what there is to say about all lessons and rules."""
    found = lessons().values()
    return Rulebook(
        tuple(LessonInfo(lesson.id, lesson.title, lesson.areas) for lesson in found),
        tuple(_rule_info(rule, lesson) for lesson in found for rule in lesson.rules),
    )


def _rule_info(rule: Rule, lesson: Lesson) -> RuleInfo:
    section = lesson.page.section(rule.id)
    words = section.text if section else ""
    return RuleInfo(
        rule.id, rule.lesson, rule.title, rule.severity, rule.cwe, words, rule.quotes_secret
    )


def outcome(
    tree: Tree,
    loaded: Loaded,
    wanted: Collection[str],
    config: Config,
    *,
    jobs: int,
    store: RecordCache | None,
    watch: Watch,
) -> Outcome:
    """Return what the rules say.

    Args:
        tree: the files.
        loaded: their bytes.
        wanted: the ids of the rules.
        config: what the project, or the command line, asks for.
        jobs: processes to work in.
        store: where records are kept between scans, or None.
        watch: told of each stage.

    Raises:
        ConfigurationError: the configuration names a module or a function that is not there.
    """
    records = _records(loaded, jobs, store, watch)
    project = link_project(tree, records, config, watch)
    found, faults = _run(wanted, project, tree, _processes(records, jobs), watch)
    kept, left_out = _serving(found, project)
    watch.count("records reused", records.reused)
    return Outcome(
        tuple(item for item, _spans in kept),
        tuple(faults),
        _counts(records),
        left_out,
        tuple(sorted(project.flow.gave_up)),
        tuple(spans for _item, spans in kept),
        project.production.module.path if project.production is not None else "",
        _uses_django(records),
    )


def surface(
    tree: Tree,
    loaded: Loaded,
    config: Config,
    *,
    jobs: int,
    store: RecordCache | None,
    watch: Watch,
) -> dict[str, Any]:
    """Return the map of a site as the object that `pickguard surface --format json` prints."""
    records = _records(loaded, jobs, store, watch)
    return describe(link_project(tree, records, config, watch).site)


def _records(loaded: Loaded, jobs: int, store: RecordCache | None, watch: Watch) -> Records:
    with watch.stage("reading", len(loaded.jobs)):
        return read(loaded, jobs=jobs, cache=store, advance=watch.progress.advance)


def link_project(tree: Tree, records: Records, config: Config, watch: Watch) -> Project:
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
            records.scripts,
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


def _processes(records: Records, jobs: int) -> int:
    """Return in how many processes to ask the rules: each keeps a good part of the project for itself."""
    lines = sum(record.lines for record in records.python.values())
    return min(jobs, _MOST_ASKING) if lines >= _PARALLEL_FROM_LINES and can_copy() else 1


def _run(
    wanted: Collection[str], project: Project, tree: Tree, jobs: int, watch: Watch
) -> tuple[list[_Told], list[FaultInfo]]:
    sources = Sources(tree.root)
    found: list[_Told] = []
    faults: list[FaultInfo] = []
    with watch.stage("checking"):
        rules = [rule for lesson in lessons().values() for rule in lesson.rules]
        for item in run([rule for rule in rules if rule.id in wanted], project, jobs=jobs):
            if isinstance(item, Failure):
                faults.append(FaultInfo(f"{item.rule} in {item.where}", item.message))
            else:
                _rule, hit = item
                spans = tuple(spot.span for spot in (*hit.spots, *hit.flow))
                found.append((finding(*item, sources), spans))
    return found, faults


def _serving(found: list[_Told], project: Project) -> tuple[list[_Told], dict[str, int]]:
    """Split off the findings in files that a running site does not execute."""
    kept: list[_Told] = []
    left_out: dict[str, int] = {}
    for item, spans in found:
        kind = project.kind_of_path(item.places[0].path)
        if kind is None or kind in project.include:
            kept.append((item, spans))
        else:
            left_out[kind] = left_out.get(kind, 0) + 1
    return kept, left_out


def _uses_django(records: Records) -> bool:
    return bool(records.templates) or any("django" in r.words for r in records.python.values())


def _counts(records: Records) -> FileCounts:
    lines = sum(record.lines for record in records.python.values())
    return FileCounts(
        python=len(records.python),
        template=len(records.templates),
        script=len(records.scripts),
        lines=lines
        + sum(record.lines for record in records.templates.values())
        + sum(record.lines for record in records.scripts.values()),
        unreadable=tuple(sorted(_unreadable(records), key=lambda item: item.path)),
    )


def _unreadable(records: Records) -> Iterator[Unreadable]:
    """Yield the files that could not be read, and the templates that could be only in part."""
    for problem in records.unreadable:
        yield Unreadable(problem.path, problem.reason)
    for path, record in records.templates.items():
        if record.problems:
            first, more = record.problems[0], len(record.problems) - 1
            reason = first.message + (f", and {more} more" if more else "")
            yield Unreadable(path, reason, unpack(first.span).line)

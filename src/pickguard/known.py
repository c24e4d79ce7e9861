"""What the last scan said of a tree, as far as it still holds: nothing but layout has changed.

What takes long to load is imported where it is needed, as in a scan.
"""

from __future__ import annotations

from pathlib import Path

from pickguard.base.config import Config
from pickguard.findings import kept, outcome
from pickguard.findings.outcome import Basis, Outcome
from pickguard.source.cache import RecordCache
from pickguard.source.load import Job, Loaded
from pickguard.source.tree import Tree


class Last:
    """The last scan of a tree that was asked the same.

    Args:
        tree: the files.
        loaded: their bytes.
        wanted: the ids of the rules.
        config: what the project, or the command line, asks for.
        store: where outcomes are kept.
    """

    def __init__(
        self, tree: Tree, loaded: Loaded, wanted: list[str], config: Config, store: RecordCache
    ) -> None:
        self._root, self._loaded, self._store = tree.root, loaded, store
        self._asked = kept.key(
            [(problem.path, problem.reason) for problem in loaded.unreadable],
            [tree.package, tree.root.resolve().name],
            wanted,
            [config.include, config.settings, repr(config.flow)],
        )
        files = {job.file.path: job.digest for job in loaded.jobs}
        self._basis = Basis(kept.key(self._asked, list(files.items())), files)

    def outcome(self) -> Outcome | None:
        """Return what the rules say of the files as they are now; None where they have to be asked."""
        known = outcome.recall(self._store, self._root, self._basis.key)
        if known is not None:
            return known
        found = self._relaid()
        if found is not None:
            self.keep(found)
        return found

    def keep(self, found: Outcome) -> None:
        """Keep what the rules say."""
        outcome.keep(self._store, self._root, self._asked, self._basis, found)

    def _relaid(self) -> Outcome | None:
        """Return what is kept of the files before they got another layout; None where more changed."""
        before = outcome.recall_basis(self._store, self._root, self._asked)
        if before is None or list(before.files) != list(self._basis.files):
            return None
        known = outcome.recall(self._store, self._root, before.key)
        if known is None:
            return None
        changed = [job for job in self._loaded.jobs if before.files[job.file.path] != job.digest]
        return _moved(known, changed, self._loaded, before, self._root, self._store)


def _moved(
    known: Outcome,
    changed: list[Job],
    loaded: Loaded,
    before: Basis,
    root: Path,
    store: RecordCache,
) -> Outcome | None:
    from pickguard.findings.relaid import Moves, relaid
    from pickguard.findings.sources import Sources
    from pickguard.source.layout import moves
    from pickguard.source.read import decoded, read

    if any(job.file.kind not in ("python", "template") for job in changed):
        return None
    old = store.get(before.files[job.file.path] for job in changed)
    files: dict[str, Moves] = {}
    for job in changed:
        path = job.file.path
        was = decoded(job.file.kind, old.get(before.files[path]))
        records = read(loaded.only(job), cache=store)
        now = records.python.get(path) or records.templates.get(path)
        found = moves(was, now) if was and now else None
        if found is None:
            return None
        files[path] = found
    return relaid(known, files, Sources(root))

"""Puts a set in the place of the live data: verify, load beside, prove, swap; reads like that.

Whatever goes wrong before the swap leaves the live data as they were. A swap leaves one of the two
whole databases at every moment. What was cut short is taken up by the same command.
"""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from django.db import connections

from pickguard.backups.conf import Settings
from pickguard.backups.engines import engine
from pickguard.backups.engines.base import Place, places
from pickguard.backups.errors import BackupError, DamagedError
from pickguard.backups.media import back
from pickguard.backups.outcome import Outcome
from pickguard.backups.restoring import journal as journals
from pickguard.backups.restoring.journal import Book, Journal, Stage
from pickguard.backups.restoring.run import Run
from pickguard.backups.sets import listing
from pickguard.backups.sets.manifest import Database, Manifest
from pickguard.backups.storage import names
from pickguard.backups.streams.fetch import Fetcher
from pickguard.backups.work import folder
from pickguard.base.errors import UsageError
from pickguard.base.progress import Progress

Ask = Callable[[str], None]


def restore(
    settings: Settings, name: str | None, identity: str | None, ask: Ask, progress: Progress
) -> Outcome:
    """Restore one set; `ask` raises where the answer is no.

    Raises:
        PickguardError: it could not be done; the live data are as they were, or the journal says
            what the same command will finish.
    """
    with journals.opened(settings) as book:
        unfinished = [each for each in book.read() if not each.done]
        if name is None and unfinished:
            name = unfinished[-1].set
        run = Run(settings, name, identity, progress)
        manifest = run.manifest()
        targets = {a: run.target(a, d) for a, d in manifest.databases.items()}
        journal = _journal(book, run.name, targets)
        ask(_question(manifest, targets, journal))
        with folder(settings) as work:
            return Restore(run, manifest, targets, book, journal, work).done()


class Restore:
    """One restore on its way."""

    def __init__(
        self,
        run: Run,
        manifest: Manifest,
        targets: dict[str, Place],
        book: Book,
        journal: Journal,
        work: Path,
    ) -> None:
        self._run, self._manifest, self._targets = run, manifest, targets
        self._book, self._journal, self._work = book, journal, work
        spool = work / "spool"
        spool.mkdir()
        self._fetcher = Fetcher(run.shelf, spool, run.steps)

    def done(self) -> Outcome:
        """Do what is left to do."""
        try:
            self._prepare()
        except BaseException:
            if not self._journal.begun:
                self._give_up()
            raise
        notes = self._switch()
        return Outcome(self._run.name, [], self._run.steps.seconds(), notes)

    def _prepare(self) -> None:
        """Verify, load beside, prove; nothing live is touched."""
        damage = self._fetcher.verify(listing.parts_of(self._manifest), self._run.progress)
        if damage:
            done = "the restore waits, half done" if self._journal.begun else "nothing was changed"
            raise DamagedError(f"the backup is damaged, {done}:\n" + "\n".join(damage))
        for alias, live in self._targets.items():
            if self._stage(alias) is Stage.LOADING:
                engine(live).check(live)
                self._load(alias, self._manifest.databases[alias])
        self._media().stage()

    def _load(self, alias: str, database: Database) -> None:
        new = self._new(alias)
        engine(new).drop(new)
        self._run.fill(self._fetcher, alias, database, new, owners=True)
        found = self._run.compared(self._fetcher, alias, database, new, count=False)
        if found:
            raise DamagedError(
                "what was loaded is not what was backed up, nothing was changed:\n"
                + "\n".join(found)
            )
        self._note(alias, Stage.PROVEN)

    def _switch(self) -> list[str]:
        """Put all in place, and say what was kept."""
        connections.close_all()
        notes = []
        with self._run.steps("swap_s"):
            for alias, live in self._targets.items():
                self._swap(alias, live)
                notes.append(f"the old data of {alias} are kept as {self._old(alias)['NAME']}")
        with self._run.steps("media_s"):
            notes += self._media().switch()
        self._journal.done = True
        self._write()
        return [*notes, "drop what is kept when you have seen that all is well: restore --drop-old"]

    def _swap(self, alias: str, live: Place) -> None:
        kind, new, old = engine(live), self._new(alias), self._old(alias)
        if self._stage(alias) is Stage.PROVEN:
            if not kind.swapped(new, old):
                kind.swap(live, new, old, self._run.progress)
            self._note(alias, Stage.SWAPPED)
        if self._stage(alias) is Stage.SWAPPED:
            feed = self._run.feed(self._fetcher, alias, self._manifest.databases[alias])
            kind.finish(live, feed)
            kind.drop(new)
            self._note(alias, Stage.FINISHED)

    def _media(self) -> back.Switch:
        return back.Switch(
            self._fetcher,
            self._manifest,
            self._run.identities,
            self._run.progress,
        )

    def _give_up(self) -> None:
        """Take away what was loaded beside; nothing live was changed."""
        with suppress(BackupError, OSError):
            for alias in self._targets:
                engine(self._new(alias)).drop(self._new(alias))
            self._media().clear()
            self._book.write([each for each in self._book.read() if each.done])

    def _new(self, alias: str) -> Place:
        return beside(self._targets[alias], "new", self._journal)

    def _old(self, alias: str) -> Place:
        return beside(self._targets[alias], "old", self._journal)

    def _stage(self, alias: str) -> Stage:
        return self._journal.databases[alias]

    def _note(self, alias: str, stage: Stage) -> None:
        self._journal.databases[alias] = stage
        self._write()

    def _write(self) -> None:
        finished = [each for each in self._book.read() if each.done]
        self._book.write([*finished, self._journal])


def beside(live: Place, kind: str, journal: Journal) -> Place:
    """Return where the new or the old data of a restore lie."""
    return engine(live).beside(live, f"{kind}_{journal.tail}")


def _journal(book: Book, name: str, targets: dict[str, Place]) -> Journal:
    """Return the journal to go on with, or a new one.

    Raises:
        UsageError: another restore was cut short after it had changed something.
    """
    for journal in [each for each in book.read() if not each.done]:
        _reconcile(journal, targets)
        if journal.set == name and set(journal.databases) == set(targets):
            return journal
        if journal.begun:
            raise UsageError(
                f"a restore of {journal.set} was cut short after it had begun to swap",
                way_out=f"Finish it first: manage.py restore {journal.set}",
            )
        for alias, live in targets.items():
            if alias in journal.databases:
                engine(live).drop(beside(live, "new", journal))
    journal = Journal(name, names.token(), dict.fromkeys(targets, Stage.LOADING))
    book.write([*(each for each in book.read() if each.done), journal])
    return journal


def _reconcile(journal: Journal, targets: dict[str, Place]) -> None:
    """Note a swap that was done, and not noted since the process was killed in between."""
    for alias, live in targets.items():
        if journal.databases.get(alias) is Stage.PROVEN and engine(live).swapped(
            beside(live, "new", journal), beside(live, "old", journal)
        ):
            journal.databases[alias] = Stage.SWAPPED


def _question(manifest: Manifest, targets: dict[str, Place], journal: Journal) -> str:
    listed = ", ".join(f"{alias} ({place['NAME']})" for alias, place in targets.items())
    media = f" and {manifest.media.files} media files" if manifest.media is not None else ""
    again = "Go on with the restore that was cut short: replace" if journal.begun else "Replace"
    return f"{again} the live data of {listed}{media} by those of {manifest.created}?"


def drop_old(settings: Settings) -> list[str]:
    """Drop the databases that finished restores have kept; return their names."""
    dropped = []
    with journals.opened(settings) as book:
        known = places(None)
        for journal in [each for each in book.read() if each.done]:
            for alias in journal.databases:
                if alias in known:
                    old = beside(known[alias], "old", journal)
                    if engine(old).exists(old):
                        engine(old).drop(old)
                        dropped.append(str(old["NAME"]))
        book.write([each for each in book.read() if not each.done])
    return dropped

"""A check as people read it."""

import shlex
from collections.abc import Iterator

from pickguard.backups.integrity.check import Result
from pickguard.backups.outcome import Outcome


def lines(outcome: Outcome, result: Result) -> Iterator[str]:
    """Return the lines: each finding with the command that lists its rows."""
    for note in outcome.notes:
        yield f"note: {note}"
    for finding in result.findings:
        yield f"{'DAMAGE' if finding.damage else 'doubt '}  {finding.message}"
        if finding.query:
            asked = shlex.quote(finding.query)
            yield f"        manage.py integrity {finding.model} --rows {asked}"
    seconds = sum(outcome.steps.values())
    if outcome.ok:
        yield f"integrity: all good ({result.rows:,} rows, {seconds:.1f} s)"


def verdict(result: Result) -> str:
    """Return the last line where something was found."""
    damage = sum(finding.damage for finding in result.findings)
    rest = len(result.findings) - damage
    kinds = "kind" if damage == 1 else "kinds"
    return (
        f"integrity: {damage} {kinds} of damage, {rest} of doubt, in {result.rows:,} rows. What is known "
        'and fine goes into PICKGUARD_BACKUPS["accept"].'
    )

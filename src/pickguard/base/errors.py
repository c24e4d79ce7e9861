"""What Pickguard says when it cannot go on: what is wrong, where, and the way out.

Every class knows the exit code of the command line that it leads to. `pickguard --help` imports
this module, so it imports nothing but the standard library.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import ClassVar, NamedTuple


class ExitCode(IntEnum):
    """How the command line ends."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    NOTHING_TO_READ = 3
    FAULT = 4


class Problem(NamedTuple):
    """One mistake: what is wrong, where it stands, and what to do about it."""

    message: str
    where: str = ""
    way_out: str = ""

    def __str__(self) -> str:
        """Return the problem as people read it."""
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.way_out}" if self.way_out else head


class PickguardError(Exception):
    """Base of all errors that Pickguard raises on purpose.

    Attributes:
        problems: everything that is wrong, at least one.
        exit_code: how the command line ends when nobody catches the error.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAULT

    def __init__(self, message: str, *, where: str = "", way_out: str = "") -> None:
        self.problems: tuple[Problem, ...] = (Problem(message, where, way_out),)
        super().__init__(message)

    def __str__(self) -> str:
        """Return all problems, one below the other."""
        return "\n".join(str(problem) for problem in self.problems)


class UsageError(PickguardError):
    """The command was called in a way that makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigurationError(PickguardError):
    """The configuration, or a file that it names, holds mistakes; all of them are told at once."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(problems[0].message)
        self.problems = tuple(problems)


class NothingToReadError(PickguardError):
    """There is neither Python nor a template where Pickguard was asked to look."""

    exit_code = ExitCode.NOTHING_TO_READ


class FaultError(PickguardError):
    """Pickguard itself is at fault."""

    exit_code = ExitCode.FAULT


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """Return "Did you mean ...?" for the nearest known name, or all names where none is near."""
    from difflib import get_close_matches  # only who errs waits for it

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean `{near[0]}`?"
    return f"Known are: {', '.join(sorted(known))}." if known else ""

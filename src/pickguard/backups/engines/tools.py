"""The databases' own programs, run so that nothing is lost: their errors, their exit codes, their time."""

import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from os import environ
from typing import IO, Any

from pickguard.backups.errors import ToolError
from pickguard.backups.streams.behind import Writable
from pickguard.backups.streams.pipeline import Readable
from pickguard.base.errors import UsageError

_GRACE_S = 10
_LAST = 2000
# PostgreSQL has words of its own where a part of a page still found room
_FULL = re.compile(
    r"No space left|disk is full|errno: (?:28|135)\b|ERROR 1114|\b1114\b.*is full"
    r"|wrote only \d+ of \d+ bytes",
    re.IGNORECASE,
)


def find(*names: str, package: str) -> str:
    """Return the path of the first program that is installed.

    Raises:
        UsageError: none is.
    """
    for name in names:
        path = shutil.which(name)
        if path is not None:
            return path
    raise UsageError(
        f"`{names[0]}` is not installed on this machine",
        way_out=f"Install the database's client programs, on Debian: apt install {package}",
    )


def version(program: str) -> str:
    """Return what a program says of its version."""
    ended = subprocess.run(  # noqa: S603 - our own words
        [program, "--version"], capture_output=True, text=True, check=False, timeout=30
    )
    return ended.stdout.strip()


class Output:
    """What a program prints, as a stream; its end is only believed when the program ended well."""

    def __init__(self, process: "subprocess.Popen[bytes]", name: str, errors: IO[bytes]) -> None:
        self._process, self._name, self._errors = process, name, errors
        self._ahead = b""

    def until(self, marker: bytes, within_s: float) -> None:
        """Read ahead until the program has printed something, or all that it prints.

        Raises:
            ToolError: it took too long; somebody is waiting for it.
        """
        end = time.monotonic() + within_s
        while marker not in self._ahead:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._out()], [], [], left)[0]:
                raise ToolError(f"{self._name} printed nothing within {within_s:g} s")
            more = self._out().read1(1 << 16)
            if not more:
                break
            self._ahead += more

    def read(self, size: int = -1) -> bytes:
        """Return some of the output; at its end, see how the program ended.

        Raises:
            ToolError: badly.
        """
        if self._ahead:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
            return taken
        data: bytes = self._out().read(size)
        if not data:
            ended_well(self._process, self._name, self._errors)
        return data

    def _out(self) -> Any:
        assert self._process.stdout is not None
        return self._process.stdout


def ended_well(process: "subprocess.Popen[bytes]", name: str, errors: IO[bytes]) -> None:
    """Wait for a program to end.

    Raises:
        ToolError: it ended with an error; its last words are told.
    """
    code = process.wait()
    if code:
        errors.seek(0)
        said = without_rows(errors.read().decode("utf-8", "replace")).strip()[-_LAST:]
        raise ToolError(
            f"{name} ended with {code}: {said or 'it said nothing'}", way_out=no_room(said)
        )


def without_rows(said: str) -> str:
    """Return a program's words without the rows that it quotes: they would end up in mails and logs."""
    lines = said.splitlines()
    errors = [line for line in lines if line.startswith("ERROR ")]  # mariadb prints the statement
    return "\n".join(errors or [line for line in lines if not line.startswith("CONTEXT:")])


def no_room(said: str) -> str:
    """Return what to do where a server says in its own words that its disk is full."""
    full = _FULL.search(said) is not None
    return (
        "The disk of the database's server is full: make room, then run it again." if full else ""
    )


@contextmanager
def reading(words: list[str], env: Mapping[str, str]) -> Iterator[Readable]:
    """Run a program and read its output; it is ended when the block is left."""
    with output(words, env) as found:
        yield found


@contextmanager
def output(words: list[str], env: Mapping[str, str]) -> Iterator[Output]:
    """Like `reading`, with a look ahead."""
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - our own words
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**environ, **env},
        ) as process,
    ):
        try:
            yield Output(process, name_of(words), errors)
        finally:
            _end(process)


def writing(words: list[str], env: Mapping[str, str], write: Callable[[Writable], None]) -> None:
    """Run a program and write its input with `write`.

    Raises:
        ToolError: it ended with an error.
        Exception: what `write` raised.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(  # noqa: S603 - our own words
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**environ, **env},
        ) as process,
    ):
        assert process.stdin is not None
        try:
            write(process.stdin)
            process.stdin.close()
        except BrokenPipeError:
            ended_well(process, name_of(words), errors)
            raise ToolError(f"{name_of(words)} stopped reading") from None
        else:
            ended_well(process, name_of(words), errors)
        finally:
            _end(process)


def name_of(words: list[str]) -> str:
    """Return how messages name a program."""
    return words[0].rpartition("/")[2]


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None and not process.stdin.closed:
        with suppress(BrokenPipeError):
            process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()

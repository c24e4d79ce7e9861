"""The entry point: which verbs there are, and how every error becomes a message and a code."""

import gc
import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn, cast

import click

from pickguard import __version__
from pickguard.base.errors import ExitCode, FaultError, PickguardError, did_you_mean
from pickguard.base.screen import printable

VERBS = {
    "scan": "Read a Django project and report what is insecure in it.",
    "surface": "Print what a site exposes, and to whom.",
    "explain": "Explain a rule or a lesson; without a name, list all of them.",
}
_INTERRUPTED = 130


class Verbs(click.Group):
    """A group whose commands are imported when they are used, so that `--help` is fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Return a command by importing its module."""
        if cmd_name not in VERBS:
            return None
        return cast("click.Command", import_module(f"pickguard.cli.{cmd_name}").command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Say which verb was probably meant."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'. {did_you_mean(args[0], list(VERBS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


_EXAMPLES = """\b
Examples:
  pickguard scan                                        the project in this folder
  pickguard scan shop --format sarif -o shop.sarif      for a program, in CI
  pickguard explain csrf.write-on-get                   a rule, with examples
"""


@click.group(cls=Verbs, epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pickguard")
def cli() -> None:
    """Pickguard keeps Django websites from harm."""


def main() -> NoReturn:
    """Run the command line and exit the process."""
    gc.disable()  # a short-lived process: the collector would only walk the records, again and again
    leave(guarded(lambda: cli.main(prog_name="pickguard", standalone_mode=False)))


def leave(code: int) -> NoReturn:
    """End the process with an exit code as soon as all that was said is written.

    The interpreter would take the records of the project apart one by one: a fifth of a scan.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads on: the ordinary way out deals with it
        sys.exit(code)
    os._exit(code)


def guarded(run: Callable[[], object]) -> int:
    """Run a command; turn every error into a message on standard error and an exit code."""
    try:
        code = run()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence: never a traceback
        return _told(error)
    return code if isinstance(code, int) else ExitCode.CLEAN


def _told(error: Exception) -> int:
    """Say what went wrong, and return the exit code for it."""
    if isinstance(error, click.ClickException):
        error.show()
        return ExitCode.USAGE
    known = error if isinstance(error, PickguardError) else _fault(error)
    for problem in known.problems:
        first, *rest = str(problem).splitlines()
        click.echo("\n".join(["Error: " + printable(first), *map(_indented, rest)]), err=True)
    return known.exit_code


def _indented(line: str) -> str:
    return "  " + printable(line.strip())


def _fault(error: Exception) -> FaultError:
    if os.environ.get("PICKGUARD_TRACEBACK"):
        raise error
    if isinstance(error, OSError):
        return FaultError(
            f"Not all could be read or written: {error}",
            way_out="Make room on the disk, or mend the rights of the path that is named.",
        )
    return FaultError(
        f"Pickguard failed: {type(error).__name__}: {error}",
        way_out="This is a mistake of Pickguard, not of your project. Set PICKGUARD_TRACEBACK=1 "
        "for the details and report them, please.",
    )

"""What can go wrong with a backup, each with the exit code that it leads to."""

from importlib import import_module
from types import ModuleType

from pickguard.base.errors import ExitCode, PickguardError, UsageError


class BackupError(PickguardError):
    """A backup, drill or restore cannot go on; what and where is said, live data is untouched."""

    exit_code = ExitCode.FINDINGS


class DamagedError(BackupError):
    """Something in the storage is not what was stored."""


class KeyProblemError(BackupError):
    """The recovery key is missing, unreadable, or not one of the recipients."""


class StorageError(BackupError):
    """The storage failed, stalled, or is full."""


class ToolError(BackupError):
    """A tool of the database ended with an error."""


class NoSuchSetError(UsageError):
    """There is no backup of that name."""


def extra(module: str, extra_name: str = "backups") -> ModuleType:
    """Return an optional library, or say how it is installed.

    Raises:
        UsageError: the library is not there.
    """
    try:
        return import_module(module)
    except ImportError as missing:
        raise UsageError(
            f"`{missing.name or module}` is not installed",
            way_out=f'Install it: pip install "pickguard[{extra_name}]"',
        ) from missing

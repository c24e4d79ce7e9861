"""Writing files so that they are there whole or not at all."""

import os
import tempfile
from pathlib import Path

from pickguard.base.errors import UsageError


def write_whole(path: Path, text: str) -> None:
    """Write the text to a new file beside `path`, then put it in the place of the old one.

    Whoever reads `path` sees the old text or the new one; a failure leaves no piece behind.

    Raises:
        UsageError: where the file can't be written.
    """
    try:
        _replace(path.resolve(), text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(
            f"cannot be written: {error.strerror}",
            where=str(path),
            way_out="Choose a file in a folder that exists and that you may write to.",
        ) from None


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and not path.is_file():  # a device or a pipe, such as /dev/stdout
        path.write_bytes(content)
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask()
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """Return the process's umask; there is no way to read it without setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

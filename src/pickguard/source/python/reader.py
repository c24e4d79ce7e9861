"""Bytes of a Python file to its record."""

import ast
import gc
import sys
import warnings

import msgspec

from pickguard.source.python import nodes as n
from pickguard.source.python.lower import lower
from pickguard.source.unreadable import Unreadable

SIZE_LIMIT = 5_000_000
"""Bytes. A larger module is data, not code; reading one would take more than its share of memory."""
# a module may be written for a newer Python than this one
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
# nested quotes in f-strings came with 3.12, templates with 3.14
_LATER = "; a later Python may be able to" if sys.version_info < (3, 14) else ""


class PythonRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One Python file: its number of lines, its statements, and the words of those at its top."""

    lines: int
    body: tuple[n.Stmt, ...]
    words: tuple[str, ...] = ()


def read_python(data: bytes) -> PythonRecord:
    """Return the record of a module.

    Args:
        data: the file as it stands on disk, in any encoding that it declares.

    Raises:
        Unreadable: it is no Python that the running interpreter parses, or is built to exhaust it.
    """
    if len(data) > SIZE_LIMIT:
        raise Unreadable(f"larger than {SIZE_LIMIT // 1_000_000} MB")
    was_enabled = gc.isenabled()
    gc.disable()  # NOTE: with it on, parsing a large tree takes five times longer
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body, words = lower(ast.parse(data).body)
            return PythonRecord(data.count(b"\n") + 1, body, words)
    except SyntaxError as error:
        said = f"line {error.lineno or 1}: {error.msg}"
        raise Unreadable(f"{said} (read as Python {_VERSION}{_LATER})") from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deeply") from None
    finally:
        if was_enabled:
            gc.enable()

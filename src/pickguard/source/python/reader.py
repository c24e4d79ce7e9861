"""Bytes of a Python file to its record."""

import ast
import gc
import sys
import warnings
from contextlib import suppress
from io import BytesIO
from tokenize import detect_encoding

import msgspec

from pickguard.source.python import nodes as n
from pickguard.source.python.dialects import rewritten
from pickguard.source.python.lower import lower
from pickguard.source.unreadable import Unreadable

SIZE_LIMIT = 5_000_000
"""Bytes. A larger module is data, not code; reading one would take more than its share of memory."""
# a module may be written for a newer Python than this one
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class PythonRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One Python file.

    Attributes:
        lines: their number.
        body: its statements.
        words: those of what stands at its top.
        imports: what is known under a name in the file alone: what functions import for themselves, and
            what the file imports under another name, by its own.
    """

    lines: int
    body: tuple[n.Stmt, ...]
    words: tuple[str, ...] = ()
    imports: tuple[n.Import, ...] = ()


def read_python(data: bytes) -> PythonRecord:
    """Return the record of a module.

    Args:
        data: the file as it stands on disk, in any encoding that it declares.

    Raises:
        Unreadable: it is neither Python that the running interpreter parses nor a dialect that can be
            written so, or it is built to exhaust it.
    """
    if len(data) > SIZE_LIMIT:
        raise Unreadable(f"larger than {SIZE_LIMIT // 1_000_000} MB")
    was_enabled = gc.isenabled()
    gc.disable()  # NOTE: with it on, parsing a large tree takes five times longer
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            block, words, imports = lower(_parsed(data).body)
            return PythonRecord(data.count(b"\n") + 1, block, words, imports)
    except SyntaxError as error:
        said = f"line {error.lineno or 1}: {error.msg}"
        raise Unreadable(f"{said} (read as Python {_VERSION})") from None
    except ValueError as error:
        raise Unreadable(str(error)) from None
    except (RecursionError, MemoryError):
        raise Unreadable("nested too deeply") from None
    finally:
        if was_enabled:
            gc.enable()


def _parsed(data: bytes) -> ast.Module:
    """Return the tree of a module, also of one for a later Python, or for Python 2."""
    try:
        return ast.parse(data)
    except SyntaxError:
        text = _decoded(data) if len(data) <= _REWRITTEN_LIMIT else None
        for source in rewritten(text) if text is not None else ():
            with suppress(SyntaxError, ValueError):
                return ast.parse(source)
        raise


_REWRITTEN_LIMIT = 1_000_000  # bytes


def _decoded(data: bytes) -> str | None:
    """Return a module's text; None where its encoding is not known."""
    try:
        encoding, _lines = detect_encoding(BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        return None

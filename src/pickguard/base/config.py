"""The configuration: `[tool.pickguard]` of a `pyproject.toml` becomes one frozen object.

All mistakes are found in one go; each says where it stands and which name was probably meant.
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec

from pickguard.base.errors import ConfigurationError, Problem, did_you_mean
from pickguard.base.scales import Confidence, Severity

FORMATS = ("text", "json", "sarif", "github", "html")
KINDS = ("tests", "migrations", "examples", "generated", "vendored")
NEVER = "never"
MOST_JOBS = 61  # what Windows lets one process wait for
_FILE = "pyproject.toml"
_MAX_BYTES = 4_000_000


class Config(msgspec.Struct, frozen=True):
    """What a project, or the command line, asks for.

    Attributes:
        select: rules or lessons to look for; empty means all.
        ignore: rules or lessons to leave out; a rule named here beats its lesson in `select`.
        fail_on: the least severity that makes a scan fail; None never fails.
        min_confidence: findings below it are counted, not shown.
        exclude: glob patterns of paths, relative to the root, that are not read at all.
        include: kinds of files (`KINDS`) whose findings are shown although they are not served.
        baseline: path of the baseline, relative to the file of the configuration.
        settings: dotted names of the settings modules that production uses; empty means guess.
        jobs: processes to work in; 0 means one per processor.
        format: how the report is written.
        flow: what the project says of its own functions, as tables of the catalogue.
        origin: the file that this came from; None where there is none.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    fail_on: Severity | None = Severity.MEDIUM
    min_confidence: Confidence = Confidence.MEDIUM
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    baseline: str = "pickguard-baseline.json"
    settings: tuple[str, ...] = ()
    jobs: int = 0
    format: str = "text"
    flow: Mapping[str, Any] = {}
    origin: Path | None = None


class _WrongValueError(ValueError):
    """A value that a key cannot take; the message says what is expected."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise _WrongValueError("expected a text in quotes")
    return value


def _inside(value: Any) -> str:
    """Return a path below the configuration's folder; a project may not point elsewhere."""
    path = PurePath(_text(value))
    if path.is_absolute() or ".." in path.parts:
        raise _WrongValueError("expected a path below the folder of this file")
    return str(path)


def _texts(value: Any) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(item, str) and item for item in listed):
        raise _WrongValueError("expected a list of texts")
    return tuple(listed)


def _choice(value: Any, names: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in names:
        hint = did_you_mean(value, names) if isinstance(value, str) else ""
        raise _WrongValueError(f"expected one of {', '.join(names)}. {hint}".strip())
    return value


def _severity(value: Any) -> Severity | None:
    name = _choice(value, (*Severity, NEVER))
    return None if name == NEVER else Severity(name)


def _confidence(value: Any) -> Confidence:
    return Confidence(_choice(value, tuple(Confidence)))


def _kinds(value: Any) -> tuple[str, ...]:
    return tuple(_choice(kind, KINDS) for kind in _texts(value))


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_JOBS:
        raise _WrongValueError(f"expected a whole number from 0 to {MOST_JOBS}")
    return value


def _format(value: Any) -> str:
    return _choice(value, FORMATS)


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _WrongValueError("expected a table, `[tool.pickguard.flow]`")
    return value


KEYS: Mapping[str, Callable[[Any], Any]] = {
    "select": _texts,
    "ignore": _texts,
    "fail-on": _severity,
    "min-confidence": _confidence,
    "exclude": _texts,
    "include": _kinds,
    "baseline": _inside,
    "settings": _texts,
    "jobs": _count,
    "format": _format,
    "flow": _table,
}


def find(start: Path) -> Path | None:
    """Return the nearest `pyproject.toml` at or above `start` that speaks of Pickguard."""
    folder = start if start.is_dir() else start.parent
    for parent in (folder, *folder.parents):
        candidate = parent / _FILE
        if candidate.is_file() and _mentions_pickguard(candidate):
            return candidate
    return None


def load(path: Path | None) -> Config:
    """Return the configuration in the file; the defaults where `path` is None.

    Raises:
        ConfigurationError: with every mistake of the file.
    """
    if path is None:
        return Config()
    tool = _read(path).get("tool", {})
    table = tool.get("pickguard", {}) if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise ConfigurationError([Problem("`tool.pickguard` has to be a table", where=str(path))])
    return parse(table, path)


def parse(table: Mapping[str, Any], origin: Path) -> Config:
    """Return the configuration that the table spells.

    Raises:
        ConfigurationError: with every mistake of the table.
    """
    problems: list[Problem] = []
    values: dict[str, Any] = {"origin": origin}
    for key, value in table.items():
        where = f"{origin}: [tool.pickguard] {key}"
        if key not in KEYS:
            problems.append(Problem("no such setting", where, did_you_mean(key, tuple(KEYS))))
            continue
        try:
            values[key.replace("-", "_")] = KEYS[key](value)
        except _WrongValueError as error:
            problems.append(Problem(f"{value!r} does not fit", where, str(error)))
    if problems:
        raise ConfigurationError(problems)
    return Config(**values)


def _mentions_pickguard(path: Path) -> bool:
    try:
        return path.stat().st_size <= _MAX_BYTES and b"tool.pickguard" in path.read_bytes()
    except OSError:
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = Problem("there is no such file", str(path), "Check the path after --config.")
    except OSError as error:
        problem = Problem(f"cannot be read: {error.strerror}", str(path))
    except UnicodeDecodeError:
        problem = Problem("is not UTF-8", str(path), "TOML files are UTF-8; convert the file.")
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = Problem(f"is not valid TOML: {error}", str(path))
    raise ConfigurationError([problem])

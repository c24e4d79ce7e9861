"""Tables of SQLite: SQL puts rows together, Python digests them in the same process.

SQLite's columns take values of any type, so each cell goes by the type of the value; what does not
fit the column is told apart by its cell.
"""

import hashlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from pickguard.backups.digest import cells, gathered, plain
from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.rows import of_columns, of_hashes
from pickguard.backups.digest.shapes import CHUNK, By, Chunk, Shape

_JSON = re.compile(r"json_valid\(\s*[\"`\[]?([^\"`\])]+)[\"`\]]?\s*\)", re.IGNORECASE)
_KINDS = (
    ("bool", Kind.INTEGER),
    ("datetime", Kind.DATETIME),
    ("timestamp", Kind.DATETIME),
    ("date", Kind.DATE),
    ("time", Kind.TIME),
    ("int", Kind.INTEGER),
    ("dec", Kind.DECIMAL),
    ("numeric", Kind.DECIMAL),
    ("real", Kind.FLOAT),
    ("floa", Kind.FLOAT),
    ("doub", Kind.FLOAT),
    ("blob", Kind.BINARY),
)


def quote(name: str) -> str:
    """Return a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _kind(declared: str, *, json: bool) -> Kind:
    if json:
        return Kind.JSON
    lowered = declared.lower()
    return next((kind for word, kind in _KINDS if word in lowered), Kind.TEXT)


class SqliteReader:
    """Reads tables of a plain sqlite3 connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        for name, function in (
            ("pickguard_any", _any),
            ("pickguard_float", lambda v: cells.floating(v).decode()),
            ("pickguard_decimal", lambda v: cells.decimal(v).decode()),
            ("pickguard_json", cells.structured),
        ):
            count = 2 if name == "pickguard_any" else 1
            connection.create_function(name, count, function, deterministic=True)
        connection.create_function("pickguard_sha", 1, _sha, deterministic=True)
        (encoding,) = connection.execute("PRAGMA encoding").fetchone()
        self._gathers = gathered.IS_ABLE and encoding == "UTF-8"

    def shapes(self) -> list[Shape]:
        """Return the tables that hold rows; a virtual table keeps its own in others."""
        tables = self._connection.execute(
            "SELECT m.name, m.sql FROM sqlite_master AS m JOIN pragma_table_list AS t "
            "ON t.name = m.name AND t.schema = 'main' "
            "WHERE m.type = 'table' AND t.type IN ('table', 'shadow') "
            r"AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name"
        ).fetchall()
        return [self._shape(name, sql or "") for name, sql in tables]

    def _shape(self, name: str, sql: str) -> Shape:
        json = {found.lower() for found in _JSON.findall(sql)}
        columns: dict[str, Kind] = {}
        keys: list[str] = []
        for _, column, declared, _, _, key, _ in self._connection.execute(
            "SELECT * FROM pragma_table_xinfo(?)", (name,)
        ):
            columns[column] = _kind(declared, json=column.lower() in json)
            if key:
                keys.append(column)
        whole = len(keys) == 1 and columns[keys[0]] is Kind.INTEGER
        return Shape(name, quote(name), columns, keys[0] if whole else None)

    def chunk(self, table: Shape, after: int | str | None, upto: int | str | None) -> Chunk | None:
        """Return the next chunk."""
        assert table.key is not None
        if table.by is By.COLUMNS:
            return self._by_columns(table, after, upto)
        rows = self._selected(table, [row(table)], after, upto)
        if not rows:
            return None
        return Chunk(rows[-1][0], len(rows), of_hashes([_sha(data) for _, data in rows]))

    def _selected(
        self, table: Shape, what: list[str], after: int | str | None, upto: int | str | None
    ) -> list[tuple[Any, ...]]:
        """Return the key and some expressions of the rows of a chunk."""
        assert table.key is not None
        key = quote(table.key)
        where, values = _bounds(key, after, upto)
        limit = "" if upto is not None else f"LIMIT {CHUNK}"
        return self._connection.execute(
            f"SELECT {_aliased([key, *what])} FROM {table.quoted} {where}ORDER BY {key} {limit}",
            values,
        ).fetchall()

    def _by_columns(
        self, table: Shape, after: int | str | None, upto: int | str | None
    ) -> Chunk | None:
        """Have columns gathered; those written here, then in SQL, that hold anything unusual."""
        end = self._end(table, after) if upto is None else upto
        keys, found = self._gathered(table, after, end)
        if not keys:
            return None
        for write in (self._plain, self._cells):
            left = [name for name in table.names if found.get(name) is None]
            found |= write(table, left, after, keys[-1]) if left else {}
        return Chunk(keys[-1], len(keys), of_columns(found[name] or b"" for name in table.names))

    def _end(self, table: Shape, after: int | str | None) -> int | str | None:
        """Return the last key of a full chunk, None where fewer rows are left."""
        assert table.key is not None
        key = quote(table.key)
        where, values = _bounds(key, after, None)
        found = self._connection.execute(
            f"SELECT +{key} FROM {table.quoted} {where}ORDER BY {key} LIMIT 1 OFFSET {CHUNK - 1}",
            values,
        ).fetchone()
        return None if found is None else found[0]

    def _gathered(
        self, table: Shape, after: int | str | None, upto: int | str | None
    ) -> tuple[Sequence[int | str], dict[str, bytes | None]]:
        """Return the keys of a chunk, and the cells of its columns where they could be gathered."""
        assert table.key is not None
        names = [n for n in table.names if gathered.is_known(table.columns[n])]
        listed = [gathered.sql(table.columns[n], quote(n)) for n in names]
        where, values = _bounds(quote(table.key), after, upto)
        answers: tuple[bytes, ...] = ()
        if self._gathers:
            with suppress(sqlite3.Error):  # bytes, or too much for one value
                answers = self._connection.execute(
                    f"SELECT {_aliased(listed)} FROM {table.quoted} {where}", values
                ).fetchone()
        by_name = dict(zip(names, answers, strict=False))
        keys = _whole(by_name.get(table.key))
        if keys is None:
            return [key for (key,) in self._selected(table, [], after, upto)], {}
        if not keys:
            return (), {}
        return keys, {n: gathered.cells(table.columns[n], data) for n, data in by_name.items()}

    def _plain(
        self, table: Shape, names: list[str], after: int | str | None, last: int | str | None
    ) -> dict[str, bytes | None]:
        """Return the cells of columns where they are plain."""
        try:  # an expression, so that no converter of a connection of Django's has a say
            rows = self._selected(table, [f"+{quote(name)}" for name in names], after, last)
        except sqlite3.OperationalError:  # text that is no UTF-8
            return {}
        _, *columns = zip(*rows, strict=True)
        pairs = zip(names, columns, strict=True)
        return {name: plain.cells(table.columns[name], column) for name, column in pairs}

    def _cells(
        self, table: Shape, names: list[str], after: int | str | None, last: int | str | None
    ) -> dict[str, bytes | None]:
        listed = [f"CAST({_cell(table.columns[name], quote(name))} AS BLOB)" for name in names]
        _, *columns = zip(*self._selected(table, listed, after, last), strict=True)
        return {name: b"".join(column) for name, column in zip(names, columns, strict=True)}

    def ranges(self, table: Shape) -> Iterator[tuple[int | None, int | None]]:
        """Return the ranges of keys of all chunks; none where a key is no whole number."""
        if table.key is None:
            return
        after: int | None = None
        while (last := self._end(table, after)) is not None:
            if not isinstance(last, int):
                return
            yield after, last
            after = last
        yield after, None

    def hashes(self, table: Shape) -> Iterator[str]:
        """Return the digests of all rows in their own order."""
        for (found,) in self._connection.execute(
            f"SELECT pickguard_sha({row(table)}) AS h FROM {table.quoted} ORDER BY h"
        ):
            yield found


def _bounds(
    key: str, after: int | str | None, upto: int | str | None
) -> tuple[str, list[int | str]]:
    """Return the condition that keeps a range of keys, and its values."""
    bounds = [(f"{key} > ?", after), (f"{key} <= ?", upto)]
    asked = [(sql, value) for sql, value in bounds if value is not None]
    where = f"WHERE {' AND '.join(sql for sql, _ in asked)} " if asked else ""
    return where, [value for _, value in asked]


def _aliased(expressions: list[str]) -> str:
    """Name expressions; by its own name a column could ask for a converter of the connection."""
    return ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(expressions))


def _whole(gathered_keys: bytes | None) -> list[int] | None:
    """Return keys, in order, where all are whole numbers."""
    try:
        keys = msgspec.json.decode(gathered_keys or b"", type=list[int])
    except msgspec.DecodeError:
        return None
    return keys if keys == sorted(keys) else None


def row(table: Shape) -> str:
    """Return the SQL of a row's bytes."""
    listed = " || ".join(_cell(table.columns[name], quote(name)) for name in sorted(table.columns))
    return f"CAST({listed} AS BLOB)"


def _cell(kind: Kind, c: str) -> str:
    rest = f"WHEN 'null' THEN '~,' ELSE pickguard_any(CAST({c} AS BLOB), typeof({c})) END"
    integer = f"WHEN 'integer' THEN {c} || ','"
    number = f"{integer} WHEN 'real' THEN pickguard_float({c})"
    match kind:
        case Kind.FLOAT | Kind.INTEGER | Kind.TRUTH | Kind.DURATION:
            return f"CASE typeof({c}) {number} {rest}"
        case Kind.DECIMAL:
            return f"CASE typeof({c}) {integer} WHEN 'real' THEN {_decimal(c)} {rest}"
        case Kind.DATETIME:
            return _moment(c, (19, 26), rest)
        case Kind.TIME:
            return _moment(c, (8, 15), rest)
        case Kind.DATE:
            return f"CASE typeof({c}) WHEN 'text' THEN {_if(c, (10,))} {number} {rest}"
        case Kind.JSON:
            return f"CASE typeof({c}) WHEN 'text' THEN pickguard_json(CAST({c} AS BLOB)) {number} {rest}"
        case Kind.TEXT | Kind.UUID | Kind.BINARY | Kind.ADDRESS:
            return f"CASE typeof({c}) WHEN 'text' THEN {_text(c)} {number} {rest}"


def _decimal(c: str) -> str:
    """Return the SQL of a decimal; Python is asked only where SQLite's own text may be another.

    Fifteen digits that read back as the same number are the shortest that do.
    """
    text = f"CAST({c} AS TEXT)"
    plain = f"abs({c}) BETWEEN 0.0001 AND 999999999999999.0 AND length({text}) <= 16"
    return (
        f"CASE WHEN {plain} AND CAST({text} AS REAL) = {c} "
        f"THEN rtrim(rtrim({text}, '0'), '.') || ',' ELSE pickguard_decimal({c}) END"
    )


def _text(c: str) -> str:
    size = f"length(CAST({c} AS BLOB))"
    return (
        f"CASE WHEN {size} > {cells.LONG_TEXT} THEN pickguard_any(CAST({c} AS BLOB), 'text') "
        f"ELSE {size} || ':' || {c} || ',' END"
    )


def _moment(c: str, sizes: tuple[int, int], rest: str) -> str:
    return (
        f"CASE typeof({c}) WHEN 'text' THEN CASE length({c}) "
        f"WHEN {sizes[0]} THEN {c} || '.000000,' WHEN {sizes[1]} THEN {c} || ',' "
        f"ELSE {_text(c)} END WHEN 'integer' THEN {c} || ',' "
        f"WHEN 'real' THEN pickguard_float({c}) {rest}"
    )


def _if(c: str, sizes: tuple[int]) -> str:
    return f"CASE length({c}) WHEN {sizes[0]} THEN {c} || ',' ELSE {_text(c)} END"


def _any(value: Any, kind: str) -> bytes:
    """Return the cell of a value that stands where one does not expect it."""
    data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
    return cells.binary(data) if kind == "blob" else cells.text(data)


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()

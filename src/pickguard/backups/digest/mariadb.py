"""Tables of MariaDB and MySQL: digested by the server, but tables with JSON, which it keeps as text."""

import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from itertools import islice
from threading import Event
from typing import Any

from pickguard.backups.digest import cells, wire
from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.rows import of_columns, of_hashes
from pickguard.backups.digest.shapes import CHUNK, By, Chunk, Shape

_KINDS = {
    "tinyint": Kind.INTEGER,
    "smallint": Kind.INTEGER,
    "mediumint": Kind.INTEGER,
    "int": Kind.INTEGER,
    "bigint": Kind.INTEGER,
    "float": Kind.FLOAT,
    "double": Kind.FLOAT,
    "decimal": Kind.DECIMAL,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "datetime": Kind.DATETIME,
    "timestamp": Kind.DATETIME,
    "uuid": Kind.UUID,
    "json": Kind.JSON,
    "binary": Kind.BINARY,
    "varbinary": Kind.BINARY,
    "tinyblob": Kind.BINARY,
    "blob": Kind.BINARY,
    "mediumblob": Kind.BINARY,
    "longblob": Kind.BINARY,
    "bit": Kind.BINARY,
    "geometry": Kind.BINARY,
    "point": Kind.BINARY,
    "linestring": Kind.BINARY,
    "polygon": Kind.BINARY,
}
_COLUMNS = """
SELECT c.table_name, c.column_name, c.data_type, c.column_key
FROM information_schema.columns c JOIN information_schema.tables t
  ON t.table_schema = c.table_schema AND t.table_name = c.table_name
WHERE c.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
ORDER BY BINARY c.table_name, c.ordinal_position
"""
_CHECKS = """
SELECT table_name, check_clause FROM information_schema.check_constraints
WHERE constraint_schema = DATABASE() AND check_clause LIKE '%json_valid%'
"""
SESSION = (
    "SET SESSION time_zone = '+00:00'",
    "SET SESSION group_concat_max_len = 16777216",
    "SET SESSION sql_mode = 'NO_ZERO_IN_DATE'",
)
_JSON = re.compile(r"json_valid\(`((?:[^`]|``)+)`\)", re.IGNORECASE)


def quote(name: str) -> str:
    """Return a name for SQL; a percent sign would be taken for a parameter."""
    return "`" + name.replace("`", "``").replace("%", "%%") + "`"


Rows = tuple[tuple[Any, ...], ...]


class MariadbReader:
    """Reads tables through one of Django's connections.

    Where it is `early`, the next chunk is on its way while one is digested: nobody else may use the
    connection then until the reader is closed.
    """

    def __init__(self, connection: Any, *, early: bool = False) -> None:
        self._connection = connection
        self._pool = ThreadPoolExecutor(1) if early else None
        self._next: tuple[str, Future[Rows]] | None = None
        with connection.cursor() as cursor:
            for statement in SESSION:
                cursor.execute(statement)

    def close(self) -> None:
        """Wait for what is on its way."""
        if self._pool is not None:
            self._pool.shutdown()

    def _settle(self) -> None:
        if self._next is not None:
            wait([self._next[1]])

    def shapes(self) -> list[Shape]:
        """Return the tables that hold rows."""
        self._settle()
        columns: dict[str, dict[str, Kind]] = {}
        keys: dict[str, list[str]] = {}
        with self._connection.cursor() as cursor:
            cursor.execute(_COLUMNS)
            for table, column, kind, key in cursor.fetchall():
                columns.setdefault(table, {})[column] = _KINDS.get(kind.lower(), Kind.TEXT)
                if key == "PRI":
                    keys.setdefault(table, []).append(column)
            for table, column in self._json(cursor):
                if table in columns and column in columns[table]:
                    columns[table][column] = Kind.JSON
        return [
            Shape(name, quote(name), kinds, _whole(keys.get(name, []), kinds))
            for name, kinds in columns.items()
        ]

    def _json(self, cursor: Any) -> list[tuple[str, str]]:
        if not self._connection.mysql_is_mariadb:
            return []
        cursor.execute(_CHECKS)
        return [
            (table, column.replace("``", "`"))
            for table, clause in cursor.fetchall()
            for column in _JSON.findall(clause)
        ]

    def chunk(self, table: Shape, after: int | str | None, upto: int | str | None) -> Chunk | None:
        """Return the next chunk."""
        assert table.key is not None
        if table.by is By.COLUMNS:
            return self._by_columns(table, after, upto)
        self._settle()
        key = quote(table.key)
        bounds = [(f"{key} > %s", after), (f"{key} <= %s", upto)]
        asked = [(sql, value) for sql, value in bounds if value is not None]
        where = f"WHERE {' AND '.join(sql for sql, _ in asked)} " if asked else ""
        limit = "" if upto is not None else f"LIMIT {CHUNK}"
        tail = f"FROM {table.quoted} {where}ORDER BY {key} {limit}"
        values = [value for _, value in asked]
        return (
            self._here(table, key, tail, values)
            if _by_us(table)
            else self._there(table, key, tail, values)
        )

    def _by_columns(
        self, table: Shape, after: int | str | None, upto: int | str | None
    ) -> Chunk | None:
        """Read texts and write their cells here; SQL does it for columns that hold anything unusual."""
        names = table.names
        asked = [_sent(table.columns[name], quote(name)) for name in names]
        rows = self._rows(_query(table, asked, after, upto))
        if not rows:
            return None
        if self._pool is not None and upto is None and len(rows) == CHUNK:
            query = _query(table, asked, int(rows[-1][0]), None)
            begun = Event()
            self._next = query, self._pool.submit(self._run, query, begun)
            begun.wait()  # else the thread would have its turn only when nothing is left to do here
        keys, *columns = zip(*rows, strict=True)
        found = {
            name: wire.cells(table.columns[name], column)
            for name, column in zip(names, columns, strict=True)
        }
        strange = [name for name in names if found[name] is None]
        if strange:
            asked = [_sure(table.columns[name], quote(name)) for name in strange]
            again = self._rows(_query(table, asked, after, int(keys[-1])))
            _, *columns = zip(*again, strict=True)
            found |= {n: b"".join(cells) for n, cells in zip(strange, columns, strict=True)}
        digest = of_columns(found[name] or b"" for name in names)
        return Chunk(int(keys[-1]), len(keys), digest)

    def _rows(self, query: str) -> Rows:
        """Return the rows of a query, as the server sends them."""
        self._settle()
        if self._next is not None and self._next[0] == query:
            (_, coming), self._next = self._next, None
            return coming.result()
        return self._run(query)

    def _run(self, query: str, begun: Event | None = None) -> Rows:
        from MySQLdb import _mysql

        if begun is not None:
            begun.set()
        with self._connection.wrap_database_errors:
            raw = self._connection.connection
            raw.query(query.encode())
            found: Rows = _mysql.result(raw, 0, {}).fetch_row(0, 0)
        return found

    def _there(self, table: Shape, key: str, tail: str, values: list[Any]) -> Chunk | None:
        with self._connection.cursor() as cursor:
            cursor.execute(
                "SELECT MAX(k), COUNT(*), COUNT(h), "
                "SHA2(GROUP_CONCAT(h ORDER BY k SEPARATOR ''), 256) "
                f"FROM (SELECT {key} AS k, SHA2({_row(table)}, 256) AS h {tail}) AS chunk",
                values,
            )
            last, rows, digested, digest = cursor.fetchone()
        assert rows == digested, table.name  # a row that gave no digest would go unseen
        return Chunk(last, rows, digest) if rows else None

    def _here(self, table: Shape, key: str, tail: str, values: list[Any]) -> Chunk | None:
        with self._connection.cursor() as cursor:
            cursor.execute(f"SELECT {key}, {_listed(table)} {tail}", values)
            rows = cursor.fetchall()
        if not rows:
            return None
        return Chunk(rows[-1][0], len(rows), of_hashes([_sha(table, row[1:]) for row in rows]))

    def hashes(self, table: Shape) -> Iterator[str]:
        """Return the digests of all rows in their own order."""
        self._settle()
        if _by_us(table):
            yield from sorted(self._all_here(table))
            return
        sql = f"SELECT SHA2({_row(table)}, 256) AS h FROM {table.quoted} ORDER BY h"
        for (found,) in self._streamed(sql):
            yield found

    def _all_here(self, table: Shape) -> Iterator[str]:
        for row in self._streamed(f"SELECT {_listed(table)} FROM {table.quoted}"):
            yield _sha(table, row)

    def _streamed(self, sql: str) -> Iterator[Any]:
        """Return rows as they come: the usual cursor would take them all at once."""
        from MySQLdb.cursors import SSCursor

        cursor = self._connection.connection.cursor(SSCursor)
        try:
            cursor.execute(sql % ())
            while some := cursor.fetchmany(CHUNK):
                yield from islice(some, None)
        finally:
            cursor.close()


def _query(table: Shape, what: list[str], after: int | str | None, upto: int | str | None) -> str:
    """Return what asks for the key and some expressions of the rows of a chunk."""
    assert table.key is not None
    key = quote(table.key)
    bounds = [(f"{key} > ", after), (f"{key} <= ", upto)]
    asked = [f"{sql}{int(value)}" for sql, value in bounds if value is not None]
    where = f"WHERE {' AND '.join(asked)} " if asked else ""
    limit = "" if upto is not None else f"LIMIT {CHUNK}"
    sql = f"SELECT {', '.join([key, *what])} FROM {table.quoted} {where}ORDER BY {key} {limit}"
    return sql % ()


def _whole(keys: list[str], kinds: dict[str, Kind]) -> str | None:
    return keys[0] if len(keys) == 1 and kinds[keys[0]] is Kind.INTEGER else None


def _by_us(table: Shape) -> bool:
    return Kind.JSON in table.columns.values()


def _row(table: Shape) -> str:
    cells_of_row = ", ".join(
        f"IFNULL({_cell(table.columns[name], quote(name))}, '~,')" for name in sorted(table.columns)
    )
    return f"CONCAT({cells_of_row})"


def _listed(table: Shape) -> str:
    return ", ".join(
        _bytes(quote(name))
        if table.columns[name] is Kind.JSON
        else f"IFNULL({_cell(table.columns[name], quote(name))}, '~,')"
        for name in sorted(table.columns)
    )


def _sha(table: Shape, row: tuple[Any, ...]) -> str:
    digest = hashlib.sha256()
    for name, value in zip(sorted(table.columns), row, strict=True):
        data = value.encode() if isinstance(value, str) else value
        if table.columns[name] is Kind.JSON:
            data = cells.NULL if data is None else cells.structured(data)
        digest.update(data)
    return digest.hexdigest()


def _sent(kind: Kind, c: str) -> str:
    """Return the SQL of what `wire` takes; where it takes nothing, of a whole cell."""
    match kind:
        case Kind.TEXT | Kind.JSON | Kind.ADDRESS:
            return _bytes(c)
        case Kind.TIME | Kind.BINARY:
            return "NULL"
        case _:
            return c


def _sure(kind: Kind, c: str) -> str:
    return f"IFNULL({_cell(kind, c)}, '~,')"


def _bytes(c: str) -> str:
    return f"CAST(CONVERT({c} USING utf8mb4) AS BINARY)"


def _cell(kind: Kind, c: str) -> str:
    match kind:
        case Kind.INTEGER | Kind.TRUTH | Kind.DATE | Kind.DURATION:
            return f"CONCAT({c}, ',')"
        case Kind.FLOAT:
            return f"CONCAT({_float(c)}, ',')"
        case Kind.DECIMAL:
            text = f"CAST({c} AS CHAR)"
            bare = f"TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM {text}))"
            return f"CONCAT(IF(LOCATE('.', {text}), {bare}, {text}), ',')"
        case Kind.DATETIME:
            return f"DATE_FORMAT({c}, '%%Y-%%m-%%d %%H:%%i:%%s.%%f,')"
        case Kind.TIME:
            return f"CONCAT(CAST(CAST({c} AS TIME(6)) AS CHAR), ',')"
        case Kind.UUID:
            return f"CONCAT('32:', REPLACE({c}, '-', ''), ',')"
        case Kind.BINARY:
            return (
                f"IF(OCTET_LENGTH({c}) > {cells.LONG_BINARY}, CONCAT('X', SHA2({c}, 256), ','), "
                f"CONCAT('x', LOWER(HEX({c})), ','))"
            )
        case Kind.TEXT | Kind.JSON | Kind.ADDRESS:
            text = _bytes(c)
            return (
                f"IF(OCTET_LENGTH({text}) > {cells.LONG_TEXT}, CONCAT('#', SHA2({text}, 256), ','), "
                f"CONCAT(OCTET_LENGTH({text}), ':', {text}, ','))"
            )


def _float(c: str) -> str:
    """Return the SQL that writes a float as PostgreSQL does: other thresholds, other exponents."""
    text = f"CAST({c} AS CHAR)"
    mantissa = f"SUBSTRING_INDEX({text}, 'e', 1)"
    power = f"CAST(SUBSTRING_INDEX({text}, 'e', -1) AS SIGNED)"
    scientific = f"CONCAT({mantissa}, 'e', IF({power} < 0, '-', '+'), {_two(f'ABS({power})')})"
    digits = f"REGEXP_REPLACE({text}, '^-?0\\\\.0*', '')"
    zeros = f"(LOCATE({digits}, {text}) - LOCATE('.', {text}))"
    small = (
        f"CONCAT(IF({c} < 0, '-', ''), LEFT({digits}, 1), IF(LENGTH({digits}) > 1, '.', ''), "
        f"SUBSTRING({digits}, 2), 'e-', {_two(zeros)})"
    )
    large = _large(c, text)
    return (
        f"CASE WHEN LOCATE('e', {text}) THEN {scientific} "
        f"WHEN {c} <> 0 AND ABS({c}) < 1e-4 THEN {small} "
        f"WHEN ABS({c}) >= 1e15 THEN {large} ELSE {text} END"
    )


def _large(c: str, text: str) -> str:
    digits = f"TRIM(LEADING '-' FROM {text})"
    bare = f"TRIM(TRAILING '0' FROM {digits})"
    return (
        f"CONCAT(IF({c} < 0, '-', ''), LEFT({bare}, 1), IF(LENGTH({bare}) > 1, '.', ''), "
        f"SUBSTRING({bare}, 2), 'e+', {_two(f'LENGTH({digits}) - 1')})"
    )


def _two(number: str) -> str:
    return f"LPAD({number}, GREATEST(2, LENGTH({number})), '0')"

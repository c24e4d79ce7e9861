"""Tables of PostgreSQL: cells, rows and chunks are digested by the server."""

from collections.abc import Iterator
from typing import Any

from pickguard.backups.digest import cells
from pickguard.backups.digest.cells import Kind
from pickguard.backups.digest.shapes import CHUNK, By, Chunk, Shape

_KINDS = {
    "int2": Kind.INTEGER,
    "int4": Kind.INTEGER,
    "int8": Kind.INTEGER,
    "bool": Kind.TRUTH,
    "float4": Kind.FLOAT,
    "float8": Kind.FLOAT,
    "numeric": Kind.DECIMAL,
    "bytea": Kind.BINARY,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "timestamp": Kind.DATETIME,
    "timestamptz": Kind.DATETIME,
    "interval": Kind.DURATION,
    "uuid": Kind.UUID,
    "jsonb": Kind.JSON,
    "inet": Kind.ADDRESS,
}
# ordinary tables and partitions, outside of what belongs to the server or to an extension
_TABLES = """
SELECT c.oid, n.nspname, c.relname, a.attname, t.typname, k.conkey = ARRAY[a.attnum],
       n.nspname = current_schema()
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND c.relpersistence <> 't'
  AND NOT EXISTS (SELECT 1 FROM pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY 2, 3, 4
"""
SESSION = (
    "SET LOCAL TimeZone = 'UTC'",
    "SET LOCAL DateStyle = 'ISO, YMD'",
    "SET LOCAL IntervalStyle = 'postgres'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL row_security = off",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
_BATCH = 10_000


def quote(name: str) -> str:
    """Return a name for SQL; a percent sign would be taken for a parameter."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


class PostgresqlReader:
    """Reads tables through one of Django's connections, inside a transaction."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        with connection.cursor() as cursor:
            for statement in SESSION:
                cursor.execute(statement)

    def shapes(self) -> list[Shape]:
        """Return the tables that hold rows."""
        with self._connection.cursor() as cursor:
            cursor.execute(_TABLES)
            found = cursor.fetchall()
        columns: dict[tuple[str, str], dict[str, Kind]] = {}
        keys: dict[tuple[str, str], str] = {}
        here = set()
        for _, schema, table, column, kind, key, current in found:
            place = (schema, table)
            columns.setdefault(place, {})[column] = _KINDS.get(kind, Kind.TEXT)
            if key and kind in {"int2", "int4", "int8"}:
                keys[place] = column
            if current:
                here.add(place)
        return [
            Shape(
                place[1] if place in here else ".".join(place),
                ".".join(map(quote, place)),
                columns[place],
                keys.get(place),
            )
            for place in columns
        ]

    def chunk(self, table: Shape, after: int | str | None, upto: int | str | None) -> Chunk | None:
        """Return the next chunk."""
        assert table.key is not None
        key = quote(table.key)
        bounds = [(f"{key} > %s", after), (f"{key} <= %s", upto)]
        asked = [(sql, value) for sql, value in bounds if value is not None]
        where = f"WHERE {' AND '.join(sql for sql, _ in asked)} " if asked else ""
        limit = "" if upto is not None else f"LIMIT {CHUNK}"
        digest, inner = _of_columns(table) if table.by is By.COLUMNS else _of_rows(table)
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT max(k), count(*), encode(sha256({digest}), 'hex') "
                f"FROM (SELECT {key} AS k, {inner} FROM ONLY {table.quoted} "
                f"{where}ORDER BY {key} {limit}) AS chunk",
                [value for _, value in asked],
            )
            last, rows, digest = cursor.fetchone()
        return Chunk(last, rows, digest) if rows else None

    def ranges(self, table: Shape) -> Iterator[tuple[int | None, int | None]]:
        """Return the ranges of keys of all chunks; none where a key is no whole number."""
        if table.key is None:
            return
        after: int | None = None
        with self._connection.cursor() as cursor:
            cursor.execute(
                f"SELECT k FROM (SELECT {quote(table.key)} AS k, "
                f"row_number() OVER (ORDER BY {quote(table.key)}) AS n FROM ONLY {table.quoted}) AS r "
                f"WHERE n %% {CHUNK} = 0 ORDER BY k",
                [],
            )
            for (last,) in cursor.fetchall():
                yield after, last
                after = last
        yield after, None

    def hashes(self, table: Shape) -> Iterator[str]:
        """Return the digests of all rows in their own order."""
        with self._connection.chunked_cursor() as cursor:
            cursor.itersize = _BATCH
            cursor.execute(
                f"SELECT convert_from(h, 'UTF8') FROM (SELECT {_hash(table)} AS h "
                f"FROM ONLY {table.quoted}) AS hashed ORDER BY h",
                [],
            )
            while some := cursor.fetchmany(_BATCH):
                yield from (found for (found,) in some)


def _of_rows(table: Shape) -> tuple[str, str]:
    """Return the SQL of the bytes of a chunk, and of what it takes of each row."""
    return "string_agg(h, ''::bytea ORDER BY k)", f"{_hash(table)} AS h"


def _of_columns(table: Shape) -> tuple[str, str]:
    """Return the same; the rows of a chunk come in order, so nothing is sorted for each column."""
    outer, inner = [], []
    for number, name in enumerate(table.names):
        c, kind = f"c{number}", table.columns[name]
        inner.append(f"{quote(name)} AS {c}")
        cell = _cell(kind, c)
        if kind is Kind.DATETIME:
            inner.append(f"{quote(name)}::timestamp::text AS {c}t")
            cell = _moment(c)
        elif kind is Kind.INTEGER:
            cell = f"{c}::text"
        cells_of_column = f"string_agg(coalesce({cell}, '~'), ',') || ','"
        outer.append(f"encode(sha256(convert_to({cells_of_column}, 'UTF8')), 'hex')")
    return f"convert_to({' || '.join(outer)}, 'UTF8')", ", ".join(inner)


def _moment(c: str) -> str:
    """Return the SQL of a moment whose text is at hand: to_char takes much longer."""
    return (
        f"CASE WHEN {c} >= '0001-01-01' AND {c} < '10000-01-01' THEN "
        f"CASE octet_length({c}t) WHEN 19 THEN {c}t || '.000000' ELSE rpad({c}t, 26, '0') END "
        f"ELSE {_cell(Kind.DATETIME, c)} END"
    )


def _hash(table: Shape) -> str:
    row = " || ".join(
        f"coalesce({_cell(table.columns[name], quote(name))} || ',', '~,')"
        for name in sorted(table.columns)
    )
    return f"convert_to(encode(sha256(convert_to({row or repr('')}, 'UTF8')), 'hex'), 'UTF8')"


def _cell(kind: Kind, c: str) -> str:
    match kind:
        case Kind.INTEGER:
            return f"CASE {c}::text WHEN 'true' THEN '1' WHEN 'false' THEN '0' ELSE {c}::text END"
        case Kind.TRUTH:
            return f"CASE {c} WHEN true THEN '1' WHEN false THEN '0' END"
        case Kind.FLOAT | Kind.DATE:
            return f"{c}::text"
        case Kind.TIME:
            return f"to_char({c}, 'HH24:MI:SS.US')"
        case Kind.DECIMAL:
            return f"trim_scale({c})::text"
        case Kind.DATETIME:
            return (
                f"CASE WHEN isfinite({c}) AND {c} >= '0001-01-01' "
                f"THEN to_char({c}, 'YYYY-MM-DD HH24:MI:SS.US') ELSE {c}::text END"
            )
        case Kind.DURATION:
            return (
                f"CASE WHEN extract(year FROM {c}) = 0 AND extract(month FROM {c}) = 0 "
                f"THEN (extract(epoch FROM {c}) * 1000000)::numeric(40, 0)::text ELSE {c}::text END"
            )
        case Kind.UUID:
            return f"'32:' || encode(uuid_send({c}), 'hex')"
        case Kind.BINARY:
            return (
                f"CASE WHEN octet_length({c}) > {cells.LONG_BINARY} "
                f"THEN 'X' || encode(sha256({c}), 'hex') ELSE 'x' || encode({c}, 'hex') END"
            )
        case Kind.ADDRESS:
            alone = f"masklen({c}) = CASE family({c}) WHEN 4 THEN 32 ELSE 128 END"
            return _text(f"CASE WHEN {alone} THEN host({c}) ELSE {c}::text END")
        case Kind.TEXT | Kind.JSON:
            return _text(f"{c}::text")


def _text(text: str) -> str:
    return (
        f"CASE WHEN octet_length({text}) > {cells.LONG_TEXT} "
        f"THEN '#' || encode(sha256(convert_to({text}, 'UTF8')), 'hex') "
        f"ELSE octet_length({text}) || ':' || {text} END"
    )

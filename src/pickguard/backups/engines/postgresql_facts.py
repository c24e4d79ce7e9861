"""What is true of a PostgreSQL database beside its rows, and how another is made like it."""

from typing import Any

from pickguard.backups.digest.postgresql import quote
from pickguard.backups.engines import facts as common
from pickguard.backups.engines import tools
from pickguard.backups.engines.base import Facts

_OURS = (
    "n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND NOT EXISTS (SELECT 1 FROM "
    "pg_depend d WHERE d.objid = {oid} AND d.classid = '{catalog}'::regclass AND d.deptype = 'e')"
)
_SEQUENCES = f"""
SELECT CASE WHEN n.nspname = current_schema() THEN c.relname ELSE n.nspname || '.' || c.relname END,
       n.nspname, c.relname
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS.format(oid="c.oid", catalog="pg_class")}
"""
_OBJECTS = (
    f"""
SELECT 'constraint ' || n.nspname || '.' || r.relname || '.' || k.conname, pg_get_constraintdef(k.oid)
FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE {_OURS.format(oid="r.oid", catalog="pg_class")}""",
    f"""
SELECT 'index ' || n.nspname || '.' || c.relname, pg_get_indexdef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relkind IN ('i', 'I') AND {_OURS.format(oid="i.indrelid", catalog="pg_class")}""",
    f"""
SELECT 'view ' || n.nspname || '.' || c.relname, pg_get_viewdef(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('v', 'm') AND {_OURS.format(oid="c.oid", catalog="pg_class")}""",
    f"""
SELECT 'trigger ' || n.nspname || '.' || r.relname || '.' || t.tgname, pg_get_triggerdef(t.oid)
FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid JOIN pg_namespace n ON n.oid = r.relnamespace
WHERE NOT t.tgisinternal AND {_OURS.format(oid="r.oid", catalog="pg_class")}""",
    f"""
SELECT 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prokind IN ('f', 'p') AND {_OURS.format(oid="p.oid", catalog="pg_proc")}""",
    "SELECT 'extension ' || extname, extversion FROM pg_extension WHERE extname <> 'plpgsql'",
)


def facts(cursor: Any, tables: set[str]) -> Facts:
    """Ask for everything, in the transaction of the snapshot."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        cursor.execute(sql)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    sequences = {name: _sequence(cursor, schema, own) for name, schema, own in ask(_SEQUENCES)}
    ((server, encoding, collation, zone),) = ask(
        "SELECT current_setting('server_version'), pg_encoding_to_char(encoding), datcollate, "
        "coalesce((SELECT reset_val FROM pg_settings WHERE name = 'TimeZone'), '') "
        "FROM pg_database WHERE datname = current_database()"
    )
    program = tools.find("pg_dump", package="postgresql-client")
    return Facts(
        server=f"PostgreSQL {server}",
        tool=tools.version(program),
        encoding=encoding,
        collation=collation,
        time_zone=zone,
        sequences=sequences,
        migrations=common.migrations(ask, tables),
        objects={name: definition for sql in _OBJECTS for name, definition in ask(sql)},
    )


def _sequence(cursor: Any, schema: str, name: str) -> int:
    """Return the last value that a sequence gave, 0 where it gave none."""
    cursor.execute(
        f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {quote(schema)}.{quote(name)}",
        [],
    )
    return int(cursor.fetchone()[0])


def creation(cursor: Any, name: str, like: str) -> str:
    """Return the statement that makes a database with the properties of another."""
    cursor.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype, pg_get_userbyid(datdba), "
        "pg_has_role(datdba, 'MEMBER'), spcname FROM pg_database "
        "JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = %s",
        [like],
    )
    found = cursor.fetchone()
    base = f"CREATE DATABASE {quote(name)} TEMPLATE template0".replace("%%", "%")
    if found is None:
        return f"{base} ENCODING 'UTF8'"
    encoding, collate, ctype, owner, may, space = found
    words = f"{base} ENCODING {_text(encoding)} LC_COLLATE {_text(collate)} LC_CTYPE {_text(ctype)}"
    words += f" TABLESPACE {quote(space)}"
    return f"{words} OWNER {quote(owner)}" if may else words


def settings(cursor: Any, name: str, like: str) -> list[str]:
    """Return the statements that give a database the settings of another."""
    cursor.execute(
        "SELECT unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "WHERE d.datname = %s AND s.setrole = 0",
        [like],
    )
    pairs = [str(found).partition("=") for (found,) in cursor.fetchall()]
    return [
        f"ALTER DATABASE {quote(name)} SET {quote(key)} TO {value if _listed(key) else _text(value)}"
        for key, _, value in pairs
    ]


def _listed(key: str) -> bool:
    """Tell whether a setting is a list that the server has quoted already."""
    return key in {"search_path", "temp_tablespaces", "session_preload_libraries", "DateStyle"}


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

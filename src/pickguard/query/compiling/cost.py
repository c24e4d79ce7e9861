"""What a query may cost: asked of the planner beforehand, and bounded in time while it runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connections, models, transaction

from pickguard.query.syntax.errors import Problem, QueryError

if TYPE_CHECKING:
    from pickguard.query.compiling.compiled import Query

_PROGRESS_STEPS = 10_000


def expected_cost(rows: "models.QuerySet[Any]") -> float | None:
    """Return what the database's planner expects, in its own unit; None where it has no word.

    PostgreSQL and MariaDB name a cost; SQLite does not.
    """
    vendor = connections[rows.db].vendor
    if vendor == "postgresql":
        plan = json.loads(rows.explain(format="json"))
        return float(plan[0]["Plan"]["Total Cost"])
    if vendor == "mysql":
        plan = json.loads(rows.explain(format="json"))
        return _rows_read(json.loads(plan) if isinstance(plan, str) else plan)
    return None


def _rows_read(plan: Any) -> float:
    """Return the number of rows that a MariaDB or MySQL plan expects to read in all."""
    if isinstance(plan, list):
        return sum(_rows_read(each) for each in plan)
    if not isinstance(plan, dict):
        return 0.0
    own = float(plan.get("rows", plan.get("rows_examined_per_scan", 0)) or 0)
    return own * float(plan.get("loops", 1) or 1) + sum(map(_rows_read, plan.values()))


def refuse_costly(rows: "models.QuerySet[Any]", most: float, text: str) -> None:
    """Raise QueryError where the planner expects more than `most`."""
    expected = expected_cost(rows)
    if expected is not None and expected > most:
        problem = Problem("too-costly", 0, len(text), found=round(expected), limit=round(most))
        raise QueryError.of(problem, text=text)


def found(query: "Query", rows: "models.QuerySet[Any]") -> list[Any]:
    """Return the primary keys that a query finds, a pattern within its time. Raises QueryError."""
    most, seconds = query.schema.limits.rows, query.schema.max_seconds
    keys = query.filter(rows).values_list("pk", flat=True)
    if query.limit is not None and not query.patterns:
        return list(keys)
    if query.limit is None:
        keys = keys[: most + 1]
    try:
        with bounded(seconds, rows.db):
            result = list(keys)
    except OperationalError:
        limit = f"{seconds:g} s"
        problem = Problem("too-costly", 0, len(query.text), found=f"> {limit}", limit=limit)
        raise QueryError.of(problem, text=query.text) from None
    if len(result) > most:
        problem = Problem("too-many-found", 0, len(query.text), limit=most)
        raise QueryError.of(problem, text=query.text)
    return result


@contextmanager
def bounded(seconds: float, using: str = "default") -> Iterator[None]:
    """Have the database give up after `seconds` on any statement run inside.

    PostgreSQL and MariaDB stop the statement themselves; on SQLite a progress handler does, which
    can't look into a regular expression while Python works on it. What is raised is Django's
    OperationalError.
    """
    connection = connections[using]
    if connection.vendor == "postgresql":
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            before = cursor.fetchone()[0]
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)", [str(_milliseconds(seconds))]
            )
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    elif connection.vendor == "mysql":
        with _mariadb_timeout(connection, seconds):
            yield
    else:
        with _sqlite_timeout(connection, seconds):
            yield


def _milliseconds(seconds: float) -> int:
    return max(1, int(seconds * 1000))  # 0 is no bound at all


@contextmanager
def _mariadb_timeout(connection: Any, seconds: float) -> Iterator[None]:
    name, value = (
        ("max_statement_time", _milliseconds(seconds) / 1000)
        if connection.mysql_is_mariadb
        else ("max_execution_time", _milliseconds(seconds))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT @@SESSION.{name}")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET SESSION {name} = %s", [value])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {name} = %s", [before])


@contextmanager
def _sqlite_timeout(connection: Any, seconds: float) -> Iterator[None]:
    connection.ensure_connection()
    end = monotonic() + seconds
    connection.connection.set_progress_handler(lambda: monotonic() > end, _PROGRESS_STEPS)
    try:
        yield
    finally:
        connection.connection.set_progress_handler(None, 0)

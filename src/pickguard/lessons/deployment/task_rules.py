"""Deployment rules about queues of tasks: what workers take from the broker, and believe."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Code, Hit, code_rule
from pickguard.kit.code import tail, text
from pickguard.source.python import nodes as n
from pickguard.source.python.walk import inside

# Celery's settings under each of the names that it reads them by
_ACCEPTED = ("accept_content", "CELERY_ACCEPT_CONTENT", "result_accept_content",
             "CELERY_RESULT_ACCEPT_CONTENT")  # fmt: skip
_WRITTEN = ("task_serializer", "CELERY_TASK_SERIALIZER", "result_serializer",
            "CELERY_RESULT_SERIALIZER")  # fmt: skip
_PICKLE = frozenset({"pickle", "application/x-python-serialize"})


@code_rule(
    "deployment.pickled-tasks",
    words=(*_ACCEPTED, *_WRITTEN),
    title="workers unpickle what they take from the broker",
    areas=(Area.INTEGRITY, Area.CONFIDENTIALITY),
    cwe=(502,),
    severity=Severity.MEDIUM,
    gain="whoever can put a message into the broker, often a Redis without a password, runs code on every worker",
    mend='leave Celery its default, JSON: `accept_content = ["json"]`',
)
def pickled_tasks(code: Code) -> Iterator[Hit]:
    """Find Celery's pickle among what workers accept, or what tasks and results are written as."""
    told = [*_told(code, _ACCEPTED)] or [*_told(code, _WRITTEN)][:1]
    for name, value in told:
        yield Hit(
            (code.spot(value),),
            f"`{name}` names pickle, which runs code as it is read",
            Confidence.LOW if code.is_conditional(value.span) else Confidence.HIGH,
            code.symbol,
        )


def _told(code: Code, names: tuple[str, ...]) -> Iterator[tuple[str, n.Expr]]:
    """Yield what is set under one of some names, by an assignment or a keyword, and names pickle."""
    for name, value in (*_assigned(code), *_given(code)):
        if name in names and any(text(part) in _PICKLE for part in inside(value)):
            yield name, value


def _assigned(code: Code) -> Iterator[tuple[str, n.Expr]]:
    for statement in code.statements:
        if isinstance(statement, n.Assign):
            yield from ((tail(target), statement.value) for target in statement.targets)


def _given(code: Code) -> Iterator[tuple[str, n.Expr]]:
    for call in code.calls("Celery", "update"):
        yield from ((keyword.name or "", keyword.value) for keyword in call.keywords)

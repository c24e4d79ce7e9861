"""Queries have one form, whatever they are written in."""

import pytest

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.reader import read_python


def _lowered(source: str) -> n.Call:
    statement = read_python(f"found = {source}\n".encode()).body[0]
    assert isinstance(statement, n.Assign)
    assert isinstance(statement.value, n.Call)
    return statement.value


@pytest.mark.parametrize(
    ("source", "path", "given", "named"),
    [
        ("Note.objects.filter(pk=pk)", "Note.objects.filter", [], ["pk"]),
        ("Note.objects.all().filter(pk=pk)", "Note.objects.filter", [], ["pk"]),
        ("Note.objects.all().values('text')", "Note.objects.values", ["text"], []),
        ("Note.objects.filter(Q(pk=pk))", "Note.objects.filter", [], ["pk"]),
        ("Note.objects.get(Q(a=b) & Q(c=d), e=f)", "Note.objects.get", [], ["a", "c", "e"]),
        ("Note.objects.exclude(models.Q(a=b, c=d))", "Note.objects.exclude", [], ["a", "c"]),
        ("Note.objects.filter(a=b).get(c=d)", "Note.objects.get", [], ["a", "c"]),
        ("Note.objects.filter(a=b).get()", "Note.objects.get", [], ["a"]),
        ("Note.objects.filter(a=b).filter(c=d).get(e=f)", "Note.objects.get", [], ["a", "c", "e"]),
        ("get_object_or_404(Note.objects, pk=pk)", "get_object_or_404", ["Note"], ["pk"]),
        ("get_object_or_404(Note.objects.all(), pk=pk)", "get_object_or_404", ["Note"], ["pk"]),
        ("get_object_or_404(user.notes.all(), Q(a=b))", "get_object_or_404", ["user.notes"], ["a"]),
        (
            "get_object_or_404(Note.objects.filter(a=b), pk=pk)",
            "get_object_or_404",
            ["Note"],
            ["a", "pk"],
        ),
    ],
)
def test_a_query_has_one_form(source, path, given, named):
    call = _lowered(source)
    said = [one.value if isinstance(one, n.Const) else access_path(one) for one in call.args]
    assert access_path(call.func) == path
    assert (said, [keyword.name for keyword in call.keywords]) == (given, named)


@pytest.mark.parametrize(
    "source",
    [
        "Note.objects.all()",
        "Note.objects.all().delete()",
        "Note.objects.filter(Q(a=b) | Q(c=d))",
        "Note.objects.filter(~Q(a=b))",
        "Note.objects.filter(Q(a=b), a=c)",
        "Note.objects.filter(Q('a', b))",
        "Note.objects.filter(Q(**given))",
        "Note.objects.filter(a=b).get(a=c)",
        "Note.objects.filter(**given).get(a=c)",
        "Note.objects.filter(a=b).exclude(c=d)",
        "Note.objects.exclude(a=b).get(c=d)",
        "found.get('a')",
        "get_object_or_404(rows, pk=pk)",
    ],
)
def test_what_would_say_something_else_stays(source):
    kept = _lowered(source)
    plain = _lowered(source.replace("filter(", "f(").replace("get(", "g("))
    assert len(kept.args) == len(plain.args)
    assert [one.name for one in kept.keywords] == [one.name for one in plain.keywords]

"""Where a row gets out of a function, and what decides on the way there."""

from __future__ import annotations

import pytest

from pickguard.base.spans import unpack
from pickguard.flow.bodies.ways_out import WayOut, ways_out
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import read_python
from pickguard.source.python.walk import expressions, inside


def ways(*lines: str) -> list[WayOut]:
    """Return the ways out of a function that takes a row by `take(...)`."""
    text = "def view(request, pk):\n" + "".join(f"    {line}\n" for line in lines)
    function = read_python(text.encode()).body[0]
    assert isinstance(function, n.Function)
    calls = [node for node in expressions(body(function)) if isinstance(node, n.Call)]
    return ways_out(function, next(call for call in calls if tail(call.func) == "take"))


def deciding(way: WayOut) -> set[str]:
    """Return the names in what decides on a way, or may raise there."""
    return {tail(part) for one in way.asked for part in inside(one.expr)} - {""}


@pytest.mark.parametrize(
    "lines",
    [
        ("row = take(pk)", "if asked(row):", "    raise Refused", "return row"),
        ("row = take(pk)", "if not asked(row):", "    return None", "row.delete()"),
        ("row = take(pk)", "if asked(row):", "    return row", "raise Refused"),
        ("row = take(pk)", "if not row or not asked(row):", "    raise Refused", "return row"),
        ("row = take(pk)", "if pk and asked(row):", "    return row", "raise Refused"),
        ("row = take(pk)", "ok = asked(row)", "if not ok:", "    raise Refused", "return row"),
        ("row = take(pk)", "return row if asked(row) else None"),
        ("row = take(pk)", "asked(row)", "return row"),
        ("row = take(pk)", "assert asked(row)", "return row"),
        ("row = take(pk, asked)", "return row"),
        ("rows = asked(pk)", "row = take(rows)", "return row"),
        ("row = take(pk)", "with asked(row):", "    row.save()"),
        ("try:", "    row = take(pk)", "    asked(row)", "except E:", "    raise", "return row"),
        ("row = take(pk)", "if row.kept:", "    if asked(row):", "        raise R", "return row"),
        (
            "row = take(pk)",
            "for one in row:",
            "    if asked(one):",
            "        raise R",
            "return row",
        ),
        ("row = take(pk)", "Other.objects.filter(asked, row=row).delete()"),
        ("row = take(pk)", "match asked(row):", "    case 1:", "        return row"),
        ("if pk:", "    row = take(pk)", "    asked(row)", "else:", "    row = 1", "return row"),
        ("if pk:", "    p = asked(pk)", "else:", "    p = 1", "row = take(p)", "return row"),
    ],
)
def test_what_decides_is_told(lines):
    found = ways(*lines)
    assert found
    assert all("asked" in deciding(way) for way in found)


@pytest.mark.parametrize(
    "lines",
    [
        ("row = take(pk)", "if x:", "    asked = 1", "return row"),
        ("row = take(pk)", "may = row.asked", "return row"),
        ("row = take(pk)", "if request.method == 'GET':", "    asked(row)", "row.save()"),
        ("row = take(pk)", "if pk and not asked(row):", "    raise Refused", "row.save()"),
        ("row = take(pk)", "if not (pk or asked(row)):", "    raise Refused", "row.save()"),
        ("row = take(pk)", "if pk:", "    asked(row)", "else:", "    row.a = 1", "row.save()"),
        ("row = take(pk)", "row.delete()", "if asked(row):", "    raise Refused"),
        (
            "row = take(pk)",
            "if post:",
            "    if asked(row):",
            "        return row",
            "else:",
            "    return row",
        ),
        ("row = take(pk)", "return {'row': row, 'may': row.asked}"),
    ],
)
def test_what_decides_nothing_is_not(lines):
    assert any("asked" not in deciding(way) for way in ways(*lines))


@pytest.mark.parametrize(
    ("lines", "out"),
    [
        (("row = take(pk)", "return row"), [3]),
        (("row = take(pk)", "data = {}", "data['row'] = row", "return data"), [5]),
        (("row = take(pk)", "data = []", "data.append(row)", "return data"), [5]),
        (("form = Form(instance=take(pk))", "form.save()", "return 1"), [3]),
        (("take(pk).delete()",), [2]),
        (("for one in take(pk):", "    one.delete()"), [3]),
        (("row = take(pk)", "row.likes.add(1)", "return redirect(row)"), [3]),
        (("row = take(pk)", "return row == 1"), []),
        (("row = take(pk)", "return 1"), []),
        (("row = take(pk)", "price = row.price_for(request.user)", "return price"), [4]),
        (("return take(pk)",), [2]),
    ],
)
def test_a_row_gets_out_where_it_is_returned_or_written(lines, out):
    assert [unpack(way.span).line for way in ways(*lines)] == out


def test_an_answer_is_known_on_its_way():
    first, second = ways("row = take(pk)", "if asked(row):", "    return row", "return [row]")
    assert [one.truth for one in first.asked if one.truth is not None] == [True]
    assert [one.truth for one in second.asked if one.truth is not None] == [False]


def test_deep_and_long_functions_end():
    lines = [f"n{i} = n{i - 1} or take{i}(n{i - 1}, n{i - 2})" for i in range(2, 2000)]
    found = ways("row = take(pk)", *lines, "if n1999:", "    return row", "return [row]")
    assert len(found) == 2


def test_more_ways_than_can_be_kept_are_given_up():
    """Each way keeps what was asked before it: thousands of them would fill the memory."""
    lines = [line for i in range(2000) for line in (f"if a{i}:", "    return row", f"n{i} = f()")]
    assert len(ways("row = take(pk)", *lines[:300])) == 100
    assert ways("row = take(pk)", *lines) == []

"""Python files become records, whatever stands in them, and hostile ones become a reason."""

import gc
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.base.spans import unpack
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import SIZE_LIMIT, PythonRecord, read_python
from pickguard.source.python.walk import expressions
from pickguard.source.unreadable import Unreadable

EVERYTHING = '''
import os.path as p
from . import x, y as z
from ..m import *
A: int = 1
b = c = [1, -2.5, 1j, ..., b"x", "y", None, True, {**d}, {1: 2}, {3}, (4,)]
b += f"{a!r:>{w}} {b}" % (c or d and not e)
async def f(a, /, b=1, *c, d: int = 2, **e) -> None:
    """doc"""
    async with a as b, c: await d
    async for i in j: yield i
    else: yield from k
    return (lambda q: q)(*a, k=1, **b)
@decorate
class C(Base, metaclass=M):
    x = [i for i in range(3) if i for j in k] if a < b <= c is not d else {k: v for k, v in e}
    def m(self): self.x[1:2, ::3] = (y := 3); del self.x; raise E from e
try: pass
except (A, B) as err: pass
else: pass
finally: pass
while 1: break
match a:
    case {"k": [x, *rest]} if x: pass
    case Point(x=0) | 1: pass
    case _: continue_()
with open(f) as g: global h
assert a, b
'''


def test_what_functions_import_for_themselves_is_known_beside_the_body():
    """Where a name means one thing alone in the module, and nothing at its top."""
    source = b"""
import json

def a():
    from shop.models import Order
    from shop.rights import may

def b():
    from shop.models import Order
    from shop.other import may
    import json
"""
    found = read_python(source).imports
    assert [(one.module, one.attribute) for one in found] == [("shop.models", "Order")]


def test_a_key_that_the_module_gives_a_name_is_that_text():
    source = b"KEY = 'pk'\ndef v(request, KIND):\n    use(request.GET[KEY], request.GET[KIND])\n"
    function = read_python(source).body[1]
    assert isinstance(function, n.Function)
    indexes = [x.index for x in expressions(body(function)) if isinstance(x, n.Index)]
    assert [type(one) for one in indexes] == [n.Const, n.Name]


def test_all_of_pythons_syntax_is_read():
    record = read_python(EVERYTHING.encode())
    assert record.lines == EVERYTHING.count("\n") + 1
    kinds = {type(statement) for statement in record.body}
    assert kinds >= {n.Import, n.Assign, n.Function, n.Class, n.Try, n.While, n.Match, n.With}


def test_an_annotation_in_a_function_changes_nothing_of_an_assignment():
    record = read_python(
        b"a: int = 1\ndef f():\n    b: int = 2\n    class C:\n        c: int = 3\n        def m(self):\n            d: int = 4\n"
    )
    of_module, function = record.body
    assert isinstance(of_module, n.Annotate)
    assert isinstance(function, n.Function)
    assigned, inner = body(function)
    assert isinstance(assigned, n.Assign)
    assert isinstance(inner, n.Class)
    of_class, method = inner.body
    assert isinstance(of_class, n.Annotate)
    assert isinstance(method, n.Function)
    assert isinstance(body(method)[0], n.Assign)
    assert {"d", "c", "b"} <= set(function.words)


def test_what_a_constant_condition_keeps_from_running_is_left_out():
    record = read_python(
        b"def f():\n    if True:\n        return a\n    return b\nif False:\n    c\nelse:\n    d\nif e:\n    g\n"
    )
    function, other, asked = record.body
    assert isinstance(function, n.Function)
    (returned,) = body(function)
    assert isinstance(returned, n.Return)
    assert isinstance(returned.value, n.Name)
    assert returned.value.id == "a"
    assert isinstance(other, n.Do)
    assert isinstance(other.value, n.Name)
    assert other.value.id == "d"
    assert isinstance(asked, n.If)


def test_a_record_is_the_same_after_being_kept():
    record = read_python(EVERYTHING.encode())
    data = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(data, type=PythonRecord) == record


def test_spans_point_at_the_text():
    source = 'x = call(\n    "ä",\n    key=value,\n)\n'
    record = read_python(source.encode())
    calls = [node for node in expressions(record.body) if isinstance(node, n.Call)]
    assert unpack(calls[0].span) == (1, 5, 4, 2)


def test_a_function_lists_the_words_of_its_body_and_decodes_it():
    record = read_python(b"def f(a):\n    return a.get('key', b=request.GET['q'])\n")
    function = record.body[0]
    assert isinstance(function, n.Function)
    assert set(function.words) >= {"a", "get", "key", "b", "request", "GET", "q"}
    assert isinstance(body(function)[0], n.Return)


@pytest.mark.parametrize("asked", ["getattr(a, 'user', None)", "hasattr(a, 'user')"])
def test_an_attribute_that_is_asked_for_by_name_is_a_word(asked):
    """Rules look for `user`, however it is read."""
    record = read_python(f"def f(a):\n    return {asked}\n".encode())
    assert "user" in record.body[0].words


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("return getattr(a.b, 'c')", "return a.b.c"),
        ("setattr(a, 'b', c)", "a.b = c"),
        ("return await a.objects.aget(b=c)", "return a.objects.get(b=c)"),
        ("a = await aget_object_or_404(b, c=d)", "a = get_object_or_404(b, c=d)"),
        ("a = (await b.auser()).c", "a = b.user.c"),
    ],
)
def test_what_says_the_same_is_the_same(source, same):
    assert _shape(_block(source)) == _shape(_block(same))


@pytest.mark.parametrize(
    "source",
    [
        "return getattr(a, 'c', None)",
        "return getattr(a, c)",
        "return getattr(a, 'no name')",
        "setattr(a, b, c)",
        "return await a.b()",
        "return a.objects.aget(b=c)",
    ],
)
def test_what_may_say_something_else_stays(source):
    found = [type(one).__name__ for one in expressions(_block(source))]
    assert "Call" in found
    assert ("Wrapped" in found) is ("await" in source)


def _block(source: str) -> tuple[n.Stmt, ...]:
    (function,) = read_python(f"async def f():\n    {source}\n".encode()).body
    assert isinstance(function, n.Function)
    return body(function)


def _shape(part: object) -> object:
    """Return a tree without its places."""
    if isinstance(part, tuple):
        return [_shape(one) for one in part]
    fields = getattr(part, "__struct_fields__", None)
    if fields is None:
        return part
    kept = {name: _shape(getattr(part, name)) for name in fields if name != "span"}
    return [type(part).__name__, kept]


def test_imports_bind_what_python_binds():
    record = read_python(b"import a.b\nimport a.b as c\nfrom .m import x as y\nfrom m import *\n")
    found = [(s.name, s.module, s.attribute, s.level) for s in record.body]
    assert found == [
        ("a", "a", None, 0),
        ("c", "a.b", None, 0),
        ("y", "m", "x", 1),
        ("*", "m", "*", 0),
    ]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (b"def (:\n", "line 1"),
        (b"x = 1\nif\n", "line 2"),
        (b"x = '\x00'\n", "null"),
        (b"# -*- coding: nonsense -*-\n", "nonsense"),
        (b"# -*- coding: ascii -*-\nx = '\xff'\n", ""),
        (b"(" * 10_000 + b")" * 10_000, ""),
        (b"x = " + b"-" * 100_000 + b"1\n", ""),
        (b"x = " + b"[" * 150 + b"]" * 149, ""),
        (b"a" + b".a" * 50_000, ""),
        (b"x = 0\n" * (SIZE_LIMIT // 6 + 2), "larger than 5 MB"),
    ],
)
def test_what_cannot_be_read_says_why(source, reason):
    with pytest.raises(Unreadable) as caught:
        read_python(source)
    assert reason in caught.value.reason


def test_a_syntax_error_names_the_python_that_the_module_was_read_as():
    """It may be written for a newer one."""
    with pytest.raises(Unreadable, match=r"line 2: .*\(read as Python 3\.\d+"):
        read_python(b"a = 1\nb = = 2\n")


def test_a_chain_of_operators_is_no_reason_to_give_up():
    """Generated code adds hundreds of texts in one expression."""
    record = read_python(b"x = " + b" + ".join([b"'a'"] * 900))
    assert isinstance(record.body[0], n.Assign)


def test_a_one_line_module_of_megabytes_is_read():
    record = read_python(b"x = [" + b"1, " * 1_000_000 + b"]\n")
    assert record.lines == 2


def test_the_collector_is_left_as_it_was():
    assert gc.isenabled()
    read_python(b"x = 1")
    assert gc.isenabled()


def test_a_lone_surrogate_can_be_kept():
    record = read_python(b'x = "\\ud800"')
    assert msgspec.msgpack.encode(record)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(data):
    with suppress(Unreadable):
        record = read_python(data)
        assert msgspec.msgpack.decode(msgspec.msgpack.encode(record), type=PythonRecord) == record


def test_a_span_beyond_the_limits_is_clipped_as_everywhere():
    """A name far out on one line still reports its line and a column that a record can hold."""
    record = read_python(b"x = [" + b" " * 20_000 + b"name]\n")
    found = [node for node in expressions(record.body) if isinstance(node, n.Name)]
    span = unpack(next(node.span for node in found if node.id == "name"))
    assert (span.line, span.column) == (1, 2**14 - 1)

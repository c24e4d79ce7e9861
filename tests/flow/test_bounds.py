"""Code that goes round, or on and on: answers come, within bounds, and say what was given up."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.base.config import Config
from pickguard.flow.bodies.body import Body
from pickguard.flow.scopes.scope import Scope
from pickguard.scan import scan
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail
from pickguard.source.python.walk import expressions

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_functions_that_call_each_other_end_and_keep_what_enters():
    """Direct and mutual recursion, also through arguments."""
    text = """
def even(q, n):
    return q if n == 0 else odd(q + "!", n - 1)
def odd(q, n):
    return even(q, n - 1)
def v(request):
    sink(even(request.GET["q"], 3))
"""
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser


def test_an_answer_does_not_depend_on_where_a_circle_was_entered():
    """What is kept for one question serves the next: no half result of a circle is kept."""
    text = """
def a(n):
    return b(n)
def b(n):
    if n:
        return a(n - 1)
    return read()
def read():
    return request.GET["q"]
def v(request):
    sink(b(1))
def w(request):
    sink(a(1))
"""
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    body = body_of(site, "app.views.v")
    assert given_to_sink(body).is_browser
    other = site.names.dotted("app.views.w")
    assert isinstance(other, FunctionSymbol)
    assert given_to_sink(body.flow.body(other)).is_browser


def test_circles_within_circles_are_gone_through_once():
    """Each function may go on to two others and back to the first: the ways through double each time."""
    ways = "".join(
        f"def f{i}(n):\n    return f{i + 1}(n) if n else f{i + 2}(n)\n" for i in range(20)
    )
    ends = "def f20(n):\n    return f0(n)\ndef f21(n):\n    return f0(n) or request.GET['q']\n"
    text = f"{ways}{ends}def v(request):\n    sink(f0(1))\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    body = body_of(site, "app.views.v")
    assert given_to_sink(body).is_browser
    assert not body.flow.gave_up


def test_modules_that_import_each_other_are_followed():
    """Import cycles are no reason to lose a function."""
    one = "from . import two\ndef make(q):\n    return two.make(q)\n"
    two = "from . import one\ndef make(q):\n    return q\ndef v(request):\n    sink(one.make(request.GET['q']))\n"
    site = site_of({"app/__init__.py": "", "app/one.py": one, "app/two.py": two})
    assert given_to_sink(body_of(site, "app.two.v")).is_browser


def test_a_function_of_five_thousand_lines_is_followed():
    """Each line binds the name anew from the one before; the way is cut, not the answer's end."""
    lines = "".join(
        f"    x{i} = a{i % 7} + {i}\n    if x{i}:\n        y = x{i}\n" for i in range(1700)
    )
    text = f"def v(request):\n    q = request.GET['q']\n{lines}    sink(q)\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser


def test_a_chain_that_is_too_long_is_unknown_and_told():
    """Beyond the bound of depth the value is unknown, and `gave_up` says so."""
    lines = "".join(f"    x{i + 1} = x{i} + 'a'\n" for i in range(400))
    text = f"def v(request):\n    x0 = request.GET['q']\n{lines}    sink(x400)\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    body = body_of(site, "app.views.v")
    assert not given_to_sink(body).is_constant
    assert list(body.flow.gave_up) == ["app.views.v"]


def test_ten_thousand_methods_of_one_name_are_not_tried_one_by_one():
    """A name that everything has tells nothing; the parameter stays unknown."""
    classes = "".join(
        f"class C{i}:\n    def act(self, q):\n        other.act(q)\n" for i in range(10_000)
    )
    text = f"{classes}class Last:\n    def act(self, q):\n        sink(q)\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    body = body_of(site, "app.views.Last.act")
    found = given_to_sink(body)
    assert not found.is_browser
    assert not found.is_constant
    assert list(body.flow.gave_up) == ["app.views.Last.act"]


def test_what_requests_call_lacks_no_callers():
    """Code that calls a `get` is everywhere, and none of it calls that of a view."""
    other = "".join(f"def f{i}(q):\n    return q.get('a')\n" for i in range(500))
    text = """
from django.views import View
class Page(View):
    def get(self, request, extra):
        sink(extra)
"""
    site = site_of({"app/__init__.py": "", "app/views.py": text, "app/other.py": other})
    body = body_of(site, "app.views.Page.get")
    assert not given_to_sink(body).is_constant
    assert not body.flow.gave_up


def test_a_question_asked_deep_in_the_stack_is_unknown_and_told():
    """The flow's own bounds may allow more calls than the interpreter has left."""
    lines = "".join(f"    x{i + 1} = work.same(x{i})\n" for i in range(20))
    text = (
        f"from app import work\ndef v(request):\n    x0 = request.GET['q']\n{lines}    sink(x20)\n"
    )
    work = "def same(x):\n    return x\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text, "app/work.py": work})
    body = body_of(site, "app.views.v")
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 120)
    try:
        found = given_to_sink(body)
    finally:
        sys.setrecursionlimit(before)
    assert not found.is_constant
    assert list(body.flow.gave_up) == ["app.views.v"]
    assert given_to_sink(body_of(site, "app.views.v")).is_browser


_LOOKUPS = "".join(
    f"    if cache.get(key{i}) is None:\n        return read(key{i})\n" for i in range(40)
)


def test_conditions_are_judged_without_the_names_that_they_are_judged_for(monkeypatch):
    """Each condition may ask what a name stands for: what the body binds is worked out once all the same."""
    made: list[int] = []

    class Counted(Scope):
        def __init__(self, params, block, conditions, *, has_walrus):
            made.append(block[0].span)
            super().__init__(params, block, conditions, has_walrus=has_walrus)

    monkeypatch.setattr("pickguard.flow.bodies.body.Scope", Counted)
    text = f"cache = {{}}\ndef v(request):\n{_LOOKUPS}    sink(request.GET['q'])\n"
    body = body_of(site_of({"app/__init__.py": "", "app/views.py": text}), "app.views.v")
    assert given_to_sink(body).is_browser
    assert len(made) == 1


@pytest.mark.parametrize("name", ["leaky", "sound"])
def test_no_scope_is_asked_for_while_it_is_made(name, monkeypatch):
    """Whatever the rules ask of a site: a question that goes round would be worked out again and again."""
    again: list[str] = []
    open_: list[Body] = []
    make: Callable[[Body], Scope] = Body.__dict__["scope"].func

    def watched(body: Body) -> Scope:
        if body in open_:
            again.append(body.symbol)
        open_.append(body)
        try:
            return make(body)
        finally:
            open_.pop()

    watched_scope = cached_property(watched)
    watched_scope.__set_name__(Body, "scope")
    monkeypatch.setattr(Body, "scope", watched_scope)
    assert scan(EXAMPLES / name, config=Config(), cache=False).files.lines
    assert again == []


def test_a_name_that_loops_unpack_anew_from_itself_ends():
    """`name, sep, right = name.rpartition(".")` in one loop, and again in the next."""
    again = "        name, sep, right = name.rpartition('.')\n"
    loop = f"    while name in request.POST:\n{again}        if right:\n    {again}"
    text = f"def v(request):\n    name = request.POST['q']\n{loop * 3}    sink(name)\n"
    body = body_of(site_of({"app/__init__.py": "", "app/views.py": text}), "app.views.v")
    (call,) = (
        x for x in expressions(body.block) if isinstance(x, n.Call) and tail(x.func) == "sink"
    )
    assert body.flow.types.of(body, call.args[0], body.scope.at(call.span)) is None

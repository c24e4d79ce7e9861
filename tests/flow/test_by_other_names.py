"""Functions that are called by another name, and values that a module's object carries."""

from __future__ import annotations

import pytest
from tests.flow.test_across import VIEW, sunk

RUN = "def run(q):\n    sink(q)\n"


@pytest.mark.parametrize(
    ("call", "work"),
    [
        ("work.bound(request.GET['q'])", "bound = partial(run)"),
        ("work.bound(request.GET['q'])", "bound = partial(run, 1)"),
        ("work.bound(q=request.GET['q'])", "bound = partial(run, a=1)"),
        ("work.RUNS['run'](1, request.GET['q'])", "RUNS = {'run': run}"),
        ("work.RUNS.get(kind, work.run)(1, request.GET['q'])", "RUNS = {'run': run}"),
        ("go = work.RUNS[kind]\n    go(1, request.GET['q'])", "RUNS = {'run': run}"),
        ("work.RUNS[0](1, request.GET['q'])", "RUNS = [run, len]"),
        ("work.done.send(sender=None, q=request.GET['q'])", "done = Signal()\ndone.connect(run)"),
    ],
)
def test_a_function_is_found_under_another_name(call, work):
    """Of a `partial`, out of a dictionary or a list."""
    before = "from functools import partial\nfrom django.dispatch import Signal\n"
    run = "def run(a=0, q=None, **kw):\n    sink(q)\n"
    if "partial(run, 1)" in work or "RUNS" in work:
        run = "def run(a, q):\n    sink(q)\n"
    if work == "bound = partial(run)":
        run = RUN
    if "connect" in work:
        work = "done = Signal()\ndef ready():\n    done.connect(run)"
    found = sunk("work.run", views=VIEW + call, work=before + run + work)
    assert found.is_browser
    clean = call.replace("request.GET['q']", "1")
    assert not sunk("work.run", views=VIEW + clean, work=before + run + work).is_browser


@pytest.mark.parametrize(
    ("call", "held"),
    [
        ("work.RUNS[kind](request.GET['q'])", "RUNS = {'run': Run, 'other': Other}"),
        ("go = work.RUNS.get(kind)\n    go(request.GET['q'])\n    go.x = 1", "RUNS = {'run': Run}"),
        ("work.RUNS[kind]['of'](request.GET['q'])", "RUNS = {'run': {'of': Run}}"),
        (
            "go = work.runs().get(kind, {}).get('of')\n    go(request.GET['q'])\n    go.x = 1",
            "def runs():\n    return {'run': {'of': Run, 'name': 'a'}}",
        ),
        (
            "go = work.runs()[kind]\n    go(request.GET['q'])\n    go.x = 1",
            "def runs():\n    known = OrderedDict({'run': Run})\n    return {**known}",
        ),
        ("work.runs()[0](request.GET['q'])", "def runs():\n    return [Run]"),
    ],
)
def test_a_class_is_taken_out_of_what_holds_it(call, held):
    """Out of a dictionary, one inside of it, or what a function returns."""
    work = (
        "class Other:\n    def __init__(self, q):\n        pass\n"
        "class Run:\n    def __init__(self, q):\n        self.q = q\n"
        "    def go(self):\n        sink(self.q)\n"
    )
    assert sunk("work.Run.go", views=VIEW + call, work=work + held).is_browser
    clean = call.replace("request.GET['q']", "1")
    assert not sunk("work.Run.go", views=VIEW + clean, work=work + held).is_browser
    other = held.replace("Run", "Other")
    assert not sunk("work.Run.go", views=VIEW + call, work=work + other).is_browser


@pytest.mark.parametrize(
    ("base", "up"),
    [
        ("Base", "super().__init__(q)"),
        ("Base", "super().__init__(q=q)"),
        ("Base", "Base.__init__(self, q)"),
        ("Middle", "super().__init__(q)"),
    ],
)
def test_a_constructor_hands_on_to_that_of_its_base(base, up):
    work = (
        "class Base:\n    def __init__(self, q):\n        self.q = q\n"
        "class Middle(Base):\n    def __init__(self, q):\n        super().__init__(q)\n"
        f"class Run({base}):\n    def __init__(self, q, n):\n        {up}\n        self.n = n\n"
        "    def go(self):\n        sink(self.q)\n"
    )
    call = "work.Run(request.GET['q'], 1).go()"
    assert sunk("work.Run.go", views=VIEW + call, work=work).is_browser
    clean = "work.Run(1, request.GET['q']).go()"
    assert not sunk("work.Run.go", views=VIEW + clean, work=work).is_browser


def test_what_one_heir_is_given_is_not_its_siblings():
    work = (
        "class Base:\n    def __init__(self, q):\n        self.q = q\n"
        "class Run(Base):\n    def __init__(self, q):\n        super().__init__(q)\n"
        "    def go(self):\n        sink(self.q)\n"
        "class Other(Base):\n    def go(self):\n        pass\n"
    )
    call = "work.Run({}).go()\n    work.Other({}).go()"
    sent = call.format("request.GET['q']", "1")
    assert sunk("work.Run.go", views=VIEW + sent, work=work).is_browser
    clean = call.format("1", "request.GET['q']")
    assert not sunk("work.Run.go", views=VIEW + clean, work=work).is_browser


@pytest.mark.parametrize(
    "lines",
    [
        "go = work.run\n    go(request.GET['q'])\n    go(2)",
        "go = work.run if kind else work.other\n    go(request.GET['q'])\n    go(2)",
        "{'a': work.run}[kind](request.GET['q'])",
        "known = {'a': work.run}\n    known.get(kind)(request.GET['q'])\n    known.x = 1",
        "go = work.Runner().run\n    go(request.GET['q'])\n    go(2)",
        "list(map(work.run, request.GET.getlist('q')))",
        "pool.map(work.run, request.GET.getlist('q'))",
        "work.each(work.run, request.GET.getlist('q'))",
        "work.again(work.run, request.GET['q'])",
        "work.again(work.run, q=request.GET['q'])",
        "work.again(work.Runner().run, request.GET['q'])",
        "work.held(request.GET['q'], work=work.run)",
    ],
)
def test_a_function_is_handed_on_before_it_is_called(lines):
    """As a name of one's own, in a display, or to what calls it."""
    work = (
        "class Runner:\n    def run(self, q):\n        sink(q)\n"
        "def run(q):\n    sink(q)\ndef other(q):\n    pass\n"
        "def each(work, items):\n    for item in items:\n        work(item)\n"
        "def again(work, *args, **kwargs):\n    for _ in range(3):\n        work(*args, **kwargs)\n"
        "def held(q, work=None):\n    def inner():\n        work(q)\n    inner()\n"
    )
    name = "work.Runner.run" if "Runner" in lines else "work.run"
    assert sunk(name, views=VIEW + lines, work=work).is_browser
    clean = lines.replace("request.GET['q']", "1").replace("request.GET.getlist('q')", "[1]")
    assert not sunk(name, views=VIEW + clean, work=work).is_browser
    other = lines.replace("work.run", "work.other").replace("Runner().run", "Other().run")
    assert not sunk(name, views=VIEW + other, work=work).is_browser


def test_what_another_function_is_called_with_is_no_argument_of_this_one():
    work = "def run(q):\n    sink(q)\ndef other(q):\n    pass\ndef again(work, *args):\n    work(*args)\n"
    lines = "work.again(work.run, 1)\n    work.again(work.other, request.GET['q'])"
    assert not sunk("work.run", views=VIEW + lines, work=work).is_browser


def test_what_a_partial_was_given_before_stands_first():
    """`partial(run, "a")` gives the first parameter, and the call the second."""
    work = "from functools import partial\ndef run(a, q):\n    sink(a)\nbound = partial(run, 'a')"
    assert not sunk("work.run", views=VIEW + "work.bound(request.GET['q'])", work=work).is_browser


def test_a_partial_returns_what_its_function_does():
    work = "from functools import partial\ndef made(a, q):\n    return a + q\nbound = partial(made, 'a')"
    view = VIEW + "sink(work.bound(request.GET['q']))"
    assert sunk("views.view", views=view, work=work).is_browser


def test_a_decorator_puts_its_functions_into_a_dictionary():
    """`@runs("ping")`, then `RUNS[kind](q)`."""
    work = (
        "RUNS = {}\ndef runs(kind):\n    def inner(function):\n        RUNS[kind] = function\n"
        "        return function\n    return inner\n@runs('ping')\n" + RUN
    )
    assert sunk("work.run", views=VIEW + "work.RUNS[kind](request.GET['q'])", work=work).is_browser
    assert not sunk("work.run", views=VIEW + "work.RUNS[kind](1)", work=work).is_browser


def test_the_receiver_of_a_signal_gets_its_keywords():
    work = (
        "from django.dispatch import Signal, receiver\ndone = Signal()\nother = Signal()\n"
        "@receiver(done)\ndef run(sender, q, **kwargs):\n    sink(q)\n"
    )
    view = VIEW + "work.{}.send(sender=None, q=request.GET['q'])"
    assert sunk("work.run", views=view.format("done"), work=work).is_browser
    assert not sunk("work.run", views=view.format("other"), work=work).is_browser


@pytest.mark.parametrize("maker", ["threading.local()", "SimpleNamespace()", "Local()"])
def test_an_object_of_a_module_carries_its_attributes(maker):
    work = f"current = {maker}\ndef run():\n    sink(current.{{}})"
    view = VIEW + "work.current.q = request.GET['q']\n    work.current.n = 1"
    assert sunk("work.run", views=view, work=work.format("q")).is_browser
    assert not sunk("work.run", views=view, work=work.format("n")).is_browser


def test_a_context_variable_carries_its_value():
    work = "from contextvars import ContextVar\ncurrent = ContextVar('current')\ndef run():\n    sink(current.get())"
    assert sunk("work.run", views=VIEW + "work.current.set(request.GET['q'])", work=work).is_browser
    assert not sunk("work.run", views=VIEW + "work.current.set(1)", work=work).is_browser


def test_a_class_method_makes_objects_of_its_class():
    """`Query.of(request)` returns `cls(text=…)`; its properties read it."""
    query = (
        "from dataclasses import dataclass\n@dataclass\nclass Query:\n    text: str\n    size: int\n"
        "    @classmethod\n    def of(cls, request):\n"
        "        return cls(text=request.GET['q'], size=3)\n"
        "    @property\n    def shown(self):\n        return '*' + self.text\n"
    )
    view = VIEW + "work.run(work.Query.of(request))"
    run = "def run(query):\n    sink(query.{})\n"
    assert sunk("work.run", views=view, work=query + run.format("shown")).is_browser
    assert not sunk("work.run", views=view, work=query + run.format("size")).is_browser


@pytest.mark.parametrize(
    ("loop", "name"),
    [
        ("for i, (key, value) in enumerate(request.GET.items()):", "value"),
        ("for i, (key, value) in enumerate(zip(keys, request.GET.getlist('v'))):", "value"),
        ("for key, (a, b) in zip(keys, request.GET.items()):", "a"),
        ("for key, values in request.GET.lists():", "values"),
        ("for key, values in request.GET.lists():", "key"),
    ],
)
def test_names_inside_of_names_are_filled_by_a_loop(loop, name):
    view = f"def view(request):\n    keys = ['a', 'b']\n    {loop}\n        sink({name})"
    assert sunk("views.view", views=view).is_browser
    made = loop.removesuffix(":")
    listed = f"def view(request):\n    keys = ['a', 'b']\n    sink([{name} {made}])"
    assert sunk("views.view", views=listed).is_browser


def test_one_of_several_that_are_gone_over_says_nothing_of_another():
    view = "def view(request):\n    keys = ['a', 'b']\n    {}\n        sink({})"
    loop = "for i, (key, value) in enumerate(zip(keys, request.GET.getlist('v'))):"
    assert not sunk("views.view", views=view.format(loop, "key")).is_browser
    assert not sunk("views.view", views=view.format(loop, "i")).is_browser


@pytest.mark.parametrize(("name", "sent"), [("before", True), ("mark", False), ("after", True)])
def test_what_stands_between_two_parts_is_what_was_asked_for(name, sent):
    view = f"def view(request):\n    before, mark, after = request.GET['q'].partition('-')\n    sink({name})"
    assert sunk("views.view", views=view).is_browser is sent


def test_what_a_document_holds_is_its_senders():
    """`root.find("url").text`; the `find` of a text is a number."""
    head = "from defusedxml.ElementTree import fromstring\ndef view(request):\n    root = fromstring(request.body)\n    "
    for read in (
        "root.find('url').text",
        "root.findtext('url')",
        "[item.text for item in root.findall('url')]",
    ):
        assert sunk("views.view", views=head + f"sink({read})").is_browser
    number = "def view(request):\n    sink(request.GET['q'].find('a'))"
    assert not sunk("views.view", views=number).is_browser


@pytest.mark.parametrize(
    ("made", "cells"),
    [
        (
            "openpyxl.load_workbook({})",
            "for row in sheet.active.iter_rows():\n        sink(row[0])",
        ),
        (
            "xlrd.open_workbook(file_contents={}.read())",
            "sink(sheet.sheet_by_index(0).cell_value(0, 0))",
        ),
        (
            "pandas.read_csv({})",
            "for _place, row in sheet.iterrows():\n        sink(row['name'])",
        ),
    ],
)
def test_what_a_sheet_holds_is_its_senders(made, cells):
    head = "import openpyxl, pandas, xlrd\ndef view(request):\n    sheet = "
    sent = head + made.format("request.FILES['f']") + f"\n    {cells}"
    assert sunk("views.view", views=sent).is_browser
    own = head + made.format("open('own.xlsx', 'rb')") + f"\n    {cells}"
    assert not sunk("views.view", views=own).is_browser


@pytest.mark.parametrize(
    ("read", "written"),
    [
        ("pulldom.parseString({})", "for event, node in tree:\n        sink(node.toxml())"),
        ("etree.fromstring({})", "sink(etree.tostring(tree))"),
        ("html.fromstring({})", "sink(html.tostring(tree, encoding='unicode'))"),
    ],
)
def test_a_document_that_is_written_again_is_its_senders(read, written):
    head = (
        "from lxml import etree, html\nfrom xml.dom import pulldom\ndef view(request):\n    tree = "
    )
    sent = head + read.format("request.body") + f"\n    {written}"
    assert sunk("views.view", views=sent).is_browser
    own = head + read.format("'<p></p>'") + f"\n    {written}"
    assert not sunk("views.view", views=own).is_browser


@pytest.mark.parametrize("run", ["os.system", "subprocess.call", "subprocess.check_call"])
def test_what_a_program_ends_with_is_a_number(run):
    head = "import os, subprocess\ndef view(request):\n    sink("
    assert not sunk("views.view", views=f"{head}{run}(request.POST['q']))").is_browser
    said = f"{head}subprocess.check_output(request.POST['q']))"
    assert sunk("views.view", views=said).is_browser

"""Values that cross functions, classes and files."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.values.beginning import BEGINNING
from pickguard.flow.values.origin import Origin
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import tail


def sunk(name: str, *clears: str, **files: str) -> Origin:
    """Return the origin of what a function gives to `sink`; files are given by their names."""
    site = site_of(
        {"app/__init__.py": "", **{f"app/{key}.py": text for key, text in files.items()}}
    )
    return given_to_sink(body_of(site, f"app.{name}"), *clears)


RUNNER = """
class Runner:
    def __init__(self, q):
        self.q = q
    def go(self):
        return self.run()
    def run(self):
        sink(self.q)
"""
BOUND = "from celery import shared_task\n@shared_task(bind=True)\n"
VIEW = "from . import work\ndef view(request):\n    "


@pytest.mark.parametrize(
    ("call", "work"),
    [
        ("work.run(request.GET['q'])", "def run(q):\n    sink(q)"),
        ("work.run(q=request.GET['q'])", "def run(a=1, q=None):\n    sink(q)"),
        ("work.run(1, *[request.GET['q']])", "def run(a, q):\n    sink(q)"),
        ("work.run(q=request.GET['q'])", "def run(**kwargs):\n    sink(kwargs['q'])"),
        ("work.run({'q': request.GET['q']})", "def run(data):\n    sink(data['q'])"),
        ("work.run({'q': request.GET['q']})", "def run(data):\n    sink(data.get('q'))"),
        (
            "work.outer(request.GET['q'])",
            "def outer(x):\n    run(x + '!')\ndef run(q):\n    sink(q)",
        ),
        ("work.run.delay(request.GET['q'])", "def run(q):\n    sink(q)"),
        ("work.run.delay(1, request.GET['q'])", f"{BOUND}def run(self, a, q):\n    sink(q)"),
        ("work.run.apply_async((1, request.GET['q']))", "def run(a, q):\n    sink(q)"),
        ("work.run.apply_async(kwargs={'q': request.GET['q']})", "def run(a, q):\n    sink(q)"),
        (
            "work.Runner(request.GET['q']).go()",
            RUNNER,
        ),
    ],
)
def test_what_a_view_gives_to_a_function_is_found_in_it(call, work):
    """By position, by keyword, spread, in a dictionary, twice on, as a task, and kept by an object."""
    where = "work.Runner.run" if "Runner" in work else "work.run"
    assert sunk(where, views=VIEW + call, work=work).is_browser


def test_a_task_is_given_what_stands_in_the_list_of_its_arguments():
    """`apply_async((q, 1))` says nothing of the second argument."""
    call = "work.run.apply_async((request.GET['q'], 1), countdown=5)"
    assert not sunk("work.run", views=VIEW + call, work="def run(a, q):\n    sink(q)").is_browser


def test_a_method_called_like_what_runs_tasks_is_a_method():
    """`rule.apply(q)` of a class of the site gives `q`, and not what stands in it."""
    call = "work.Rule().apply(request.GET['q'])"
    work = "class Rule:\n    def apply(self, q):\n        sink(q)\n"
    assert sunk("work.Rule.apply", views=VIEW + call, work=work).is_browser


DISPATCHING = """
class Reader:
    def read(self, data, kind):
        {call}
    def from_xml(self, data):
        sink(data)
class Other:
    def from_xml(self, data):
        sink(data)
"""


@pytest.mark.parametrize(
    "call",
    [
        "return getattr(self, 'from_%s' % kind)(data)",
        "return getattr(self, f'from_{kind}')(data)",
        "reader = getattr(self, 'from_' + kind)\n        return reader(data)",
    ],
)
def test_a_method_is_called_by_a_name_that_is_put_together(call):
    """Only those of the class itself and its heirs, whose names begin so."""
    view = VIEW + "work.Reader().read(request.body, 'xml')"
    work = DISPATCHING.format(call=call)
    assert sunk("work.Reader.from_xml", views=view, work=work).is_browser
    assert not sunk("work.Other.from_xml", views=view, work=work).is_browser


FILTERS = """
import django_filters
class Notes(django_filters.FilterSet):
    title = django_filters.CharFilter(method="by_title")
    page = django_filters.NumberFilter(method="by_page")
    def by_title(self, queryset, name, value):
        sink(value)
    def by_page(self, queryset, name, value):
        sink(value)
    def by_hand(self, queryset, name, value):
        sink(value)
"""


@pytest.mark.parametrize(
    ("method", "sent"), [("by_title", True), ("by_page", False), ("by_hand", False)]
)
def test_a_filterset_hands_what_was_sent_to_the_methods_that_its_filters_name(method, sent):
    """A text of a `CharFilter`; a number is none, and what no filter names is called by the site."""
    assert sunk(f"filters.Notes.{method}", filters=FILTERS).is_browser is sent


OWN_FILTERS = """
from django import forms
from django_filters import CharFilter, NumberFilter
from django_filters.rest_framework import Filter
class Pair(forms.MultiValueField): ...
class Titles(Filter):
    def filter(self, qs, value):
        sink(value)
class Words(CharFilter):
    def filter(self, qs, value):
        sink(value)
class Days(Filter):
    field_class = forms.DateField
    def filter(self, qs, value):
        sink(value)
class Pairs(Filter):
    field_class = Pair
    def filter(self, qs, value):
        sink(value)
class Pages(NumberFilter):
    def filter(self, qs, value):
        sink(value)
"""


@pytest.mark.parametrize(
    ("name", "sent"),
    [("Titles", True), ("Words", True), ("Days", False), ("Pairs", False), ("Pages", False)],
)
def test_a_filter_of_its_own_is_handed_what_was_sent(name, sent):
    """A text, unless its field makes a date of it, or is one of the site's own."""
    assert sunk(f"filters.{name}.filter", filters=OWN_FILTERS).is_browser is sent


def test_one_entry_of_a_dictionary_says_nothing_of_another():
    """`run({"a": safe, "q": unsafe})`: only the entry that was given so is the browser's."""
    call = "work.run({'q': request.GET['q'], 'a': 'fine'})"
    assert sunk("work.run", views=VIEW + call, work="def run(d):\n    sink(d['a'])").is_constant


@pytest.mark.parametrize(
    "work",
    [
        "def make(q):\n    return '<b>' + q",
        "def make(q):\n    x = [q]\n    return ','.join(x)",
        "def make(q):\n    def inner():\n        return q\n    return str(q)",
        "def make(q):\n    if LONG:\n        return 'a'\n    else:\n        return q",
        "async def make(q):\n    return q",
        "def make(q):\n    yield q",
    ],
)
def test_what_a_function_returns_carries_what_it_was_given(work):
    """Through text, lists, branches, coroutines and generators."""
    view = VIEW + "sink(work.make(request.GET['q']))"
    assert sunk("views.view", views=view, work=work).is_browser


@pytest.mark.parametrize(
    "work",
    [
        "def make(q):\n    return len(q)",
        "def make(q):\n    return 'a'",
        "def make(q):\n    return int(q)",
        "def make(q):\n    if q not in ('a', 'b'):\n        raise ValueError\n    return q",
        "def make(q):\n    return q if q in ('a', 'b') else ''",
        "def make(q):\n    return {'a': 1, 'b': 2}[q] if q else 0",
    ],
)
def test_what_a_function_makes_harmless_is_not_carried(work):
    """Typed, constant, cast, checked against a set with an error or with a fallback."""
    view = VIEW + "sink(work.make(request.GET['q']))"
    found = sunk("views.view", views=view, work=work)
    assert not found.is_browser or "[q]" in work


def test_each_part_of_a_returned_tuple_is_followed_for_itself():
    """`a, b = pair(q)` where `pair` returns `("fixed", q)`."""
    work = "def pair(q):\n    return 'fixed', q"
    view = VIEW + "a, b = work.pair(request.GET['q'])\n    sink({0})"
    assert sunk("views.view", views=view.format("a"), work=work).is_constant
    assert sunk("views.view", views=view.format("b"), work=work).is_browser


@pytest.mark.parametrize("read", ['state["{}"]', 'state.get("{}")', 'str(state["{}"])'])
def test_each_entry_of_a_returned_dictionary_is_followed_for_itself(read):
    """`state["next"]` where `load(q)` returns `{"next": "/", "name": q}`."""
    work = "def load(q):\n    made = q.strip()\n    return {'next': '/', 'name': made}"
    view = VIEW + f"state = work.load(request.GET['q'])\n    sink({read})"
    assert sunk("views.view", views=view.format("next"), work=work).is_constant
    assert sunk("views.view", views=view.format("name"), work=work).is_browser


def test_an_entry_that_nobody_adds_is_not_the_browsers():
    """`def setup(self, renderer=None)` called with `**kw`, to which only others were added."""
    work = """
def parse(request, **kw):
    if request.user:
        kw.update(project=request.GET["p"])
    kw["page"] = request.GET["n"]
    return kw
def setup(renderer=None, project=None):
    sink({})
"""
    view = VIEW + "kw = work.parse(request, renderer='html')\n    work.setup(**kw)"
    assert not sunk("work.setup", views=view, work=work.format("renderer")).is_browser
    assert sunk("work.setup", views=view, work=work.format("project")).is_browser


@pytest.mark.parametrize(
    "call",
    [
        "work.setup(**{'page': request.GET['n']})",
        "work.setup(**work.made(request.GET['n']))",
        "kw = {'page': request.GET['n']}\n    work.setup(kw['renderer'])",
        "kw = {}\n    kw['page'] = request.GET['n']\n    work.setup(**kw)",
    ],
)
def test_an_entry_that_a_mapping_does_not_have_is_nobodys(call):
    """`**{"page": q}` leaves the other parameters as they are."""
    work = """
def made(n):
    return {"page": n, "size": 3}
def setup(renderer=None, page=None, size=None):
    sink(renderer)
"""
    assert not sunk("work.setup", views=VIEW + call, work=work).is_browser


def test_who_writes_the_keys_of_a_mapping_that_is_given():
    """`dict(name=q)` names nothing; `request.GET.dict()` does."""
    work = "def run(found):\n    sink(found)"

    def keys(given):
        views = VIEW + f"work.run({given})"
        site = site_of({"app/__init__.py": "", "app/views.py": views, "app/work.py": work})
        body = body_of(site, "app.work.run")
        (call,) = body.every(n.Call)
        return body.keys(call.args[0])

    assert not keys("dict(name=request.GET['q'])").is_browser
    assert not keys("{'name': request.GET['q']}").is_browser
    assert keys("{request.GET['q']: 1}").is_browser
    assert not keys("dict((('name', request.GET['q']),))").is_browser
    assert keys("dict([(request.GET['q'], 1)])").is_browser
    assert keys("request.GET.dict()").is_browser


@pytest.mark.parametrize(
    ("annotation", "harmless"),
    [
        ("int", True),
        ("int | None", True),
        ("Optional[UUID]", True),
        ("datetime.date", True),
        ("str", False),
        ("int | str", False),
        ("Optional[str]", False),
        ("list[int]", False),
    ],
)
def test_what_a_parameter_is_said_to_be(annotation, harmless):
    """A number holds no text, whoever gives it."""
    work = f"def run(value: {annotation}):\n    sink(value)"
    view = VIEW + "work.run(request.GET['q'])"
    assert sunk("work.run", views=view, work=work).is_browser is not harmless


@pytest.mark.parametrize(
    "made",
    [
        "signing.loads(request.GET['q'])",
        "Signer().unsign(request.GET['q'])",
        "signer.unsign_object(request.GET['q'])['next']",
        "request.get_signed_cookie('q')",
    ],
)
def test_what_the_server_signed_is_its_own(made):
    view = f"from django.core import signing\ndef view(request):\n    x = {made}\n    sink(x)"
    assert not sunk("views.view", views=view).is_browser
    unsigned = view.replace("django.core import signing", "elsewhere import json as signing")
    assert sunk("views.view", views=unsigned).is_browser is ("signing." in made)


def test_a_way_across_files_names_each_stop_once():
    """The witness: where it enters, where it is handed on, where it is used."""
    files = {
        "views": "from .work import run\ndef view(request):\n    q = request.GET['q']\n    run(q)\n",
        "work": "def run(text):\n    made = f'<b>{text}'\n    sink(made)\n",
    }
    steps = sunk("work.run", **files).steps
    assert [(s.path, s.note) for s in steps] == [
        ("app/views.py", "from the browser"),
        ("app/views.py", "given to `run`"),
        ("app/work.py", "assigned"),
    ]


def test_a_sanitizer_of_the_rule_clears_wherever_it_stands():
    """In the caller, in the callee, and under another name."""
    work = "from django.utils.html import escape\ndef make(q):\n    esc = escape\n    return esc(q)"
    view = VIEW + "sink(work.make(request.GET['q']))"
    assert sunk("views.view", "escape", views=view, work=work).is_constant
    assert sunk("views.view", views=view, work=work).is_constant is False


def test_methods_of_a_base_class_see_what_subclasses_override():
    """A mixin's `self.get_text()` may be the subclass's; the inherited one is followed too."""
    views = """
class Base:
    def get_text(self):
        return self.request.GET["q"]
class View(Base):
    def get(self, request):
        sink(self.get_text())
"""
    assert sunk("views.View.get", views=views).is_browser


def test_what_a_base_class_leaves_out_is_looked_for_in_the_heirs_of_its_heirs():
    work = """
    class Base:
        def show(self):
            sink(self.text())
        def text(self):
            raise NotImplementedError
    class Middle(Base):
        pass
    class Leaf(Middle):
        def text(self):
            return self.request.GET["q"]
    """
    assert sunk("work.Base.show", work=dedent(work)).is_browser


@pytest.mark.parametrize(("said", "is_sent"), [("self.text_given", True), ("'else'", False)])
def test_what_an_heir_has_in_the_place_of_its_bases_method_runs_in_the_bases_code(said, is_sent):
    work = f"""
    class Base:
        def __init__(self, text):
            self.text_given = text
        def show(self):
            sink(self.text())
        def text(self):
            return "nothing"
    class Leaf(Base):
        def text(self):
            return {said}
    """
    views = "from . import work\ndef view(request):\n    work.Leaf(request.GET['q']).show()"
    assert sunk("work.Base.show", work=dedent(work), views=views).is_browser is is_sent


def test_what_was_sent_stays_so_where_an_entry_is_put_beside():
    form = """
    from django import forms
    class Region(forms.Form):
        region = forms.CharField()
        def clean(self):
            sink(self.cleaned_data["region"])
            self.cleaned_data["answer"] = 1
            return self.cleaned_data
    """
    assert sunk("forms.Region.clean", forms=dedent(form)).is_browser


def test_super_leads_to_the_method_above():
    """`super().get_text()` is the base's, not the own."""
    views = """
class Base:
    def get_text(self):
        return self.request.GET["q"]
class View(Base):
    def get_text(self):
        return "fixed"
    def get(self, request):
        sink(super().get_text())
"""
    assert sunk("views.View.get", views=views).is_browser


def test_what_a_function_chooses_is_called_with_what_is_given_to_it():
    """`fetch = fetcher_of(url)`, then `fetch(url)`: the chosen function is given the address."""
    work = """
        def fetch_image(url):
            sink(url)
        def fetch_page(url):
            return url
        def fetcher_of(url):
            if url.startswith("image:"):
                return fetch_image
            return fetch_page
        def fetch(url):
            fetcher = fetcher_of(url)
            return fetcher(url)
    """
    view = VIEW + "work.fetch(request.GET['q'])"
    assert sunk("work.fetch_image", views=view, work=work).is_browser


def test_a_function_that_is_called_where_it_is_chosen_is_not_given_its_result():
    """`return fetch_image(url)` returns what it returns, which is no function."""
    work = """
        def fetch_image(url):
            sink(url)
        def fetcher_of(name):
            return fetch_image("constant")
        def fetch(url):
            fetcher = fetcher_of(url)
            return fetcher(url)
    """
    view = VIEW + "work.fetch(request.GET['q'])"
    assert not sunk("work.fetch_image", views=view, work=work).is_browser


@pytest.mark.parametrize("how", ["read()", "read().decode()", "readlines()", "chunks()"])
def test_what_an_uploaded_file_holds_is_the_browsers(how):
    """As much as its name."""
    view = f"def view(request):\n    sink(request.FILES['f'].{how})"
    assert sunk("views.view", views=view).is_browser


def test_what_a_file_of_the_site_holds_is_not():
    """`open(…).read()` is the site's own."""
    view = "def view(request):\n    sink(open('/srv/x').read())"
    assert not sunk("views.view", views=view).is_browser


@pytest.mark.parametrize(
    "how",
    ["work.all_of(request)", "work.Lines(request).first()", "work.wrapped(request).first()"],
)
def test_what_others_read_of_the_request_is_the_browsers(how):
    """A request that is handed on as a stream is read elsewhere, by a function or by an object."""
    work = """
        class Lines:
            def __init__(self, stream):
                self.stream = stream
            def first(self):
                return self.stream.readline()
        def wrapped(stream):
            return Lines(stream)
        def all_of(stream):
            found = b""
            while True:
                chunk = stream.read(100)
                if not chunk:
                    return found
                found += chunk
    """
    view = VIEW + f"sink({how})"
    assert sunk("views.view", views=view, work=work).is_browser


def test_the_request_that_is_handed_on_is_no_text():
    """What is not read of it is not the browser's; nor is what is read of a file of the site."""
    work = """
        def same(stream):
            return stream
        def all_of(stream):
            return stream.read()
    """
    for how in ("work.same(request)", "work.all_of(open('/srv/x'))"):
        view = VIEW + f"sink({how})"
        assert not sunk("views.view", views=view, work=work).is_browser


def test_the_name_of_a_file_is_not_what_was_written_into_it():
    """`temp.write(sent)` fills it; `temp.name` stays what the site chose."""
    view = """
        import tempfile
        def view(request):
            temp = tempfile.NamedTemporaryFile()
            temp.write(request.FILES["f"].read())
            sink(temp.name)
    """
    assert not sunk("views.view", views=view).is_browser


@pytest.mark.parametrize(
    ("view", "name"),
    [
        ("def run(q):\n        sink(q)\n    run(request.GET['q'])", "views.view.run"),
        ("def go():\n        work.run(request.GET['q'])\n    go()", "work.run"),
        ("def go():\n        work.Note(request.GET['q']).run()\n    return go", "work.Note.run"),
    ],
)
def test_functions_inside_functions_call_and_are_called(view, name):
    """What a nested function is given, what it gives to others, and what it makes."""
    work = "def run(q):\n    sink(q)\n"
    work += "class Note:\n    def __init__(self, q):\n        self.q = q\n"
    work += "    def run(self):\n        sink(self.q)\n"
    site = site_of({"app/__init__.py": "", "app/views.py": VIEW + view, "app/work.py": work})
    outer = body_of(site, "app.views.view")
    if name == "views.view.run":
        assert outer.function is not None
        (inner,) = outer.flow.nested(outer.function)
        assert given_to_sink(inner).is_browser
    else:
        assert given_to_sink(body_of(site, f"app.{name}")).is_browser


def test_a_decorator_gives_what_it_reads_of_the_request():
    """`wrapped(request, request.GET["name"])` in the function that stands for the view."""
    views = """
def named(wrapped):
    def inner(request, *args):
        return wrapped(request, request.GET["name"], "fixed")
    return inner
@named
def view(request, name, other):
    sink({})
"""
    assert sunk("views.view", views=views.format("name")).is_browser
    assert not sunk("views.view", views=views.format("other")).is_browser


@pytest.mark.parametrize(
    "head",
    [
        "from dataclasses import dataclass\n@dataclass\nclass Wanted:",
        "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Wanted:",
        "from typing import NamedTuple\nclass Wanted(NamedTuple):",
    ],
)
@pytest.mark.parametrize(
    "made", ["Wanted(request.GET['q'], 'x')", "Wanted(b='x', a=request.GET['q'])"]
)
def test_the_fields_of_a_record_are_what_its_maker_was_given(head, made):
    """By position and by keyword, each field for itself."""
    work = f"{head}\n    a: str\n    b: str = ''\ndef run(wanted: Wanted):\n    sink(wanted.{{}})\n"
    view = f"from app.work import Wanted, run\ndef view(request):\n    run({made})"
    assert sunk("work.run", views=view, work=work.format("a")).is_browser
    assert not sunk("work.run", views=view, work=work.format("b")).is_browser


def test_what_is_spread_is_not_what_was_given_in_person():
    """`run(name, **values)` gives `name` as it stands: Python refuses it twice."""
    work = "def run(name, other=None):\n    sink({})"
    view = VIEW + "name = 'fixed'\n    work.run({}, **request.GET.dict())"
    for given in ("name", "name=name"):
        views = view.format(given)
        assert not sunk("work.run", views=views, work=work.format("name")).is_browser
        assert sunk("work.run", views=views, work=work.format("other")).is_browser


def test_what_is_spread_arrives_among_the_keywords():
    """`run(**request.GET.dict())` read as `values["q"]`."""
    work = "def run(**values):\n    sink(values['q'])"
    assert sunk("work.run", views=VIEW + "work.run(**request.GET.dict())", work=work).is_browser


def test_who_writes_the_keys_of_the_mappings_in_a_list():
    """A list that a function fills with mappings of its own names, beside one that is sent."""
    work = """
def filters(request, names):
    known = {"agent": request.headers["User-Agent"], "page": request.GET["page"]}
    found = []
    for name in names:
        one = {name: known[name]}
        if name == "page":
            found.append(one | {"user": request.user})
        else:
            found.append(one)
    return found

def sent(request):
    return [request.GET.dict(), {"page": request.GET["page"]}]
"""

    def keys(given, loop="for one in {}:\n        sink(one)"):
        loop = loop.format(given)
        site = site_of({"app/__init__.py": "", "app/views.py": VIEW + loop, "app/work.py": work})
        body = body_of(site, "app.views.view")
        return body.keys(next(c for c in body.every(n.Call) if tail(c.func) == "sink").args[0])

    assert not keys("[{'page': request.GET['page']}]").is_browser
    assert not keys("work.filters(request, ['agent', 'page'])").is_browser
    assert not keys("[{'page': request.GET['page']}]", "[sink(one) for one in {}]").is_browser
    assert keys("work.sent(request)").is_browser
    assert keys("work.sent(request)", "[sink(one) for one in {}]").is_browser
    assert keys("json.loads(request.body)").is_browser
    assert keys("[{request.GET['name']: 1}]").is_browser


def test_keys_that_are_looked_up_first_are_known():
    """`dict((k, v) for k, v in request.GET.items() if k in FIELDS)`."""
    view = "def view(request):\n    sink(dict((k, v) for k, v in request.GET.items(){}))"

    def keys(condition):
        site = site_of({"app/__init__.py": "", "app/views.py": view.format(condition)})
        body = body_of(site, "app.views.view")
        return body.keys(body.every(n.Call)[0].args[0])

    assert keys("").is_browser
    assert not keys(" if k in FIELDS").is_browser


@pytest.mark.parametrize(
    ("place", "is_constant"),
    [
        ("class Form:\n    choices = [('a', run('A'))]\n", True),
        ("LABEL = run('A')\n", True),
        ("LABEL = run(elsewhere())\n", False),
    ],
)
def test_calls_outside_of_functions_count(place, is_constant):
    """In the body of a class or of the module: what they give is most often constant."""
    assert sunk("work.run", work=f"def run(q):\n    sink(q)\n{place}").is_constant is is_constant


JOBS = """
import json
class Job:
    def __init__(self, data):
        self.payload = data.get("payload", {})
class Message:
    def __init__(self, request):
        self.names = []
        self.jobs = []
        for item in json.loads(request.body):
            self.names.append(item["name"])
            self.jobs.append(Job(item))
        self.made = [Job(item) for item in json.loads(request.body)]
def run(payload):
    sink(payload["q"])
"""


@pytest.mark.parametrize(
    "lines",
    [
        "for name in message.names:\n        sink(name)",
        "for job in message.jobs:\n        sink(job.payload['q'])",
        "for job in message.made:\n        sink(job.payload['q'])",
        "for job in list(message.jobs):\n        sink(job.payload)",
        "jobs = []\n    jobs.append(Job(message.names))\n    for job in jobs:\n        sink(job.payload)",
        "for job in (Job(json.loads(request.body)),):\n        sink(job.payload)",
    ],
)
def test_what_a_list_was_filled_with_comes_out_of_it(lines):
    """Texts and objects, put in one by one or at once, here or by the constructor of a class."""
    view = f"def view(request):\n    message = Message(request)\n    {lines}"
    assert sunk("work.view", work=JOBS + view).is_browser


def test_an_object_of_a_list_is_handed_on_with_what_it_holds():
    """An attribute of an item, given to a function."""
    loop = "for job in message.jobs:\n        run(job.payload)"
    view = f"def view(request):\n    message = Message(request)\n    {loop}"
    assert sunk("work.run", work=JOBS + view).is_browser


def test_what_stands_under_one_key_does_not_come_out_of_the_others():
    """`self.words["a"] = q` says nothing of `self.words` as a whole."""
    work = (
        "class Words:\n    def fill(self, request):\n        self.words = {}\n"
        "        self.words['a'] = request.GET['q']\n    def show(self):\n        sink(self.words)"
    )
    assert not sunk("work.Words.show", work=work).is_browser


@pytest.mark.parametrize("name", ["write", "update", "append", "note"])
def test_a_module_whose_function_is_named_as_what_adds_to_a_list_stays_one(name):
    """`work.update(q)` calls the function of the module, and makes no variable of it."""
    view = VIEW + f"work.{name}(request.GET['q'])"
    assert sunk(f"work.{name}", views=view, work=f"def {name}(q):\n    sink(q)").is_browser


@pytest.mark.parametrize("read", ['info["{}"]', 'info.get("{}")', 'info.pop("{}", "")'])
def test_each_entry_of_a_dictionary_that_is_handed_on_is_followed_for_itself(read):
    """`info.get("name")` is what the caller put under `name`."""
    work = "def note(info):\n    sink({})"
    view = (
        VIEW + "info = {}\n    info['q'] = request.GET['q']\n    info['n'] = 1\n    work.note(info)"
    )
    assert sunk("work.note", views=view, work=work.format(read.format("q"))).is_browser
    assert not sunk("work.note", views=view, work=work.format(read.format("n"))).is_browser


@pytest.mark.parametrize(
    "call",
    [
        "pool.submit(work.run, request.GET['q'])",
        "Thread(target=work.run, args=(request.GET['q'],)).start()",
        "Thread(target=work.run, kwargs={'q': request.GET['q']}).start()",
        "Timer(1, work.run, args=[request.GET['q']]).start()",
        "Timer(1, work.run, [request.GET['q']]).start()",
        "Timer(1, work.run, kwargs={'q': request.GET['q']}).start()",
        "loop.run_in_executor(None, work.run, request.GET['q'])",
        "loop.call_later(1, work.run, request.GET['q'])",
        "scheduler.add_job(work.run, 'interval', args=[request.GET['q']])",
        "work.run.delay_on_commit(request.GET['q'])",
        "transaction.on_commit(partial(work.run, request.GET['q']))",
        "transaction.on_commit(partial(work.run.delay, q=request.GET['q']))",
        "queue.enqueue(work.run, q=request.GET['q'])",
        "async_to_sync(work.run)(request.GET['q'])",
    ],
)
def test_a_function_that_is_handed_over_is_given_what_follows_it(call):
    """To a pool, a thread, a queue, or a wrapper that waits for it."""
    assert sunk("work.run", views=VIEW + call, work="def run(q):\n    sink(q)").is_browser
    later = call.replace("request.GET['q']", "1")
    assert not sunk("work.run", views=VIEW + later, work="def run(q):\n    sink(q)").is_browser


@pytest.mark.parametrize(
    ("task", "call"),
    [
        ("@task\ndef run(q):", "work.run.enqueue(request.GET['q'])"),
        ("@task\ndef run(q):", "work.run.using(priority=3).enqueue(request.GET['q'])"),
        ("@task(takes_context=True)\ndef run(context, q):", "work.run.enqueue(request.GET['q'])"),
        ("@task(takes_context=True)\ndef run(context, q):", "work.run.enqueue(q=request.GET['q'])"),
    ],
)
def test_a_task_of_django_is_given_what_is_enqueued(task, call):
    """Since Django 6.0: at once, or with other options; a task may be given its context first."""
    work = f"from django.tasks import task\n{task}\n    sink(q)"
    assert sunk("work.run", views=VIEW + call, work=work).is_browser
    later = call.replace("request.GET['q']", "1")
    assert not sunk("work.run", views=VIEW + later, work=work).is_browser


def test_what_middleware_puts_on_the_request_is_found_in_the_view():
    """By a class of middleware, and by a decorator; what it takes from elsewhere is not the browser's."""
    middleware = (
        "import json\nclass Sent:\n    def __call__(self, request):\n"
        "        request.sent = json.loads(request.body)\n        request.started = clock()\n"
        "def termed(view):\n    def inner(request):\n        request.term = request.GET['q']\n"
        "        return view(request)\n    return inner\n"
    )
    for name, is_sent in (("sent['q']", True), ("term", True), ("started", False)):
        view = f"def view(request):\n    sink(request.{name})"
        assert sunk("views.view", views=view, work=middleware).is_browser is is_sent


def test_what_middleware_puts_on_the_request_is_found_in_one_of_many_views():
    """What most read, some may add to: a name that middleware sets to nothing is not harmless for that."""
    middleware = (
        "import json\nclass SentMiddleware:\n    def __call__(self, request):\n"
        "        request.sent = json.loads(request.body)\n        request.shown = {}\n"
    )
    for name, is_sent in (("sent", True), ("shown", False)):
        others = "".join(f"def v{i}(request):\n    look(request.{name})\n" for i in range(40))
        view = f"{others}def view(request):\n    sink(request.{name}['q'])"
        found = sunk("views.view", views=view, work=middleware)
        assert (found.is_browser, found.is_constant) == (is_sent, False)


def test_what_middleware_chooses_from_a_list_is_known():
    """A name that is one of the site's, and a number, hold no text of the browser's."""
    middleware = (
        "SHOPS = {'a', 'b'}\nclass Shop:\n    def __call__(self, request):\n"
        "        name = request.headers['Shop']\n"
        "        request.shop = name if name in SHOPS else 'a'\n"
    )
    view = "def view(request):\n    sink(request.shop)"
    assert sunk("views.view", views=view, work=middleware).is_constant


def test_an_object_that_a_module_holds_is_one_of_its_class():
    """`client = Client()` there, `client.request(url)` here: a common name, told by the class."""
    work = (
        "class Client:\n    def request(self, url):\n        sink(url)\n"
        "class Other:\n    def request(self, url):\n        pass\nclient = Client()\n"
    )
    views = "from .work import client\ndef view(request):\n    client.request(request.GET['q'])"
    assert sunk("work.Client.request", views=views, work=work).is_browser


@pytest.mark.parametrize("made", ["dict(a=1, **kwargs)", "{'a': 1, **kwargs}"])
def test_what_is_spread_into_a_mapping_keeps_its_names(made):
    """Handed on twice, the value of one name is not that of another."""
    work = (
        f"def start(**kwargs):\n    given = {made}\n    run(**given)\n"
        "def run(a, q=None, other=None, **rest):\n    {}\n"
    )
    view = "from . import work\ndef view(request):\n    work.start(q=request.GET['q'], other=1)"
    for shown, is_sent in (("sink(q)", True), ("sink(other)", False)):
        found = sunk("work.run", views=view, work=work.replace("{}\n", shown + "\n"))
        assert found.is_browser is is_sent


def test_what_is_spread_does_not_give_the_positions_of_a_list():
    """`**new` holds no entry for `*args`, whatever that parameter is called."""
    work = "def start(request, *args, **kwargs):\n    run(request, *args)\n"
    work += "def run(request, field=None, *args):\n    sink(field)\n"
    view = "from . import work\ndef view(request):\n    work.start(request, **request.GET.dict())"
    assert not sunk("work.run", views=view, work=work).is_browser


@pytest.mark.parametrize(
    ("options", "is_sent"), [("by=None, **rest", False), ("by=None", True), ("by, **rest", True)]
)
def test_all_that_was_sent_is_meant_for_the_rest(options, is_sent):
    """`def rows(*, columns=None, **params)` with `**request.GET`: the option is the site's own."""
    work = f"def rows({options}):\n    sink(by)\n"
    view = "from . import work\ndef view(request):\n    work.rows(**request.GET.dict())"
    assert sunk("work.rows", views=view, work=work).is_browser is is_sent


@pytest.mark.parametrize("lines", ["quote(path.lstrip('/'))", "quote(path.lstrip('/'), safe='/@')"])
def test_what_is_quoted_behind_no_slash_names_no_host(lines):
    """No colon is left for a scheme, and no two slashes for a host."""
    view = "from urllib.parse import quote\ndef view(request):\n    path = request.GET['q']\n"
    assert not sunk("views.view", BEGINNING, views=f"{view}    sink({lines})").is_browser


def test_a_method_of_a_very_common_name_is_looked_for_where_its_class_is_named():
    """Hundreds hold the word `request`; those who hold the object of the module as well are few."""
    work = "class Client:\n    def request(self, url):\n        sink(url)\nclient = Client()\n"
    many = "".join(f"def f{i}(request):\n    return request\n" for i in range(450))
    views = "from .work import client\ndef view(request):\n    client.request(request.GET['q'])"
    assert sunk("work.Client.request", views=views, work=work, many=many).is_browser


@pytest.mark.parametrize(
    ("lines", "work"),
    [
        ("out = []; work.fill(request.GET['q'], out)", "def fill(q, out):\n    out.append(q)"),
        ("out = []; n = work.fill(out, q=request.GET['q'])", "def fill(o, q):\n    o.extend([q])"),
        (
            "out = BytesIO(); work.fill(request, out)",
            "def fill(request, b):\n    b.write(request.body)",
        ),
        (
            "out = StringIO(); work.outer(request.GET['q'], out)",
            "def outer(q, to):\n    fill(q, to)\ndef fill(q, out):\n    for c in q:\n        out.write(c)",
        ),
        (
            "out = work.Limited(BytesIO()); work.fill(request.body, out)",
            (
                "class Limited:\n    def __init__(self, s):\n        self.s = s\n"
                "def fill(q, out):\n    out.write(q)"
            ),
        ),
        ("out = BytesIO(); shutil.copyfileobj(request, out)", ""),
        ("out = StringIO(); json.dump(request.GET['q'], out)", ""),
    ],
)
def test_what_a_function_puts_into_what_it_is_handed_is_found_there(lines, work):
    """`fill(request, buffer)` leaves in the buffer what came with the request."""
    view = VIEW.replace("\n", "\nfrom io import BytesIO, StringIO\nimport json, shutil\n", 1)
    assert sunk("views.view", views=f"{view}{lines}\n    sink(out)", work=work).is_browser


@pytest.mark.parametrize(
    "work",
    [
        "def fill(q, out):\n    out.append(len(q))",
        "def fill(q, out):\n    out = []\n    out.append(q)",
        "def fill(q, out):\n    other = []\n    other.append(q)",
        "def fill(q, out):\n    return q",
        "def fill(q, out):\n    out.append('checked')",
        "def fill(q, out):\n    fill(q, out)",
    ],
)
def test_what_a_function_does_not_put_in_is_not_there(work):
    """A function that was handed a list and a text need not put the one into the other."""
    lines = f"{VIEW}out = []\n    work.fill(request.GET['q'], out)\n    sink(out)"
    assert not sunk("views.view", views=lines, work=work).is_browser


def test_a_value_that_was_looked_at_stays_so_when_it_is_handed_on():
    """Only lists and streams are put into: the name of a known colour stays known."""
    lines = "q = request.GET['q']\n    if q not in ('a', 'b'):\n        return\n    work.log(q)\n"
    files = {"views": f"{VIEW}{lines}    sink(q)", "work": "def log(q):\n    print(q)"}
    assert not sunk("views.view", **files).is_browser


@pytest.mark.parametrize(
    ("lines", "work"),
    [
        (
            "sink(work.Kept(request.GET)['q'])",
            (
                "class Kept:\n    def __init__(self, data):\n        self.data = data\n"
                "    def __getitem__(self, key):\n        return self.data[key]\n"
            ),
        ),
        (
            (
                "try:\n        work.check(request.GET['q'])\n"
                "    except work.Wrong as error:\n        sink(error.q)"
            ),
            (
                "class Wrong(Exception):\n    def __init__(self, q):\n        self.q = q\n"
                "def check(q):\n    raise Wrong(q)\n"
            ),
        ),
        ("sink({'q': 'nothing', **request.GET.dict()}['q'])", ""),
        (
            "sink(work.Kept(request).q())",
            (
                "class Kept:\n    def __init__(self, request):\n        self.asked = request\n"
                "    def q(self):\n        return self.asked.GET['q']\n"
            ),
        ),
    ],
)
def test_what_objects_hand_out_in_a_way_of_their_own(lines, work):
    """By `__getitem__`, as an exception, over what a display says, or of a request under another name."""
    assert sunk("views.view", views=VIEW + lines, work=work).is_browser
    clean = lines.replace("(request)", "(1)").replace("request.GET.dict()", "given()")
    clean = clean.replace("(request.GET['q'])", "(1)").replace("(request.GET)", "({'q': 1})")
    unsent = work.replace("self, request", "self, other").replace("= request", "= other")
    assert not sunk("views.view", views=VIEW + clean, work=unsent).is_browser


@pytest.mark.parametrize(("kind", "runs"), [("Job", True), ("Other", False)])
def test_what_is_set_on_an_object_from_outside_is_what_its_methods_read(kind, runs):
    work = "class Job:\n    def go(self):\n        sink(self.q)\nclass Other:\n    def go(self):\n        pass\n"
    view = f"from .work import {kind}\n{VIEW}job = {kind}()\n    job.q = request.GET['q']\n    job.go()"
    assert sunk("work.Job.go", views=view, work=work).is_browser is runs


@pytest.mark.parametrize(
    ("put_on", "key", "found"),
    [("asks", "q", True), ("Asks()", "q", True), ("named", "q", True), ("Asks()", "p", False)],
)
def test_a_decorator_hands_on_what_it_puts_in_the_arguments(put_on, key, found):
    """A function, an object of a class that is called, made on the spot or under a name."""
    work = f"""
        from functools import wraps
        def asks(view):
            @wraps(view)
            def asked(request, *args, **kwargs):
                kwargs["{key}"] = request.GET["sent"]
                return view(request, *args, **kwargs)
            return asked
        class Asks:
            def __call__(self, view):
                @wraps(view)
                def asked(request, *args, **kwargs):
                    kwargs["{key}"] = request.GET["sent"]
                    return view(request, *args, **kwargs)
                return asked
        named = Asks()
    """
    view = f"""
        from .work import Asks, asks, named
        @{put_on}
        def view(request, q=None, p=None):
            sink(q)
    """
    assert sunk("views.view", views=view, work=work).is_browser == found

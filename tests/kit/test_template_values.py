"""What views hand to templates is followed to the templates that print it."""

from pathlib import Path

import pytest

from pickguard.kit.project import Project
from pickguard.site.link import link
from pickguard.source.python.reader import read_python
from pickguard.source.templates import record as r
from pickguard.source.templates.reader import read_template

TEMPLATES = {
    "app/templates/base.html": "{{ q }}",
    "app/templates/page.html": "{% extends 'base.html' %}{% include 'part.html' with x=q %}"
    "{% include 'alone.html' only %}{% with y=q %}{{ y }}{% endwith %}{{ other }}",
    "app/templates/part.html": "{{ x }}",
    "app/templates/alone.html": "{{ q }}",
}
IMPORTS = "from django.shortcuts import render\nfrom django.views.generic import TemplateView\n"


def project(code: str, **more: str) -> Project:
    """Return a project of views and templates; `more` are further modules, and the template `own`."""
    own = {"app/templates/own.html": more.pop("own")} if "own" in more else {}
    files = {"app/views.py": IMPORTS + code, "app/__init__.py": ""}
    files |= {f"app/{name.replace('__', '/')}.py": text for name, text in more.items()}
    python = {path: read_python(text.encode()) for path, text in files.items()}
    texts = {**TEMPLATES, **own}
    templates = {path: read_template(text.encode(), path) for path, text in texts.items()}
    return Project(link(python), templates)


def from_browser(found: Project, template: str, *path: str) -> bool:
    given = found.template_values.of(f"app/templates/{template}", r.Variable(0, path))
    return any(item.origin.is_browser for item in given)


@pytest.mark.parametrize(
    "code",
    [
        "def v(request):\n    return render(request, 'page.html', {'q': request.GET['q']})",
        "def v(request):\n    q = request.GET.get('q')\n    return render(request, 'page.html', {'q': q})",
        "def v(request):\n    c = {}\n    c['q'] = request.POST['q']\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = {'a': 1}\n    c.update(q=request.GET['q'])\n    return render(request, 'page.html', context=c)",
        "def v(request):\n    return render(request, 'page.html', dict(q=request.GET['q']))",
        "def v(request):\n    return render(request, 'page.html#row', {'q': request.GET['q']})",
        (
            "class V(TemplateView):\n    template_name = 'page.html'\n"
            "    def get_context_data(self, **kwargs):\n"
            "        context = super().get_context_data(**kwargs)\n"
            "        context['q'] = self.request.GET.get('q')\n"
            "        return context"
        ),
        (
            "class V(TemplateView):\n    template_name = 'page.html'\n"
            "    def get_context_data(self, **kwargs):\n"
            "        return super().get_context_data(q=self.request.GET.get('q'), **kwargs)"
        ),
    ],
)
def test_a_value_reaches_what_is_extended_and_included(code):
    """Under its own name, a new name, or not at all after `only`."""
    found = project(code)
    assert from_browser(found, "page.html", "q")
    assert from_browser(found, "page.html", "y")
    assert from_browser(found, "base.html", "q")
    assert from_browser(found, "part.html", "x")
    assert not from_browser(found, "alone.html", "q")
    assert not from_browser(found, "page.html", "other")


HELPERS = """
from annoying.decorators import render_to

def extra(request):
    return {"q": request.GET["q"]}

def fill(context, request):
    context["p"] = 1
    also(request, context)

def also(request, context):
    context["q"] = request.GET["q"]

def show(request, name, context):
    return render(request, name, context)

class Asking:
    def get_context_data(self, **kwargs):
        kwargs["q"] = self.request.GET["q"]
        return super().get_context_data(**kwargs)
"""


@pytest.mark.parametrize(
    "code",
    [
        "def v(request, template='page.html'):\n    return render(request, template, extra(request))",
        "def v(request):\n    c = extra(request)\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = {}\n    c.update(extra(request))\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = {'a': 1} | extra(request)\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = {'a': 1}\n    c |= extra(request)\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = extra(request)\n    d = c\n    return render(request, 'page.html', d)",
        "def v(request):\n    d = {'q': request.GET['q']}\n    return render(request, 'page.html', {**d})",
        "def v(request):\n    return show(request, 'page.html', {'q': request.GET['q']})",
        "@render_to('page.html')\ndef v(request):\n    return extra(request)",
        "def v(request):\n    c = {}\n    fill(c, request)\n    return render(request, 'page.html', c)",
        "def v(request):\n    c = {}\n    c.setdefault('q', request.GET['q'])\n    return render(request, 'page.html', c)",
        (
            "def v(request):\n    c = {}\n    for name in ('p', 'q'):\n"
            "        c[name] = request.GET.get(name)\n    return render(request, 'page.html', c)"
        ),
        "def v(request):\n    c = {n: request.GET[n] for n in ('p', 'q')}\n    return render(request, 'page.html', c)",
        "def v(request):\n    return render(request, 'page.html', {'q': lambda: request.GET['q']})",
        "class V(Asking, TemplateView):\n    template_name = 'page.html'",
        (
            "class V(TemplateView):\n    template_name = 'page.html'\n"
            "    def get_context_data(self, **kwargs):\n"
            "        return {**super().get_context_data(**kwargs), **self.more()}\n"
            "    def more(self):\n"
            "        return {'q': self.request.GET['q']}"
        ),
        (
            "class V(TemplateView):\n    template_name = 'page.html'\n"
            "    def get(self, request):\n"
            "        context = self.get_context_data(q=request.GET['q'])\n"
            "        return self.render_to_response(context)"
        ),
        (
            "class V(TemplateView):\n    def get_template_names(self):\n        return ['page.html']\n"
            "    def get_context_data(self, **kwargs):\n"
            "        return super().get_context_data(q=self.request.GET.get('q'), **kwargs)"
        ),
    ],
)
def test_a_context_may_be_put_together_elsewhere(code):
    """By a function, a mixin or a decorator, in pieces, under the name of a parameter."""
    assert from_browser(project(HELPERS + code), "page.html", "q")


def test_a_function_that_calls_itself_ends():
    """A context that is made of itself holds what it is given besides."""
    code = (
        "def c(request):\n    return {**c(request), 'q': request.GET['q']}\n"
        "def v(request):\n    return render(request, 'page.html', c(request))"
    )
    assert from_browser(project(code), "page.html", "q")


@pytest.mark.parametrize(
    "value", ["1", "int(request.GET['q'])", "escape(request.GET['q'])", "form"]
)
def test_what_is_no_text_of_the_browser(value):
    """Numbers, constants and what was escaped on the way."""
    found = project(f"def v(request):\n    return render(request, 'page.html', {{'q': {value}}})")
    assert not from_browser(found, "page.html", "q")


def test_parts_of_a_value():
    """A key of a written dictionary, a part of the request; an attribute of an object is neither."""
    found = project(
        "def v(request):\n    c = {'q': {'a': request.GET['a'], 'b': 1}, 'other': request.GET}\n"
        "    return render(request, 'page.html', c)"
    )
    assert from_browser(found, "page.html", "q", "a")
    assert not from_browser(found, "page.html", "q", "b")
    assert from_browser(found, "page.html", "other", "x")
    found = project(
        "def v(request):\n    return render(request, 'page.html', {'q': find(request.GET['q'])})"
    )
    assert not from_browser(found, "page.html", "q", "url")


@pytest.mark.parametrize(
    ("made", "is_sent"),
    [
        ("[{'q': request.GET['q']}]", True),
        ("[{'q': x, 'n': 1} for x in request.GET.getlist('q')]", True),
        ("list({'q': x} for x in request.GET.getlist('q'))", True),
        ("list(map(lambda x: {'q': x}, request.GET.getlist('q')))", True),
        ("listed(request)", True),
        ("[{'q': 1, 'n': x} for x in request.GET.getlist('q')]", False),
        ("[{'q': int(x)} for x in request.GET.getlist('q')]", False),
        ("[{'q': x} for x in ('a', 'b')]", False),
    ],
)
def test_the_items_of_a_list_are_dictionaries(made, is_sent):
    """Written out, of a comprehension, appended to one or returned by a function; what goes through no text is none."""
    found = project(
        f"def v(request):\n    return render(request, 'page.html', {{'rows': {made}}})\n"
        "def listed(request):\n    rows = []\n    for x in request.GET.getlist('q'):\n"
        "        rows.append({'q': x})\n    return rows\n"
    )
    variable = r.Variable(0, ("rows", "q"))
    given = found.template_values.of("app/templates/page.html", variable)
    assert any(item.origin.is_browser for item in given) is is_sent


LISTED = """
class Row:
    def __init__(self, q, n):
        self.q, self.n = q, n

def v(request):
    words = request.GET.getlist("q")
    return render(request, "own.html", {"rows": MADE})
"""


@pytest.mark.parametrize(
    ("rows", "own", "sent", "other"),
    [
        ("zip(words, [1, 2])", "{% for q, n in rows %}{{ q }}{% endfor %}", "q", "n"),
        ("list(enumerate(words))", "{% for n, q in rows %}{{ q }}{% endfor %}", "q", "n"),
        ("[(x, 1) for x in words]", "{% for q, n in rows %}{{ q }}{% endfor %}", "q", "n"),
        ("[Row(x, 1) for x in words]", "{% for x in rows %}{{ x.q }}{% endfor %}", "x.q", "x.n"),
        ("[words, 1]", "{{ rows.0 }}", "rows.0", "rows.1"),
    ],
)
def test_a_part_of_an_item_is_told_from_the_others(rows, own, sent, other):
    found = project(LISTED.replace("MADE", rows), own=own)
    assert from_browser(found, "own.html", *sent.split("."))
    assert not from_browser(found, "own.html", *other.split("."))


TAGS = """
from django import template
register = template.Library()

@register.simple_tag
def second(first, second):
    return second
"""


@pytest.mark.parametrize(("words", "is_sent"), [("1 q", True), ("q 1", False)])
def test_what_a_tag_returns_goes_by_the_name_that_the_template_gives_it(words, is_sent):
    found = project(
        "def v(request):\n    return render(request, 'own.html', {'q': request.GET['q']})",
        own=f"{{% load tags %}}{{% second {words} as it %}}{{{{ it }}}}",
        templatetags____init__="",
        templatetags__tags=TAGS,
    )
    assert from_browser(found, "own.html", "it") is is_sent


@pytest.mark.parametrize(
    ("more", "is_sent"),
    [("", True), ("    def get(self, request, word):\n        return self.render({})\n", False)],
)
def test_a_template_view_hands_on_what_its_address_says(more, is_sent):
    found = project(
        f"class V(TemplateView):\n    template_name = 'own.html'\n{more}",
        own="{{ word }}",
        urls="from django.urls import path\nfrom app.views import V\n"
        "urlpatterns = [path('<str:word>/', V.as_view())]\n",
    )
    assert from_browser(found, "own.html", "word") is is_sent


def test_the_steps_lead_from_the_request_into_the_template():
    """Each step has its place and its note."""
    found = project(
        "def v(request):\n    q = request.GET['q']\n    return render(request, 'page.html', {'q': q})"
    )
    (given,) = found.template_values.of("app/templates/page.html", r.Variable(0, ("q",)))
    steps = given.code.flow(given.origin, given.value, "into the template")
    assert [Path(step.path).name for step in steps] == ["views.py"] * len(steps)
    assert steps[0].label == "from the browser"
    assert steps[-1].label == "into the template"


@pytest.mark.parametrize(("name", "is_text"), [("row", True), ("SITE_URL", False), ("url", False)])
def test_a_row_printed_whole_is_no_address(name, is_text):
    """What is called an address is hardly the text of a row, whatever a function may return."""
    found = project(
        "from django.db import models\n"
        "class File(models.Model):\n    name = models.CharField(max_length=9)\n"
        "    def __str__(self):\n        return self.name\n"
        "def setting(name):\n    return File.objects.get(name=name)\n"
        f"def v(request):\n    return render(request, 'page.html', {{'{name}': setting('a')}})\n"
    )
    origin = found.template_values.stored("app/templates/page.html", r.Variable(0, (name,)))
    assert (origin is not None and origin.is_stored) is is_text


ROWS = """
from django.db import models
class Note(models.Model):
    title = models.CharField(max_length=9)
    stars = models.IntegerField()
def v(request):
    context = {"note": Note.objects.get(pk=1), "rows": Note.objects.all()}
    return render(request, "page.html", context)
"""


@pytest.mark.parametrize(
    ("page", "part", "path", "is_told"),
    [
        ("{% include 'part.html' with x=note.title %}", "{{ x }}", ("x",), True),
        ("{% include 'part.html' with x=note %}", "{{ x.title }}", ("x", "title"), True),
        ("{% include 'part.html' %}", "{{ note.title }}", ("note", "title"), True),
        ("{% include 'part.html' only %}", "{{ note.title }}", ("note", "title"), False),
        ("{% include 'part.html' with x=note.stars %}", "{{ x }}", ("x",), False),
        (
            "{% for row in rows %}{% include 'part.html' %}{% endfor %}",
            "{{ row.title }}",
            ("row", "title"),
            True,
        ),
        (
            "{% for row in rows %}{% include 'part.html' %}{% endfor %}",
            "{% for row in media %}{{ row.title }}{% endfor %}",
            ("row", "title"),
            False,
        ),
        (
            "{% include 'part.html' with x=note.title %}",
            "{% include 'part.html' with x=x %}{% include 'page.html' %}{{ x }}",
            ("x",),
            True,
        ),
    ],
)
def test_what_is_handed_to_an_included_template(page, part, path, is_told):
    """By name, or with the rest of the context; a name that the template itself binds is its own."""
    texts = {"page.html": page, "part.html": part}
    templates = {
        f"app/templates/{name}": read_template(text.encode(), name) for name, text in texts.items()
    }
    python = {
        "app/views.py": read_python((IMPORTS + ROWS).encode()),
        "app/__init__.py": read_python(b""),
    }
    found = Project(link(python), templates).template_values
    origin = found.stored("app/templates/part.html", r.Variable(0, path))
    assert (origin is not None and origin.is_stored) is is_told


def test_places_that_disagree_tell_the_worst():
    """A number in one place and a stored text in another: the text counts."""
    texts = {
        "page.html": "{% include 'part.html' with x=note.stars %}"
        "{% include 'part.html' with x=note.title %}",
        "part.html": "{{ x }}",
    }
    templates = {
        f"app/templates/{name}": read_template(text.encode(), name) for name, text in texts.items()
    }
    python = {
        "app/views.py": read_python((IMPORTS + ROWS).encode()),
        "app/__init__.py": read_python(b""),
    }
    found = Project(link(python), templates).template_values
    origin = found.stored("app/templates/part.html", r.Variable(0, ("x",)))
    assert origin is not None
    assert origin.is_stored


def test_a_view_hands_its_context_to_the_template_that_django_names_after_its_model():
    """Without a `template_name`, `NoteDetail` shows `app/note_detail.html`; so do views of a class below it."""
    views = (
        "from django.views.generic import DetailView\nfrom app.models import Note\n"
        "class Asks:\n    def get_context_data(self, **kwargs):\n"
        "        return super().get_context_data(q=self.request.GET['q'], **kwargs)\n"
        "class Show(Asks, DetailView):\n    model = Note\n"
    )
    python = {
        "app/__init__.py": "",
        "app/models.py": "from django.db import models\nclass Note(models.Model):\n    pass\n",
        "app/views.py": views,
        "app/urls.py": "from django.urls import path\nfrom app.views import Show\n"
        "urlpatterns = [path('<int:pk>/', Show.as_view())]\n",
        "settings.py": "ROOT_URLCONF = 'app.urls'\nINSTALLED_APPS = ['app']\n",
    }
    shown = "app/templates/app/note_detail.html"
    found = Project(
        link({path: read_python(text.encode()) for path, text in python.items()}),
        {shown: read_template(b"{{ q }}", shown)},
    )
    assert from_browser(found, "app/note_detail.html", "q")

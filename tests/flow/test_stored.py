"""Texts that go into a model field in one place, and come out of it in another."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.guards.raised_checks import PARENTS
from pickguard.flow.values.origin import Origin

MODELS = """
from django.conf import settings
from django.db import models

class Author(models.Model):
    name = models.CharField(max_length=20)

class Note(models.Model):
    author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="notes")
    body = models.TextField()
    count = models.IntegerField()
    kind = models.CharField(max_length=2, choices=[("a", "A")])
    colour = models.CharField(max_length=9, choices=elsewhere.Colours)
    paint = models.CharField(max_length=7)
    marks = JSONArrayField(base_field=models.CharField(choices=elsewhere.Marks))
    words = JSONArrayField(base_field=models.CharField(max_length=9))

    low = models.GeneratedField(
        expression=Lower("body"), output_field=models.TextField(), db_persist=True
    )
    length = models.GeneratedField(
        expression=Length("body"), output_field=models.IntegerField(), db_persist=True
    )

    def __str__(self):
        return self.body

    @property
    def shout(self):
        return self.body.upper()
"""
FORMS = """
from django import forms
from rest_framework import serializers
from .models import Note

class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ["body", "count", "kind"]

class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["body"]

class CountSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["count", "kind"]
"""
HEAD = """
from django.core.paginator import Paginator
from django.db.models import F
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from .forms import CountSerializer, NoteSerializer
from .models import Author, Note

def paged(rows, size=9):
    pages = Paginator(rows.order_by("pk"), size)
    try:
        page = pages.page(1)
    except ValueError:
        page = None
    return page

def one(request, model, query, user=None):
    row = get_object_or_404(model, **query)
    if user is None:
        raise ValueError
    return row

def one_of(pk, model):
    return model.objects.filter(hidden=False).get(pk=pk)

def named(request, pk):
    return one(request, Note, {"pk": pk})

class Finder:
    def find(self, model, pk):
        return model._default_manager.get(pk=pk)

def show(request):
    note = Note.objects.first()
"""
OWN_SAVE = """
from django import forms
from .models import Note
class Tidy:
    def save(self, commit=True):
        row = super().save(commit=False)
        if commit:
            row.save()
        return row
class NoteForm(Tidy, forms.ModelForm):
    class Meta:
        model = Note
        fields = ["kind"]
def add(request):
    note = NoteForm(request.POST).save(commit=False)
    note.body = request.POST["b"]
    note.save()
"""
OWN_OBJECT = """
from django.views.generic import UpdateView
from .models import Note
class Add(UpdateView):
    model = Note
    fields = ["kind"]
    def get_object(self):
        note = super().get_object()
        note.body = self.request.POST["b"]
        note.save()
        return note
"""
OWN_VALID = """
from django.views.generic import CreateView
from .models import Note
class Add(CreateView):
    model = Note
    fields = ["kind"]
    def form_valid(self, form):
        note = form.save(commit=False)
        note.body = self.request.POST["b"]
        note.save()
"""
BY_FORM = """
from django.views.generic import CreateView
from .forms import NoteForm
class Add(CreateView):
    form_class = NoteForm
"""


def stored(write: str, read: str, urls: str = "") -> Origin:
    """Return the origin of what `show` gives to `sink`, after another view has written."""
    site = site_of(
        {
            "app/__init__.py": "",
            "app/models.py": MODELS,
            "app/forms.py": FORMS,
            "app/write.py": write,
            "app/read.py": HEAD + "".join(f"    {line}\n" for line in read.split("\n")),
            "app/urls.py": urls,
        }
    )
    return given_to_sink(body_of(site, "app.read.show"))


def written(*lines: str) -> str:
    """Return a view that writes with these lines."""
    return "from .models import Note\ndef add(request):\n" + "".join(f"    {s}\n" for s in lines)


URLS = (
    "from django.urls import path\nfrom .write import Add\nurlpatterns = [path('', Add.as_view())]"
)

WRITES = {
    "create": written("Note.objects.create(body=request.POST['b'])"),
    "constructor": written("Note(body=request.POST['b']).save()"),
    "attribute": written("n = Note.objects.get(pk=1)", "n.body = request.POST['b']", "n.save()"),
    "setattr": written("n = Note()", "setattr(n, 'body', request.POST['b'])", "n.save()"),
    "setattr in a loop over names": written(
        "n = Note()",
        "for name in ('title', 'body'):",
        "    setattr(n, name, request.POST[name])",
        "n.save()",
    ),
    "names of the module": written(
        "n = Note()",
        "for name in FIELDS:",
        "    setattr(n, name, request.POST.get(name))",
        "n.save()",
    )
    + "FIELDS = ['title', 'body']\n",
    "a dict made for names": written(
        "given = {name: request.POST[name] for name in ('title', 'body')}",
        "Note.objects.create(**given)",
    ),
    "update": written("Note.objects.filter(pk=1).update(body=request.POST['b'])"),
    "bulk_create": written(
        "Note.objects.bulk_create([Note(body=b) for b in request.POST.getlist('b')])"
    ),
    "get_or_create": written(
        "Note.objects.get_or_create(pk=1, defaults={'body': request.POST['b']})"
    ),
    "update_or_create": written(
        "Note.objects.update_or_create(pk=1, defaults={'body': request.POST['b']})"
    ),
    "save of a row": written("n = Note(pk=1)", "n.body = request.POST['b']", "n.save()"),
    "a form's own save": OWN_SAVE,
    "fields that the browser names": written(
        "n = Note.objects.get(pk=1)",
        "for key, value in request.POST.items():",
        "    setattr(n, key, value)",
        "n.save()",
    ),
    "a view's own get_object": OWN_OBJECT,
    "a view's own form_valid, of a form that Django makes": OWN_VALID,
    "async": "from .models import Note\nasync def add(request):\n"
    "    await Note.objects.acreate(body=request.POST['b'])\n",
    "related manager": "from .models import Author\ndef add(request):\n"
    "    Author.objects.first().notes.create(body=request.POST['b'])\n",
    "cleaned data": written("Note.objects.create(body=form.cleaned_data['b'])"),
    "keywords": written("data = {'body': request.POST['b']}", "Note.objects.create(**data)"),
    "bulk_update": written(
        "rows = list(Note.objects.all())",
        "for n in rows:",
        "    n.body = request.POST['b']",
        "Note.objects.bulk_update(rows, ['body'])",
    ),
    "helper": written("keep(request.POST['b'])")
    + "def keep(b):\n    Note.objects.create(body=b)\n",
}
READS = {
    "get": "sink(Note.objects.get(pk=1).body)",
    "get_object_or_404": "sink(get_object_or_404(Note, pk=1).body)",
    "first": "sink(note.body)",
    "filter": "for n in Note.objects.filter(pk=1):\n    sink(n.body)",
    "index": "sink(Note.objects.all()[0].body)",
    "comprehension": "sink([n.body for n in Note.objects.all()])",
    "values": "sink(Note.objects.values('body'))",
    "values_list": "for body in Note.objects.values_list('body', flat=True):\n    sink(body)",
    "text of values_list": "for body in Note.objects.values_list('body', flat=True):\n    sink(f'<b>{body}</b>')",
    "in_bulk": "sink(Note.objects.in_bulk([1])[1].body)",
    "reverse relation": "for n in Author.objects.first().notes.all():\n    sink(n.body)",
    "str": "sink(str(note))",
    "aget": "sink((await Note.objects.aget(pk=1)).body)",
    "iterator": "for n in Note.objects.all().iterator():\n    sink(n.body)",
    "latest": "sink(Note.objects.latest('pk').body)",
    "named values_list": "sink(Note.objects.values_list('body', 'count'))",
    "union": "sink(Note.objects.all().union(Note.objects.none())[0].body)",
    "f-string": "sink(f'<b>{note}</b>')",
    "property": "sink(note.shout)",
    "getattr": "sink(getattr(note, 'body'))",
    "annotation": "sink(Note.objects.annotate(text=F('body')).first().text)",
    "annotation of rows": "for n in Note.objects.annotate(low=Lower('body')):\n    sink(n.low)",
    "annotation among values": "sink(Note.objects.annotate(low=Lower('body')).values('low'))",
    "page": "for n in Paginator(Note.objects.all(), 9).get_page(1):\n    sink(n.body)",
    "page of a name": "pages = Paginator(Note.objects.all(), 9)\nsink(pages.page(1).object_list[0].body)",
    "function that pages": "for n in paged(Note.objects.all()):\n    sink(n.body)",
    "a tree": "sink(note.get_root().get_children()[0].body)",
    "function that gets": "sink(one(request, Note, {'pk': 1}).body)",
    "function that gets by a manager": "sink(one_of(1, Note).body)",
    "function that has one got": "sink(named(request, 1).body)",
    "method that gets": "sink(Finder().find(Note, 1).body)",
    "serializer": "sink(NoteSerializer(note).data)",
    "serializer of many": "sink(NoteSerializer(Note.objects.all(), many=True).data)",
    "field of a serializer": "sink(NoteSerializer(note).data['body'])",
    "column that the database makes": "sink(Note.objects.get(pk=1).low)",
    "order": "sink(Note.objects.filter(pk=1).exclude(pk=2).order_by('pk').last().body)",
}


@pytest.mark.parametrize("write", WRITES)
def test_a_text_that_code_stores_comes_out_with_its_writer(write):
    """Whatever way the browser's text goes in, what reads it knows who wrote it."""
    found = stored(WRITES[write], READS["get"])
    assert found.is_stored
    assert found.writer
    assert found.steps[0].path == "app/write.py"
    assert found.steps[-1].path == "app/read.py"


@pytest.mark.parametrize("read", READS)
def test_a_stored_text_is_known_whatever_way_it_is_read(read):
    """Rows, items, loops, values, relations, `str`, properties."""
    found = stored(WRITES["create"], READS[read])
    assert found.is_stored, read
    assert found.writer, read


def test_a_serializer_of_numbers_shows_no_text():
    """A choice is none either."""
    assert not stored(WRITES["create"], "sink(CountSerializer(note).data)").is_stored


@pytest.mark.parametrize(
    ("makes", "is_written"),
    [
        ("def create_user(self, email, count, kind):\n        pass", True),
        ("def create_user(self, count, kind, email=''):\n        pass", False),
    ],
)
def test_a_manager_of_the_sites_own_says_what_it_makes_an_account_of(makes, is_written):
    """Django's takes a name and an address, the site's what it names itself."""
    models = (
        MODELS.replace("class Note(", f"class Notes(models.Manager):\n    {makes}\n\nclass Note(")
        .replace("    body = models", "    objects = Notes()\n    body = models")
        .replace("body", "email")
    )
    site = site_of(
        {
            "app/__init__.py": "",
            "app/models.py": models,
            "app/write.py": written("Note.objects.create_user(request.POST['email'], 1, 'a')"),
            "app/read.py": "from .models import Note\ndef show(request):\n"
            "    sink(Note.objects.get(pk=1).email)\n",
        }
    )
    assert bool(given_to_sink(body_of(site, "app.read.show")).writer) is is_written


def test_a_form_and_a_serializer_write_the_fields_that_they_show():
    """The way begins at the form that a view of the site takes."""
    found = stored(BY_FORM, READS["get"], URLS)
    assert found.writer == "`NoteForm`"
    by_serializer = (
        "from rest_framework.viewsets import ModelViewSet\nfrom .forms import NoteSerializer\n"
        "from .models import Note\nclass Add(ModelViewSet):\n"
        "    queryset = Note.objects.all()\n    serializer_class = NoteSerializer\n"
    )
    urls = URLS.replace("Add.as_view()", "Add.as_view({'post': 'create'})")
    assert stored(by_serializer, READS["get"], urls).writer == "`NoteSerializer`"
    read_only = URLS.replace("Add.as_view()", "Add.as_view({'get': 'list'})")
    assert not stored(by_serializer, READS["get"], read_only).writer


@pytest.mark.parametrize(
    ("value", "urls", "writer"),
    [
        ("note.body.title()", URLS, "`keep`"),
        ("note.body", "urlpatterns = []\n", ""),
        ("str(int(note.body))", URLS, ""),
        ("note.kind", URLS, ""),
    ],
)
def test_what_is_made_of_a_field_that_somebody_writes_is_written_by_them_too(value, urls, writer):
    """A text that code keeps twice is no safer the second time; a number, or what nobody writes, is."""
    keep = (
        "from .models import Author, Note\ndef keep(pk):\n    note = Note.objects.get(pk=pk)\n"
        f"    Author.objects.create(name={value})\n"
    )
    assert stored(BY_FORM + keep, "sink(Author.objects.get(pk=1).name)", urls).writer == writer


@pytest.mark.parametrize(
    "name",
    [
        "count",
        "kind",
        "colour",
        "paint",
        "marks",
        "pk",
        "length",
        "author_id",
        "get_kind_display()",
    ],
)
def test_a_typed_field_holds_no_text(name):
    """Numbers, choices and keys are silent, whoever writes them."""
    assert not stored(BY_FORM, f"sink(note.{name})", URLS).is_stored


@pytest.mark.parametrize(
    "lines",
    [
        ("Note.objects.create(body='fixed')",),
        ("Note.objects.create(body=str(int(request.POST['b'])))",),
        ("Other.objects.create(body=request.POST['b'])",),
        ("request.body = request.POST['b']",),
        ("for name in ('title', 'kind'):", "    setattr(Note(), name, request.POST[name])"),
        (
            "n = Note()",
            "for name in ('title', 'kind'):",
            "    setattr(n, name, request.POST[name])",
        ),
    ],
)
def test_what_is_written_clean_or_elsewhere_names_no_writer(lines):
    """A constant, a number, another model, another object's attribute of the same name."""
    assert not stored(written(*lines), READS["get"]).writer


@pytest.mark.parametrize(
    ("decorator", "is_writer"),
    [
        ("permission_required('app.change_note')", True),
        ("login_required", True),
        ("staff_member_required", False),
        ("user_passes_test(lambda user: user.is_superuser)", False),
    ],
)
def test_whoever_has_a_right_writes_and_staff_are_trusted(decorator, is_writer):
    """A right to edit is given to many; the staff could change the site itself."""
    write = (
        "from django.contrib.auth.decorators import login_required, permission_required, user_passes_test\n"
        "from django.contrib.admin.views.decorators import staff_member_required\n"
        "from .forms import NoteForm\n"
        f"@{decorator}\n"
        "def add(request):\n    NoteForm(request.POST).save()\n"
    )
    urls = "from django.urls import path\nfrom .write import add\nurlpatterns = [path('', add)]"
    assert bool(stored(write, READS["get"], urls).writer) is is_writer


HEIRS = """
from django.db import models

class Connected(models.Model):
    host = models.CharField(max_length=200)
    class Meta:
        abstract = True

    def connect(self):
        sink(self.host)

class Import(Connected):
    pass
"""


@pytest.mark.parametrize(("model", "is_written"), [("Import", True), ("Other", False)])
def test_the_field_of_an_abstract_model_is_written_through_those_that_have_it_for_a_base(
    model, is_written
):
    """What the base's own methods read is what was written to one of the heirs."""
    files = {
        "app/__init__.py": "",
        "app/models.py": HEIRS
        + "class Other(models.Model):\n    host = models.CharField(max_length=9)\n",
        "app/views.py": f"from app.models import {model}\n"
        f"def view(request):\n    {model}.objects.create(host=request.POST['host'])\n",
    }
    found = given_to_sink(body_of(site_of(files), "app.models.Connected.connect"))
    assert found.is_stored
    assert bool(found.writer) is is_written


FORMSETS = """
            from django.forms import inlineformset_factory, modelformset_factory
            from .models import Author, Note
            Notes = inlineformset_factory(Author, Note, fields=["body", "count"])
            def show(request):
                Drafts = modelformset_factory(Note, fields=["body"])
                notes = Notes(request.POST)
                drafts = Drafts(request.POST)
                for note in MADE.save(commit=False):
                    sink(note.FIELD)
            """


@pytest.mark.parametrize("made", ["notes", "drafts"])
@pytest.mark.parametrize(("field", "is_text"), [("body", True), ("count", False)])
def test_the_rows_that_a_formset_saves_are_those_of_its_model(made, field, is_text):
    views = FORMSETS.replace("MADE", made).replace("FIELD", field)
    files = {"app/__init__.py": "", "app/models.py": MODELS, "app/views.py": views}
    assert given_to_sink(body_of(site_of(files), "app.views.show")).is_stored is is_text


@pytest.mark.parametrize(
    ("other", "is_row"),
    [
        ("None", True),
        ("''", True),
        ("'the first'", False),
        ("key.strip()", False),
        ("int(key)", False),
    ],
)
def test_what_may_as_well_be_a_text_is_not_written_out_as_a_row(other, is_row):
    """`str(found)` is the text of a row only where nothing but rows, and nothing at all, can be found."""
    files = {
        "app/__init__.py": "",
        "app/models.py": MODELS,
        "app/views.py": f"""
            from .models import Note
            def found(key):
                value = {other}
                if key == "last":
                    value = Note.objects.last()
                return value
            def write(request):
                Note.objects.create(body=request.POST["b"])
            def show(request):
                sink(str(found(request.path)))
            """,
    }
    origin = given_to_sink(body_of(site_of(files), "app.views.show"))
    assert bool(origin.writer) is is_row


def test_a_parameter_called_like_a_model_is_one_where_a_distant_caller_gives_a_row():
    """The rows go through a function and a loop before one of them is handed on."""
    files = {
        "app/__init__.py": "",
        "app/models.py": "from django.db import models\n"
        "class Hook(models.Model):\n    url = models.CharField(max_length=200)\n",
        "app/work.py": """
            from django.db.models import Q
            from app.models import Hook
            def active(owner):
                return Hook.objects.filter(Q(owner=owner) & Q(id__in=owner.ids)).distinct()
            def call_all(owner):
                hooks = active(owner)
                for one in hooks:
                    call(one)
            def call(hook):
                sink(hook.url)
            """,
        "app/views.py": "from app.models import Hook\n"
        "def view(request):\n    Hook.objects.create(url=request.POST['url'])\n",
    }
    found = given_to_sink(body_of(site_of(files), "app.work.call"))
    assert found.is_stored
    assert found.writer


def test_a_disabled_field_is_what_its_form_began_with():
    text = (
        "from django import forms\n"
        "class NoteForm(forms.Form):\n"
        "    pk = forms.CharField(disabled=True)\n"
        "    text = forms.CharField()\n"
        "def v(request):\n"
        "    form = NoteForm(request.POST, initial={'pk': 1})\n"
        "    sink(form.cleaned_data['__NAME__'])\n"
        "def w(forms):\n"
        "    sink([one.cleaned_data.get('__NAME__') for one in forms])\n"
    )
    for name, is_sent in (("pk", False), ("text", True)):
        site = site_of({"app/__init__.py": "", "app/views.py": text.replace("__NAME__", name)})
        for function in ("v", "w"):
            found = given_to_sink(body_of(site, f"app.views.{function}"))
            assert found.is_browser is is_sent, (function, name)


@pytest.mark.parametrize(("kind", "is_browser"), [("ChoiceField", False), ("CharField", True)])
def test_a_field_that_a_form_puts_in_as_it_is_made_is_of_its_kind_as_well(kind, is_browser):
    site = site_of(
        {
            "app/__init__.py": "",
            "app/forms.py": (
                "from django import forms\n"
                "class PathForm(forms.Form):\n"
                "    def __init__(self, *args):\n"
                "        super().__init__(*args)\n"
                f"        self.fields['path'] = forms.{kind}(choices=paths())\n"
            ),
            "app/views.py": (
                "from app.forms import PathForm\n"
                "def v(request):\n"
                "    form = PathForm(request.POST)\n"
                "    if form.is_valid():\n"
                "        sink(form.cleaned_data['path'])\n"
            ),
        }
    )
    assert given_to_sink(body_of(site, "app.views.v")).is_browser is is_browser


@pytest.mark.parametrize(
    ("validator", "is_stored"),
    [
        ("RegexValidator(r'^[0-9a-zA-Z ]*$', 'letters')", False),
        ("RegexValidator(regex=r'\\A[a-z]+\\Z')", False),
        ("letters", False),
        ("RegexValidator(r'[0-9]+')", True),
        ("RegexValidator(r'^[a-z]+$', inverse_match=True)", True),
        ("RegexValidator(r'^a|b$')", True),
        ("RegexValidator(r'^.*$')", True),
    ],
)
def test_a_column_that_takes_letters_alone_holds_no_harm(validator, is_stored):
    """What a validator lets through from its beginning to its end is what stands in the column."""
    models = (
        "from django.core.validators import RegexValidator\nfrom django.db import models\n"
        "class Topic(models.Model):\n    letters = RegexValidator('^[a-z]+$')\n"
        f"    title = models.CharField(max_length=9, validators=[{validator}])\n"
    )
    views = (
        "from .models import Topic\ndef v(request, pk):\n    sink(Topic.objects.get(pk=pk).title)\n"
    )
    site = site_of({"app/__init__.py": "", "app/models.py": models, "app/views.py": views})
    assert given_to_sink(body_of(site, "app.views.v")).is_stored is is_stored


_VALIDATORS = """from django.core.exceptions import ValidationError
def no_parents(value, *, deep=True):
    if "../" in value:
        raise ValidationError("no")
    if deep and value.endswith("x"):
        raise ValidationError("no")
def not_long(value):
    if len(value) > 9:
        raise ValidationError("long")
def no_parents_some_days(value):
    if TODAY:
        return
    if ".." in value:
        raise ValidationError("no")
"""
_FIELDS = {
    "forms": (
        "from django import forms\nfrom .checks import *\n"
        "class Form(forms.Form):\n    path = forms.CharField(validators=[{}])\n"
    ),
    "model": (
        "from django import forms\nfrom django.db import models\nfrom .checks import *\n"
        "class Doc(models.Model):\n    path = models.CharField(validators=[{}])\n"
        "class Form(forms.ModelForm):\n    class Meta:\n        model = Doc\n        fields = ['path']\n"
    ),
}


@pytest.mark.parametrize("fields", _FIELDS)
@pytest.mark.parametrize(
    ("validator", "clears", "is_browser"),
    [
        ("no_parents", (PARENTS,), False),
        ("not_long, no_parents", (PARENTS,), False),
        ("no_parents", (), True),
        ("not_long", (PARENTS,), True),
        ("no_parents_some_days", (PARENTS,), True),
    ],
)
def test_a_validator_of_the_sites_own_lets_nothing_else_through(
    fields, validator, clears, is_browser
):
    """A form asks the validators of its fields, a model's among them, before it hands anything on."""
    views = (
        "from .forms import Form\ndef v(request):\n    form = Form(request.POST)\n"
        "    if form.is_valid():\n        sink(form.cleaned_data['path'])\n"
    )
    site = site_of(
        {
            "app/__init__.py": "",
            "app/checks.py": _VALIDATORS,
            "app/forms.py": _FIELDS[fields].format(validator),
            "app/views.py": views,
        }
    )
    assert given_to_sink(body_of(site, "app.views.v"), *clears).is_browser is is_browser


def test_the_name_of_an_upload_is_nobodys_text():
    """Django keeps a form's file under a name without quotes, spaces or brackets; its title is as it was typed."""
    models = (
        "from django.db import models\nclass Paper(models.Model):\n"
        "    title = models.CharField(max_length=90)\n    scan = models.FileField(upload_to='papers')\n"
    )
    views = (
        "from django.views.generic import CreateView\nfrom .models import Paper\n"
        "class Add(CreateView):\n    model = Paper\n    fields = ['title', 'scan']\n"
        "def v(request, pk):\n    paper = Paper.objects.get(pk=pk)\n    sink({})\n"
    )
    urls = (
        "from django.urls import path\nfrom . import views\n"
        "urlpatterns = [path('add/', views.Add.as_view()), path('<int:pk>/', views.v)]\n"
    )
    for read, is_written in (("paper.title", True), ("paper.scan", False)):
        site = site_of(
            {
                "app/__init__.py": "",
                "app/models.py": models,
                "app/urls.py": urls,
                "app/views.py": views.format(read),
            }
        )
        assert bool(given_to_sink(body_of(site, "app.views.v")).writer) is is_written


@pytest.mark.parametrize(("given", "is_stored"), [("body", True), ("title", False)])
def test_a_manager_writes_what_its_own_method_is_given(given, is_stored):
    site = site_of(
        {
            "app/__init__.py": "",
            "app/models.py": """
from django.db import models
class Papers(models.QuerySet):
    def add(self, **fields):
        return self.create(**fields)
class Paper(models.Model):
    body = models.TextField()
    title = models.TextField()
    objects = Papers.as_manager()
""",
            "app/views.py": f"""
from .models import Paper
def add(request):
    Paper.objects.add({given}=request.POST["b"])
def show(request):
    sink(Paper.objects.first().body)
""",
        }
    )
    assert bool(given_to_sink(body_of(site, "app.views.show")).writer) is is_stored

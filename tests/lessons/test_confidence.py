"""How sure rules are where the words of a case alone do not tell."""

import pytest

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.scan import scan

MODELS = """
from django.db import models
class Photo(models.Model):
    caption = models.TextField()
    story = models.TextField()
"""
OWNED = MODELS + "    owner = models.ForeignKey('auth.User', models.CASCADE)\n"
POINTING = "class Share(models.Model):\n    photo = models.ForeignKey(Photo, models.CASCADE)\n"
VIEWS = """
from django.views.generic import DetailView
from photos.models import Photo
class Show(DetailView):
    queryset = Photo.objects.all()
"""
URLS = """
from django.urls import path
from photos import views
urlpatterns = [path("<int:pk>/", views.Show.as_view())]
"""


def _found(folder, rule, files):
    """Return a rule's findings in a project, in order."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    config = Config(select=(rule,), min_confidence=Confidence.LOW)
    return scan(folder, config=config, cache=False).findings


def _said(folder, rule, files):
    """Return the confidences of a rule's findings in a project, in order."""
    return [finding.confidence for finding in _found(folder, rule, files)]


@pytest.mark.parametrize(
    ("field", "confidence"), [("caption", Confidence.MEDIUM), ("story", Confidence.LOW)]
)
def test_a_stored_caption_is_no_markup_and_a_story_may_be(field, confidence, tmp_path):
    """Also where a generic view names its template itself, and nobody is seen to write the row."""
    files = {
        "photos/__init__.py": "",
        "photos/models.py": MODELS,
        "photos/views.py": VIEWS,
        "photos/urls.py": URLS,
        "photos/templates/photos/photo_detail.html": f"<p>{{{{ object.{field}|safe }}}}</p>",
    }
    assert _said(tmp_path, "xss.unescaped-output", files) == [confidence]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ("markdown(self.story)", [Confidence.HIGH]),
        ("nh3.clean(markdown(self.story))", []),
        ("markdown(settings.STORY)", [Confidence.LOW]),
    ],
)
def test_the_html_of_a_text_that_visitors_write_is_theirs_as_well(made, said, tmp_path):
    """A row that keeps both when it is saved keeps what the form was sent, unless it is cleaned on the way."""
    save = (
        "    html = models.TextField(editable=False)\n"
        "    def save(self, *args, **kwargs):\n"
        f"        self.html = {made}\n"
        "        super().save(*args, **kwargs)\n"
    )
    imports = "import nh3\nfrom django.conf import settings\nfrom markdown import markdown\n"
    edit = (
        "from django.views.generic import UpdateView\n"
        "class Edit(UpdateView):\n    model = Photo\n    fields = ['story']\n"
    )
    files = {
        "photos/__init__.py": "",
        "photos/models.py": imports + MODELS + save,
        "photos/views.py": VIEWS + edit,
        "photos/urls.py": URLS + "urlpatterns += [path('edit/<int:pk>/', views.Edit.as_view())]",
        "photos/templates/photos/photo_detail.html": "<p>{{ object.html|safe }}</p>",
    }
    assert _said(tmp_path, "xss.unescaped-output", files) == said


@pytest.mark.parametrize(
    ("first", "confidence"),
    [("request.GET.get('next')", Confidence.HIGH), ("''", Confidence.LOW)],
)
def test_a_page_to_go_back_to_does_not_hide_what_a_link_can_name(first, confidence, tmp_path):
    """`next`, or else the page that the visitor comes from: the first is for everybody to write."""
    view = (
        "from django.shortcuts import redirect\n"
        "def view(request):\n"
        f"    target = {first}\n"
        "    if not target:\n"
        "        target = request.META.get('HTTP_REFERER')\n"
        "    return redirect(target)\n"
    )
    assert _said(tmp_path, "trust.open-redirect", {"views.py": view}) == [confidence]


# some words get tags, the others are passed over
_WORDS = (
    "def badge(note):\n    words = {words}\n    for i, word in enumerate(words):\n"
    "        if word[0] == '#':\n            words[i] = {put}\n    return mark_safe(' '.join(words))"
)


@pytest.mark.parametrize(
    ("function", "confidence"),
    [
        ('def badge(note, page):\n    return mark_safe("<b>%s</b>" % page.title)', "MEDIUM"),
        ('def badge(note, page):\n    return mark_safe(f"<b>{page!s}</b>")', "MEDIUM"),
        (
            'def badge(note, page):\n    name = page.name\n    return mark_safe("<b>" + name)',
            "MEDIUM",
        ),
        (
            'def badge(note, page):\n    return mark_safe("".join("<b>%s" % v for v in note.items()))',
            "MEDIUM",
        ),
        (_WORDS.format(words="note.split()", put="'<b>%s</b>' % escape(word)"), "MEDIUM"),
        (_WORDS.format(words="as_html(note).split()", put="'<b>%s</b>' % escape(word)"), "LOW"),
        (_WORDS.format(words="note.split()", put="'<b>%s</b>' % word[1:]"), "LOW"),
        ('def badge(note, page):\n    return mark_safe("<b>%s</b>" % note)', "LOW"),
        ('def badge(note, page):\n    return mark_safe("<b>%s</b>" % note.made())', "LOW"),
        ('def badge(note, page):\n    return mark_safe("<b>%s</b>" % page.colour)', "LOW"),
        (
            'def badge(note, page):\n    return mark_safe(f"<p>{page._meta.verbose_name}{note}")',
            "LOW",
        ),
    ],
)
def test_what_is_handed_in_may_be_safe_already_and_what_an_object_keeps_is_not(
    function, confidence, tmp_path
):
    """Nobody is seen to call the function: a title is somebody's text, a parameter may be markup."""
    imports = (
        "from django.utils.html import escape\nfrom django.utils.safestring import mark_safe\n"
    )
    text = f"{imports}{function}\n"
    files = {"app/__init__.py": "", "app/badges.py": text}
    assert [c.name for c in _said(tmp_path, "xss.mark-safe", files)] == [confidence]


@pytest.mark.parametrize(
    ("value", "confidence"),
    [
        ("page.title", "MEDIUM"),
        ("title", "LOW"),
        ("', '.join(word for word in page.words())", "MEDIUM"),
        ("', '.join(group for group in title.groups())", "LOW"),  # of a text that was escaped
    ],
)
def test_the_same_holds_of_markup_that_nobody_calls_safe_in_the_same_place(
    value, confidence, tmp_path
):
    text = f"def link(page, title):\n    return '<a href=\"/\">%s</a>' % {value}\n"
    models = f"{MODELS}    title = models.TextField()\n"
    files = {"app/__init__.py": "", "app/models.py": models, "app/links.py": text}
    assert [c.name for c in _said(tmp_path, "xss.formatted-markup", files)] == [confidence]


@pytest.mark.parametrize(
    ("parameters", "confidence"), [("request", Confidence.HIGH), ("", Confidence.MEDIUM)]
)
def test_a_visitor_waits_for_certain_where_the_view_itself_asks(parameters, confidence, tmp_path):
    """A task may hold up nobody but its own worker."""
    text = (
        "import requests\n"
        f"def rates({parameters}):\n"
        "    return requests.get('https://rates.example.com/').json()\n"
    )
    assert _said(tmp_path, "deployment.no-timeout", {"shop/rates.py": text}) == [confidence]


@pytest.mark.parametrize(("bare", "confidence"), [(10, Confidence.HIGH), (11, Confidence.LOW)])
def test_where_most_forms_have_no_token_a_script_sends_them(bare, confidence, tmp_path):
    """Django refuses each of them otherwise: nobody would not have noticed."""
    form = '<form method="post" action="/add/">{}<button>Add</button></form>\n'
    files = {
        f"shop/templates/shop/page{n}.html": form.format("" if n < bare else "{% csrf_token %}")
        for n in range(20)
    }
    assert set(_said(tmp_path, "csrf.form-without-token", files)) == {confidence}


@pytest.mark.parametrize(
    ("settings", "confidence"),
    [
        ({}, Confidence.LOW),
        ({"shop/settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'shop.urls'\n"}, Confidence.MEDIUM),
    ],
)
def test_who_installs_a_library_names_the_hosts(settings, confidence, tmp_path):
    """Django answers no request of another host; a site that names none may have switched that off."""
    view = (
        "from django.core.mail import send_mail\n"
        "def remind(request):\n"
        "    link = request.build_absolute_uri('/basket/')\n"
        "    send_mail('Your basket', link, None, [request.user.email])\n"
    )
    files = {"shop/__init__.py": "", "shop/views.py": view, **settings}
    assert _said(tmp_path, "trust.host-header", files) == [confidence]


@pytest.mark.parametrize(
    ("fields", "confidence"),
    [
        ('<input name="title">', Confidence.HIGH),
        ('<input type="submit">', Confidence.HIGH),
        (
            '<input type="hidden" name="note" value="1"><input type="radio" name="stars">',
            Confidence.LOW,
        ),
        ('<button type="button">Vote</button>', Confidence.LOW),
        ("<p>Thank you</p>", Confidence.LOW),
    ],
)
def test_a_form_that_nobody_can_send_by_hand_is_sent_by_a_script(fields, confidence, tmp_path):
    """The search field before it is not its own."""
    page = f'<input name="q">\n<form method="post" action="/rate/">{fields}</form>\n'
    files = {"notes/templates/notes/rate.html": page}
    assert _said(tmp_path, "csrf.form-without-token", files) == [confidence]


@pytest.mark.parametrize(
    ("field", "confidence"),
    [
        ("back = forms.CharField()", Confidence.MEDIUM),
        (
            (
                "back = forms.CharField()\n    def clean_back(self):\n"
                "        return checked(self.cleaned_data['back'])"
            ),
            Confidence.LOW,
        ),
        ("back = forms.CharField(validators=[is_ours])", Confidence.LOW),
    ],
)
def test_a_form_that_looks_at_nothing_lets_every_address_through(field, confidence, tmp_path):
    """One that cleans the field, or names a validator, may well ask for the host."""
    view = (
        "from django import forms\nfrom django.shortcuts import redirect\n"
        f"class Back(forms.Form):\n    {field}\n"
        "def leave(request):\n    form = Back(request.POST)\n    if form.is_valid():\n"
        "        return redirect(form.cleaned_data['back'])\n"
    )
    assert _said(tmp_path, "trust.open-redirect", {"views.py": view}) == [confidence]


def test_what_a_context_processor_gives_is_told_like_what_a_view_gives(tmp_path):
    """Every page has it, whoever renders it."""
    files = {
        "shop/__init__.py": "",
        "shop/context_processors.py": "def campaign(request):\n"
        "    return {'campaign': request.GET['c']}\n",
        "shop/templates/home.html": "<p>{{ campaign|safe }}</p>",
    }
    assert _said(tmp_path, "xss.unescaped-output", files) == [Confidence.HIGH]


def test_json_of_a_serializer_of_rows_is_told_like_json_of_rows(tmp_path):
    """`Serializer(rows).data` holds the texts of the fields that it lists."""
    view = (
        "import json\nfrom django.shortcuts import render\nfrom rest_framework import serializers\n"
        "from photos.models import Photo\n"
        "class Shown(serializers.ModelSerializer):\n    class Meta:\n        model = Photo\n"
        "        fields = ['caption']\n"
        "def board(request):\n    data = Shown(Photo.objects.all(), many=True).data\n"
        "    return render(request, 'photos/board.html', {'photos': json.dumps(data)})\n"
    )
    files = {
        "photos/__init__.py": "",
        "photos/models.py": MODELS,
        "photos/views.py": view,
        "photos/templates/photos/board.html": "<script>show({{ photos|safe }});</script>",
    }
    assert _said(tmp_path, "xss.script-output", files) == [Confidence.MEDIUM]


@pytest.mark.parametrize(
    ("key", "confidence"), [("num_done", Confidence.LOW), ("report", Confidence.MEDIUM)]
)
def test_json_of_numbers_and_states_alone_is_hardly_a_page(key, confidence, tmp_path):
    """By the names of its keys; a text that nobody knows may be anybody's."""
    view = (
        "import json\nfrom django.http import HttpResponse\nfrom jobs import progress\n"
        "def state(request, pk):\n    job = progress(pk)\n"
        "    data = {'status': job.status, 'total_rows': str(job.total_rows)}\n"
        f"    data['{key}'] = job.summary.split(':')[1]\n"
        "    return HttpResponse(json.dumps(data))\n"
    )
    assert _said(tmp_path, "xss.json-as-html", {"views.py": view}) == [confidence]


@pytest.mark.parametrize(
    ("asked", "confidence"),
    [
        ("Photo.objects.filter(**{name: 1})", Confidence.HIGH),
        ("Photo.objects.values(F(name))", Confidence.HIGH),
        ("Photo.objects.annotate(**{name: Count('pk')})", Confidence.LOW),
        ("Photo.objects.values(F(f'total_{name}'))", Confidence.LOW),
        ("Photo.objects.values(F(f'owner__{name}'))", Confidence.HIGH),
        ("Photo.objects.order_by(f'-{name}')", Confidence.HIGH),
    ],
)
def test_a_name_that_leads_nowhere_else_is_hardly_a_lookup(asked, confidence, tmp_path):
    """What is made has a name of its own; a column whose beginning stands is one of few."""
    view = (
        "from django.db.models import Count, F\nfrom photos.models import Photo\n"
        "def rows(request):\n    name = request.GET['name']\n"
        f"    return {asked}\n"
    )
    files = {"photos/__init__.py": "", "photos/models.py": OWNED, "photos/views.py": view}
    assert _said(tmp_path, "sql.lookup-from-browser", files) == [confidence]


@pytest.mark.parametrize(
    ("more", "confidence"),
    [
        ("", Confidence.LOW),
        ("    owner = models.ForeignKey('auth.User', models.CASCADE)\n", Confidence.HIGH),
        ("    album = models.ForeignKey('albums.Album', models.CASCADE)\n", Confidence.HIGH),
        ("    api_key = models.TextField()\n", Confidence.HIGH),
        (POINTING + "    token = models.TextField()\n", Confidence.HIGH),
        (POINTING, Confidence.LOW),
    ],
)
def test_a_lookup_is_told_where_relations_lead_to_a_secret(more, confidence, tmp_path):
    """Or to where nobody knows; rows without accounts and keys have nothing to be read letter by letter."""
    view = "from photos.models import Photo\ndef rows(request):\n    return Photo.objects.filter(**request.GET)\n"
    files = {"photos/__init__.py": "", "photos/models.py": MODELS + more, "photos/views.py": view}
    assert _said(tmp_path, "sql.lookup-from-browser", files) == [confidence]


@pytest.mark.parametrize(
    ("asked", "confidence"),
    [("is_sortable(Photo, name)", Confidence.LOW), ("isinstance(name, str)", Confidence.HIGH)],
)
def test_a_name_that_the_site_itself_asks_about_is_hardly_any_column(asked, confidence, tmp_path):
    """What the site's own question lets through cannot be told; that it is a text says nothing."""
    view = (
        "from photos.models import Photo\nfrom photos.names import is_sortable\n"
        "def rows(request):\n    name = request.GET['name']\n"
        f"    if {asked}:\n        return Photo.objects.order_by(name)\n    return None\n"
    )
    names = "def is_sortable(model, name):\n    return model.registry.get(name)\n"
    files = {
        "photos/__init__.py": "",
        "photos/models.py": OWNED,
        "photos/views.py": view,
        "photos/names.py": names,
    }
    assert _said(tmp_path, "sql.lookup-from-browser", files) == [confidence]


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ('requests.get(request.POST["url"], timeout=5).text', Confidence.HIGH),
        ('subprocess.run("whois " + request.POST["name"], shell=True).stdout', Confidence.HIGH),
        (
            'requests.get("https://shop.example/" + request.POST["name"], timeout=5).text',
            Confidence.LOW,
        ),
        ('subprocess.run("uptime", shell=True).stdout', Confidence.LOW),
    ],
)
def test_what_answers_is_the_browsers_where_it_says_who_answers_or_what(
    answer, confidence, tmp_path
):
    """A page of its choice, the output of its command; not what a fixed host says of a name."""
    files = {
        "shop/views.py": f"""
import subprocess
import requests
from django.shortcuts import render
def show(request):
    return render(request, "shop/show.html", {{"answer": {answer}}})
""",
        "shop/urls.py": """
from django.urls import path
from shop import views
urlpatterns = [path("show/", views.show)]
""",
        "shop/templates/shop/show.html": "<div>{{ answer|safe }}</div>",
    }
    assert _said(tmp_path, "xss.unescaped-output", files) == [confidence]


@pytest.mark.parametrize(
    ("field", "confidence"),
    [
        ('value="{{ next }}"', Confidence.HIGH),
        ('value="{{ request.get_full_path }}"', Confidence.LOW),
        ('value="/"', Confidence.LOW),
    ],
)
def test_an_address_in_a_form_is_the_senders_own_unless_a_page_fills_it_in(
    field, confidence, tmp_path
):
    """The CSRF check lets no other site send the form, and no link reaches into it."""
    files = {
        "shop/views.py": (
            "from django.shortcuts import redirect\n"
            "def choose(request):\n"
            "    return redirect(request.POST.get('next', '/'))\n"
        ),
        "shop/templates/shop/choose.html": (
            f'<form method="post">{{% csrf_token %}}<input type="hidden" name="next" {field}></form>'
        ),
    }
    assert _said(tmp_path, "trust.open-redirect", files) == [confidence]


@pytest.mark.parametrize(
    ("line", "severity"),
    [("pass", "medium"), ("note.owner = request.user", "high")],
)
def test_an_exempt_view_that_never_looks_who_asks_weighs_less(line, severity, tmp_path):
    """A stranger needs no visitor's browser for what the view does for everybody."""
    files = {
        "shop/models.py": "from django.db import models\nclass Note(models.Model):\n    text = models.TextField()\n",
        "shop/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.tell)]\n",
        "shop/views.py": f"""
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt
from shop.models import Note
@csrf_exempt
def tell(request):
    note = Note(text=request.POST["text"])
    {line}
    note.save()
    return HttpResponse()
""",
    }
    assert [f.severity for f in _found(tmp_path, "csrf.exempt-view", files)] == [severity]


@pytest.mark.parametrize(
    ("column", "confidence"), [("first_name", Confidence.MEDIUM), ("username", Confidence.LOW)]
)
def test_a_username_holds_no_markup_where_nobody_is_seen_to_write_another(
    column, confidence, tmp_path
):
    files = {
        "shop/models.py": f"""
from django.contrib.auth.models import User
from django.db import models
from django.utils.safestring import mark_safe
class Profile(models.Model):
    user = models.ForeignKey(User, models.CASCADE)
    def badge(self):
        return mark_safe(f"<b>{{self.user.{column}}}</b>")
"""
    }
    assert _said(tmp_path, "xss.mark-safe", files) == [confidence]


@pytest.mark.parametrize(
    ("chain", "confidence"),
    [("note.text|shine", [Confidence.HIGH]), ("note.text|urlize|shine", [])],
)
def test_what_a_filter_escapes_before_arrives_escaped(chain, confidence, tmp_path):
    files = {
        "notes/models.py": "from django.db import models\nclass Note(models.Model):\n    text = models.TextField()\n",
        "notes/urls.py": "from django.urls import path\nfrom notes import views\nurlpatterns = [path('', views.show)]\n",
        "notes/views.py": """
from django.shortcuts import render
from notes.models import Note
def show(request):
    note = Note(text=request.POST["text"])
    note.save()
    return render(request, "notes/show.html", {"note": note})
""",
        "notes/templatetags/__init__.py": "",
        "notes/templatetags/shine.py": """
from django.template import Library
from django.utils.safestring import mark_safe
register = Library()
@register.filter
def shine(value):
    return mark_safe(value)
""",
        "notes/templates/notes/show.html": f"{{% load shine %}}<p>{{{{ {chain} }}}}</p>",
    }
    found = _said(tmp_path, "xss.mark-safe", files)
    assert [one for one in found if one is not Confidence.LOW] == confidence


@pytest.mark.parametrize(
    ("engine", "confidence"), [("sqlite3", Confidence.LOW), ("postgresql", Confidence.MEDIUM)]
)
def test_a_file_of_sqlite_may_be_all_that_development_has(engine, confidence, tmp_path):
    """Whether the data of production is backed up is then not to be seen."""
    settings = (
        "SECRET_KEY = 'x'\nINSTALLED_APPS = ['django.contrib.auth']\n"
        f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{engine}', 'NAME': 'x'}}}}\n"
    )
    assert _said(tmp_path, "backups.none-configured", {"settings.py": settings}) == [confidence]


@pytest.mark.parametrize(
    ("use", "confidence"),
    [("pattern.match('')", Confidence.LOW), ("pattern.search(request.body)", Confidence.MEDIUM)],
)
def test_to_try_a_pattern_takes_no_time_and_to_run_it_may(use, confidence, tmp_path):
    """Some sites let people search by patterns: what is compiled alone holds nobody up."""
    view = (
        "import re\nfrom django.http import JsonResponse\n"
        "def shown(request):\n    try:\n        pattern = re.compile(request.GET['q'])\n"
        "    except re.error:\n        return JsonResponse({})\n"
        f"    return JsonResponse({{'found': bool({use})}})\n"
    )
    assert _said(tmp_path, "deployment.regex-from-browser", {"views.py": view}) == [confidence]


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("var a = '{{ q }}', b = '{{ note.title }}';", "medium"),
        ("var a = '{{ q }}';", "low"),
        ("load('/x/?q={{ q }}&title={{ note.title }}');", "low"),
        ("var a = '{{ q }}', b = '{{ note.made|date:\"U\" }}';", "low"),
    ],
)
def test_an_escaped_value_in_a_string_runs_only_what_follows_its_quote(line, severity, tmp_path):
    """A backslash at its end takes the quote with it; `&`, and a number, run nothing."""
    files = {
        "notes/views.py": """
from django.shortcuts import get_object_or_404, render
from notes.models import Note
def show(request, pk):
    note = get_object_or_404(Note, pk=pk)
    return render(request, "notes/show.html", {"q": request.GET["q"], "note": note})
""",
        "notes/models.py": """
from django.db import models
class Note(models.Model):
    title = models.CharField(max_length=80)
    made = models.DateTimeField()
""",
        "notes/urls.py": """
from django.urls import path
from notes import views
urlpatterns = [path("<int:pk>/", views.show)]
""",
        "notes/templates/notes/show.html": f"<script>{line}</script>",
    }
    found = _found(tmp_path, "xss.script-output", files)
    assert next(one.severity for one in found if "`q`" in one.message) == severity


@pytest.mark.parametrize(
    ("path", "confidence"),
    [
        ("search/backend.py", Confidence.MEDIUM),
        ("search/management/commands/rebuild.py", Confidence.LOW),
    ],
)
def test_a_method_that_evaluates_what_it_is_handed_is_told_outside_of_commands(
    path, confidence, tmp_path
):
    """Of a command, whoever types it has a shell already."""
    code = (
        "from django.core.management.base import BaseCommand\n"
        "class Command(BaseCommand):\n    def read(self, value):\n        return eval(value)\n"
    )
    if "commands" not in path:
        code = "class Backend:\n    def read(self, value):\n        return eval(value)\n"
    files = {path: code, "search/models.py": "from django.db import models\n"}
    assert _said(tmp_path, "shell.evaluated", files) == [confidence]


def test_a_tool_without_django_is_handed_nothing_by_strangers(tmp_path):
    code = "class Warp:\n    def read(self, value):\n        return eval(value)\n"
    assert _said(tmp_path, "shell.evaluated", {"pictures/warp.py": code}) == [Confidence.LOW]


def test_keys_of_a_dictionary_are_not_taken_for_its_values(tmp_path):
    files = {
        "notes/views.py": """
from django.shortcuts import render

def headers(request):
    return render(request, "notes/headers.html", {"headers": {"X-Asked": request.GET.get("q")}})
""",
        "notes/templates/notes/headers.html": "{% for name, value in headers.items %}"
        "<b>{{ name|safe }}</b>{{ value|safe }}{% endfor %}",
    }
    found = _found(tmp_path, "xss.unescaped-output", files)
    assert {one.message.split()[0]: one.confidence for one in found} == {
        "`name`": Confidence.LOW,
        "`value`": Confidence.HIGH,
    }


@pytest.mark.parametrize(
    ("words", "confidence"),
    [
        ('["git", "log", name]', Confidence.HIGH),
        ('["chromium", "--dump-dom", name]', Confidence.HIGH),
        ('["git", "ls-remote", "--symref", name, "HEAD"]', Confidence.HIGH),
        ('["git", "clone", "--branch", name, other]', Confidence.HIGH),
        ('["git", "log", "--output", name]', Confidence.LOW),
        ('["ogr2ogr", "-nln", name, "geom"]', Confidence.LOW),
    ],
)
def test_what_stands_behind_an_option_is_hardly_another(words, confidence, tmp_path):
    """`--output` takes the next word, whatever it begins with; what follows is told instead."""
    code = (
        "import subprocess\ndef show(request):\n"
        f"    name, other = request.GET['q'], request.GET['r']\n    subprocess.run({words})\n"
    )
    assert _said(tmp_path, "shell.option-from-browser", {"shop/views.py": code}) == [confidence]


@pytest.mark.parametrize(
    ("classifier", "confidence"),
    [("Framework :: Django", Confidence.LOW), ("Environment :: Web", Confidence.HIGH)],
)
def test_what_a_library_locks_is_installed_by_its_developers(classifier, confidence, tmp_path):
    files = {
        "pyproject.toml": f'[project]\nname = "django-notes"\nclassifiers = ["{classifier}"]\n',
        "uv.lock": 'version = 1\n\n[[package]]\nname = "django"\nversion = "4.2.30"\n',
        "src/notes/__init__.py": "",
        "src/notes/models.py": MODELS,
    }
    assert _said(tmp_path, "deployment.known-vulnerable", files) == [confidence]


@pytest.mark.parametrize(
    ("also", "confidence"), [("one.pk", Confidence.MEDIUM), ("one.name", Confidence.LOW)]
)
def test_what_an_object_calls_itself_is_somebodys_text_where_it_is_a_row(
    also, confidence, tmp_path
):
    files = {
        "shown.py": "from django.utils.safestring import mark_safe\n"
        f"def shown(one):\n    return ({also}, mark_safe(pad(one) + str(one)))\n"
    }
    assert _said(tmp_path, "xss.mark-safe", files) == [confidence]


def test_a_stored_file_may_have_been_measured_when_it_came(tmp_path):
    """What is read as it is sent has no measure yet, and a row reads what anybody stores; of a page nobody can tell."""
    files = {
        "notes/__init__.py": "",
        "notes/models.py": "from django.db import models\n"
        "class Note(models.Model):\n    file = models.FileField()\n"
        "    def text(self):\n        return self.file.read()\n",
        "notes/views.py": "from django.http import HttpResponse\nfrom notes.models import Note\n"
        "def sent(request):\n    return HttpResponse(str(len_of(request.FILES['note'].read())))\n"
        "def kept(request, pk):\n    return HttpResponse(Note.objects.get(pk=pk).file.read())\n",
    }
    said = _said(tmp_path, "deployment.whole-upload-read", files)
    assert sorted(said) == [Confidence.LOW, Confidence.MEDIUM, Confidence.MEDIUM]


def test_what_a_switch_of_the_environment_sets_is_no_fact(tmp_path):
    """`if ENABLE_SSL: SECURE_SSL_REDIRECT = True`: whoever installs the site says so; nobody else does."""
    settings = (
        "import os\nSECRET_KEY = os.environ['KEY']\nDEBUG = False\n"
        "INSTALLED_APPS = ['django.contrib.auth']\nENABLE_SSL = os.getenv('ENABLE_SSL', '') == '1'\n"
    )
    switched = settings + "if ENABLE_SSL:\n    SECURE_SSL_REDIRECT = True\n"
    left_out = settings + "if ENABLE_SSL:\n    SECURE_SSL_REDIRECT = False\n"
    for number, (text, confidence) in enumerate(
        ((switched, Confidence.LOW), (left_out, Confidence.MEDIUM))
    ):
        files = {"manage.py": "", "site/settings.py": text}
        assert _said(tmp_path / str(number), "tls.no-redirect", files) == [confidence]


def test_a_hasher_that_the_settings_do_not_list_hashes_nothing_by_itself(tmp_path):
    """What wraps old hashes keeps the class that made them; only a listed one makes new ones."""
    hasher = (
        "import hashlib\nfrom django.contrib.auth.hashers import BasePasswordHasher\n"
        "class Old(BasePasswordHasher):\n    algorithm = 'sha1'\n"
        "    def encode(self, password, salt):\n"
        "        return hashlib.sha1((salt + password).encode()).hexdigest()\n"
    )
    settings = "SECRET_KEY = 'x'\nINSTALLED_APPS = ['people']\nPASSWORD_HASHERS = [{!r}]\n"
    names = ("django.contrib.auth.hashers.PBKDF2PasswordHasher", "people.hashers.Old")
    for name, confidence in zip(names, (Confidence.LOW, Confidence.HIGH), strict=True):
        files = {
            "manage.py": "",
            "people/__init__.py": "",
            "people/hashers.py": hasher,
            "config/settings.py": settings.format(name),
        }
        assert _said(tmp_path / name, "passwords.fast-hash", files) == [confidence]


def test_the_host_of_a_request_is_doubted_where_nobody_has_held_it_against_the_hosts(tmp_path):
    """Django's middleware asks before a view runs; of an app's own mails nobody can say that it did."""
    shown = "def shown(request):\n    return {'host': request.META['HTTP_HOST']}\n"
    mailed = "def mailed(request, to):\n    to.email(request.META['HTTP_HOST'])\n"
    settings = (
        "SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nINSTALLED_APPS = ['links']\nMIDDLEWARE = [{}]\n"
    )
    asking = settings.format("'django.middleware.common.CommonMiddleware'")
    for number, (views, said, confidence) in enumerate(
        (
            (shown, "", Confidence.LOW),
            (mailed, "", Confidence.MEDIUM),
            (mailed, asking, Confidence.LOW),
            (shown, settings.format(""), Confidence.MEDIUM),
        )
    ):
        files = {"links/__init__.py": "", "links/views.py": views}
        files |= {"config/settings.py": said} if said else {}
        assert _said(tmp_path / str(number), "trust.host-header", files) == [confidence], number


HOSTS_SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["shops"]
ALLOWED_HOSTS = ["*"]
MIDDLEWARE = ["shops.middleware.ShopMiddleware"]
"""
HOSTS_MIDDLEWARE = """
from django.http import HttpResponseBadRequest
from shops.models import Shop
class ShopMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
    def __call__(self, request):
        host = request.META["HTTP_HOST"]
        name = host.partition(":")[0]
        shop = Shop.objects.filter(domain=name).first()
        if {asked}:
            return HttpResponseBadRequest("no such shop")
        request.shop = shop
        return self.get_response(request)
"""


@pytest.mark.parametrize(
    ("asked", "confidence"),
    [("shop is None", Confidence.LOW), ("request.GET.get('shop')", Confidence.HIGH)],
)
def test_any_host_is_let_in_unless_a_middleware_turns_unknown_ones_away(
    asked, confidence, tmp_path
):
    """What else it refuses says nothing of the host."""
    files = {
        "config/settings.py": HOSTS_SETTINGS,
        "shops/__init__.py": "",
        "shops/middleware.py": HOSTS_MIDDLEWARE.format(asked=asked),
    }
    assert _said(tmp_path, "deployment.any-host", files) == [confidence]


PREVIEWS = """
from django.http import HttpResponse
from notes.models import Note
def filled(request):
    note = Note.objects.get(pk=request.POST["id"])
    for name, value in request.POST.items():
        setattr(note, name, value)
    return note
def preview(request):
    note = filled(request)
    {then}
    return HttpResponse(note.text, content_type="text/plain")
"""
NOTES = """
from django.db import models
class Note(models.Model):
    text = models.TextField()
    def keep(self):
        self.save()
"""


@pytest.mark.parametrize(
    ("then", "confidence"),
    [
        ("note.full_clean()", Confidence.LOW),
        ("note.save()", Confidence.HIGH),
        ("note.keep()", Confidence.HIGH),
    ],
)
def test_what_is_set_on_a_row_that_nobody_saves_is_told_with_less_confidence(
    then, confidence, tmp_path
):
    """It is saved by whoever takes it back, or by what they call."""
    files = {
        "notes/__init__.py": "",
        "notes/models.py": NOTES,
        "notes/views.py": PREVIEWS.format(then=then),
    }
    assert _said(tmp_path, "forms.whole-request", files) == [confidence]


DOWNLOAD = """
from django.http import FileResponse
from logs.conf import FOLDER
def download(request):
    name = request.GET["name"]
    {opened}
    response = FileResponse(file.open("rb"))
    response["Content-Disposition"] = f'attachment; filename="{{name}}"'
    return response
"""


@pytest.mark.parametrize(
    ("opened", "confidence"),
    [
        ("file = FOLDER / name", Confidence.LOW),
        ('file = FOLDER / "latest.log"', Confidence.HIGH),
    ],
)
def test_a_name_under_which_a_file_has_to_lie_is_hardly_chosen(opened, confidence, tmp_path):
    files = {"logs/__init__.py": "", "logs/views.py": DOWNLOAD.format(opened=opened)}
    assert _said(tmp_path, "trust.file-name-in-header", files) == [confidence]


@pytest.mark.parametrize(
    ("models", "value", "confidence"),
    [
        (MODELS + "    name = models.TextField()\n", "thing.name", Confidence.MEDIUM),
        (MODELS, "thing.name", Confidence.LOW),
        (MODELS, "thing['caption']", Confidence.MEDIUM),
        (MODELS, "str(thing.photo)", Confidence.MEDIUM),
        ("", "str(thing.photo)", Confidence.LOW),
        ("", "thing.username", Confidence.MEDIUM),
    ],
)
def test_a_text_is_somebodys_where_the_sites_rows_have_one_of_its_name(
    models, value, confidence, tmp_path
):
    """The name of what is no row, a tag's or a test's, is most often the developers' own."""
    files = {
        "photos/__init__.py": "",
        "photos/models.py": models,
        "photos/show.py": f"def shown(thing):\n    return f'<b>{{{value}}}</b>'\n",
    }
    assert _said(tmp_path, "xss.formatted-markup", files) == [confidence]


@pytest.mark.parametrize(
    ("put_in", "confidence"), [("obj.caption", Confidence.MEDIUM), ("label", Confidence.LOW)]
)
def test_the_admin_hands_a_method_the_row_alone(put_in, confidence, tmp_path):
    """What it could be told besides is what its default says."""
    admin = (
        "from django.contrib import admin\nfrom photos.models import Photo\n"
        "class PhotoAdmin(admin.ModelAdmin):\n    list_display = ['linked']\n"
        "    def linked(self, obj, label='open'):\n"
        f"        return '<a href=\"/\">%s</a>' % {put_in}\n"
        "    linked.allow_tags = True\n"
        "admin.site.register(Photo, PhotoAdmin)\n"
    )
    files = {"photos/__init__.py": "", "photos/models.py": MODELS, "photos/admin.py": admin}
    assert _said(tmp_path, "xss.formatted-markup", files) == [confidence]


MIDDLEWARE = """
class Open:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        CHANGE
        return response
"""


@pytest.mark.parametrize(
    ("change", "listed", "confidence"),
    [
        ("response.xframe_options_exempt = True", ["shop.frames.Open"], Confidence.MEDIUM),
        ("response.xframe_options_exempt = True", [], Confidence.LOW),
        ("del response['X-Frame-Options']", ["shop.frames.Open"], Confidence.MEDIUM),
        (
            "if request.path == '/embed/': del response['X-Frame-Options']",
            ["shop.frames.Open"],
            Confidence.LOW,
        ),
    ],
)
def test_a_middleware_that_lets_every_answer_be_framed_is_no_widget(
    change, listed, confidence, tmp_path
):
    """Whatever it is called: `shop.frames` tells of a page that is meant to be framed otherwise."""
    files = {
        "manage.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n",
        "shop/settings.py": f"SECRET_KEY = ROOT_URLCONF = 'shop.urls'\nINSTALLED_APPS = []\nMIDDLEWARE = {listed!r}\n",
        "shop/frames.py": MIDDLEWARE.replace("CHANGE", change),
    }
    assert _said(tmp_path, "clickjacking.header-undone", files) == [confidence]


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ("user=request.user", "high"),
        ("**vars(request.user)", "high"),
        ("**request.POST", "medium"),
        ("**json.loads(request.body)['values']", "medium"),
    ],
)
def test_a_form_that_is_filled_with_what_was_sent_shows_nothing_else(values, severity, tmp_path):
    """What a text or a document holds has no attributes worth reading; its size still can be chosen."""
    files = {
        "site1/urls.py": "from django.urls import path\nfrom notes import views\n"
        "urlpatterns = [path('', views.fill)]\n",
        "notes/views.py": "import json\nfrom django.http import JsonResponse\n"
        "def fill(request):\n"
        f"    return JsonResponse({{'text': request.POST['form'].format({values})}})\n",
    }
    (found,) = _found(tmp_path, "shell.format-from-data", files)
    assert found.severity == severity


STATUS = """
import logging
from django.http import HttpResponse
from django.shortcuts import render

def status(request):
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR")
    if forwarded:
        address = forwarded.split(",")[0]
    else:
        address = request.META.get("REMOTE_ADDR")
    USE
    return HttpResponse("not from here")
"""


@pytest.mark.parametrize(
    ("use", "confidence"),
    [
        ("if address == '127.0.0.1': return render(request, 'status.html')", Confidence.MEDIUM),
        ("logging.info('asked by %s', address)", Confidence.LOW),
    ],
)
def test_an_address_that_lets_somebody_in_weighs_more_than_one_in_a_log(use, confidence, tmp_path):
    """Also where it got its name on the way: the header has another one."""
    files = {
        "site1/urls.py": "from django.urls import path\nfrom shop import views\n"
        "urlpatterns = [path('status/', views.status)]\n",
        "shop/views.py": STATUS.replace("USE", use),
    }
    assert _said(tmp_path, "trust.forwarded-for", files) == [confidence]


@pytest.mark.parametrize("part", ["<int:note_id>", "<note_id>", "<str:note_id>"])
def test_a_number_in_the_address_is_one_however_it_is_converted(part, tmp_path):
    """Text that a path takes is a number where rows are looked up by it."""
    files = {
        "site1/urls.py": "from django.contrib.auth.views import LoginView\n"
        "from django.urls import path\nfrom notes import views\n"
        f"urlpatterns = [path('login/', LoginView.as_view()), path('{part}/', views.drop)]\n",
        "notes/models.py": "from django.db import models\nclass Note(models.Model):\n"
        "    text = models.TextField()\n",
        "notes/views.py": "from django.http import HttpResponse\nfrom notes.models import Note\n"
        "def drop(request, note_id):\n    note = Note.objects.get(pk=note_id)\n"
        "    note.delete()\n    return HttpResponse()\n",
    }
    assert _said(tmp_path, "trust.open-edit", files) == [Confidence.MEDIUM]


ACTIONS = """
from django.utils.safestring import mark_safe
def started(request, tasks, say):
    text = "<b>Begun:</b><ul>"
    for {name}, task_id in tasks.items():
        text = text + "<li>" + str({name}) + " with task " + str(task_id) + "</li>"
    say(request, mark_safe(text + "</ul>"))
"""


@pytest.mark.parametrize(
    ("name", "confidence"), [("uuid", Confidence.LOW), ("caption", Confidence.MEDIUM)]
)
def test_a_number_that_is_made_a_text_still_tells_itself_by_its_name(name, confidence, tmp_path):
    files = {"photos/actions.py": ACTIONS.format(name=name)}
    assert _said(tmp_path, "xss.mark-safe", files) == [confidence]


NAMES = """
from django.utils.safestring import mark_safe
def choices(albums):
    return [(one.pk, mark_safe(f"<b>{one.pk}</b>: {one.caption}")) for one in albums]
"""


def test_what_is_called_safe_is_told_by_its_name(tmp_path):
    [finding] = _found(tmp_path, "xss.mark-safe", {"photos/choices.py": NAMES})
    assert finding.message == "`mark_safe` is given `one.caption`, and nothing escapes it"


ADDING = """
{% load i18n %}
{% for photo in photos %}
{% translate "Not saved yet" as unsaved %}
{{ unsaved|add:": "|add:photo.caption|safe }}
{% endfor %}
"""


def test_what_is_added_to_a_text_is_told_with_it(tmp_path):
    files = {"photos/templates/photos/list.html": ADDING}
    [finding] = _found(tmp_path, "xss.unescaped-output", files)
    assert finding.message == "`unsaved` with `photo.caption` goes out unescaped through `|safe`"


NETWORK = """
def show(request):
    address = request.headers.get("X-Forwarded-For", "").split(",")[0].strip()
    is_inner = address.startswith({start})
    return is_inner
"""


@pytest.mark.parametrize(
    ("start", "confidence"),
    [
        ('"10."', Confidence.MEDIUM),
        ('("127.", "192.168.")', Confidence.MEDIUM),
        ('"::ffff:"', Confidence.LOW),
    ],
)
def test_an_address_that_is_asked_for_its_network_decides(start, confidence, tmp_path):
    files = {"shop/views.py": NETWORK.format(start=start)}
    assert _said(tmp_path, "trust.forwarded-for", files) == [confidence]

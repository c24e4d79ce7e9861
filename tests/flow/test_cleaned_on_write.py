"""Texts that are cleaned before they are stored: what a page shows of them as markup is no hole."""

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan

MODELS = """
import nh3
from django.db import models
class Note(models.Model):
    body = models.TextField()
    summary = models.TextField()
"""
FORMS = """
import bleach
from django import forms
from shop.models import Note
class CleanField(forms.CharField):
    def clean(self, value):
        return bleach.clean(super().clean(value))
class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ["body"]
"""
VIEWS = """
import bleach
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import CreateView
from shop.forms import NoteForm
from shop.models import Note
class Add(CreateView):
    form_class = NoteForm
    success_url = "/"
def show(request, pk):
    return render(request, "show.html", {"note": get_object_or_404(Note, pk=pk)})
"""
URLS = """
from django.urls import path
from shop import views
urlpatterns = [path("add/", views.Add.as_view()), path("<int:pk>/", views.show)]
"""
API = """
import bleach
from rest_framework import serializers, viewsets
from shop.models import Note
class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["body"]
    {serializer}
class NoteViewSet(viewsets.{base}):
    queryset = Note.objects.all()
    serializer_class = NoteSerializer
    {viewset}
"""
API_URLS = """
from django.urls import path
from rest_framework.routers import DefaultRouter
from shop import api, views
router = DefaultRouter()
router.register("notes", api.NoteViewSet)
urlpatterns = [*router.urls, path("<int:pk>/", views.show)]
"""
PERFORM = "def perform_{0}(self, serializer):\n        serializer.save(body=bleach.clean(serializer.validated_data['body']))\n    "
SENT = "def make(request):\n    Note.objects.create(body=request.POST['body'])\n    return redirect('/')\n"
MADE = URLS.replace('"add/", views.Add.as_view()', '"make/", views.make')


def _shown(folder, files, shown="body"):
    """Return how sure a scan is of `{{ note.body|safe }}` on the page of a note."""
    (folder / "shop/templates").mkdir(parents=True)
    (folder / "shop/templates/show.html").write_text(f"<p>{{{{ note.{shown}|safe }}}}</p>\n")
    known = {"__init__": "", "models": MODELS, "forms": FORMS, "views": VIEWS, "urls": URLS}
    for name, text in {**known, **files}.items():
        (folder / f"shop/{name}.py").write_text(text)
    config = Config(select=("xss.unescaped-output",))
    result = scan(folder, config=config, cache=False)
    assert result.faults == ()
    return [str(one.confidence) for one in result.findings if str(one.confidence) != "low"]


def _api(serializer="pass", viewset="pass", base="ModelViewSet"):
    text = API.format(serializer=serializer, viewset=viewset, base=base)
    return {"api": text, "urls": API_URLS}


@pytest.mark.parametrize(
    "files",
    [
        {"forms": FORMS + "    def clean_body(self):\n        return bleach.clean(self.cleaned_data['body'])\n"},
        {
            "forms": FORMS + "    def clean(self):\n        data = super().clean()\n"
            "        data['body'] = bleach.clean(data['body'])\n        return data\n"
        },
        {
            "forms": FORMS + "    def save(self, commit=True):\n"
            "        self.instance.body = bleach.clean(self.instance.body)\n        return super().save(commit)\n"
        },
        {
            "forms": "import mistune\n" + FORMS + "    def clean_body(self):\n"
            "        return mistune.markdown(self.cleaned_data['body'])\n"
        },
        {"forms": FORMS.replace("    class Meta", "    body = CleanField()\n    class Meta")},
        {
            "models": MODELS + "    def save(self, *args, **kwargs):\n        self.body = nh3.clean(self.body)\n"
            "        super().save(*args, **kwargs)\n"
        },
        {
            "models": MODELS + "    def save(self, *args, **kwargs):\n        self.tidy()\n"
            "        super().save(*args, **kwargs)\n"
            "    def tidy(self):\n        setattr(self, 'body', nh3.clean(self.body))\n"
        },
        {"models": MODELS + "    def clean(self):\n        self.body = nh3.clean(self.body)\n"},
        {
            "models": "from django.db.models.signals import pre_save\nfrom django.dispatch import receiver\n"
            + MODELS
            + "@receiver(pre_save, sender=Note)\ndef tidy(sender, instance, **kwargs):\n"
            "    instance.body = nh3.clean(instance.body)\n"
        },
        {
            "views": VIEWS.replace(
                '    success_url = "/"\n',
                '    success_url = "/"\n    def form_valid(self, form):\n'
                "        note = form.save(commit=False)\n        body = bleach.clean(note.body)\n"
                "        note.body = body\n        note.save()\n        return redirect('/')\n",
            )
        },
        {
            "models": MODELS + "    def save(self, *args, **kwargs):\n        self.body = nh3.clean(self.body)\n"
            "        super().save(*args, **kwargs)\n",
            "views": VIEWS + SENT,
            "urls": MADE,
        },
        _api("def validate_body(self, value):\n        return bleach.clean(value)"),
        _api("def validate(self, attrs):\n        attrs['body'] = bleach.clean(attrs['body'])\n        return attrs"),
        _api(viewset=PERFORM.format("create") + PERFORM.format("update")),
    ],
)  # fmt: skip
def test_what_is_cleaned_on_the_way_into_a_row_is_clean_on_the_page(files, tmp_path):
    """In the form, its field, the row, a signal, the view: each alone is enough."""
    assert _shown(tmp_path, files) == []


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"forms": FORMS + "    def clean(self):\n        self.cleaned_data['body'] = 'x'\n"},
        {
            "forms": "import mistune\n" + FORMS + "    def clean_body(self):\n"
            "        return mistune.markdown(self.cleaned_data['body'], escape=False)\n"
        },
        {
            "forms": "import mistune\n" + FORMS + "    def clean_body(self):\n"
            "        return mistune.html(self.cleaned_data['body'])\n"
        },
        {
            "forms": FORMS + "    def clean(self):\n        data = super().clean()\n"
            "        self.instance.body = data.get('body')\n        return data\n"
        },
        {"forms": FORMS + "    def clean(self):\n        self.cleaned_data['body'] = self.data['body'].strip()\n"},
        {"models": MODELS + "    def save(self, *args):\n        self.summary = nh3.clean(self.summary)\n        super().save()\n"},
        {
            "forms": FORMS.replace("bleach.clean(super().clean(value))", "super().clean(value)").replace(
                "    class Meta", "    body = CleanField()\n    class Meta"
            )
        },
        {"models": MODELS + "    def save(self, *args):\n        self.body = self.body.lower()\n        super().save()\n"},
        {
            "models": "from django.db.models.signals import pre_save\nfrom django.dispatch import receiver\n"
            + MODELS
            + "@receiver(pre_save, sender=Other)\ndef tidy(sender, instance, **kwargs):\n"
            "    instance.body = nh3.clean(instance.body)\n"
        },
        {
            "forms": FORMS + "    def clean_body(self):\n        return bleach.clean(self.cleaned_data['body'])\n"
            "class Raw(forms.ModelForm):\n    class Meta:\n        model = Note\n        fields = ['body']\n",
            "views": VIEWS.replace("import NoteForm", "import NoteForm, Raw") + "class Other(Add):\n    form_class = Raw\n",
            "urls": URLS.replace("path(", "path('other/', views.Other.as_view()), path(", 1),
        },
        {
            "models": MODELS + "    def save(self, *args, **kwargs):\n        self.body = nh3.clean(self.body)\n"
            "        super().save(*args, **kwargs)\n",
            "views": VIEWS
            + "def make(request):\n    Note.objects.filter(pk=1).update(body=request.POST['body'])\n    return redirect('/')\n",
            "urls": MADE,
        },
        {"models": MODELS + "    def clean(self):\n        self.body = nh3.clean(self.body)\n", **_api()},
        _api(viewset=PERFORM.format("create")),
        _api("def create(self, data):\n        data['body'] = bleach.clean(data['body'])\n        return super().create(data)"),
    ],
)  # fmt: skip
def test_what_is_cleaned_elsewhere_or_on_one_way_alone_is_told(files, tmp_path):
    """Nothing, another field, another model, one form of two, past `save`, one method of two."""
    assert _shown(tmp_path, files) == ["high"]


def test_what_is_made_of_another_field_cleans_nothing(tmp_path):
    """A summary that is filled where there is none: the one that was sent stays as it is."""
    forms = FORMS.replace('["body"]', '["body", "summary"]')
    models = (
        MODELS + "    def save(self, *args, **kwargs):\n        if not self.summary:\n"
        "            self.summary = nh3.clean(self.body)\n        super().save(*args, **kwargs)\n"
    )
    assert _shown(tmp_path, {"forms": forms, "models": models}, "summary") == ["high"]

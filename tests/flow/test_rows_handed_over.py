"""What a parameter is follows from the calls, also through managers and functions inside functions."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

MODELS = """
from django import forms
from django.db import models
class NoteRows(models.QuerySet):
    def named(self, name):
        sink(name)
class Note(models.Model):
    title = models.CharField(max_length=9)
    stars = models.IntegerField()
    objects = NoteRows.as_manager()
class Page(models.Model):
    title = models.IntegerField()
class NoteForm(forms.Form):
    title = forms.CharField()
    order = forms.CharField()
    def clean_order(self):
        order = self.cleaned_data["order"]
        if order not in ("a", "b"):
            raise forms.ValidationError("x")
        return order
"""
HEAD = "from app.models import Note, NoteForm, Page\n"


def origin(code: str, name: str = "app.views.asked"):
    site = site_of({"app/__init__.py": "", "app/models.py": MODELS, "app/views.py": HEAD + code})
    return given_to_sink(body_of(site, name))


CALLS = "def one():\n    asked(Note.objects.first())\ndef two(pk):\n    asked(Note.objects.get(pk=pk))\n"


def test_a_parameter_is_the_row_that_every_call_gives():
    """Its texts are stored ones, its numbers are none, whatever the parameter is called."""
    assert origin(f"def asked(x):\n    sink(x.title)\n{CALLS}").is_stored
    assert not origin(f"def asked(x):\n    sink(x.stars)\n{CALLS}").is_stored


def test_a_function_that_calls_itself_adds_nothing_to_what_it_is_given():
    """`lines(part)` inside of `lines` says nothing new of its parameter."""
    code = f"def asked(x):\n    sink(x.title)\n    asked(x.parent)\n{CALLS}"
    assert origin(code).is_stored


@pytest.mark.parametrize("other", ["asked(Page.objects.first())", "asked(found)"])
def test_calls_that_disagree_tell_nothing(other):
    """Another model, or what nobody knows, in one of the calls: then it is no fact."""
    code = f"def asked(x):\n    sink(x.title)\n{CALLS}def three(found):\n    {other}\n"
    assert not origin(code).is_stored


def test_a_manager_is_called_through_its_model():
    """`Note.objects.named(x)` runs the method of the class that makes the manager."""
    code = "def view(request):\n    Note.objects.named(request.GET['q'])"
    assert origin(code, "app.models.NoteRows.named").is_browser


@pytest.mark.parametrize(
    "code",
    [
        "def asked(request):\n    def q():\n        return request.GET['q']\n    sink(q())",
        "def asked(request):\n    def q(key):\n        return key\n    sink(q(request.GET['q']))",
        "def asked(request):\n    get = lambda key: request.GET[key]\n    sink(get('q'))",
        "def asked(request):\n    same = lambda value: value\n    sink(same(request.GET['q']))",
    ],
)
def test_functions_inside_a_function_are_followed(code):
    """What they return comes from the request that is around them, or that they are given."""
    assert origin(code).is_browser


def test_a_function_inside_a_function_that_is_given_a_constant_returns_one():
    """Nothing of the request goes in, and nothing comes out."""
    code = "def asked(request):\n    def q(key):\n        return key\n    sink(q('q'))"
    assert not origin(code).is_browser


def test_one_entry_of_a_dictionary_is_not_another():
    """`context["a"] = value` leaves `context["b"]` what it was."""
    code = "def asked(request):\n    d = made()\n    d['a'] = request.GET['q']\n    sink(d['{}'])"
    assert origin(code.format("a")).is_browser
    assert not origin(code.format("b")).is_browser


def test_a_field_is_what_its_own_check_lets_through():
    """`clean_order` lets two words through, and nothing checks the title."""
    code = (
        "class View:\n    form_class = NoteForm\n    def asked(self, request):\n"
        "        form = self.form_class(request.POST)\n        sink(form.cleaned_data['{}'])"
    )
    assert origin(code.format("title"), "app.views.View.asked").is_browser
    assert origin(code.format("order"), "app.views.View.asked").is_constant

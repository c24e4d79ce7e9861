"""What a function does beyond returning, here and in what it calls."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.site.linked import site_of

from pickguard.base.spans import unpack
from pickguard.flow.bodies.effects import Effect, Effects
from pickguard.site.symbols.names import ClassSymbol, FunctionSymbol

HEAD = """\
from django.contrib.auth import login, logout
from django.core.mail import send_mail
from django.shortcuts import get_object_or_404
from app.models import Note
"""
MODELS = """\
from django.db import models

class Note(models.Model):
    text = models.TextField()
    owner = models.ForeignKey("auth.User", models.CASCADE)
    likes = models.ManyToManyField("auth.User", related_name="liked")
"""


def effects(code: str, name: str = "v", owner: str | None = None, **files: str) -> list[Effect]:
    """Return the effects of a function of `app.views`, nearest first."""
    more = {f"app/{file}.py": dedent(text) for file, text in files.items()}
    site = site_of(
        {
            "app/__init__.py": "",
            "app/models.py": MODELS,
            "app/views.py": HEAD + dedent(code),
            **more,
        }
    )
    function = site.names.dotted(f"app.views.{name}")
    holder = site.names.dotted(f"app.views.{owner}") if owner else None
    if isinstance(holder, ClassSymbol):
        function = site.classes.method(holder, name)
    assert isinstance(function, FunctionSymbol)
    known = holder if isinstance(holder, ClassSymbol) else None
    return list(Effects(site.names, site.classes, site.models.relations).of(function, owner=known))


def whats(code: str, **files: str) -> list[str]:
    """Return what the function `v` does, in short phrases."""
    return [effect.what for effect in effects(code, **files)]


@pytest.mark.parametrize(
    "line",
    [
        "request.user.profile.save()",
        "profile = request.user.profile; profile.save()",
        "note = get_object_or_404(Note, pk=1); note.account.profile.save()",
        "name(request.user)",
    ],
)
def test_a_row_is_reached_by_its_relation_to_another(line):
    """`user.profile` is a row as the user is, also by another name, or given on."""
    code = f"""
        def name(user):
            profile = user.profile
            profile.save()

        def v(request):
            {line}
    """
    models = (
        MODELS
        + """
class Profile(models.Model):
    user = models.OneToOneField("auth.User", models.CASCADE, related_name="profile")

class Page(models.Model):
    account = models.ForeignKey("auth.User", models.CASCADE)
"""
    )
    assert "saves a row" in whats(code, models=models)


def test_what_no_row_leads_to_is_none():
    """A form's `profile`, or a name that is its own, is no row."""
    assert not whats(
        "def v(form):\n    form.profile.save()\n    form = form.owner\n    form.save()\n"
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("Note.objects.create(text='a')", "writes rows"),
        ("Note.objects.filter(pk=1).update(text='a')", "writes rows"),
        ("Note.objects.bulk_create([])", "writes rows"),
        ("User.objects.create_user(name)", "writes rows"),
        ("User.objects.create_superuser(name)", "writes rows"),
        ("request.user.note_set.all().delete()", "deletes rows"),
        ("Note.objects.filter(made__lt=now() - DAY, kind=1).delete()", ""),
        ("Note.objects.filter(made__lt=request.GET['before']).delete()", "deletes rows"),
        ("Note.objects.filter(made__lt=now(), pk=pk).delete()", "deletes rows"),
        ("Note(text='a').save()", "saves a row"),
        ("get_object_or_404(Note, pk=1).delete()", "deletes a row"),
        ("login(request, user)", "logs a user in"),
        ("logout(request)", "logs the user out"),
        ("send_mail('a', 'b', None, [])", "sends mail"),
        ("Note.objects.filter(pk=1)", None),
        ("{}.update(a=1)", None),
        ("cache.delete('key')", None),
        ("form.save()", None),
        ("get_object_or_404(Note, pk=1).likes.add(request.user)", "writes rows"),
        ("request.user.liked.clear()", "writes rows"),
        ("request.user.groups.remove(1)", "writes rows"),
        ("response.likes.add('a')", None),
        ("request.user.words.add('a')", None),
    ],
)
def test_a_call_is_told_by_what_it_is_called_on(line, what):
    """Managers write rows, dicts and caches do not; what is not known is no effect."""
    found = whats(f"def v(request):\n    {line}\n")
    assert found == ([what] if what else [])


@pytest.mark.parametrize(
    "made",
    [
        "Note(text='a')",
        "Note.objects.get(pk=1)",
        "get_object_or_404(Note, pk=1)",
        "Note.objects.filter(pk=1).first()",
        "request.user",
    ],
)
def test_a_row_is_known_by_where_it_comes_from(made):
    """`save` and `delete` change a row only where the name holds one."""
    assert whats(f"def v(request):\n    row = {made}\n    row.save()\n") == ["saves a row"]
    assert whats(f"def v(request):\n    row = {made}\n    row.delete()\n") == ["deletes a row"]


def test_rows_of_a_loop_are_rows():
    """`for row in Note.objects.all(): row.delete()` deletes rows one at a time."""
    code = "def v(request):\n    for row in Note.objects.all():\n        row.delete()\n"
    assert whats(code) == ["deletes a row"]


def test_what_is_not_a_row_is_saved_without_an_effect():
    """A workbook's `save` writes no row."""
    assert whats("def v(request):\n    book = Workbook()\n    book.save()\n") == []


def test_effects_are_found_through_functions_of_other_modules():
    """A view's effect counts where a service function has it, with the calls that lead there."""
    code = """
        from app.services import close

        def v(request):
            close(request)
        """
    services = """
        from app.store import wipe

        def close(request):
            wipe(request.user)
        """
    store = """
        from app.models import Note

        def wipe(user):
            Note.objects.filter(owner=user).delete()
        """
    (found,) = effects(code, services=services, store=store)
    assert found.what == "deletes rows"
    assert found.function.name == "app.store.wipe"
    assert [function.name for function, _span in found.path] == [
        "app.views.v",
        "app.services.close",
    ]
    assert unpack(found.span).line == 5


def test_effects_are_found_through_methods_of_the_class_that_runs():
    """`self.finish()` is the method of the class that the view is, not of its ancestor."""
    code = """
        class Base:
            def post(self, request):
                self.finish()

            def finish(self):
                pass

        class Closing(Base):
            def finish(self):
                Note.objects.all().delete()
        """
    assert [e.what for e in effects(code, "post", owner="Closing")] == ["deletes rows"]
    assert effects(code, "post", owner="Base") == []


def test_nearest_effects_come_first():
    """What the function does itself stands before what its calls do."""
    code = """
        def v(request):
            helper()
            Note.objects.create()

        def helper():
            Note.objects.all().delete()
        """
    assert whats(code) == ["writes rows", "deletes rows"]


def test_a_function_that_is_only_defined_does_nothing():
    """The body of a nested function runs when it is called, which nobody can see here."""
    code = (
        "def v(request):\n    def inner():\n        Note.objects.all().delete()\n    return inner\n"
    )
    assert whats(code) == []


def test_a_parameter_hides_the_function_of_the_same_name():
    """`def v(helper): helper.run()` calls what was handed in."""
    code = """
        def v(helper):
            helper()
            helper.run()

        def helper():
            Note.objects.all().delete()
        """
    assert whats(code) == []


def test_functions_that_call_each_other_come_to_an_end():
    """A circle is walked once."""
    code = """
        def v(request):
            other()

        def other():
            Note.objects.create()
            v(None)
        """
    assert whats(code) == ["writes rows"]


@pytest.mark.parametrize(("calls", "is_found"), [(3, True), (4, False)])
def test_calls_are_followed_to_a_bounded_depth(calls, is_found):
    """Three calls away is a service layer; further off the way is no longer an explanation."""
    steps = [f"def f{i}():\n    f{i + 1}()\n" for i in range(1, calls)]
    code = "def v(request):\n    f1()\n" + "".join(steps)
    code += f"def f{calls}():\n    Note.objects.all().delete()\n"
    assert whats(code) == (["deletes rows"] if is_found else [])


def test_the_receiver_holds_the_names_and_texts_of_the_call():
    """Bookkeeping (`update_fields=["last_seen"]`) is told from a change by them."""
    code = "def v(request):\n    row = Note.objects.get()\n    log(row)\n    row.save(update_fields=['last_seen'])\n"
    (found,) = effects(code)
    assert found.receiver.split() == ["row", "last_seen"]


def test_a_part_of_a_function_can_be_asked_for():
    """Only the statements that are given count, such as the branch for GET."""
    code = "def v(request):\n    Note.objects.create()\n    logout(request)\n"
    site = site_of({"app/models.py": MODELS, "app/views.py": HEAD + code})
    function = site.names.dotted("app.views.v")
    assert isinstance(function, FunctionSymbol)
    found = Effects(site.names, site.classes, site.models.relations).of(
        function, reached=lambda block: block[1:]
    )
    assert [effect.what for effect in found] == ["logs the user out"]


FORMS = """\
from django import forms
from app.models import Note

class NoteForm(forms.ModelForm):
    class Meta:
        model = Note
        fields = ["text"]

class Search(forms.Form):
    text = forms.CharField()
"""


@pytest.mark.parametrize(
    ("made", "saved", "what"),
    [
        ("NoteForm(request.POST)", "form.save()", ["saves a form"]),
        ("NoteForm(request.POST)", "form.save(commit=False)", []),
        ("NoteForm(request.POST)", "form.is_valid()", []),
        ("Search(request.POST)", "form.save()", []),
    ],
)
def test_a_form_of_a_model_saves_its_row(made, saved, what):
    """The library's `save` writes the row; what is put off, and a form of no model, writes nothing."""
    code = f"from app.forms import NoteForm, Search\n\ndef v(request):\n    form = {made}\n    {saved}\n"
    assert whats(code, forms=FORMS) == what


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("'on_' + request.POST['kind']", ["deletes rows", "writes rows"]),
        ("f\"on_paid_{request.POST['kind']}\"", ["writes rows"]),
        ("'on_%s' % request.POST['kind']", ["deletes rows", "writes rows"]),
        ("request.POST['kind']", []),
        ("'at_' + request.POST['kind']", []),
    ],
)
def test_a_method_may_be_called_by_what_its_name_begins_with(name, what):
    """`getattr(self, "on_" + kind)` runs any method whose name begins so; one without a beginning is not guessed."""
    code = f"""
        class Hook:
            def v(self, request):
                handler = getattr(self, {name}, None)
                handler(request)

            def on_gone(self, request):
                Note.objects.all().delete()

            def on_paid_now(self, request):
                Note.objects.create(text="paid")
        """
    assert [effect.what for effect in effects(code, owner="Hook")] == what

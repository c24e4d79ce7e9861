"""Writes a made-up Django project of any size: apps with models, forms, views, templates."""

from pathlib import Path

LINES_PER_APP = 560

MODELS = '''"""Models of app {n}."""
from django.conf import settings
from django.db import models

from app{before}.services import normalised
'''

MODEL = '''

class Thing{i}(models.Model):
    """A thing, the {i}th of app {n}."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    status = models.CharField(max_length=20, choices=[("new", "New"), ("old", "Old")])
    price = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created"]

    def __str__(self):
        return normalised(self.title)

    def total(self, others):
        found = 0
        for other in others:
            if other.status == "old" and other.owner_id == self.owner_id:
                found += other.price * 2
            elif other.price > self.price:
                found -= other.price
        return found
'''

SERVICES = '''"""Services of app {n}."""
import json
import re

from django.db import transaction


def normalised(text):
    text = re.sub(r"\\s+", " ", text).strip()
    return {{"text": text, "length": len(text)}}["text"]


@transaction.atomic
def rename(queryset, title, *, actor, log=None):
    names = [item.title for item in queryset if item.owner == actor]
    for item in queryset.select_for_update():
        item.title = f"{{title}} ({{len(names)}})"
        item.save(update_fields=["title"])
    if log is not None:
        log.write(json.dumps({{"names": names, "title": title}}))
    return names
'''

FORMS = '''"""Forms of app {n}."""
from django import forms

from app{n} import models
'''

FORM = """

class Thing{i}Form(forms.ModelForm):
    class Meta:
        model = models.Thing{i}
        fields = ["title", "text", "status"]

    def clean_title(self):
        title = self.cleaned_data["title"]
        if not title.strip():
            raise forms.ValidationError("A title is needed")
        return title
"""

VIEWS = '''"""Views of app {n}."""
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.generic import ListView

from app{n} import forms, models
from app{n}.services import rename
'''

VIEW = """

class Thing{i}List(LoginRequiredMixin, ListView):
    model = models.Thing{i}
    template_name = "app{n}/list.html"
    paginate_by = 50

    def get_queryset(self):
        query = self.request.GET.get("q", "")
        found = super().get_queryset().filter(owner=self.request.user)
        return found.filter(Q(title__icontains=query) | Q(text__icontains=query))


@login_required
def edit{i}(request, pk):
    thing = get_object_or_404(models.Thing{i}, pk=pk, owner=request.user)
    form = forms.Thing{i}Form(request.POST or None, instance=thing)
    if request.method == "POST" and form.is_valid():
        form.save()
        rename(models.Thing{i}.objects.filter(owner=request.user), thing.title, actor=request.user)
        return redirect("app{n}:list{i}")
    return render(request, "app{n}/edit.html", {{"form": form, "thing": thing}})
"""

URL = """    path("thing{i}/", views.Thing{i}List.as_view(), name="list{i}"),
    path("thing{i}/<int:pk>/", views.edit{i}, name="edit{i}"),
"""

TEMPLATE = """{{% extends "base.html" %}}{{% load i18n %}}
{{% block content %}}
<h1>{{% translate "Things" %}} {n}</h1>
<form method="post">{{% csrf_token %}}{{{{ form.as_p }}}}<button>Save</button></form>
{{% for thing in object_list %}}
  <p class="{{% if thing.price %}}paid{{% endif %}}">
  <a href="{{% url 'app{n}:edit0' thing.pk %}}">{{{{ thing.title }}}}</a>
  {{{{ thing.text|linebreaks }}}}</p>
{{% empty %}}<p>{{% translate "None" %}}</p>
{{% endfor %}}
{{% endblock %}}
"""

SETTINGS = """SECRET_KEY = "made-up-for-a-benchmark"
DEBUG = False
ALLOWED_HOSTS = ["example.com"]
ROOT_URLCONF = "config.urls"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", {apps}]
"""

THINGS = 8


def write_project(folder: Path, lines: int) -> None:
    """Write a project of about so many lines of Python."""
    count = max(1, lines // LINES_PER_APP)
    for number in range(count):
        _write_app(folder / f"app{number}", number, (number - 1) % count)
    apps = ", ".join(f'"app{number}"' for number in range(count))
    urls = "".join(f'    path("app{n}/", include("app{n}.urls")),\n' for n in range(count))
    _write(folder / "config" / "__init__.py", "")
    _write(folder / "config" / "settings.py", SETTINGS.format(apps=apps))
    head = "from django.urls import include, path\n\nurlpatterns = [\n"
    _write(folder / "config" / "urls.py", f"{head}{urls}]\n")
    _write(folder / "templates" / "base.html", "<body>{% block content %}{% endblock %}</body>\n")


def _write_app(folder: Path, n: int, before: int) -> None:
    parts = {
        "__init__.py": "",
        "models.py": MODELS.format(n=n, before=before) + _each(MODEL, n),
        "services.py": SERVICES.format(n=n),
        "forms.py": FORMS.format(n=n) + _each(FORM, n),
        "views.py": VIEWS.format(n=n) + _each(VIEW, n),
        "urls.py": (
            f'from django.urls import path\n\nfrom app{n} import views\n\napp_name = "app{n}"\n'
            f"urlpatterns = [\n{_each(URL, n)}]\n"
        ),
        f"templates/app{n}/list.html": TEMPLATE.format(n=n),
        f"templates/app{n}/edit.html": TEMPLATE.format(n=n),
    }
    for name, text in parts.items():
        _write(folder / name, text)


def _each(text: str, n: int) -> str:
    return "".join(text.format(i=i, n=n) for i in range(THINGS))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")

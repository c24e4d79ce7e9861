"""Tags and filters are read from a project's `templatetags` modules."""

from pickguard.site.symbols.modules import Modules
from pickguard.site.templates import FilterFacts, TagFacts, registered
from pickguard.source.python.reader import read_python

CODE = """
from django import template
from django.utils.safestring import mark_safe

register = template.Library()

@register.inclusion_tag("a/badge.html", takes_context=True, name="badge")
def show_badge(context): ...

@register.simple_tag
def now(): return 1

@register.simple_tag()
def html(): return mark_safe("x")

@register.filter(is_safe=True)
def plain(value): return value

@register.filter("bold", needs_autoescape=True)
def _bold(value, autoescape=True): return mark_safe(value)

def menu(): ...
register.inclusion_tag("menu.html")(menu)

def cut(value): ...
register.filter("cut_off", cut)
"""


def library(path="app/templatetags/tags.py"):
    return registered(Modules({path: read_python(CODE.encode())}))


def test_tags():
    """By decorator or by call, under the name that they are registered with."""
    assert library().tags == {
        "badge": TagFacts(templates=("a/badge.html",)),
        "now": TagFacts(safe=False),
        "html": TagFacts(safe=True),
        "menu": TagFacts(templates=("menu.html",)),
    }


def test_filters():
    """What they are registered with, and whether their code marks its result as safe."""
    assert library().filters == {
        "plain": FilterFacts(is_safe=True, returns_safe=False),
        "bold": FilterFacts(needs_autoescape=True, returns_safe=True),
        "cut_off": FilterFacts(returns_safe=False),
    }


def test_other_modules_register_nothing():
    """Django looks into `templatetags` packages alone."""
    assert library("app/admin.py").tags == {}

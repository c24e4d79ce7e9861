"""Which function does the work of a view."""

import pytest
from tests.site.linked import site_of

from pickguard.site.views.view import View

HEAD = """\
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_POST
def _show(request, pk): return page(pk)
def _late(request, pk): return _show(request, pk)
@login_required
def _asking(request, pk): return page(pk)
"""


def view(code: str) -> View:
    """Return the view `v`, a function or a class, as a route reaches it."""
    target = "views.v.as_view()" if "class v" in code else "views.v"
    urls = f"from django.urls import path\nimport views\nurlpatterns = [path('<pk>/', {target})]\n"
    settings = "SECRET_KEY = 'a'\nROOT_URLCONF = 'urls'\nMIDDLEWARE = []\n"
    ((_route, found),) = site_of(
        {"settings.py": settings, "urls.py": urls, "views.py": HEAD + code}
    ).routes
    return found


@pytest.mark.parametrize(
    ("code", "works"),
    [
        ("def v(request, pk): return _show(request, pk)\n", "_show"),
        ("def v(request, pk): return _show(pk=pk, request=request)\n", "_show"),
        ("def v(request, *args, **kwargs): return _show(request, *args, **kwargs)\n", "_show"),
        ("def v(request, pk): return _late(request, pk)\n", "_show"),
        ("async def v(request, pk): return await _show(request, pk)\n", "_show"),
        ("@login_required\ndef v(request, pk): return _show(request, pk)\n", "_show"),
        ("def v(request, pk): return _asking(request, pk)\n", "v"),
        ("def v(request, pk): return _show(request, 1)\n", "v"),
        ("def v(request, pk): return _show(pk, request)\n", "v"),
        ("def v(request, pk, full=True): return _show(request, pk)\n", "v"),
        ("def v(request, pk): return other(request, pk)\n", "v"),
        ("def v(request, pk):\n    log(pk)\n    return _show(request, pk)\n", "v"),
        ("def v(request, pk): return v(request, pk)\n", "v"),
        (
            (
                "class v(View):\n    def get(self, request, pk): return self.show(request, pk)\n"
                "    def show(self, request, pk): return page(pk)\n"
            ),
            "v.show",
        ),
        ("class v(View):\n    def get(self, request, pk): return _show(request, pk)\n", "_show"),
        (
            "class v(View):\n    def get(self, request, pk): return page(pk)\n    head = get\n",
            "v.get",
        ),
    ],
)
def test_a_view_leaves_its_work_to_a_function_that_gets_all_it_has(code, works):
    found = view(code)
    assert {function.qualname for _method, function in found.handlers} == {works}
    assert len(found.entries) == len(found.handlers)


def test_what_asks_before_the_view_still_does():
    assert view("@login_required\ndef v(request, pk): return _show(request, pk)\n").login is True


@pytest.mark.parametrize(
    ("code", "methods", "handlers"),
    [
        ("class v(View):\n    def dispatch(self, request, pk): return page(pk)\n", None, ["any"]),
        (
            (
                "class v(View):\n    def dispatch(self, request, pk):\n"
                "        return super().dispatch(request, pk)\n    def get(self, request, pk): pass\n"
            ),
            ("GET", "HEAD"),
            ["get", "head"],
        ),
        (
            (
                "@method_decorator(require_POST, name='dispatch')\nclass v(View):\n"
                "    def get(self, request, pk): pass\n    post = get\n"
            ),
            ("POST",),
            ["post"],
        ),
        (
            (
                "@method_decorator(require_POST, name='post')\nclass v(View):\n"
                "    def get(self, request, pk): pass\n    def post(self, request, pk): pass\n"
            ),
            ("GET", "POST"),
            ["get", "post"],
        ),
    ],
    ids=["dispatch answers", "dispatch hands on", "one method for all", "for one alone"],
)
def test_a_class_answers_the_methods_that_get_to_it(code, methods, handlers):
    found = view(code)
    named = [method for method, _function in found.handlers]
    assert (found.methods, [name for name in named if name != "head"]) == (
        tuple(m for m in methods if m != "HEAD") if methods else None,
        [name for name in handlers if name != "head"],
    )


def test_a_dispatch_that_turns_strangers_away_and_answers_asks_for_a_login():
    code = (
        "class v(View):\n    def dispatch(self, request, pk):\n"
        "        if not request.user.is_authenticated:\n            return redirect('/login/')\n"
        "        return page(pk)\n"
    )
    assert view(code).login is True

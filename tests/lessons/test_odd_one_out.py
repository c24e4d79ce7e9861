"""The one view of a module without a login, where its code says that it asks all the same."""

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan

GATES = """
from django.http import JsonResponse
def basic(view):
    def wrapper(request, *args, **kwargs):
        if not known(request):
            return JsonResponse({}, status=401)
        return view(request, *args, **kwargs)
    return wrapper
def known(request):
    return request.headers.get("X-Key") in KEYS
def stamped(view):
    def wrapper(request, *args, **kwargs):
        answer = view(request, *args, **kwargs)
        answer["X-Stamp"] = "1"
        return answer
    return wrapper
"""
GUARDED = """
from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import render
from notes.gates import basic, known, stamped
""" + "".join(
    f"@login_required\ndef page{number}(request):\n    return render(request, 'page.html')\n"
    for number in range(5)
)
TURNING_AWAY = """
def odd(request):
    if not known(request):
        return JsonResponse({}, status=403)
    return render(request, "odd.html")
"""
URLS = (
    "from django.urls import path\nfrom notes import views\nurlpatterns = [path('odd/', views.odd),"
    + ",".join(f"path('{number}/', views.page{number})" for number in range(5))
    + "]\n"
)


@pytest.mark.parametrize(
    ("odd", "is_told"),
    [
        ("def odd(request):\n    return render(request, 'odd.html')\n", True),
        ("@stamped\ndef odd(request):\n    return render(request, 'odd.html')\n", True),
        ("@basic\ndef odd(request):\n    return render(request, 'odd.html')\n", False),
        ("def odd(request):\n    return page1(request)\n", False),
        (TURNING_AWAY, False),
    ],
    ids=["open", "decorated", "turned away by a decorator", "left to a sibling", "turned away"],
)
def test_a_view_that_asks_in_its_own_way_is_no_odd_one_out(odd, is_told, tmp_path):
    files = {
        "config/settings.py": "SECRET_KEY='x'\nINSTALLED_APPS=['notes']\nROOT_URLCONF='notes.urls'\n",
        "notes/__init__.py": "",
        "notes/gates.py": GATES,
        "notes/views.py": GUARDED + odd,
        "notes/urls.py": URLS,
    }
    for path, text in files.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    found = scan(tmp_path, config=Config(select=("trust.odd-one-out",)), cache=False).findings
    assert bool(found) is is_told

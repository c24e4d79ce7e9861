"""Long functions and templates end: what is followed does not grow with each time a name is set."""

import pytest

from pickguard.base.config import Config
from pickguard.base.scales import Confidence
from pickguard.scan import scan

HEAD = """
from django.shortcuts import get_object_or_404
from django.utils.safestring import mark_safe
from notes.models import Note

def view(request):
    a, b, d, l = request.GET["a"], "x", {}, []
"""
STEPS = {
    "set": ["a = a + b"],
    "added": ["a += 'x' + request.GET['k@']"],
    "formatted": ["a = f'{a}{b}@'"],
    "called": ["a = other(a, b)"],
    "under-conditions": ["if request.GET.get('k@'):", "    a, b = b, a + b"],
    "appended": ["l.append(request.GET['k@'])"],
    "entries": ["d['k@'] = request.GET['k@']"],
    "rows": ["n@ = get_object_or_404(Note, pk=request.GET['k@'])"],
}


def _scan(folder, files):
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return scan(folder, config=Config(min_confidence=Confidence.LOW), cache=False)


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
def test_a_function_of_many_steps_of_one_kind_is_scanned(steps, tmp_path):
    lines = [f"    {line.replace('@', str(n))}\n" for n in range(1000) for line in steps]
    text = HEAD + "".join(lines) + "    return mark_safe(a + ''.join(l) + str(d))\n"
    result = _scan(tmp_path, {"notes/views.py": text})
    assert not result.faults
    assert [f.places[0].path for f in result.findings if f.rule.startswith("xss.")]


def test_a_template_of_many_outputs_names_each(tmp_path):
    page = "<p>{{ text|safe }}</p>\n" * 3000
    result = _scan(tmp_path, {"notes/templates/notes/page.html": page})
    found = [f for f in result.findings if f.rule == "xss.unescaped-output"]
    lines = {place.line for finding in found for place in finding.places}
    assert len(lines) == 3000


def test_what_could_not_be_followed_to_its_end_is_named(tmp_path):
    lines = "".join(f"    x{n + 1} = x{n} + 'a'\n" for n in range(400))
    text = HEAD + f"    x0 = a\n{lines}    return mark_safe(x400)\n"
    files = {"notes/__init__.py": "", "notes/views.py": text}
    assert _scan(tmp_path, files).unfollowed == ("notes.views.view",)

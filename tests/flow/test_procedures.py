"""What a client hands to remote procedures, and what an address hands to the views of packages."""

from __future__ import annotations

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan


def confidences(folder, rule):
    """Return the confidence of each finding of a rule."""
    config = Config(select=(rule,))
    return [hit.confidence.value for hit in scan(folder, config=config, cache=False).findings]


@pytest.mark.parametrize(
    ("imported", "decorator", "params"),
    [
        ("from modernrpc.core import rpc_method", "@rpc_method", "name"),
        ("from modernrpc.core import rpc_method", "@rpc_method(name='a')", "name, **kwargs"),
        ("from jsonrpc import jsonrpc_method", "@jsonrpc_method('a')", "request, name"),
        ("from jsonrpcserver import method", "@method", "name"),
        ("from spyne import rpc, Unicode", "@rpc(Unicode)", "ctx, name"),
    ],
)
def test_a_client_fills_the_parameters_of_a_procedure(imported, decorator, params, tmp_path):
    code = (
        f"import os\n{imported}\n\n{decorator}\ndef run({params}):\n    os.system('ls ' + name)\n"
    )
    (tmp_path / "procedures.py").write_text(code)
    assert confidences(tmp_path, "shell.command-from-parts") == ["high"]


@pytest.mark.parametrize("decorator", ["@wraps", "@cache(1)", ""])
def test_other_decorators_offer_nothing(decorator, tmp_path):
    code = "import os\nfrom modernrpc.core import wraps, cache\n"
    code += f"\n{decorator}\ndef run(name):\n    os.system('ls ' + name)\n"
    (tmp_path / "procedures.py").write_text(code)
    assert "high" not in confidences(tmp_path, "shell.command-from-parts")


@pytest.mark.parametrize(("param", "found"), [("path", ["high"]), ("page_id", []), ("year", [])])
def test_an_address_fills_what_may_be_any_text(param, found, tmp_path):
    code = "import requests\nfrom django.views.generic import View\n\nclass Proxy(View):\n"
    code += f"    def get(self, request, {param}):\n        requests.get({param}, timeout=3)\n"
    (tmp_path / "views.py").write_text(code)
    assert confidences(tmp_path, "trust.ssrf") == found


def test_rows_that_are_counted_are_rows(tmp_path):
    models = (
        "from django.db import models\n\nclass Note(models.Model):\n    text = models.TextField()\n"
    )
    views = "from django.http import HttpResponse\nfrom django.utils.safestring import mark_safe\n"
    views += "from models import Note\n\ndef show(request):\n    Note.objects.create(text=request.POST['t'])\n"
    views += "    for i, note in enumerate(Note.objects.all()):\n        return HttpResponse(note.text)\n"
    (tmp_path / "models.py").write_text(models)
    (tmp_path / "views.py").write_text(views)
    assert confidences(tmp_path, "xss.html-response") == ["high"]

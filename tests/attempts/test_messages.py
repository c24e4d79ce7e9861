"""Every message has a translation, in every language that the app speaks."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import pickguard.attempts

ROOT = Path(pickguard.attempts.__file__).parent
_IN_CODE = re.compile(r"""\b(?:_|gettext_lazy|ngettext)\(\s*"([^"]+)"(?:,\s*"([^"]+)")?""")
_IN_TEMPLATES = re.compile(r'{% translate "([^"]+)" %}')


def messages():
    for path in ROOT.rglob("*.py"):
        for found in _IN_CODE.finditer(path.read_text("utf-8")):
            yield found[1]
    for path in ROOT.rglob("*.html"):
        yield from _IN_TEMPLATES.findall(path.read_text("utf-8"))


def test_there_are_messages():
    assert len(set(messages())) > 20


@pytest.mark.parametrize("language", ["de", "fr", "nl"])
def test_every_message_is_translated_and_compiled(language):
    folder = ROOT / "locale" / language / "LC_MESSAGES"
    with (folder / "django.po").open("rb") as file:
        catalog = read_po(file)
    translated = {
        each.id if isinstance(each.id, str) else each.id[0] for each in catalog if each.string
    }
    assert sorted(set(messages()) - translated) == []
    assert sorted(translated - set(messages()) - {""}) == []
    assert (folder / "django.mo").stat().st_mtime > 0

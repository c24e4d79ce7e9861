"""Every message is translated, with the same facts in it, and the compiled files are up to date."""

import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.utils import translation

from pickguard import query, search
from pickguard.query import QueryError, parse
from pickguard.query.syntax import messages

FOLDERS = {"query": Path(query.__file__).parent, "django": Path(search.__file__).parent}
FILES = [
    (domain, language, folder / "locale" / language / "LC_MESSAGES" / f"{domain}.po")
    for domain, folder in FOLDERS.items()
    for language in messages.LANGUAGES
]


def facts(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_message_is_translated_with_its_facts(language):
    """No message is left in English, none loses or invents a fact."""
    (po,) = [path for domain, code, path in FILES if (domain, code) == ("query", language)]
    catalog = read_po(io.BytesIO(po.read_bytes()))
    wanted = {text for pair in messages.CATALOGUE.values() for text in pair}
    wanted |= set(messages.PHRASES.values())
    assert {message.id for message in catalog if message.id} >= wanted
    for text in wanted:
        translated = catalog[text].string
        assert translated, text
        assert facts(translated) == facts(text)


@pytest.mark.parametrize("po", [path for _, _, path in FILES], ids=str)
def test_the_compiled_file_is_that_of_the_readable_one(po):
    """`make messages` has been run after the last change."""
    made = io.BytesIO()
    write_mo(made, read_po(io.BytesIO(po.read_bytes())))
    committed = read_mo(io.BytesIO(po.with_suffix(".mo").read_bytes()))
    made.seek(0)
    assert {m.id: m.string for m in read_mo(made) if m.id} == {
        m.id: m.string for m in committed if m.id
    }


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "Zeile 1, Spalte 5: Die Abfrage ist noch nicht zu Ende."),
        ("de-at", "Zeile 1, Spalte 5: Die Abfrage ist noch nicht zu Ende."),
        ("fr", "Ligne 1, colonne 5 : La requête n’est pas terminée."),  # noqa: RUF001 # French
        ("nl", "Regel 1, kolom 5: De zoekopdracht is niet af."),
        ("ja", "Line 1, column 5: The query is not finished."),
    ],
)
def test_an_error_is_told_in_the_readers_language(language, shown):
    """The language counts when the error is read, not when it was made."""
    with pytest.raises(QueryError) as error:
        parse("a = ")
    with translation.override(language):
        assert str(error.value).splitlines()[0] == shown


def test_every_code_is_used_and_every_used_code_is_in_the_catalogue():
    """A message nobody raises is no message; a code without one would be a traceback."""
    source = "".join(
        path.read_text(encoding="utf-8")
        for folder in FOLDERS.values()
        for path in folder.rglob("*.py")
        if path.name != "messages.py"
    )
    used = set(re.findall(r"(?:Problem|Refusal)\(\s*\"([a-z-]+)\"", source))
    assert used == set(messages.CATALOGUE)

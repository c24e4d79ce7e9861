"""A method that says what an attribute would is that attribute."""

import ast

import pytest

from pickguard.source.python.plain_getters import with_attributes


def _class(source: str) -> str:
    block = ast.parse(source).body
    return ast.unparse(ast.Module([*with_attributes(block)], []))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def get_form_class(self): return NoteForm", "form_class = NoteForm"),
        ("def get_serializer_class(self):\n    'Says it.'\n    return N", "serializer_class = N"),
        ("def get_permissions(self): return [A(), b.C()]", "permission_classes = [A, b.C]"),
        ("def get_permissions(self): return ()", "permission_classes = []"),
        ("def get_template_names(self): return ['a.html']", "template_name = 'a.html'"),
    ],
)
def test_it_is_an_attribute(source, expected):
    assert _class(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "def get_queryset(self): return Note.objects.all()",
        "def get_form_class(self): return self.chosen",
        "def get_form_class(self): return super().get_form_class()",
        "def get_form_class(self, request): return NoteForm",
        "@cached\ndef get_form_class(self): return NoteForm",
        "form_class = Other\n\ndef get_form_class(self): return NoteForm",
        "def get_form_class(self):\n    log()\n    return NoteForm",
        "def get_permissions(self): return [A(), B(x)]",
        "def get_permissions(self): return CHOSEN",
        "def get_template_names(self): return ['a.html', 'b.html']",
        "async def get_form_class(self): return NoteForm",
        "def other(self): return NoteForm",
    ],
)
def test_what_says_more_stays(source):
    assert _class(source) == ast.unparse(ast.parse(source))

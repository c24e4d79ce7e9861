"""Texts that are put together become what an f-string is, and say the same as Python does."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, text
from pickguard.source.python.lower_expressions import Words, expression


def _lowered(source: str) -> n.Expr:
    return expression(ast.parse(source, mode="eval").body, Words())


def _parts(node: n.Expr) -> list[str]:
    assert isinstance(node, n.Joined)
    return [_said(part) for part in node.parts]


def _said(part: n.Expr) -> str:
    said = text(part)
    if said is not None:
        return said
    assert isinstance(part, n.Formatted)
    spec = part.spec.parts[0] if isinstance(part.spec, n.Joined) else None
    ends = (f"!{part.conversion}" if part.conversion else "") + (f":{text(spec)}" if spec else "")
    return "{" + access_path(part.value) + ends + "}"


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("'a ' + x", ["a ", "{x}"]),
        ("x + y + 'a' + f'{z}b'", ["{x}", "{y}", "a", "{z}", "b"]),
        ("'a' + (x + 'b')", ["a", "{x}", "b"]),
        ("'a' + str(x)", ["a", "{x}"]),
        ("'%s: %s' % (x, y)", ["{x}", ": ", "{y}"]),
        ("'%s' % x", ["{x}"]),
        ("'100%% of %r' % x", ["100% of ", "{x!r}"]),
        ("'%d, %5.1f, %i' % (x, y, z)", ["{x:d}", ", ", "{y:5.1f}", ", ", "{z:d}"]),
        ("'%-9s%9s' % (x, y)", ["{x:<9}", "{y:>9}"]),
        ("'%+d%03d%-4d' % (x, y, z)", ["{x:+d}", "{y:03d}", "{z:<4d}"]),
        ("'%(a)s %(b)d %(a)s' % {'a': x, 'b': y}", ["{x}", " ", "{y:d}", " ", "{x}"]),
        ("'{} {{}} {:.2f}'.format(x, y)", ["{x}", " {} ", "{y:.2f}"]),
        ("'{1}{0}{1!r}'.format(x, y)", ["{y}", "{x}", "{y!r}"]),
        ("'{a:,} {b}'.format(a=x, b=y)", ["{x:,}", " ", "{y}"]),
        ("', '.join([x, 'b', y])", ["{x}", ", b, ", "{y}"]),
    ],
)
def test_a_text_put_together_is_an_f_string(source, parts):
    assert _parts(_lowered(source)) == parts


@pytest.mark.parametrize(
    "source",
    [
        "x + y",
        "x % y",
        "'%s %s' % x",
        "'%*d' % (x, y)",
        "'%(a)s' % x",
        "'%(a)s' % {'a': x, 'b': y}",
        "'%(a)s' % {**x}",
        "'{} {}'.format(*x)",
        "'{a}'.format(**x)",
        "'{0.name}'.format(x)",
        "'{:{}}'.format(x, y)",
        "'{}'.format(x, y)",
        "'}'.format(x)",
        "' '.join(x)",
        "' '.join([*x])",
        "x.join([y])",
        "x.format(y)",
        "dict(x)",
    ],
)
def test_what_cannot_be_told_stays_as_it_is(source):
    assert not isinstance(_lowered(source), n.Joined)


@pytest.mark.parametrize(
    "source", ["x.iteritems()", "iteritems(x)", "six.iteritems(x)", "x.items()"]
)
def test_the_items_of_a_mapping_are_gone_over_in_one_way(source):
    made = _lowered(source)
    assert isinstance(made, n.Call)
    assert (access_path(made.func), made.args) == ("x.items", ())


@pytest.mark.parametrize("source", ["x.iteritems(y)", "itervalues()", "six.itervalues(x, key=y)"])
def test_what_only_sounds_like_it_stays(source):
    made = _lowered(source)
    assert isinstance(made, n.Call)
    assert access_path(made.func) == source.partition("(")[0]


def test_a_dictionary_made_by_keywords_is_a_display():
    made = _lowered("dict(a=x, **y)")
    assert isinstance(made, n.Mapping)
    assert [text(key) for key in made.keys] == ["a", None]
    assert [access_path(value) for value in made.values] == ["x", "y"]


@given(st.text(alphabet="%sr(a)5- {}", max_size=8), st.text(max_size=3))
def test_constants_that_are_put_together_say_what_python_makes_of_them(form, value):
    """Whatever the form holds: it is the same text, or nothing is told."""
    for source in (f"{form!r} % {value!r}", f"{form!r}.format({value!r})"):
        whole = _lowered(source)
        if isinstance(whole, n.Joined | n.Const):
            try:
                expected = eval(source)
            except (ValueError, TypeError, KeyError, IndexError):
                continue
            assert "".join(_filled(part) for part in getattr(whole, "parts", [whole])) == expected


def _filled(part: n.Expr) -> str:
    if not isinstance(part, n.Formatted):
        return text(part) or ""
    value = text(part.value) or ""
    spec = text(part.spec.parts[0]) if isinstance(part.spec, n.Joined) else ""
    said = {"": value, "r": repr(value), "a": ascii(value)}[part.conversion]
    return format(said, spec or "")

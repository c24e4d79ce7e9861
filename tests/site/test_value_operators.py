"""Settings of a hostile project: nothing that is worked out grows without end."""

import sys

import pytest
from tests.site.linked import site_of

from pickguard.site.symbols.unknown import UNKNOWN

HEAD = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["django.contrib.auth"]\n'
WIDE = {
    "percent": 'X = "%0999999999d" % 1',
    "percent-precision": 'X = "%.999999999f" % 1',
    "percent-star": 'X = "%*d" % (999999999, 1)',
    "format": 'X = "{:>999999999}".format("x")',
    "format-argument": 'X = "{:{}}".format("x", "999999999")',
    "format-attribute": 'X = "{0.__class__}".format("x")',
}
DOUBLING = {
    "f-string": ('"xxxx"', 'f"{@}{@}"'),
    "percent": ('"xxxx"', '"%s%s" % (@, @)'),
    "plus": ('"xxxx"', "@ + @"),
    "join": ('"xxxx"', '"-".join([@, @])'),
    "replace": ('"xxxx"', '@.replace("x", "xxxxxxxx")'),
    "list": ('"x"', "[@, @]"),
    "tuple": ('"x"', "(@, @)"),
    "star": ('["x"]', "[*@, *@]"),
    "list-plus": ('["x"]', "@ + @"),
    "dictionary": ("1", '{"x": @, "y": @}'),
    "union": ('{"a": 1}', '{"x": @} | {"y": @}'),
    "product": ("9", "@ * @"),
}


def _value(text):
    return site_of({"config/settings.py": HEAD + text}).production.values["X"].value


def _chain(first, step):
    lines = [f"A0 = {first}"]
    lines += [f"A{n + 1} = {step.replace('@', f'A{n}')}" for n in range(60)]
    return "\n".join([*lines, "X = A60"])


def _weight(value, limit=1_000_000):
    """Return how many texts, characters and numbers hang on a value, up to a limit."""
    weight, waiting = 0, [value]
    while waiting and weight < limit:
        item = waiting.pop()
        weight += len(item) if isinstance(item, str) else 1
        if isinstance(item, list | tuple):
            waiting += item
        elif isinstance(item, dict):
            waiting += item.values()
        elif isinstance(item, int):
            weight += sys.getsizeof(item)
    return weight


@pytest.mark.parametrize("text", WIDE.values(), ids=WIDE)
def test_a_width_is_not_filled(text):
    assert _value(text) is UNKNOWN


@pytest.mark.parametrize(("first", "step"), DOUBLING.values(), ids=DOUBLING)
def test_what_doubles_with_each_name_stays_small(first, step):
    assert _weight(_value(_chain(first, step))) < 1_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('X = "%s-%03d" % ("a", 7)', "a-007"),
        ('X = "{}/{name}/".format("a", "b")', UNKNOWN),
        ('X = "{}/{}/".format("a", "b")', "a/b/"),
        ('X = "-".join(["a", "b"])', "a-b"),
        ("X = 60 * 60 * 24", 86400),
        ("X = 1024 + 1.5", 1025.5),
        ('X = [*["a"], "b"] + ["c"]', ["a", "b", "c"]),
        ('X = f"{1}{2}"', "12"),
    ],
)
def test_what_settings_are_made_with_is_worked_out(text, value):
    assert _value(text) == value

"""Files made to hurt: each is read, or refused with a reason, in linear time."""

import msgspec
import pytest

from pickguard.source.templates import Engine, TemplateRecord
from pickguard.source.templates.reader import read_template
from pickguard.source.templates.record import MAX_DEPTH
from pickguard.source.unreadable import Unreadable

MEGA = 300_000
HOSTILE = {
    "long line": b"<p>{{ a }}" * (MEGA // 10),
    "openings": b"{%{{{#" * (MEGA // 6),
    "openings of one kind": b"{%" * (MEGA // 2),
    "one long tag": b"{% a " + b'"\\" ' * (MEGA // 4) + b"%}",
    "one long expression": b"{{ a" + b"|b:'" * (MEGA // 4) + b"}}",
    "filters": b"{{ a" + b"|b:1" * (MEGA // 40) + b"}}",
    "spaces": b"{{" + b" " * MEGA + b"}}",
    "nested tags": b"{% if a %}" * 10_000 + b"x" + b"{% endif %}" * 10_000,
    "nested unknown tags": b"{% a %}{% b %}" * 10_000 + b"{% endb %}" * 10_000,
    "unclosed": b"{% if a %}{% for b in c %}{% block d %}" * 10_000,
    "stray ends": b"{% endif %}{% else %}" * 20_000,
    "brackets": b"{{ " + b"(" * 10_000 + b")" * 10_000 + b" }}",
    "operators": b"{{ a" + b" + a" * 10_000 + b" }}",
    "concatenation": b"{{ a" + b" ~ a" * 10_000 + b" }}",
    "subscripts": b"{{ a" + b"[a" * 5_000 + b"]" * 5_000 + b" }}",
    "attributes": b"{{ a" + b".a" * 50_000 + b" }}",
    "start tags": b"<form " * (MEGA // 6),
    "quotes": b"<a b=\"'" * (MEGA // 7),
    "comments": b"<!--" * (MEGA // 4),
    "scripts": b"<script>" * (MEGA // 8),
    "newlines": b"\n" * MEGA,
    "huge number": b"{{ " + b"9" * 5_000 + b" }}",
}


@pytest.mark.parametrize("engine", list(Engine))
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_read(name, engine):
    """It gives a record that the cache can hold."""
    record = read_template(HOSTILE[name], engine=engine)
    data = msgspec.msgpack.encode(record)
    assert msgspec.msgpack.decode(data, type=TemplateRecord) == record


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"a\x00b", "holds NUL bytes"), (b"caf\xe9 {{ a }}", "not UTF-8 at byte 3")],
)
def test_what_is_no_text_is_refused(data, reason):
    """The reason is one short phrase."""
    with pytest.raises(Unreadable) as caught:
        read_template(data)
    assert caught.value.reason == reason


def test_deep_nesting_is_read_flat_and_reported():
    """Nothing is lost but the depth."""
    deep = MAX_DEPTH + 5
    record = read_template(b"{% if a %}" * deep + b"{{ x }}" + b"{% endif %}" * deep)
    assert len(record.problems) == 6
    assert "read flat" in record.problems[0].message


def test_a_byte_order_mark_is_no_text():
    """Columns start behind it."""
    assert read_template(b"\xef\xbb\xbf{{ a }}") == read_template(b"{{ a }}")

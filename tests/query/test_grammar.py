"""The grammar has no conflicts, its tables are the ones committed, and ours parses as PLY does."""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.query.world import expressions

from pickguard.query import QueryError, parse
from pickguard.query.syntax import generate
from pickguard.query.syntax import nodes as n
from pickguard.query.syntax.lexer import tokenize


@pytest.fixture(scope="module")
def built():
    return generate.build()


def test_the_grammar_has_no_conflicts(built):
    """Asserted on tables built here and now: PLY is silent about conflicts unless asked."""
    parser, complaints = built
    assert complaints == []
    assert parser.productions


def test_a_conflict_would_be_seen():
    """The same log that is empty above names a conflict where there is one."""
    complaints = generate.Complaints()
    import logging

    from ply import yacc

    log = logging.getLogger("tests.query.conflict")
    log.propagate = False
    log.addHandler(complaints)

    class Ambiguous:
        tokens = ("X", "Y")

        def p_error(self, p):
            pass

        def p_expr(self, p):
            """expr : expr Y expr
            | X"""

    yacc.yacc(module=Ambiguous(), debug=True, debuglog=log, errorlog=log, write_tables=False)
    assert any("conflict" in line for line in complaints.lines)


def test_the_committed_tables_are_those_of_the_grammar(built):
    parser, _ = built
    committed = Path(generate.__file__).with_name("_tables.py").read_text(encoding="utf-8")
    assert committed == generate.source(parser), "run `make grammar`"


class Tokens:
    """What PLY's parser asks a lexer for."""

    def __init__(self, text):
        self.pairs = iter(zip(*tokenize(text), strict=True))

    def token(self):
        kind, value = next(self.pairs)
        if kind == "$end":
            return None
        token = type("LexToken", (), {})()
        token.type, token.value, token.lineno, token.lexpos = kind, value, 1, value[2]
        return token


@hypothesis_settings(max_examples=150, deadline=None)
@given(expressions())
def test_ours_reads_what_plys_parser_reads(tree):
    """PLY's own parser over the same tables is the reference for ours."""
    text = str(tree)
    reference = generate.build()[0] if not CACHE else CACHE[0]
    CACHE[:] = [reference]
    assert reference.parse(lexer=Tokens(text)) == parse(text)


CACHE: list[Any] = []


# --- round trips --------------------------------------------------------------------------------

names = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True).filter(lambda s: "__" not in s)
names |= st.sampled_from(["and", "Not", "count", "order", "this", "any", "limit", "null", "é", "x"])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
paths = st.lists(names, min_size=1, max_size=3).map(".".join)
literals = st.one_of(
    texts.map(lambda t: n.Literal("string", t)),
    st.integers(-(10**29), 10**29).map(lambda i: n.Literal("integer", str(i))),
    st.decimals(-1000, 1000, places=3).map(lambda d: n.Literal("decimal", str(d))),
    st.dates().map(lambda d: n.Literal("date", d.isoformat())),
    st.sampled_from(["1/4/2011", "2011/4/1", "12/31/1999"]).map(lambda d: n.Literal("slashed", d)),
    st.sampled_from(["1.4.2011"]).map(lambda d: n.Literal("dotted", d)),
    st.datetimes().map(lambda d: n.Literal("datetime", d.isoformat())),
    st.times().map(lambda t: n.Literal("time", t.isoformat())),
    st.sampled_from(["7d", "1d12h", "90min", "1.5h", "-2w"]).map(
        lambda d: n.Literal("duration", d)
    ),
    st.booleans().map(lambda b: n.Literal("boolean", str(b).lower())),
    st.just(n.Literal("null", "null")),
)
moments = st.builds(
    n.Moment, st.sampled_from(sorted(n.MOMENTS)), st.sampled_from([None, "+7d", "-1h"])
) | st.sampled_from(sorted(n.PERIODS)).map(n.Moment)
references = paths.filter(lambda p: p.lower() not in n.MOMENTS).map(n.Reference)
values = literals | moments | references
choices = st.lists(values, min_size=1, max_size=4).map(lambda v: n.Choice(tuple(v)))
ranges = st.builds(n.Range, values, values)
words = st.none() | names
asked = st.builds(n.Path, paths, words, st.sampled_from([None, "any", "all", "none"]))
operators = st.sampled_from(
    ["=", "!=", "<", "<=", ">", ">=", "~", "!~", "^=", "!^=", "$=", "!$=", "=~", "!=~"]
)
absences = st.sampled_from(["null", "not null", "empty", "not empty"])


def larger(inner):
    scopes = st.builds(n.Scope, asked, st.none() | inner)
    return st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda i: n.conjunction(*i)),
        st.lists(inner, min_size=2, max_size=4).map(lambda i: n.disjunction(*i)),
        st.builds(n.Not, inner),
        scopes,
        st.builds(n.Counting, scopes, operators, values),
        st.builds(n.Counting, scopes, st.sampled_from(["in", "not in"]), choices | ranges),
    )


trees = st.builds(
    n.Tree,
    st.none()
    | st.recursive(
        st.one_of(
            st.builds(n.Comparison, asked, operators, values),
            st.builds(n.Membership, asked, st.booleans(), choices | ranges),
            st.builds(n.Absence, asked, absences),
            st.builds(n.FreeText, texts),
        ),
        larger,
        max_leaves=12,
    ),
    st.lists(st.builds(n.Key, paths, st.booleans()), max_size=3).map(tuple),
    st.none() | st.integers(1, 99).map(lambda i: n.Literal("integer", str(i))),
)


@hypothesis_settings(max_examples=200, deadline=None)
@given(trees)
def test_a_tree_written_and_read_is_the_same_tree(tree):
    assert parse(str(tree)) == tree


@hypothesis_settings(max_examples=200, deadline=None)
@given(
    st.text(max_size=60) | st.text("abn. _=!<>~^$()[]\"'\\,-+/:0123456789\n\0\ud800", max_size=60)
)
def test_any_text_is_a_query_or_a_query_error(text):
    """Nothing else ever comes out, and the error can be shown."""
    tree, error = read(text)
    if error is None:
        assert parse(str(tree)) == tree
    else:
        assert str(error)
        assert all(0 <= e.start <= e.end <= len(text) for e in error.errors)


def read(text):
    """Return the tree of a text, or what is wrong with it."""
    try:
        return parse(text), None
    except QueryError as error:
        return None, error


@hypothesis_settings(max_examples=200, deadline=None)
@given(trees)
def test_spans_hold_the_text_of_their_node(tree):
    """What stands at a term's span, read alone, is that term."""
    text = str(tree)
    where = parse(text).where
    for term in where.items if isinstance(where, n.And | n.Or) else [where]:
        if term is not None:
            assert parse(text[term.start : term.end]).where == term


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a=1 or b=2 and c=3", "a = 1 or b = 2 and c = 3"),
        ("a=1 AND (b=2 OR c=3)", "a = 1 and (b = 2 or c = 3)"),
        ("NOT a=1 and b=2", "not a = 1 and b = 2"),
        ("not (a=1 and b=2)", "not (a = 1 and b = 2)"),
        ("a=1 and (b=2 and c=3)", "a = 1 and b = 2 and c = 3"),
        ("a<>1 and b==2", "a != 1 and b = 2"),
        ("a__b.c=1", "a.b.c = 1"),
        ("a Not  In (1,2)", "a not in (1, 2)"),
        ("a IS  NOT   NULL", "a is not null"),
        ("x > now-7d", "x > now - 7d"),
        ("x in this  Month", "x in (this month)"),
        ("a[not null]", "a[]"),
        ("a = 'it''", None),
    ],
)
def test_precedence_and_spelling(text, canonical):
    """NOT binds closer than AND, AND closer than OR; other spellings are the same query."""
    if canonical is None:
        with pytest.raises(QueryError):
            parse(text)
    else:
        assert str(parse(text)) == canonical


# --- where it runs ------------------------------------------------------------------------------


def test_eight_threads_share_the_parser():
    """Each gets its own tree: the parser keeps nothing between two queries."""
    failures = []

    def read(number):
        for i in range(200):
            text = f'a{number} = {i} and (b = "{number}" or not c in ({i}, {number}))'
            if str(parse(text)) != text:
                failures.append(text)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def run(code, *options, **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO")}
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=True,
        env=environment, **more,
    ).stdout  # fmt: skip


def test_it_works_without_docstrings():
    """`python -OO` strips docstrings, where PLY keeps its productions; the tables do not care."""
    code = "from pickguard.query import parse; print(parse('a=1 or not b=2'))"
    assert run(code, "-OO") == "a = 1 or not b = 2\n"


def test_the_tables_can_be_made_without_docstrings(built):
    """The productions are given by a decorator, so even making the tables works under -OO."""
    code = "from pickguard.query.syntax import generate as g; p, c = g.build(); print(c, len(p.productions))"
    assert run(code, "-OO") == f"[] {len(built[0].productions)}\n"


def test_ply_is_not_needed_and_nothing_is_written(tmp_path):
    """At run time there is no PLY, no Jinja, no DRF, and no file."""
    code = (
        "import sys; from pickguard.query import parse; parse('a=1');"
        "print([m for m in ('ply', 'jinja2', 'rest_framework', 'msgspec') if m in sys.modules])"
    )
    assert run(code, cwd=tmp_path) == "[]\n"
    assert list(tmp_path.iterdir()) == []

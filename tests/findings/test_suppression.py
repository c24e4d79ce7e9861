"""Suppressions silence what they name, where they stand, with a reason; nothing else."""

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.findings.examples import finding

from pickguard.findings import Status
from pickguard.findings.suppression import Ran, apply, read

RULES = {"xss.unescaped-output": "xss", "xss.mark-safe": "xss", "csrf.exempt": "csrf"}
RAN = Ran(RULES, lambda _rule, _lesson: True)


def _python(text):
    return read(textwrap.dedent(text), python=True)


def _markup(text):
    return read(textwrap.dedent(text), python=False)


def _apply(text, *, line, ran=RAN, python=False, **changes):
    path = "a.py" if python else "a.html"
    one = finding(place_path=path, place_line=line, place_end_line=line, **changes)
    comments = read(textwrap.dedent(text), python=python)
    return apply([one], {path: comments}, ran)


@pytest.mark.parametrize("form", ["{{# {} #}}", "<!-- {} -->", "<!--{}-->", "// {}"])
def test_a_comment_behind_the_guilty_code(form):
    text = "<p>{{ q|safe }}</p> " + form.format("pickguard: ignore[xss.unescaped-output] trusted")
    (one,) = _apply(text, line=1)
    assert (one.status, one.reason) == (Status.SUPPRESSED, "trusted")


def test_a_comment_behind_guilty_python():
    text = "x = mark_safe(y)  # pickguard: ignore[xss.unescaped-output] y is a constant\n"
    (one,) = _apply(text, line=1, python=True)
    assert (one.status, one.reason) == (Status.SUPPRESSED, "y is a constant")


def test_a_comment_of_its_own_silences_the_next_line_of_code():
    comments = _python(
        """
        # pickguard: ignore[csrf.exempt] signed by the sender
        # and another remark

        @csrf_exempt
        def hook(request): ...
        """
    )
    assert [(c.line, c.target) for c in comments] == [(2, 5)]


def test_a_comment_of_its_own_in_a_template_may_span_lines():
    comments = _markup(
        """
        {# pickguard: ignore[xss]
           cleaned by nh3 when saved #}
        <p>{{ body|safe }}</p>
        """
    )
    assert [(c.target, c.reason) for c in comments] == [(4, "cleaned by nh3 when saved")]


def test_several_rules_stand_in_one_comment():
    (comment,) = _python("f()  # pickguard: ignore[xss.mark-safe, csrf] both are fine\n")
    assert comment.names == ("xss.mark-safe", "csrf")


def test_a_lesson_silences_its_rules():
    (one,) = _apply("{{ q|safe }} {# pickguard: ignore[xss] trusted #}", line=1)
    assert one.status is Status.SUPPRESSED


def test_a_string_that_looks_like_a_comment_is_none():
    assert _python('x = "# pickguard: ignore[xss] not a comment"\n') == ()


def test_a_template_in_a_string_has_comments_of_its_own():
    (comment,) = _python(
        '''
        PAGE = """
        <h1>{{ title|safe }}</h1>{# pickguard: ignore[xss] written by the staff #}
        """
        '''
    )
    assert (comment.target, comment.reason) == (3, "written by the staff")


def test_a_docstring_that_tells_of_comments_holds_none():
    text = 'def f():\n    """{# pickguard: ignore[xss] silences it #}"""\n'
    assert _python(text) == ()


def test_prose_about_suppressions_is_none():
    assert _python("# write pickguard: ignore[xss] to silence it\n") == ()


def test_without_a_reason_nothing_is_silenced_and_that_is_said():
    one, said = _apply("{{ q|safe }} {# pickguard: ignore[xss] #}", line=1)
    assert one.status is Status.NEW
    assert said.rule == "pickguard.suppression-without-reason"


def test_a_comment_that_silences_nothing_is_told_at_its_place():
    one, said = _apply("a\n<p>b</p> {# pickguard: ignore[xss] trusted #}", line=1)
    assert one.status is Status.NEW
    assert said.rule == "pickguard.stale-suppression"
    place = said.places[0]
    assert (place.path, place.line, place.column) == ("a.html", 2, 10)


def test_each_name_in_the_brackets_has_to_bite():
    text = "{{ q|safe }} {# pickguard: ignore[xss.unescaped-output, csrf.exempt] trusted #}"
    _, said = _apply(text, line=1)
    assert said.rule == "pickguard.stale-suppression"
    assert "`csrf.exempt`" in said.message


def test_a_rule_that_was_not_run_makes_nothing_stale():
    ran = Ran(RULES, lambda _rule, lesson: lesson == "csrf")
    assert len(_apply("x {# pickguard: ignore[xss] trusted #}\n{{ q }}", line=2, ran=ran)) == 1


def test_an_unknown_rule_is_told_with_what_was_meant():
    _, said = _apply("x {# pickguard: ignore[xss.unescaped-outptu] trusted #}\n", line=9)
    assert said.rule == "pickguard.unknown-rule"
    assert said.message.endswith("did you mean `xss.unescaped-output`?")


@pytest.mark.parametrize(
    "text", ["pickguard: ignore", "pickguard: ignore[]", "pickguard:ignore xss"]
)
def test_what_cannot_be_understood_is_told(text):
    _, said = _apply(f"x = 1  # {text}\n", line=9, python=True)
    assert said.rule == "pickguard.malformed-suppression"


def test_a_finding_over_several_lines_is_silenced_on_any_of_them():
    one = finding(place_path="a.py", place_line=1, place_end_line=3)
    comments = _python("f(\n  a,  # pickguard: ignore[xss] constant\n)\n")
    assert apply([one], {"a.py": comments}, RAN)[0].status is Status.SUPPRESSED


def test_another_file_is_not_silenced():
    one = finding(place_path="b.py", place_line=1, place_end_line=1)
    comments = _python("f()  # pickguard: ignore[xss] constant\n")
    assert apply([one], {"a.py": comments}, RAN)[0].status is Status.NEW


@given(st.text(alphabet="#{}-<!> \n\"'[]xpickguard: ignore"), st.booleans())
def test_any_text_is_read_without_an_error_and_positions_lie_inside(text, python):
    lines = text.split("\n")
    for comment in read(text, python=python):
        assert 1 <= comment.line <= comment.end_line <= len(lines)
        assert 1 <= comment.target <= len(lines)

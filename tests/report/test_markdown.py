"""Pages of lessons can be read on a terminal."""

from hypothesis import example, given
from hypothesis import strategies as st
from inline_snapshot import snapshot

from pickguard.report.ink import Ink
from pickguard.report.markdown import markdown

PAGE = """\
# A heading

A paragraph with `code` and [a link](https://example.org/) that is long enough to be
broken over lines.

- an item that is long enough to be broken over lines as well, with an indent
- another

### Bad
```python a.py
f(x)  # finding: a.b
    g()
```
Done.
"""


def _shown(text, width=50):
    return "\n".join(markdown(text, Ink(width=width)))


def test_a_page():
    assert _shown(PAGE) == snapshot("""\
A heading

A paragraph with `code` and a link
(https://example.org/) that is long enough to be
broken over lines.

- an item that is long enough to be broken over
  lines as well, with an indent
- another

Bad
  a.py
  │ f(x)  # finding: a.b
  │     g()
Done.\
""")


@example("\t* x")
@given(st.text(st.sampled_from("#`- *1.[]()\nab\x1b\t")))
def test_any_text_is_shown_harmlessly(text):
    assert all(line.isprintable() for line in _shown(text).split("\n"))


def test_no_word_is_lost():
    words = [word for word in PAGE.replace("`", " ").split() if word.isalpha() and word != "python"]
    assert all(word in _shown(PAGE) for word in words)

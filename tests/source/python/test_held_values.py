"""Values that have a name for a moment stand where they are read; others keep their names."""

import pytest

from pickguard.base.spans import unpack
from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path, tail
from pickguard.source.python.bodies import body
from pickguard.source.python.reader import read_python
from pickguard.source.python.walk import expressions


def _last_call(source: str, head: str = "def view(self, request, row, **kwargs):") -> n.Call:
    lines = "".join(f"    {line}\n" for line in source.splitlines())
    (function,) = read_python(f"{head}\n{lines}".encode()).body
    assert isinstance(function, n.Function)
    calls = (x for x in expressions(body(function)) if isinstance(x, n.Call))
    return next(call for call in calls if tail(call.func) in ("use", "fetch", "render"))


def _given(source: str) -> n.Expr:
    call = _last_call(source)
    return call.args[0] if call.args else call.keywords[0].value


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("pk = request.POST['pk']\nuse(pk)", "request.POST['pk']"),
        ("pk = request.POST['pk']\nother = 1\nuse(pk)", "request.POST['pk']"),
        ("sent = request.POST\nuse(sent.get('pk'), sent['x'])", "request.POST['pk']"),
        ("user = self.request.user\nother = user.pk + 1\nuse(user.pk)", "self.request.user.pk"),
        ("pk = self.kwargs['pk']\nuse(key=pk)", "self.kwargs['pk']"),
        ("pk = kwargs.get('pk')\nuse(pk)", "kwargs['pk']"),
        ("name = row.name\nuse(name)", "row.name"),
        (
            "a = request.data\nb = a['b']\nc = b['c']\nd = c['d']\ne = d['e']\nf = e['f']\nlog()\nuse(f)",
            "request.data['b']['c']['d']['e']['f']",
        ),
        ("if request.POST:\n    pk = request.POST['pk']\nuse(pk)", "request.POST['pk']"),
    ],
)
def test_it_stands_where_it_is_read(source, path):
    assert access_path(_given(source)) == path


@pytest.mark.parametrize(
    "source",
    [
        "pk = request.POST['pk']\npk = int(pk)\nuse(pk)",
        "pk = request.POST['pk']\nif pk in KNOWN:\n    use(pk)",
        "pk = request.POST['pk']\nlog(pk)\nuse(pk)",
        "name = row.name\nrow.name = 'x'\nuse(name)",
        "old = row['name']\nrow['name'] = 'x'\nuse(old)",
        "old = row.get('name')\nrow.pop('name')\nuse(old)",
        "pk = request.POST['pk']\nuse(pk, locals())",
        "for pk in request.POST['pk']:\n    use(pk)",
        "pk = row.pk\nwhile row:\n    use(pk)",
    ],
)
def test_what_may_mean_something_else_by_then_keeps_its_name(source):
    assert isinstance(_given(source), n.Name)


def test_what_is_set_for_others_keeps_its_name():
    assert isinstance(_given("global last\nlast = request.POST\nuse(last)"), n.Name)


def test_what_an_inner_function_reads_keeps_its_name():
    source = "pk = request.POST['pk']\ndef inner():\n    return use(pk)\nreturn inner"
    lines = "".join(f"    {line}\n" for line in source.splitlines())
    (function,) = read_python(f"def view(request):\n{lines}".encode()).body
    assert isinstance(function, n.Function)
    first = body(function)[0]
    assert isinstance(first, n.Assign)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("made = f'<b>{row}</b>'\nuse(made)", n.Joined),
        ("made = '<b>%s</b>' % row\nuse(made)", n.Joined),
        ("made = {'row': row}\nuse(made)", n.Mapping),
        ("made = ['a', row]\nuse(made)", n.Sequence),
        ("made = find(row)\nuse(made)", n.Name),
    ],
)
def test_texts_and_displays_stand_where_the_next_statement_reads_them(source, kind):
    assert isinstance(_given(source), kind)


def test_entries_that_are_set_behind_a_display_are_in_it():
    given = _given("page = {'a': 1}\npage['b'] = row\npage['c'] = row.name\nuse(page)")
    assert isinstance(given, n.Mapping)
    assert [key.value for key in given.keys if isinstance(key, n.Const)] == ["a", "b", "c"]


def test_an_entry_that_reads_the_display_is_not():
    assert isinstance(_given("page = {'a': 1}\npage['b'] = page['a']\nuse(page)"), n.Name)


def test_a_method_of_what_the_next_statement_takes_is_called_on_it():
    call = _last_call("rows = render(row)\nfirst = rows.order_by('pk').first()\ngo(first)")
    assert unpack(call.span).line == 2


def test_names_that_are_gone_are_no_words():
    (function,) = read_python(b"def v(request):\n    sent = request.POST\n    use(sent)\n").body
    assert isinstance(function, n.Function)
    assert "sent" not in function.words
    assert "POST" in function.words


def test_an_answer_is_returned_at_once():
    call = _last_call("answer = render(request)\nreturn answer")
    assert access_path(call.func) == "render"


def test_keywords_that_were_put_together_before_are_keywords():
    call = _last_call("options = {'url': row.url}\nfetch(**options)")
    assert [(k.name, access_path(k.value)) for k in call.keywords] == [("url", "row.url")]


def test_it_stands_where_it_is_read_and_was_written_where_it_was():
    given = _given("pk = request.POST['pk']\nuse(pk)")
    assert unpack(given.span).line == 3
    assert isinstance(given, n.Index)
    assert unpack(given.value.span).line == 2


def test_a_statement_takes_so_many_values_and_no_more():
    """Each costs a walk over the statement: a call of thousands would cost millions of steps."""
    names = [f"x{number}" for number in range(3_000)]
    lines = "\n".join(f"{name} = row.{name}" for name in names)
    call = _last_call(f"{lines}\nuse({', '.join(names)})")
    kept = [isinstance(one, n.Name) for one in call.args]
    assert kept == sorted(kept, reverse=True)
    assert 0 < kept.count(False) < 100


def test_a_display_of_thousands_of_entries_is_one():
    lines = "\n".join(f"page['k{number}'] = row" for number in range(5_000))
    given = _given(f"page = {{}}\n{lines}\nuse(page)")
    assert isinstance(given, n.Mapping)
    assert len(given.keys) == 5_000


def test_a_long_row_of_entries_does_not_nest_without_end():
    lines = "\n".join(f"x{number + 1} = x{number}['a']" for number in range(2_000))
    assert isinstance(_given(f"x0 = request.data\n{lines}\nuse(x2000)"), n.Index)


def test_a_long_row_of_values_does_not_nest_without_end():
    lines = "\n".join(f"x{number + 1} = f'a{{x{number}}}'" for number in range(2_000))
    given = _given(f"x0 = row.name\n{lines}\nuse(x2000)")
    assert isinstance(given, n.Joined)

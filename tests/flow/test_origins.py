"""Where a value comes from, as one function shows it: what it gives to `sink` is asked for."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.bodies.body import Body
from pickguard.flow.values.beginning import BEGINNING
from pickguard.flow.values.character_sets import CHARACTERS
from pickguard.flow.values.origin import CONSTANT, TYPED, Kind, Origin
from pickguard.source.python import nodes as n

HEAD = "from io import StringIO\nfrom pathlib import Path\nfrom django.conf import settings\nfrom django.http import QueryDict\nfrom urllib.parse import urlsplit\nimport jwt\nimport re\nODD = re.compile('[^a-z]+')\nfrom django.utils.translation import gettext\nLIMIT = 3\n"


def read(
    source: str, url: dict[str, Origin] | None = None, name: str = "v"
) -> tuple[Body, tuple[n.Stmt, ...]]:
    """Return the body of a function of a module, and its statements."""
    site = site_of({"app/__init__.py": "", "app/views.py": HEAD + source})
    body = body_of(site, f"app.views.{name}", url)
    return body, body.block


def sunk(
    source: str, *clears: str, url: dict[str, Origin] | None = None, name: str = "v"
) -> Origin:
    """Return the origin of what a function gives to `sink`."""
    return given_to_sink(read(source, url, name)[0], *clears)


def view(*lines: str) -> str:
    """Return a view with these lines."""
    return "def v(request, p=None):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("read", "is_sent"),
    [
        ("self.get_all_cleaned_data()['url']", True),
        ("self.get_cleaned_data_for_step('first')['url']", True),
        ("(self.get_all_cleaned_data() or {})['url']", True),
        ("self.get_all_cleaned_data()['count']", False),
        ("self.get_all_cleaned_data()['other']", False),
        ("self.other_data()['url']", False),
    ],
)
def test_the_steps_of_a_wizard_are_forms(read, is_sent):
    text = (
        "from django import forms\nfrom formtools.wizard.views import SessionWizardView\n"
        "class First(forms.Form):\n    url = forms.CharField()\n    count = forms.IntegerField()\n"
        "class Wizard(SessionWizardView):\n    form_list = [First]\n"
        "    def done(self, forms, **kwargs):\n        {}\n        sink({})\n"
    )
    for made in (text.format("pass", read), text.format(f"x = {read}", "x")):
        site = site_of({"app/__init__.py": "", "app/views.py": made})
        assert given_to_sink(body_of(site, "app.views.Wizard.done")).is_browser is is_sent


@pytest.mark.parametrize(
    ("child", "is_sent"), [("CharField()", True), ("IntegerField()", False), ("UUIDField()", False)]
)
def test_a_list_holds_what_its_child_lets_through(child, is_sent):
    text = (
        "from rest_framework import serializers\n"
        "class Names(serializers.Serializer):\n"
        f"    names = serializers.ListField(child=serializers.{child})\n"
        "def v(request):\n"
        "    names = Names(data=request.data)\n"
        "    for name in names.validated_data['names']:\n        sink(name)\n"
    )
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser is is_sent


def test_what_a_request_has_matched_is_a_part_of_the_address():
    text = "def v(request):\n    sink(request.resolver_match.kwargs['path'])\n"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser
    typed = {"path": TYPED}
    assert not given_to_sink(body_of(site, "app.views.v", typed)).is_browser


@pytest.mark.parametrize(
    "part",
    [
        "request.GET['q']",
        "request.GET.get('q', '')",
        "request.GET.__getitem__('q')",
        "request.POST.getlist('q')",
        "request.COOKIES['q']",
        "request.META['HTTP_HOST']",
        "request.headers.get('Referer')",
        "request.FILES['q'].name",
        "request.body",
        "request.raw_post_data",
        "request.DATA['q']",
        "request.path",
        "request.get_full_path()",
        "request.get_host()",
        "getattr(request, request.method)['q']",
        "QueryDict(request.body)['q']",
        "' '.join(map(str, request.GET.getlist('q')))",
        "form.cleaned_data['q']",
        "serializer.validated_data['q']",
        "self.request.GET['q']",
    ],
)
def test_what_the_browser_writes_of_a_request_is_the_browsers(part):
    """Parameters, cookies, headers, files, body and path; and what a form has cleaned of them."""
    assert sunk(view(f"sink({part})")).is_browser


@pytest.mark.parametrize(
    "part",
    [
        "request.user.pk",
        "request.method",
        "request.session['q']",
        "other.GET['q']",
        "jwt.decode(request.GET['q'], settings.SECRET_KEY)['q']",
        "urlsplit(request.GET['q']).port",
        "session.get('https://example.org/', headers={'q': request.GET['q']})",
    ],
)
def test_what_the_server_holds_of_a_request_is_not_the_browsers(part):
    """The user, the session, another object's attributes of the same names; what the server has signed."""
    assert not sunk(view(f"sink({part})")).is_browser


@pytest.mark.parametrize(
    "kept",
    [
        "f'a{x}'",
        "'a' + x",
        "'%s' % x",
        "'{}'.format(x)",
        "x.strip().lower()",
        "[x, 1]",
        "{'a': x}",
        "x or 'a'",
        "x if p else 'a'",
        "' '.join(y for y in [x])",
        "x[1:]",
        "(z := x)",
        "' '.join(map(lambda y: y.strip(), [x]))",
        "list(filter(None, [x]))",
        "max([x], key=len)",
        "json.loads(x)",
        "urlsplit(x).geturl()",
        "x.capitalize().rjust(9)",
        "x.rsplit('/', 1)[-1]",
        "(Path('/srv') / x).resolve()",
        "StringIO(x).read()",
        "x * 2",
        "2 * x",
        "[x] * y",
        "{x} - {'a'}",
        "{x} | {'a'}",
    ],
)
def test_a_value_stays_the_browsers_in_what_carries_its_text(kept):
    """Formatting, joining, slicing, choosing and packing keep the text."""
    assert sunk(view("x = request.GET['q']", f"sink({kept})")).is_browser


def test_behind_the_last_slash_there_is_no_folder():
    """A name without folders, where it is folders that matter."""
    lines = ("x = request.GET['q']", "sink(x.rsplit('/', 1)[-1])")
    assert not sunk(view(*lines), "basename").is_browser
    lines = ("x = request.GET['q']", "sink(x.rsplit(':', 1)[-1])")
    assert sunk(view(*lines), "basename").is_browser


@pytest.mark.parametrize(
    ("address", "is_sent"),
    [
        ("settings.URL.replace('{name}', x)", False),
        ("'https://NAME/a/'.replace('NAME', x)", True),
        ("'https://a.example/NAME'.replace('NAME', x)", False),
        ("x.replace('http:', 'https:')", True),
    ],
)
def test_what_is_put_into_a_text_is_its_beginning_where_it_stands_there(address, is_sent):
    """A text of the settings begins as the settings say."""
    assert sunk(view("x = request.GET['q']", f"sink({address})"), BEGINNING).is_browser is is_sent


@pytest.mark.parametrize(("entry", "is_sent"), [("name", True), ("count", False), ("other", True)])
def test_a_dictionary_with_typed_keys_is_known_by_its_keys(entry, is_sent):
    """`Query(name=…, count=…)` is written out as a mapping is, also where a function returns it."""
    source = (
        "from typing import TypedDict\nclass Query(TypedDict):\n    name: str\n    count: int\n"
        "def build(request) -> Query:\n"
        "    return Query(name=request.GET['q'], count=int(request.GET['n']))\n"
    )
    found = sunk(source + view("query = build(request)", f"sink(query['{entry}'])"))
    assert found.is_browser is is_sent


def test_what_is_put_into_a_list_of_a_mapping_comes_out_of_the_mapping():
    """`rows[key].append(value)` adds to `rows`."""
    lines = ("rows = defaultdict(list)", "rows[key].append(request.GET['q'])", "sink(rows[other])")
    assert sunk(view(*lines)).is_browser


@pytest.mark.parametrize(
    "cast",
    [
        "int(x)",
        "float(x)",
        "len(x)",
        "UUID(x)",
        "bool(x)",
        "x == 'a'",
        "not x",
        "x.isdigit()",
        "min(int(x), 5)",
        "x - 1",
        "100. * x",
        "(x - 1) / (y - x)",
        "x // 2",
        "2 ** x",
        "'-' * x",
    ],
)
def test_a_typed_value_holds_no_text(cast):
    """A number, a date or a truth value cannot carry what the browser wrote."""
    found = sunk(view("x = request.GET['q']", f"sink({cast})"))
    assert not found.is_browser
    assert found.is_constant


@pytest.mark.parametrize(
    "value", ["'a'", "1", "b'a'", "['a', 1]", "settings.NAME", "LIMIT", "gettext('a')", "None"]
)
def test_what_is_written_in_the_code_is_constant(value):
    """Literals, settings, names of the module and translated texts."""
    assert sunk(view(f"sink({value})")).is_constant


def test_a_result_of_an_unknown_function_is_unknown():
    """Neither an accusation nor an acquittal."""
    found = sunk(view("sink(made(request.GET['q']))"))
    assert found.kinds == {Kind.UNKNOWN}


def test_a_function_that_clears_makes_its_result_harmless():
    """The rule names it: `quote` clears for a shell, not for HTML."""
    code = view("x = quote(request.GET['q'])", "sink('a' + x)")
    assert sunk(code, "quote").is_constant
    assert not sunk(code).is_constant


@pytest.mark.parametrize("collection", ["('a', 'b')", "['a']", "CHOICES", "{'a': 1}", "'abc'"])
def test_a_value_that_must_be_in_a_collection_is_limited(collection):
    """`if x in CHOICES` leaves only what the code lists."""
    code = view("x = request.GET['q']", f"if x in {collection}:", "    sink(x)")
    assert not sunk(code).is_browser


@pytest.mark.parametrize("collection", ["f'abc{p}'", "request.GET", "request.POST.getlist('all')"])
def test_being_in_what_others_write_limits_nothing(collection):
    """The browser writes the request, and a text that is put together may hold anything."""
    code = view("x = request.GET['q']", f"if x in {collection}:", "    sink(x)")
    assert sunk(code).is_browser


@pytest.mark.parametrize("test", ["isdigit", "isalnum", "isidentifier", "isdecimal", "isalpha"])
def test_a_value_that_is_asked_for_its_characters_is_limited(test):
    """After `x.isdigit()` no text can break out of anything."""
    code = view("x = request.GET['q']", f"if x.{test}():", "    sink(x)")
    assert not sunk(code).is_browser


@pytest.mark.parametrize(
    "value",
    [
        "re.sub(r'[^A-Za-z0-9_.-]+', '-', x)",
        r"re.sub(r'\W', '', x)",
        "re.sub(r'[^\\w -]', repl='', string=x)",
        "ODD.sub('_', x)",
        "''.join(filter(str.isalnum, x))",
        r"''.join(re.findall(r'\+|\d+', x))",
        "' '.join(re.findall('[A-Za-z0-9_.-]+', x))",
        "''.join(c for c in x if c.isalnum() or c in '._-')",
    ],
)
def test_a_text_is_harmless_once_all_but_letters_and_digits_are_taken_out(value):
    """Neither quotes nor brackets, slashes or line breaks are left; who a key belongs to is another matter."""
    code = view("x = request.GET['q']", f"sink({value})")
    assert not sunk(code, CHARACTERS).is_browser
    assert sunk(code).is_browser or "for c in" in value


@pytest.mark.parametrize(
    "value",
    [
        "re.sub(r'[^a-z<>]', '', x)",
        "re.sub(r'[^A-z]', '', x)",
        "re.sub(r'[^ -z]', '', x)",
        "re.sub(r'[a-z]', '', x)",
        "re.sub(r'[^a-z]', y, x)",
        "ODD.sub('<b>', x)",
        r"re.sub(r'\S', '', x)",
        "''.join(filter(None, x))",
        r"''.join(re.findall(r'\w.\w', x))",
        r"''.join(re.findall(r'[\w<]+', x))",
        "''.join(re.findall('[^/]+', x))",
        "''.join(c for c in x if c.isalnum() or p)",
    ],
)
def test_a_text_may_be_harmful_where_other_characters_are_left(value):
    """A bracket is enough, and `A-z` holds more than letters."""
    code = view("x = y = request.GET['q']", f"sink({value})")
    assert sunk(code, CHARACTERS).is_browser


def test_what_a_method_validates_of_its_object_is_limited():
    """`token.validate_issuer()` raises where `token.issuer` is none of those that are known."""
    lines = ("token = request.GET", "token.validate_issuer()")
    assert not sunk(view(*lines, "sink(token.issuer)")).is_browser
    assert sunk(view(*lines, "sink(token.audience)")).is_browser


def test_a_value_that_must_match_whole_is_limited():
    """`fullmatch` and Django's own check of addresses judge the value that they are given."""
    for check in ("re.fullmatch('a', x)", "url_has_allowed_host_and_scheme(x, allowed_hosts=None)"):
        code = view("x = request.GET['q']", f"if {check}:", "    sink(x)")
        assert not sunk(code).is_browser
    code = view("x = request.GET['q']", "if re.search('a', x):", "    sink(x)")
    assert sunk(code).is_browser


def test_a_guard_of_one_name_says_nothing_of_another():
    """Only the checked name is limited."""
    code = view("x, y = request.GET['q'], request.GET['r']", "if y.isdigit():", "    sink(x)")
    assert sunk(code).is_browser


@pytest.mark.parametrize(
    "lines",
    [
        ("for x in request.GET.getlist('q'):", "    sink(x)"),
        ("x = ''", "for y in request.GET.getlist('q'):", "    x += y", "sink(x)"),
        ("x = ''", "while p:", "    sink(x)", "    x = request.GET['q']"),
        ("with opened(1) as f:", "    x = request.body", "sink(x)"),
        ("x, y = 'a', request.GET['q']", "sink(y)"),
        ("x: str = request.GET['q']", "sink(x)"),
        ("d = {}", "d['k'] = request.GET['q']", "sink(d)"),
        ("sink([y for y in request.GET.getlist('q')])",),
        ("if (x := request.GET['q']):", "    sink(x)"),
        ("o.name = request.GET['q']", "sink(o.name)"),
    ],
)
def test_every_way_of_binding_a_name_is_followed(lines):
    """Loops, augmented and annotated assignments, unpacking, items, attributes and `:=`."""
    assert sunk(view(*lines)).is_browser


def test_unpacking_tells_the_parts_apart():
    """Of `x, y = 'a', request.GET['q']` only `y` is the browser's."""
    assert sunk(view("x, y = 'a', request.GET['q']", "sink(x)")).is_constant


def test_assignments_in_a_circle_come_to_an_end():
    """`a = b; b = a` is no reason to run for ever, nor to lose what enters the circle."""
    code = view("a = 'a'", "for i in p:", "    a = b", "    b = c", "    c = a", "sink(a)")
    assert not sunk(code).is_browser
    code = view(
        "a = 'a'", "for i in p:", "    a = b", "    b = c", "    c = request.GET['q']", "sink(a)"
    )
    assert sunk(code).is_browser


def test_a_deep_expression_is_unknown_not_an_error():
    """A bound keeps hostile nesting from ending in a `RecursionError`."""
    deep = "[" * 120 + "request.GET" + "]" * 120
    assert not sunk(view(f"sink({deep})")).is_browser


def test_an_origin_tells_its_source_and_its_steps():
    """The place that reads the request, then each assignment on the way, first to last."""
    found = sunk(view("x = request.GET['q']", "y = 'a' + x", "sink(y)"))
    assert isinstance(found.source, n.Attr)
    assert found.source.name == "GET"
    assert [step.note for step in found.steps] == ["from the browser", "assigned"]
    assert found.steps[0].span < found.steps[1].span


def test_a_parameter_is_a_parameter_until_a_route_says_more():
    """What a route binds as a text is the browser's, what it binds as a number is typed."""
    code = view("sink(p)")
    browser = Origin(frozenset({Kind.BROWSER}))
    assert sunk(code).kinds == {Kind.PARAMETER}
    assert sunk(code, url={"p": browser}).is_browser
    assert sunk(code, url={"p": TYPED}).is_constant


def test_an_overwritten_part_of_the_request_is_no_longer_the_browsers():
    """`request.POST = cleaned` puts the project's own value in its place; other parts stay."""
    assert not sunk(view("request.POST = {}", "sink(request.POST['q'])")).is_browser
    assert sunk(view("request.POST = {}", "sink(request.GET['q'])")).is_browser


def test_attributes_of_self_are_followed_inside_the_function():
    """`self.q` holds what this method put there; without that nobody can tell."""
    assigned = view("self.q = request.GET['q']", "sink(self.q)").replace(
        "request,", "self, request,"
    )
    assert sunk(assigned).is_browser
    found = sunk(view("sink(self.q)").replace("request,", "self, request,"))
    assert not found.is_browser
    assert not found.is_constant


def test_captured_url_arguments_are_the_browsers_in_a_method_of_a_view():
    """`self.kwargs` is what the route captured of the address."""
    code = view("sink(self.kwargs['slug'])").replace("request,", "self, request,")
    assert sunk(code).is_browser


def test_a_nested_function_sees_the_names_around_it():
    """A closure's free name is asked for in the enclosing function."""
    outer, _block = read(view("x = request.GET['q']"))
    inner = Body(outer.flow, outer.module, (), enclosing=outer)
    assert inner.origin(n.Name(0, "x")).is_browser
    assert inner.origin(n.Name(0, "LIMIT")) == CONSTANT


@pytest.mark.parametrize(
    ("part", "is_browsers"),
    [
        ("request.META['HTTP_REFERER']", True),
        ("request.META.get('QUERY_STRING', '')", True),
        ("request.headers['User-Agent']", True),
        ("request.META['REMOTE_ADDR']", False),
        ("request.META.get('SERVER_NAME')", False),
        ("request.META.get('REMOTE_ADDR', request.GET['a'])", True),
    ],
)
def test_headers_are_the_browsers_and_what_the_server_adds_is_not(part, is_browsers):
    """Among `META` stands what the server knows of the connection as well; PEP 3333."""
    assert sunk(view(f"sink({part})")).is_browser is is_browsers


def test_a_key_that_is_a_keyword_is_not_the_browsers():
    """`update(q=value)` puts the browser's value under a name that the code gives."""
    body, _block = read(
        view("d = {}", "d.update(q=request.GET['q'])", "e = {}", "e.update(request.GET)", "f(d, e)")
    )
    given = [node for node in body.expressions if isinstance(node, n.Call)][-1]
    assert body.keys(given.args[0]).is_constant
    assert body.keys(given.args[1]).is_browser


FORMS = """
FIXED = "https://example.org/?q=%(q)s&n=%(n)s"
FREE = "%(host)s/%(q)s"
BRACES = "https://{host}/{q}"
"""


@pytest.mark.parametrize(
    ("address", "decides"),
    [
        ("FIXED % {'q': request.GET['q'], 'n': 1}", False),
        ("FREE % {'host': settings.HOST, 'q': request.GET['q']}", False),
        ("FREE % {'host': request.GET['q'], 'q': 1}", True),
        ("BRACES.format(host='example.org', q=request.GET['q'])", False),
        ("BRACES.format(q='x', host=request.GET['q'])", True),
        ("'{1}/{0}'.format(request.GET['q'], 'https://example.org')", False),
        ("'{1}/{0}'.format('x', request.GET['q'])", True),
        ("request.get_full_path()", False),
        ("request.get_full_path().replace('/de/', '/fr/')", False),
        ("request.build_absolute_uri('/a/')", False),
        ("request.build_absolute_uri(request.GET['q'])", True),
        ("f'https://{request.get_host()}/a/'", False),
        ("request.path", True),
    ],
)
def test_who_decides_where_an_address_leads(address, decides):
    """The beginning: a constant with a host, the site's own address, or what fills its first place."""
    code = FORMS + view(f"sink({address})")
    assert sunk(code, BEGINNING).is_browser is decides


HOSTS = """
HOST = "https://a.example"
class Service:
    base = "https://a.example"
    ended = "https://a.example/"
    def __init__(self):
        self.kept = "https://a.example"
        self.told = load()
    @property
    def open_host(self):
        return "https://a.example"
    def asked_host(self, testing):
        return "https://t.example" if testing else HOST
    def either_host(self, testing):
        return "https://t.example" if testing else load()
"""


@pytest.mark.parametrize(
    ("address", "decides"),
    [
        ("HOST + x", True),
        ("HOST + '/' + x", False),
        ("f'{HOST}/{x}'", False),
        ("'{}{}'.format(HOST, x)", True),
        ("'{0}/{1}'.format(HOST, x)", False),
        ("'%s%s' % (HOST, x)", True),
        ("'%s%s' % (other, x)", False),
        ("service.base + x", True),
        ("service.ended + x", False),
        ("service.kept + x", True),
        ("service.told + x", False),
        ("service.open_host + x", True),
        ("service.asked_host(True) + x", True),
        ("thing.asked_host(True) + x", True),
        ("thing.either_host(True) + x", False),
        ("(HOST or 'http://b.example') + x", True),
    ],
)
def test_a_host_goes_on_behind_a_text_that_does_not_end_it(address, decides):
    """Whoever writes it: a name, an attribute, a property, or the only method of a name."""
    lines = ("x = request.GET['q']", "service = Service()", f"sink({address})")
    assert sunk(HOSTS + view(*lines), BEGINNING).is_browser is decides


@pytest.mark.parametrize(
    ("made", "harmless"),
    [
        ("q.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')", True),
        ("q.replace('&', '&amp;')", False),
        ("q.replace('<', '')", False),
        ("request.GET.urlencode()", True),
        ("self.title", True),
        ("self.word", True),
        ("self.given", False),
    ],
)
def test_what_holds_no_markup(made, harmless):
    """Escaped by hand, percent-encoded, or a constant of the class."""
    code = f"""
class View:
    title = "A title"
    word = _("A word")
    given = None
    def get(self, request):
        q = request.GET["q"]
        self.given = q
        sink({made})
"""
    assert sunk(code, "escape", name="View.get").is_browser is not harmless


@pytest.mark.parametrize("clears", ["join", "split"])
def test_methods_of_texts_share_names_with_functions_that_make_harmless(clears):
    """`" ".join(words)` is no `shlex.join(words)`, `text.split()` no `shlex.split(text)`."""
    method = {"join": "' '.join(request.GET.getlist('q'))", "split": "request.GET['q'].split()[0]"}
    assert sunk(view(f"sink({method[clears]})"), clears).is_browser
    assert sunk(view(f"sink(shlex.{clears}(request.GET['q']))"), clears).is_constant


FORM = """
from django import forms
class Search(forms.Form):
    q = forms.CharField()
    def run(self):
        sink(self.data['q'])
"""


def test_what_a_form_was_given_is_the_browsers():
    """`self.data` in a form, before anything has looked at it."""
    assert sunk(FORM, name="Search.run").is_browser


@pytest.mark.parametrize(("key", "sent"), [("page", True), ("number", False), ("other", False)])
def test_a_route_fills_the_keywords_of_a_view(key, sent):
    """`kwargs["page"]` of `def view(request, **kwargs)`."""
    url = {"page": Origin(frozenset({Kind.BROWSER})), "number": TYPED}
    source = f"def v(request, **kwargs):\n    sink(kwargs['{key}'])"
    assert sunk(source, url=url).is_browser is sent


@pytest.mark.parametrize(
    ("read", "sent"),
    [
        ("data.get(kind, '')", False),
        ("data[kind]", False),
        ("data[KIND]", False),
        ("data.get(words, '')", True),
        ("data[words]", True),
        ("data[self.other]", True),
    ],
)
def test_the_entry_that_a_name_asks_for_is_that_entry(read, sent):
    """`data[kind]` with `kind = "kind"`: the field of that name is one of its choices, the other any text."""
    text = (
        "from rest_framework import serializers\nKIND = 'kind'\n"
        "class Job(serializers.Serializer):\n    kind = serializers.ChoiceField(choices=['a', 'b'])\n"
        "    words = serializers.CharField()\n"
        "    def validate(self, data):\n        kind = 'kind'\n        words = 'words'\n"
        f"        sink({read})\n"
    )
    site = site_of({"app/__init__.py": "", "app/serializers.py": text})
    assert given_to_sink(body_of(site, "app.serializers.Job.validate")).is_browser is sent

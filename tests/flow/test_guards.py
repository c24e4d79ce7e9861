"""Conditions that make a value harmless where they hold, and those that do not."""

from __future__ import annotations

import pytest
from tests.flow.asked import body_of, given_to_sink
from tests.site.linked import site_of

from pickguard.flow.guards.one_name import ONE_NAME
from pickguard.flow.guards.raised_checks import PARENTS
from pickguard.flow.values.beginning import BEGINNING
from pickguard.site.symbols.names import FunctionSymbol
from pickguard.source.python import nodes as n
from pickguard.source.python.bodies import body as lowered

PATTERNS = """
import re
NAME = re.compile(r"^[a-z]+$")
WORD = re.compile(r"[a-z]+")
PLAIN = r"^[a-z]+$"
LOOSE = r"[a-z]+"
WHATEVER = re.compile(r"^.*$")
makers = {}
BEGINNINGS = ("https://a.example/", "https://b.example/")
OPEN_BEGINNINGS = ("https://a.example/", "https://")
UNTIDY = "/:"
"""


def is_browser(*lines: str, clears: tuple[str, ...] = ()) -> bool:
    """Whether the browser's `x` reaches `sink` through these lines."""
    body = "".join(f"    {s}\n" for s in lines)
    text = f"{PATTERNS}def v(request):\n    x = request.GET['q']\n{body}"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    return given_to_sink(body_of(site, "app.views.v"), *clears).is_browser


@pytest.mark.parametrize(
    ("test", "is_settled"),
    [
        ("x.startswith('https://a.example/')", True),
        ("x.startswith('/account/')", True),
        ("x.startswith(('https://a.example/', 'https://b.example/'))", True),
        ("x.startswith(BEGINNINGS)", True),
        ("x.startswith(tuple(BEGINNINGS))", True),
        ("any(x.startswith(b) for b in BEGINNINGS)", True),
        ("re.match(r'^https://[a-z]+\\.example\\.com/', x)", True),
        ("re.match(r'https?://(?:www\\.)?example\\.com/', x)", True),
        ("x.startswith('https://a.example')", False),
        ("x.startswith('https://')", False),
        ("x.startswith('/')", False),
        ("x.startswith(OPEN_BEGINNINGS)", False),
        ("any(x.startswith(b) for b in OPEN_BEGINNINGS)", False),
        ("any(x.startswith(b) for b in beginnings)", False),
        ("re.match(r'^https://[\\w.-]+/', x)", False),
        ("re.match(r'^https://.*\\.example\\.com/', x)", False),
        ("re.match(r'^https://example.com/', x)", False),
        ("re.search(r'https://example\\.com/', x)", False),
        ("re.match(r'^https://[^/]+\\.example\\.com', x)", False),
    ],
)
def test_a_beginning_that_is_known_decides_on_the_host(test, is_settled):
    """Where it ends behind the host, and nothing before that can end the host."""
    lines = (f"if not {test}:", "    return", "sink(x)")
    assert is_browser(*lines, clears=(BEGINNING,)) is not is_settled
    assert is_browser(*lines)


@pytest.mark.parametrize(
    ("test", "is_one"),
    [
        ("'/' in x", True),
        ("'..' in x or '/' in x", True),
        ("os.sep in x", True),
        ("any(c in x for c in '/:')", True),
        ("any(c in x for c in UNTIDY)", True),
        ("any(c in x for c in ('/', ':'))", True),
        ("re.search(r'[/:]', x)", True),
        ("'..' in x", False),
        ("'..' in x and '/' in x", False),
        ("x in '/'", False),
        ("'/' not in x", False),
        ("any(c in x for c in ':;')", False),
        ("re.search(r'[^/]', x)", False),
    ],
)
def test_a_text_without_a_slash_is_one_name(test, is_one):
    lines = (f"if {test}:", "    raise ValueError", "sink(x)")
    assert is_browser(*lines, clears=(ONE_NAME,)) is not is_one
    assert is_browser(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("if all([x, is_safe_url(x)]):", "    sink(x)"),
        ("if not any([x in ALLOWED, x == 'a']):", "    return", "sink(x)"),
        ("sink(list(filter(lambda y: y in ALLOWED, request.GET.getlist('q'))))",),
        ("if x in ('a', 'b'):", "    sink(x)"),
        ("if x.lstrip('-') in ('a', 'b'):", "    sink(x)"),
        ("sink([y for y in x.split(',') if re.sub(r'^-', '', y) in NAMES])",),
        ("if x not in ALLOWED:", "    return None", "sink(x)"),
        ("model = apps.get_model('notes', x)", "sink(x)"),
        ("kind = KINDS[x]", "sink(x)"),
        ("made = HttpResponse(content, content_type=KINDS[x])", "sink(x)"),
        ("app, name = x.split('.')", "model = apps.get_model(app, name)", "sink(x)"),
        ("if x not in ALLOWED:", "    x = 'a'", "sink(x)"),
        ("if x == 'a':", "    sink(x)"),
        ("if x.isdigit() and len(x) < 5:", "    sink(x)"),
        ("if not x.isdigit() or not x:", "    raise ValueError", "sink(x)"),
        ("ok = url_has_allowed_host_and_scheme(x, None)", "if ok:", "    sink(x)"),
        ("if not is_safe_url(x):", "    x = '/'", "sink(x)"),
        ("sink(x if x in ALLOWED else 'a')",),
        ("sink(x in ALLOWED and x)",),
        ("try:", "    int(x)", "except ValueError:", "    return", "sink(x)"),
        ("validate_address(x)", "sink(x)"),
        ("made = validate_address(x)", "sink(x)"),
        ("if PROTECTED and is_local(x):", "    raise ValueError", "sink(x)"),
        ("host = urlparse(x).netloc", "if host not in ALLOWED:", "    return", "sink(x)"),
        ("u = urlparse(x)", "if u.scheme or u.netloc:", "    return", "sink(x)"),
        ("if urlparse(x).netloc in ALLOWED:", "    sink(x)"),
        ("u = urlparse(x)", "if u.hostname in ALLOWED:", "    sink(u.geturl())"),
        ("if urlparse(x).hostname == 'example.org':", "    sink(x)"),
        ("if urlparse(x).netloc.lower() == request.get_host():", "    sink(x)"),
        ("if urlparse(x).netloc != urlparse(settings.SITE).netloc:", "    return", "sink(x)"),
        ("host = urlparse(x).netloc", "if host == request.get_host():", "    sink(x)"),
        (
            "u = urlparse(x)",
            "for domain in DOMAINS:",
            "    parts = domain.split('.')",
            "    if 'org' in domain and not NAME.match(x):",
            "        log(x)",
            "    if u.netloc.split('.')[-len(parts):] == parts:",
            "        sink(x)",
        ),
        ("y = x.lstrip('-')", "if y not in ALLOWED:", "    return", "sink(x)"),
        ("while x not in ALLOWED:", "    x = 'a'", "sink(x)"),
        ("made = makers.get(x, None)", "if made is None:", "    raise Http404", "sink(x)"),
        ("assert x in ALLOWED", "sink(x)"),
        (
            "found = None",
            "for file in files():",
            "    if file['name'] == x:",
            "        found = file",
            "        break",
            "if not found:",
            "    raise Http404",
            "sink(x)",
        ),
        (
            "found = next((file for file in files() if file.name == x), None)",
            "if found is None:",
            "    raise Http404",
            "sink(x)",
        ),
        ("ok = False", "if x in ALLOWED:", "    ok = True", "if ok:", "    sink(x)"),
        ("sink([y for y in [x] if y in ALLOWED])",),
        ("if not x:", "    sink(x)"),
        ("if re.fullmatch('[a-z]+', x):", "    sink(x)"),
        ("if re.search('^[a-z]+$', x):", "    sink(x)"),
        (
            "path = PurePosixPath(x)",
            "if path.is_absolute() or any(p in ('', '..') for p in path.parts):",
            "    raise ValueError",
            "sink(str(path))",
        ),
        ("if not x or not NAME.match(x):", "    raise ValueError", "sink(x)"),
        ("if WORD.fullmatch(x):", "    sink(x)"),
        ("form = '^[a-z]+$'", "if not re.match(form, x):", "    raise ValueError", "sink(x)"),
        ("form = re.compile('^[a-z]+$')", "if form.match(x):", "    sink(x)"),
        ("if re.match(PLAIN, x):", "    sink(x)"),
        ("if NAME.search(x):", "    sink(x)"),
        ("if request.GET['q'] in ALLOWED:", "    sink(request.GET.get('q'))"),
        ("ok = partial(is_safe_url, allowed_hosts=HOSTS)", "if ok(x):", "    sink(x)"),
        (
            "hosts = settings.ALLOWED_HOSTS",
            "if urlparse(x).hostname not in hosts and hosts != ['*']:",
            "    raise ValueError",
            "sink(x)",
        ),
        ("if any(re.fullmatch(p, x) for p in ('[a-z]+', '[0-9]+')):", "    sink(x)"),
        ("if not any(x == word for word in ['a', 'b']):", "    return", "sink(x)"),
        ("if not all(x != word for word in ['a', 'b']):", "    sink(x)"),
    ],
)
def test_a_checked_value_is_harmless_where_the_check_holds(lines):
    """Membership, equality, characters, address checks, casts, refusals, whatever way they stand."""
    assert not is_browser(*lines)


@pytest.mark.parametrize(
    "lines",
    [
        ("if '..' in x.split('/'):", "    raise ValueError", "sink(x)"),
        ("if '../' in x:", "    return None", "sink(x)"),
        ("if any(p == '..' for p in x.split('/')):", "    return None", "sink(x)"),
    ],
)
def test_who_looks_for_a_folder_above_has_looked_for_nothing_else(lines):
    """It says nothing of a slash at the beginning, nor of markup or SQL."""
    assert not is_browser(*lines, clears=(PARENTS,))
    assert is_browser(*lines)


@pytest.mark.parametrize(
    ("lines", "sent"),
    [
        (("d = request.POST", "k = d.get('kind')", "if k == 'a':", "    sink(d.get('q'))"), True),
        (
            ("d = request.POST", "k = d['kind'].strip()", "if k in ('a',):", "    sink(d['q'])"),
            True,
        ),
        (("d = request.POST", "q = d.get('q')", "if q == 'a':", "    sink(d['q'])"), False),
    ],
)
def test_a_checked_entry_says_nothing_of_the_others(lines, sent):
    """`kind = data.get("kind")`: where that is known, `data["q"]` is what the browser says."""
    assert is_browser(*lines) is sent


@pytest.mark.parametrize(
    "lines",
    [
        ("if x in ('a', 'b'):", "    pass", "sink(x)"),
        ("if x not in ALLOWED:", "    sink(x)"),
        ("if x not in ALLOWED:", "    log(x)", "sink(x)"),
        ("if x in ALLOWED or flag:", "    sink(x)"),
        (
            "found = None",
            "for file in files():",
            "    if file['name'] == x:",
            "        found = file",
            "if not found:",
            "    log(x)",
            "sink(x)",
        ),
        (
            "found = None",
            "for file in files():",
            "    if file['name'] == x or file['is_open']:",
            "        found = file",
            "if found:",
            "    sink(x)",
        ),
        (
            "found = None",
            "for sent in request.POST.getlist('r'):",
            "    if sent['name'] == x:",
            "        found = sent",
            "if found:",
            "    sink(x)",
        ),
        ("found = next((f for f in files() if f.name == x), None)", "sink(x)"),
        ("found = next((f for f in files() if f.name == x), files[0])", "if found:", "    sink(x)"),
        ("found = next((f for f in request.GET if f.name == x), None)", "if found:", "    sink(x)"),
        (
            "ok = False",
            "if x in ALLOWED:",
            "    ok = True",
            "if flag:",
            "    ok = True",
            "if ok:",
            "    sink(x)",
        ),
        (
            "ok = False",
            "if x in ALLOWED:",
            "    ok = True",
            "x = request.GET['r']",
            "if ok:",
            "    sink(x)",
        ),
        ("if x:", "    sink(x)"),
        ("if x != 'a':", "    sink(x)"),
        ("held = request.session", "if held.get(x) is None:", "    return", "sink(x)"),
        ("if request.get(x) is None:", "    return", "sink(x)"),
        ("if cache.get(x) is None:", "    return", "sink(x)"),
        ("makers = request.GET", "if makers.get(x) is None:", "    return", "sink(x)"),
        ("if x in f'text{y}':", "    sink(x)"),
        ("if x in request.POST:", "    sink(x)"),
        ("if y in ALLOWED:", "    sink(x)"),
        ("ok = url_has_allowed_host_and_scheme(x, None)", "sink(x)"),
        ("check_all()", "sink(x)"),
        ("made = is_local(x)", "sink(x)"),
        ("parsed = load(x)", "if not parsed:", "    sink(x)"),
        ("if x.startswith('/'):", "    sink(x)"),
        ("if x in ALLOWED:", "    x = request.GET['r']", "    sink(x)"),
        ("if WORD.match(x):", "    sink(x)"),
        ("if re.match(LOOSE, x):", "    sink(x)"),
        ("form = '[a-z]+'", "if re.match(form, x):", "    sink(x)"),
        ("if any(p == 'a' for p in x):", "    raise ValueError", "sink(x)"),
        ("if '..' in y:", "    raise ValueError", "sink(x)"),
        ("if WORD.search(x):", "    sink(x)"),
        ("if WHATEVER.match(x):", "    sink(x)"),
        ("if re.search('[a-z]+$', x):", "    sink(x)"),
        ("if re.fullmatch('.+', x):", "    sink(x)"),
        (
            "parts = urlparse(x)",
            "if parts.hostname and parts.hostname not in ALLOWED:",
            "    x = '/'",
            "sink(x)",
        ),
        ("host = urlparse(x).netloc", "if not host:", "    sink(x)"),
        ("if urlparse(x).scheme in ('http', 'https'):", "    sink(x)"),
        (
            "u = urlparse(x)",
            "if u.scheme.lower() not in ('http', 'https'):",
            "    return",
            "sink(x)",
        ),
        ("scheme, *rest = urlparse(x)", "if scheme == 'https':", "    sink(x)"),
        ("if not urlparse(x).netloc:", "    sink(x)"),
        ("if urlparse(x).netloc == '':", "    sink(x)"),
        ("u = urlparse(x)", "if u.netloc == '':", "    sink(x)"),
        ("if urlparse(x).netloc in ('', request.get_host()):", "    sink(x)"),
        ("if urlparse(x).netloc == request.META['HTTP_X_HOST']:", "    sink(x)"),
        ("if urlparse(x).netloc != request.get_host():", "    sink(x)"),
        ("ok = partial(load, allowed_hosts=HOSTS)", "if ok(x):", "    sink(x)"),
        ("if x not in ALLOWED and y != ['*']:", "    raise ValueError", "sink(x)"),
        ("if any(re.fullmatch(p, x) for p in ('[a-z]+', '.+')):", "    sink(x)"),
        ("if any(x == word for word in ['a', y]):", "    sink(x)"),
        ("if all(x == word for word in ['a', 'b'] if y):", "    sink(x)"),
        ("if any(x == word for word in ['a', 'b']):", "    return", "sink(x)"),
    ],
)
def test_what_says_nothing_of_the_value_leaves_it_as_it_is(lines):
    """A check elsewhere, of something else, unused, or that lets everything through."""
    assert is_browser(*lines)


FORMATS = """
class Formats:
    KNOWN = dict(csv=1)
    @classmethod
    def has(cls, name):
        return name is not None and name in cls.KNOWN.keys()
    def any(self, name):
        return True
def has(name):
    return name in ("csv", "ods")
class View:
    formats = Formats
    def v(self, request):
        x = request.GET["format"]
        if {}:
            sink(x)
"""


@pytest.mark.parametrize(
    ("test", "is_limited"),
    [
        ("self.formats.has(x)", True),
        ("Formats.has(x)", True),
        ("has(x)", True),
        ("Formats.has(y)", False),
        ("self.formats.any(x)", False),
    ],
)
def test_what_a_class_is_asked_for_limits_a_value(test, is_limited):
    """`TableExport.is_valid_format(name)`, also of a class that an attribute of the view names."""
    site = site_of({"app/__init__.py": "", "app/views.py": FORMATS.format(test)})
    assert given_to_sink(body_of(site, "app.views.View.v")).is_browser is not is_limited


def test_a_later_assignment_does_not_reach_back():
    """Order counts: what a name holds afterwards says nothing of what was used before."""
    assert not is_browser("y = 'a'", "sink(y)", "y = x")
    assert is_browser("y = x", "sink(y)", "y = 'a'")


def test_the_branch_that_was_not_taken_takes_no_part():
    """A branch that returns leaves nothing to what follows."""
    assert not is_browser("y = 'a'", "if x:", "    y = x", "    return y", "sink(y)")
    assert is_browser("y = 'a'", "if x:", "    y = x", "sink(y)")


def _asked(function: str, *lines: str) -> bool:
    """Whether the browser's `x` reaches `sink` where a function of the module is asked about it."""
    body = "".join(f"    {s}\n" for s in lines)
    text = f"{PATTERNS}\n{function}\n\ndef v(request):\n    x = request.GET['q']\n{body}"
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    return given_to_sink(body_of(site, "app.views.v")).is_browser


KNOWN = ("if not known(x):", "    return None", "sink(x)")


@pytest.mark.parametrize(
    "function",
    [
        "def known(name): return name in NAMES",
        "def known(name): return bool(FLAG) and name in NAMES",
        "def known(name):\n    if name.startswith('-'):\n        name = name[1:]\n    return name in NAMES",
        "def known(name):\n    bare = name.lstrip('-')\n    return bare in NAMES",
        "def known(name):\n    if name not in NAMES:\n        return False\n    return True",
        "def known(name):\n    return inner(name)\ndef inner(word):\n    return NAME.match(word)",
        "def known(name):\n    if not name:\n        return\n    return name == 'a'",
        "def known(name, of=1): return name in names(of)\ndef names(of): return [n.id for n in ALL if n.of == of]",
    ],
)
def test_a_function_that_is_true_of_known_values_alone_is_a_check(function):
    """Whatever its name is, and however it is written."""
    assert not _asked(function, *KNOWN)
    assert not _asked(function, "sink([y for y in x.split(',') if known(y)])")
    assert _asked(function, "if known(x):", "    return None", "sink(x)")


def test_a_function_that_is_false_of_known_values_alone_is_one_as_well():
    function = "def strange(name):\n    return name not in NAMES"
    assert not _asked(function, "if strange(x):", "    return None", "sink(x)")
    assert _asked(function + "\n    return None", *("if strange(y):", "    return None", "sink(x)"))
    falls_through = "def strange(name):\n    if FLAG:\n        return name not in NAMES"
    assert _asked(falls_through, "if strange(x):", "    return None", "sink(x)")


def test_a_check_may_stand_inside_the_function_or_be_a_method():
    inside = ("def known(name):", "    return name in NAMES", "if known(x):", "    sink(x)")
    assert not is_browser(*inside)
    text = (
        "class V:\n    def known(self, name):\n        return name in self.names\n"
        "    def get(self, request):\n        x = request.GET['q']\n"
        "        if self.known(x):\n            sink(x)\n"
    )
    site = site_of({"app/__init__.py": "", "app/views.py": text})
    assert not given_to_sink(body_of(site, "app.views.V.get")).is_browser


def test_a_check_inside_the_function_counts_whoever_has_seen_it_before():
    """Rules that look at the inner function first decode it anew."""
    lines = "def known(name):", "    return name in NAMES", "if known(x):", "    sink(x)"
    text = "def v(request):\n    x = request.GET['q']\n" + "".join(f"    {s}\n" for s in lines)
    outer = body_of(site_of({"app/__init__.py": "", "app/views.py": text}), "app.views.v")
    inner = next(s for s in lowered(outer.function.node) if isinstance(s, n.Function))
    outer.flow.inner(outer, FunctionSymbol(outer.module, inner, "v.known", None))
    assert not given_to_sink(outer).is_browser


@pytest.mark.parametrize(
    "function",
    [
        "def known(name): return name in request.GET",
        "def known(name, text='abc'): return name in text",
        "def known(name): return len(name) > 3",
        "def known(name): return name in NAMES or FLAG",
        "def known(name):\n    if FLAG:\n        return True\n    return name in NAMES",
        "def known(name):\n    yield name in NAMES",
        "def known(name): return known(name)",
        "def known(other, name=None): return name in NAMES",
        "def known(name, of='a,b'): return name in parts(of)\ndef parts(of): return of.split(',')",
        "def known(name, request=None): return name in sent(request)\ndef sent(request): return request.GET",
    ],
)
def test_a_function_that_may_be_true_of_anything_is_none(function):
    assert _asked(function, *KNOWN)


def test_a_name_that_a_loop_may_set_again_has_a_beginning():
    """The ways to `working` lead back to where they begin."""
    assert is_browser(
        "working = True",
        "while working:",
        "    if DONE:",
        "        working = False",
        "y = x",
        "sink(y)",
    )


KEYED = """
from django.db import models
class Note(models.Model):
    name = models.TextField()
class Country(models.Model):
    code = models.CharField(max_length=2, primary_key=True)
"""


@pytest.mark.parametrize(
    ("found_by", "caught", "is_left"),
    [
        ("Note.objects.get(pk=x)", "Note.DoesNotExist", False),
        ("found = Note._default_manager.get(id=x)", "ObjectDoesNotExist", False),
        ("Note.objects.get(pk=x)", "(Note.DoesNotExist, ValueError)", True),
        ("Note.objects.get(pk=x)", "Exception", True),
        ("Note.objects.get(name=x)", "Note.DoesNotExist", True),
        ("Country.objects.get(pk=x)", "Country.DoesNotExist", True),
        ("find(x)", "Note.DoesNotExist", True),
    ],
)
def test_where_there_is_no_row_of_a_number_it_was_one(found_by, caught, is_left):
    """A text that is no number raises a `ValueError` before the database is asked."""
    text = (
        "from app.models import Country, Note\ndef v(request):\n    x = request.GET['q']\n"
        f"    try:\n        {found_by}\n    except {caught}:\n        sink(x)\n"
    )
    site = site_of({"app/__init__.py": "", "app/models.py": KEYED, "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser is is_left


@pytest.mark.parametrize(
    ("asked", "is_left"),
    [
        ("if not Note.objects.filter(pk=x).exists():", False),
        ("if Note.objects.filter(id=x).count() == 0:", False),
        ("found = Note.objects.filter(pk=x).first()\n    if found is None:", False),
        ("if Note.objects.filter(pk=x):", True),
        ("if not Note.objects.filter(name=x).exists():", True),
        ("if not Country.objects.filter(pk=x).exists():", True),
        ("found = Note.objects.filter(pk=x)\n    if found is None:", True),
    ],
)
def test_what_the_database_was_asked_for_by_its_number_was_one(asked, is_left):
    """Rows that nobody has asked for yet say nothing."""
    text = (
        "from app.models import Country, Note\ndef v(request):\n    x = request.GET['q']\n"
        f"    {asked}\n        sink(x)\n"
    )
    site = site_of({"app/__init__.py": "", "app/models.py": KEYED, "app/views.py": text})
    assert given_to_sink(body_of(site, "app.views.v")).is_browser is is_left

"""Ways of a value that Python offers beside calls, assignments and returns."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import NamedTuple

import pytest
from tests.flow.test_across import VIEW, sunk

IMPORTS = "import attr, collections, functools, typing\nfrom collections import namedtuple\n"


PYDANTIC = "import pydantic\nclass Target(pydantic.BaseModel):\n    url: str\n    name: str = ''\n"
MSGSPEC = "import msgspec\nclass Target(msgspec.Struct):\n    url: str\n"


class Way(NamedTuple):
    """What a view does with `SENT`, by a module `work`; `OTHER` goes a way that does not lead there."""

    name: str
    view: str
    work: str = ""
    sinks_in: str = "views.view"


WAYS = [
    Way(
        "the field of a named tuple",
        "sink(work.Target(OTHER, SENT).url)",
        "Target = namedtuple('Target', 'name url')",
    ),
    Way(
        "the field of a named tuple, by its name, of an heir",
        "sink(work.Own(url=SENT, name=OTHER).url)",
        """
        class Own(collections.namedtuple('Target', ['name', 'url'])):
            pass
        """,
    ),
    Way(
        "the field of a named tuple with types",
        "sink(work.Target(OTHER, SENT).url)",
        "Target = typing.NamedTuple('Target', [('name', str), ('url', str)])",
    ),
    Way(
        "the field of a class of attrs without types",
        "sink(work.Target(OTHER, SENT).url)",
        """
        @attr.s
        class Target:
            name = attr.ib()
            url = attr.ib()
        """,
    ),
    Way(
        "what an adapter of pydantic has read",
        "sink(pydantic.TypeAdapter(work.Target).validate_python({'url': SENT}).url)",
        PYDANTIC,
    ),
    Way(
        "what an adapter of pydantic that has a name has read",
        "sink(work.TARGET.validate_python({'url': SENT}).url)",
        PYDANTIC + "TARGET = pydantic.TypeAdapter(Target)\n",
    ),
    Way(
        "the field of what pydantic has made an object of, in a method of the class",
        "sink(work.Kept.of({'name': OTHER, 'url': SENT}).url)",
        PYDANTIC
        + "class Kept(Target):\n    at: int = 0\n    @classmethod\n    def of(cls, data):\n"
        "        return cls.model_validate({**data, 'at': 1})\n",
    ),
    Way(
        "the field of one of two objects of a dataclass",
        """
        other = work.Target('fixed', OTHER)
        target = work.Target(url=SENT, name=other.name)
        sink(target.url)
        """,
        "import dataclasses\n@dataclasses.dataclass\nclass Target:\n    name: str\n    url: str\n",
    ),
    Way(
        "the field of one of two objects of pydantic's, that another made",
        """
        other = work.Target.model_validate({'url': OTHER})
        target = work.Target.model_validate({'url': SENT})
        sink(target.url)
        """,
        PYDANTIC,
    ),
    Way(
        "what msgspec has made an object of",
        "sink(msgspec.convert({'url': SENT}, work.Target).url)",
        MSGSPEC,
    ),
    Way(
        "what msgspec has made an object of, by keyword",
        "sink(msgspec.json.decode(SENT, type=work.Target).url)",
        MSGSPEC,
    ),
    Way(
        "what dacite has made an object of",
        "sink(dacite.from_dict(work.Target, {'url': SENT}).url)",
        "import dataclasses\n@dataclasses.dataclass\nclass Target:\n    url: str\n",
    ),
    Way(
        "the parameter of a lambda of a module",
        "work.fetch(OTHER, SENT)",
        "fetch = lambda name, url: sink(url)",
        "work.fetch",
    ),
    Way(
        "what a lambda inside returns",
        """
        second = lambda name, url: url
        sink(second(OTHER, SENT))
        """,
    ),
    Way(
        "what an object hands to the name of a with",
        """
        with work.Opened(OTHER, SENT) as url:
            sink(url)
        """,
        """
        class Opened:
            def __init__(self, name, url):
                self.name, self.url = name, url
            def __enter__(self):
                return self.url
        """,
    ),
    Way(
        "what an object gives to a loop",
        """
        for url in work.Links(OTHER, [SENT]):
            sink(url)
        """,
        """
        class Links:
            def __init__(self, name, urls):
                self.name, self.urls = name, urls
            def __iter__(self):
                yield from self.urls
        """,
    ),
    Way(
        "one of several objects that a function makes",
        "work.reader(OTHER).read(SENT)",
        """
        class Quiet:
            def read(self, url):
                pass
        class Web:
            def read(self, url):
                sink(url)
        def reader(kind):
            if kind == 'quiet':
                return Quiet()
            return Web()
        """,
        "work.Web.read",
    ),
    Way(
        "the second of two things that a function returns",
        "name, reader = work.made(OTHER)\nreader.read(SENT)",
        """
        class Web:
            def read(self, url):
                sink(url)
        def made(name):
            return name, Web()
        """,
        "work.Web.read",
    ),
    Way(
        "the second of two things, as the function says",
        "name, reader = work.made(OTHER)\nreader.read(SENT)",
        """
        class Web:
            def read(self, url):
                sink(url)
        def made(name) -> tuple[str, Web]:
            return cache[name]
        """,
        "work.Web.read",
    ),
    Way(
        "an object that six functions hand on",
        "work.six(OTHER).read(SENT)",
        """
        class Web:
            def read(self, url):
                sink(url)
        def one(name):
            return Web()
        def two(name):
            web = one(name)
            web.name = name
            return web
        def three(name):
            web, _name = two(name), name
            return web, name
        def four(name):
            web, name = three(name)
            return web
        def five(name):
            return four(name)
        def six(name):
            return five(name)
        """,
        "work.Web.read",
    ),
    Way(
        "one of several classes that a function returns",
        "work.reader(OTHER)(SENT).read()",
        """
        class Quiet:
            def __init__(self, url):
                self.url = url
        class Web(Quiet):
            def read(self):
                sink(self.url)
        def reader(kind):
            if kind == 'quiet':
                return Quiet
            return Web
        """,
        "work.Web.read",
    ),
    Way(
        "an object that has what a protocol asks for",
        "work.run(work.Web(), SENT)",
        """
        from typing import Protocol
        class Reader(Protocol):
            def read_page(self, url): ...
        class Web:
            def read_page(self, url):
                sink(url)
        class Half:
            def read(self, url):
                pass
        def run(reader: Reader, url):
            reader.read_page(url)
        """,
        "work.Web.read_page",
    ),
    Way(
        "what stands in for a function, for texts",
        "work.fetch(SENT)",
        """
        @functools.singledispatch
        def fetch(url):
            pass
        @fetch.register
        def _(url: str):
            sink(url)
        """,
        "work._",
    ),
    Way(
        "what an object asks another for all that it has not",
        "work.Outer().read(SENT)",
        """
        class Inner:
            def read(self, url):
                sink(url)
        class Outer:
            def __init__(self):
                self._inner = Inner()
            def __getattr__(self, name):
                return getattr(self._inner, name)
        """,
        "work.Inner.read",
    ),
    Way(
        "the entry of a module's dictionary",
        """
        work.STATE['url'] = SENT
        work.STATE['name'] = OTHER
        sink(work.STATE['url'])
        """,
        "STATE = {}",
    ),
    Way(
        "what a function sets on an object",
        """
        job = work.Job()
        work.fill(job, OTHER, SENT)
        sink(job.url)
        """,
        """
        class Job:
            url = name = ''
        def fill(job, name, url):
            job.name, job.url = name, url
        """,
    ),
    Way(
        "what a function of a function sets under a key",
        """
        found = {'url': 'a'}
        work.fill(found, OTHER, SENT)
        sink(found['url'])
        """,
        """
        def fill(found, name, url):
            found['name'] = name
            put(url, found)
        def put(url, found):
            found['url'] = url
        """,
    ),
    Way(
        "what a dictionary is given in case it has none",
        """
        found = {}
        found.setdefault('url', SENT)
        found.setdefault('name', OTHER)
        sink(found['url'])
        """,
    ),
    Way(
        "a namespace",
        """
        found = types.SimpleNamespace(url=SENT, name=OTHER)
        sink(found.url)
        """,
    ),
    Way(
        "an object that takes all it is given",
        "sink(work.Target(url=SENT, name=OTHER).url)",
        """
        class Target:
            def __init__(self, **options):
                self.__dict__.update(options)
        """,
    ),
    Way(
        "an object that sets all it is given",
        "sink(work.Target(url=SENT, name=OTHER).url)",
        """
        class Target:
            def __init__(self, **options):
                for name, value in options.items():
                    setattr(self, name, value)
        """,
    ),
    Way(
        "a partial that the body has made",
        """
        fetch = functools.partial(work.fetch, OTHER)
        fetch(SENT)
        """,
        """
        def fetch(name, url):
            sink(url)
        """,
        "work.fetch",
    ),
    Way(
        "a class that an heir keeps as an attribute",
        "work.Page().get(SENT)",
        """
        class Web:
            def __init__(self, url):
                self.url = url
            def read(self):
                sink(self.url)
        class Shown:
            reader_class = None
            def get_reader_class(self):
                return self.reader_class
            def get(self, url):
                self.get_reader_class()(url).read()
        class Page(Shown):
            reader_class = Web
        """,
        "work.Web.read",
    ),
    Way(
        "the first of a row of things to do",
        """
        waiting = deque()
        waiting.append(SENT)
        sink(waiting.popleft())
        """,
    ),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_value_is_followed(way):
    assert _sunk(way, sent="request.GET['q']", other="'a'").is_browser


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_what_goes_another_way_is_not_there(way):
    assert not _sunk(way, sent="'a'", other="request.GET['q']").is_browser


@pytest.mark.parametrize("asked", ["one", "other"])
def test_functions_that_return_what_each_other_makes_have_an_end(asked):
    """Whichever is asked first, what either of them makes is known."""
    work = """
    class Quiet:
        def read(self, url):
            pass
    class Web:
        def read(self, url):
            sink(url)
    def one(n):
        if n:
            return other(n)
        return Quiet()
    def other(n):
        if n:
            return one(n)
        return Web()
    """
    first = "other" if asked == "one" else "one"
    view = f"{VIEW}work.{first}(1).read('a')\n    work.{asked}(1).read(request.GET['q'])"
    assert sunk("work.Web.read", views=view, work=dedent(work)).is_browser


def test_functions_that_return_rows_of_several_models_have_a_type_each():
    work = """
    from django.db import models
    class Note(models.Model):
        title = models.CharField(max_length=9, choices={"a": "A"})
        def show(self, url):
            pass
    class Page(models.Model):
        title = models.CharField(max_length=9, choices={"a": "A"})
        def show(self, url):
            sink(url)
    def found(n):
        if n:
            return Note(title="a")
        return Page(title="a")
    """
    view = f"{VIEW}work.found(1).show(request.GET['q'])"
    assert sunk("work.Page.show", views=view, work=dedent(work)).is_browser


def test_an_object_that_is_made_of_what_it_asks_for_has_an_end():
    """Its `__getattr__` asks for what only `__getattr__` would find."""
    work = """
    class Outer:
        def __init__(self):
            self._inner = self.made()
        def __getattr__(self, name):
            return getattr(self._inner, name)
    """
    view = VIEW + "sink(work.Outer().read(request.GET['q']))"
    assert not sunk("views.view", views=view, work=dedent(work)).is_browser


def _sunk(way, sent, other):
    lines = dedent(way.view).strip().replace("SENT", sent).replace("OTHER", other)
    view = VIEW.removesuffix("    ") + indent(lines, "    ")
    return sunk(way.sinks_in, views=view, work=IMPORTS + dedent(way.work))

"""Settings are read per environment, and what cannot be told stays unknown."""

import pytest
from tests.site.linked import site_of

from pickguard.base.spans import unpack
from pickguard.site.symbols.tree_paths import TreePath
from pickguard.site.symbols.unknown import UNKNOWN, FromEnvironment

HEAD = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["django.contrib.auth"]\n'


def _production(files):
    return site_of(files).production


def _value(text, name):
    return _production({"config/settings.py": HEAD + text}).values[name].value


def test_production_overrides_the_base():
    settings = _production(
        {
            "config/settings/__init__.py": "",
            "config/settings/base.py": HEAD + "DEBUG = True\nX = [1]\n",
            "config/settings/local.py": "from .base import *\nDEBUG = True\n",
            "config/settings/production.py": "from .base import *\nDEBUG = False\nX += [2]\n",
        }
    )
    assert settings.module.path == "config/settings/production.py"
    assert settings.get("DEBUG") is False
    assert settings.values["DEBUG"].module.path == "config/settings/production.py"
    assert settings.get("X") == [1, 2]


def test_production_that_developers_build_upon():
    """`local.py` begins with what `prod.py` says, and changes it for itself."""
    settings = _production(
        {
            "config/settings/prod.py": HEAD + "DEBUG = False\n",
            "config/settings/local.py": "from config.settings.prod import *\nDEBUG = True\n",
            "config/settings/docker.py": "from config.settings.local import *\n",
        }
    )
    assert settings.module.path == "config/settings/prod.py"
    assert settings.get("DEBUG") is False


@pytest.mark.parametrize(
    ("text", "is_production"),
    [
        ('MIDDLEWARE = []\nINSTALLED_APPS = ["polls"]\n', False),
        ('SECRET_KEY = "{{ secret_key }}"\nROOT_URLCONF = "urls"\n', False),
        ('SECRET_KEY = "x"\nINSTALLED_APPS = ["polls"]\nMIDDLEWARE_CLASSES = []\n', False),
        ('SECRET_KEY = "x"\nROOT_URLCONF = "urls"\n', True),
        ('SECRET_KEY = "x"\nROOT_URLCONF = "polls.test_urls"\n', False),
        ('SECRET_KEY = "x"\nROOT_URLCONF = "polls.tests.urls"\n', False),
        ('SECRET_KEY = "x"\nROOT_URLCONF = "contests.urls"\n', True),
        ("from .elsewhere import *\nMIDDLEWARE = []\nINSTALLED_APPS = []\n", True),
    ],
)
def test_settings_that_serve_no_page(text, is_production):
    """Those that migrations, a tool or tests are run with, and what `startproject` fills in."""
    assert _production({"polls/settings_migrations.py": text}).is_production is is_production


@pytest.mark.parametrize("name", ["local", "doc_settings", "settings_docs", "docs", "dockerdev"])
def test_settings_for_other_uses_are_not_production(name):
    """Neither those of a developer nor those that documentation is built with."""
    files = {f"config/{name}.py": HEAD, "config/base.py": HEAD}
    assert _production(files).module.path == "config/base.py"


def test_what_takes_an_item_out_decides():
    """A list of another file is not where the item was taken out."""
    settings = _production(
        {
            "config/settings/base.py": HEAD + "X = [1,\n     2]\n",
            "config/settings/production.py": "from .base import *\n\nX.remove(1)\n",
        }
    )
    setting = settings.values["X"]
    assert (setting.module.path, unpack(setting.span).line) == ("config/settings/production.py", 3)
    assert settings.get("X") == [2]


def test_production_comes_before_one_platform_of_several():
    """`heroku` beside `production` is one place to run it; alone it is production."""
    base = {"config/settings/base.py": HEAD}
    heroku = {"config/settings/heroku.py": "from .base import *\n"}
    named = {"config/settings/production.py": "from .base import *\n"}
    settings = _production(base | heroku | named)
    assert settings.module.path == "config/settings/production.py"
    assert _production(base | heroku).module.path == "config/settings/heroku.py"


def test_wsgi_names_production():
    settings = _production(
        {
            "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "one")\n',
            "wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "two")\n',
            "one.py": HEAD,
            "two.py": HEAD,
        }
    )
    assert settings.module.path == "two.py"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('import os\nX = os.environ["A_B"]', FromEnvironment("A_B")),
        ('import os\nX = os.environ.get("A_B", "1")', FromEnvironment("A_B", "1")),
        ('import os\nX = os.getenv("A_B") == "1"', FromEnvironment("A_B", False)),
        ('env = environ.Env()\nX = env.bool("A_B", default=False)', FromEnvironment("A_B", False)),
        ('env = environ.Env(A_B=(bool, True))\nX = env("A_B")', FromEnvironment("A_B", True)),
        ('env = Env(A_B=(list, []), C=(int, 1))\nX = env.list("A_B")', FromEnvironment("A_B", [])),
        (
            'env = Env(A_B=(bool, True))\nX = env("A_B", default=False)',
            FromEnvironment("A_B", False),
        ),
        ('env = Env(A_B=bool)\nX = env("A_B")', FromEnvironment("A_B")),
        ("match A:\n    case 1:\n        X = 2\n    case _:\n        X = 2", 2),
        ("match A:\n    case 1:\n        X = 2\n    case _:\n        X = 3", UNKNOWN),
        ("A = 'x'\nmatch A:\n    case 'y':\n        X = 2\n    case 'x' | 'z':\n        X = 3", 3),
        ("A = 4\nmatch A:\n    case 4 if B:\n        X = 2\n    case 4:\n        X = 2", 2),
        (
            'from decouple import config\nX = config("A_B", default="on", cast=bool)',
            FromEnvironment("A_B", True),
        ),
        ('import os\nX = bool(int(os.getenv("A_B", "0")))', FromEnvironment("A_B", False)),
        ('import os\nX = os.getenv("A_B", "a,b").split(",")', FromEnvironment("A_B", ["a", "b"])),
        (
            'import os\nON = os.getenv("A_B", "") == "1"\nX = 3600 if ON else 0',
            FromEnvironment("A_B", 0),
        ),
        ("X = getattr(configuration, 'X', 5)", FromEnvironment("configuration.X", 5)),
        ("X = getattr(configuration, 'X')", FromEnvironment("configuration.X")),
        ("X = getattr(settings, 'Y', 5)", UNKNOWN),
        ("X = 60 * 60 * 24", 86400),
        ('X = ["a"] + [*("b",)]', ["a", "b"]),
        ('Y = "a"\nX = f"{Y}/b"', "a/b"),
        ("X = open('x').read()", UNKNOWN),
        ("X = []\nX.append(1)\nX.extend([2])\nX.insert(0, 3)", [3, 1, 2]),
        ('X = {"a": {}}\nX["a"]["b"] = 1', {"a": {"b": 1}}),
        ("DEBUG = False\nX = 1\nif DEBUG:\n    X = 2", 1),
        ("X = 1\nif unknown():\n    X = 2", UNKNOWN),
        ("if unknown():\n    X = 2", UNKNOWN),
        ("try:\n    X = 1\nexcept ImportError:\n    X = 2", 1),
        ('Y = ["a", "", "b"]\nX = [y for y in Y if y]', ["a", "b"]),
        ('X = [f"{y}.c" for y in ("a", unknown())]', ["a.c", UNKNOWN]),
        ('X = [y for y in ["a", "b"] if y in unknown()]', [UNKNOWN, UNKNOWN]),
        ("X = [y for y in unknown()]", UNKNOWN),
        ('X = "abc"[0]', "a"),
        ("globals().update(X=1)", 1),
        ("Y = dict(X=1)\nglobals().update(Y)", 1),
        ('globals()["X"] = 1', 1),
    ],
)
def test_values(text, expected):
    assert _value(text, "X") == expected


def test_hostile_values_are_bounded():
    assert _value('X = "%1000000000d" % 1', "X") is not None
    assert _value("X = [0] * 10_000_000_000", "X") is UNKNOWN
    assert _value('X = "a".join(["{}" * 9])', "X") is UNKNOWN
    listed = ", ".join("1" * 199)
    loops = "Y"
    for depth in range(9):
        loops = f"[{loops} for y{depth} in Y]"
    assert _value(f"Y = [{listed}]\nX = {loops}", "X") is not None


@pytest.mark.parametrize("last", [2, 3])
def test_chains_of_many_conditions_end(last):
    """However many ways there are, none is read inside of another."""
    asked = "A = elsewhere()\n"
    elifs = "".join(f"elif A == '{i}':\n    X = 2\n" for i in range(900))
    cases = "".join(f"    case '{i}':\n        X = 2\n" for i in range(3000))
    for text in (
        f"{asked}if A == 'a':\n    X = 2\n{elifs}else:\n    X = {last}\n",
        f"{asked}match A:\n{cases}    case _:\n        X = {last}\n",
    ):
        assert _value(text, "X") == (2 if last == 2 else UNKNOWN)


def test_settings_that_import_each_other_end():
    files = {
        "a/settings.py": HEAD + "from b.settings import *\n",
        "b/settings.py": "from a.settings import *\n",
    }
    assert _production(files) is not None


def test_a_missing_star_import_makes_the_settings_incomplete():
    assert not _production({"settings.py": HEAD + "from .secret import *\n"}).complete


@pytest.mark.parametrize(
    ("text", "is_complete"),
    [
        ("globals().update(read_secrets())", False),
        ("for name in names():\n    globals()[name] = 1", False),
        ("globals().update({'X': read()})", True),
        ("found = {}\nfound.update(read())", True),
    ],
)
def test_names_that_are_set_by_what_nobody_can_read_make_the_settings_incomplete(text, is_complete):
    found = _production({"settings.py": HEAD + text + "\n"})
    assert found.complete is is_complete


def test_a_reusable_app_has_no_settings():
    assert _production({"app/models.py": "x = 1\n"}) is None


def test_a_setting_that_is_a_property_is_set_to_what_nobody_knows():
    """Of django-configurations: no middleware is missing there."""
    settings = _production(
        {
            "shop/settings.py": """
                from configurations import Configuration
                class Site(Configuration):
                    SECRET_KEY = "x"
                    ROOT_URLCONF = "shop.urls"
                    OWN = ["django.middleware.csrf.CsrfViewMiddleware"]
                    @property
                    def MIDDLEWARE(self):
                        return self.OWN + self.others()
                    def others(self):
                        return []
            """,
        }
    )
    assert settings.values["MIDDLEWARE"].value is UNKNOWN
    assert "others" not in settings.values


def test_settings_that_are_classes():
    """django-configurations: one environment a class, with what it inherits and its own values."""
    files = {
        "shop/__init__.py": "",
        "shop/common.py": """
            from configurations import Configuration, values
            class Common(Configuration):
                SECRET_KEY = values.SecretValue()
                DEBUG = values.BooleanValue(True)
                ROOT_URLCONF = "shop.urls"
                INSTALLED_APPS = ["shop"]
                MIDDLEWARE = ["a"]
        """,
        "shop/settings.py": """
            from configurations import values
            from .common import Common
            class Dev(Common):
                pass
            class Prod(Common):
                DEBUG = False
                MIDDLEWARE = Common.MIDDLEWARE + ["b"]
                ALLOWED_HOSTS = values.ListValue(["example.org"], environ_name="HOSTS")
        """,
    }
    settings = site_of(files).settings
    assert [(s.name, s.is_production) for s in settings] == [
        ("shop.settings.Prod", True),
        ("shop.settings.Dev", False),
    ]
    production, development = settings
    assert production.get("DEBUG") is False
    assert production.get("MIDDLEWARE") == ["a", "b"]
    assert production.values["ALLOWED_HOSTS"].value == FromEnvironment("HOSTS", ["example.org"])
    assert production.get("SECRET_KEY") is UNKNOWN
    assert development.values["DEBUG"].value == FromEnvironment("DJANGO_DEBUG", True)
    assert development.get("ROOT_URLCONF") == "shop.urls"


def test_settings_whose_key_says_that_they_are_for_tests():
    """Without hosts they serve one machine, and such a key keeps no secret."""
    files = {
        "main/__init__.py": "",
        "main/settings.py": """
            SECRET_KEY = "unittests-fake-key"
            DEBUG = True
            INSTALLED_APPS = ["notes"]
            ROOT_URLCONF = "main.urls"
        """,
    }
    (settings,) = site_of(files).settings
    assert not settings.is_production
    text = files["main/settings.py"].replace("unittests-fake-key", "latest-0f3")
    (settings,) = site_of({**files, "main/settings.py": text}).settings
    assert settings.is_production


@pytest.mark.parametrize(
    ("urls", "hosts", "is_production"),
    [
        ('path("admin/", admin.site.urls)', "[]", False),
        ('path("admin/", admin.site.urls), path("", include("notes.urls"))', "[]", True),
        ('path("admin/", admin.site.urls)', '["localhost", "127.0.0.1"]', False),
        ('path("admin/", admin.site.urls)', '["localhost", "example.org"]', True),
        ('path("admin/", admin.site.urls)', '["example.org"]', True),
        ('path("admin/", admin.site.urls)', 'env.list("HOSTS", default=[])', True),
        ("", "[]", True),
    ],
)
def test_bare_settings_that_route_nothing_but_the_admin(urls, hosts, is_production):
    """What `startproject` wrote, around an app that others install, serves the machine of who makes it."""
    files = {
        "main/__init__.py": "",
        "main/settings.py": f"""
            import environ
            env = environ.Env()
            SECRET_KEY = "django-insecure-x"
            DEBUG = True
            ALLOWED_HOSTS = {hosts}
            INSTALLED_APPS = ["django.contrib.admin", "notes"]
            ROOT_URLCONF = "main.urls"
        """,
        "main/urls.py": f"""
            from django.contrib import admin
            from django.urls import include, path
            urlpatterns = [{urls}]
        """,
    }
    (settings,) = site_of(files).settings
    assert settings.is_production is is_production
    packed = {"setup.py": "from setuptools import setup\nsetup(name='notes')"}
    (settings,) = site_of({**files, **packed}).settings
    assert settings.is_production is (hosts != "[]" and is_production)
    (settings,) = site_of({**files, **packed}, "main.settings").settings
    assert settings.is_production, "the user has named it"


def test_settings_that_an_object_reads_from_the_environment():
    """pydantic-settings: the variable's name with its prefix or alias, and the default."""
    files = {
        "shop/__init__.py": "",
        "shop/environment.py": """
            from pydantic import Field
            from pydantic_settings import BaseSettings, SettingsConfigDict
            class Base(BaseSettings):
                debug: bool = False
            class Environment(Base):
                model_config = SettingsConfigDict(env_prefix="SHOP_")
                secret_key: str
                hosts: list[str] = Field(default=["example.org"], alias="HOSTS")
                other: str = Field(...)
            environment = Environment()
        """,
        "shop/settings.py": HEAD
        + """
from shop.environment import environment
SECRET_KEY = environment.secret_key
DEBUG = environment.debug
ALLOWED_HOSTS = environment.hosts
X = environment.other
Y = environment.nothing
""",
    }
    production = _production(files)
    values = {name: production.values[name].value for name in ("SECRET_KEY", "DEBUG", "X", "Y")}
    assert values == {
        "SECRET_KEY": FromEnvironment("SHOP_SECRET_KEY"),
        "DEBUG": FromEnvironment("SHOP_DEBUG", False),
        "X": FromEnvironment("SHOP_OTHER"),
        "Y": UNKNOWN,
    }
    assert production.values["ALLOWED_HOSTS"].value == FromEnvironment("HOSTS", ["example.org"])


def test_modules_that_import_from_many_others_are_read_once():
    """Settings may import from code of the project, where each module imports from all others."""
    count = 16
    names = [f"m{number}" for number in range(count)]
    files = {
        f"shop/{name}.py": "\n".join(
            [f"from shop.{other} import X as X_{other}" for other in names if other != name]
            + ["X = 1"]
        )
        for name in names
    }
    files |= {"shop/__init__.py": "", "shop/settings.py": HEAD + "from shop.m0 import X\n"}
    assert _production(files).get("X") == 1


def test_a_dictionary_keeps_what_both_ways_agree_on():
    """`if DEBUG: REST_FRAMEWORK["X"] = …` changes one key, the others still hold."""
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": HEAD
        + """
import os
REST_FRAMEWORK = {"CLASSES": ["a"], "PAGE": 1}
if something():
    REST_FRAMEWORK["PAGE"] = 2
    REST_FRAMEWORK["MORE"] = 3
""",
    }
    value = _production(files).values["REST_FRAMEWORK"].value
    assert value == {"CLASSES": ["a"], "PAGE": UNKNOWN, "MORE": UNKNOWN}


def test_paths_are_told_below_the_root_and_not_above():
    """Made of `__file__`; what leads out of the tree is unknown."""
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": HEAD
        + """
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
MEDIA_ROOT = BASE_DIR / "media"
LOGS = BASE_DIR.parent / "logs"
OUT = BASE_DIR / ".." / "x"
""",
    }
    production = _production(files)
    assert production.get("BASE_DIR") == TreePath("")
    assert production.get("MEDIA_ROOT") == TreePath("media")
    assert (production.get("LOGS"), production.get("OUT")) == (UNKNOWN, UNKNOWN)


def test_an_item_of_a_list_is_set_where_it_stands():
    """`TEMPLATES[0]["OPTIONS"]["debug"] = True` changes the first engine alone; no index too far."""
    files = {
        "shop/__init__.py": "",
        "shop/settings.py": HEAD
        + """
TEMPLATES = [{"NAME": "a", "OPTIONS": {"x": 1}}, {"NAME": "b"}]
TEMPLATES[0]["OPTIONS"]["debug"] = True
TEMPLATES[-1]["NAME"] = "c"
TEMPLATES[7]["NAME"] = "d"
""",
    }
    assert _production(files).get("TEMPLATES") == [
        {"NAME": "a", "OPTIONS": {"x": 1, "debug": True}},
        {"NAME": "c"},
    ]


@pytest.mark.parametrize(
    ("around", "in_branch"),
    [
        ("with suppress(ImportError):\n    import toolbar\n    {}\n", True),
        ("try:\n    import toolbar\n    {}\nexcept (ImportError, OSError):\n    pass\n", True),
        ("try:\n    {}\nexcept OSError:\n    pass\n", False),
        ("with lock():\n    import toolbar\n    {}\n", False),
        ("{}\n", False),
    ],
)
def test_what_is_set_only_where_a_package_is_installed(around, in_branch):
    """Production may well not have it, so that nobody can be sure."""
    text = HEAD + around.format("INSTALLED_APPS.append('toolbar')")
    setting = _production({"config/settings.py": text}).values["INSTALLED_APPS"]
    assert "toolbar" in setting.value
    assert setting.in_branch is in_branch


def test_settings_that_are_put_together_of_files():
    """django-split-settings runs each file in the names of the module that includes it."""
    settings = _production(
        {
            "config/settings/__init__.py": """
                from os import environ
                from split_settings.tools import include, optional
                environ.setdefault("DJANGO_ENV", "development")
                STAGE = environ["DJANGO_ENV"]
                parts = (
                    "components/*.py",
                    f"environments/{STAGE}.py",
                    optional("environments/local.py"),
                )
                include(*parts)
            """,
            "config/settings/components/common.py": HEAD + "DEBUG = True\n",
            "config/settings/components/more.py": 'INSTALLED_APPS += ["shop"]\n',
            "config/settings/environments/development.py": "DEBUG = True\n",
            "config/settings/environments/production.py": "DEBUG = False\n",
            "manage.py": """
                import os
                os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
            """,
        }
    )
    assert settings.module.path == "config/settings/__init__.py"
    assert settings.get("INSTALLED_APPS") == ["django.contrib.auth", "shop"]
    assert settings.get("DEBUG") is False
    assert settings.values["DEBUG"].module.path == "config/settings/environments/production.py"
    assert settings.complete


def test_a_list_of_files_that_grows():
    settings = _production(
        {
            "config/settings.py": """
                from split_settings.tools import include, optional
                parts = ["base.py"]
                for path in ("local.py", "/etc/site/local.py"):
                    parts.append(optional(path))
                include(*parts)
            """,
            "config/base.py": HEAD,
        }
    )
    assert settings.module.path == "config/settings.py"
    assert settings.get("INSTALLED_APPS") == ["django.contrib.auth"]
    assert not settings.complete  # whoever installs the site may add more


def test_a_list_that_the_environment_may_replace_grows_in_a_branch():
    text = """
conf = read()
X = conf.pop("APPS", ["a"])
if conf.has("b"):
    X.append("b")
Y = tuple(X)
if conf.has("c"):
    Y = tuple(["c", *Y])
"""
    assert _value(text, "X") == ["a", "b"]
    assert _value(text, "Y") == ["c", "a", "b"]


def test_a_plain_function_of_the_sites_own_is_followed():
    files = {
        "config/settings.py": HEAD
        + """
import configuration
from config.text import doubled, looped, trailing_slash
X = trailing_slash(getattr(configuration, "BASE_PATH", ""))
Y = trailing_slash("/shop/")
A = trailing_slash(text="shop")
B = looped("shop")
C = doubled("shop")
""",
        "config/text.py": """
            END = "/"
            def trailing_slash(text, end=END):
                '''Put a slash behind it.'''
                if not text:
                    return ""
                plain = text.strip("/")
                return f"{plain}{end}"
            def looped(text):
                return looped(text)
            def doubled(text):
                for one in text:
                    text = text + one
                return text
        """,
    }
    values = _production(files).values
    found = [values[name].value for name in "XYABC"]
    assert found == ["", "shop/", "shop/", UNKNOWN, UNKNOWN]


def test_what_a_function_of_the_sites_own_returns_where_a_variable_is_not_set():
    files = {
        "config/settings.py": HEAD
        + """
from config.read import asked, needed, or_else, put_off
X = or_else("KEY")
Y = or_else("OTHER_KEY", "y")
A = asked()
B = needed("KEY")
C = put_off("KEY")
D = or_else("KEY", None)
""",
        "config/read.py": """
            import os
            def or_else(name, default="x"):
                try:
                    return os.environ[name]
                except KeyError:
                    return default
            def asked():
                if "ASKED_KEY" in os.environ:
                    return os.environ["ASKED_KEY"]
                return "a"
            def needed(name):
                try:
                    return os.environ[name]
                except KeyError:
                    raise ValueError(name)
            def put_off(name):
                try:
                    return os.environ[name]
                except KeyError:
                    print(name)
        """,
    }
    values = _production(files).values
    assert values["X"].value == FromEnvironment("KEY", "x")
    assert values["Y"].value == FromEnvironment("OTHER_KEY", "y")
    assert values["A"].value == FromEnvironment("ASKED_KEY", "a")
    assert not any(values[name].value.has_default for name in "BCD")


def test_a_text_that_is_changed_where_it_is_not_empty():
    text = """
BASE = ENV.str("BASE_PATH", default="")
if len(BASE) > 0:
    BASE = f"{BASE.strip('/')}/"
FIXED = "shop"
if len(FIXED) > 0:
    FIXED = f"{FIXED}/"
X = len(unknown())
"""
    values = _production({"config/settings.py": HEAD + text}).values
    assert values["BASE"].value == FromEnvironment("BASE_PATH", "")
    assert values["FIXED"].value == "shop/"
    assert values["X"].value is UNKNOWN


@pytest.mark.parametrize(
    ("branches", "cookie"),
    [
        ('if STAGE == "dev":\n    SAFE = False\nelif STAGE == "prod":\n    SAFE = True\n', True),
        ('if STAGE == "Production":\n    SAFE = True\nelse:\n    SAFE = False\n', True),
        ('if STAGE != "production":\n    SAFE = False\nelse:\n    SAFE = True\n', True),
        ('if STAGE in ("staging", "live"):\n    SAFE = True\nelse:\n    SAFE = False\n', True),
        ('if STAGE == "dev":\n    SAFE = False\nelse:\n    SAFE = True\n', False),
        ('if HOST == "prod":\n    SAFE = True\nelse:\n    SAFE = False\n', False),
    ],
)
def test_the_branch_of_production_is_that_which_names_it(branches, cookie):
    """Where no branch names it, what holds without the variable decides."""
    head = 'import os\nSTAGE = os.environ.get("STAGE", "dev")\nHOST = "here"\n'
    assert _value(head + branches, "SAFE") is cookie


@pytest.mark.parametrize(
    ("folder", "is_production"), [("notes_tests", False), ("sandbox", False), ("protests", True)]
)
def test_settings_in_a_folder_where_an_app_is_tried_out(folder, is_production):
    """The app that others install stands beside it."""
    files = {
        "setup.py": "from setuptools import setup\nsetup(name='notes')",
        "notes/__init__.py": "",
        f"{folder}/__init__.py": "",
        f"{folder}/settings.py": HEAD,
    }
    assert [s.is_production for s in site_of(files).settings] == [is_production]


def test_what_only_production_imports_counts():
    settings = _production(
        {
            "config/settings.py": HEAD
            + """
import os
SAFE = False
STAGE = os.environ.get("STAGE", "dev")
if STAGE == "dev":
    MEDIA_URL = "/media/"
elif STAGE == "prod":
    from .server_settings import *
""",
            "config/__init__.py": "",
            "config/server_settings.py": "SAFE = True\n",
        }
    )
    assert settings.get("SAFE") is True

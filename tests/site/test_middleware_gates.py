"""Middlewares of a project that ask for a login, followed for one route at a time."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest
from tests.site.linked import site_of

SETTINGS = """\
SECRET_KEY = "a"
ROOT_URLCONF = "urls"
INSTALLED_APPS = []
MIDDLEWARE = ["gate.Gate"]
CLOSED = True
OPEN_NAMES = ["about"]
"""
URLS = """\
from django.urls import include, path
import views
shop = ([path("basket/", views.v, name="basket"), path("<slug:item>/", views.v, name="item")], "shop")
urlpatterns = [
    path("about/", views.v, name="about"),
    path("shop/", include(shop)),
    path("<slug:page>/", views.v, name="page"),
]
"""
ABOUT, BASKET, ITEM, PAGE = "about", "shop:basket", "shop:item", "page"


def logins(middleware: str) -> dict[str, bool | None]:
    """Return what each route asks for, by name."""
    files = {
        "settings.py": SETTINGS,
        "urls.py": URLS,
        "views.py": "def v(request, **words):\n    pass\n",
        "gate.py": middleware,
    }
    return {str(route.name): view.login for route, view in site_of(files).routes}


def gate(code: str) -> dict[str, bool | None]:
    """Return what a class answers whose `__call__` has this body."""
    head = "class Gate:\n    open_names = ('about', 'basket')\n    def __call__(self, request):\n"
    return logins(
        head + indent(dedent(code), " " * 8) + "        return self.get_response(request)\n"
    )


STOP = "if not request.user.is_authenticated:\n    return redirect('login')\n"
PASS = "return self.get_response(request)\n"
ALL, NONE = {ABOUT, BASKET, ITEM, PAGE}, set[str]()


@pytest.mark.parametrize(
    ("code", "stopped", "open_"),
    [
        (STOP, ALL, NONE),
        ("if request.user.is_anonymous:\n    raise PermissionDenied\n", ALL, NONE),
        ("if request.user.is_authenticated:\n    return again(request)\n", NONE, ALL),
        (f"if not request.path.startswith('/shop'):\n    {PASS}{STOP}", {BASKET, ITEM}, {ABOUT}),
        (
            f"if request.path_info.lstrip('/') == 'about/':\n    {PASS}{STOP}",
            {BASKET, ITEM},
            {ABOUT},
        ),
        (
            f"if request.path in ('/about/', '/shop/basket/'):\n    {PASS}{STOP}",
            NONE,
            {ABOUT, BASKET},
        ),
        (
            f"name = resolve(request.path).url_name\nif name in self.open_names:\n    {PASS}{STOP}",
            {ITEM, PAGE},
            {ABOUT, BASKET},
        ),
        (
            f"if request.resolver_match.view_name not in settings.OPEN_NAMES:\n{indent(STOP, '    ')}",
            {BASKET, ITEM, PAGE},
            {ABOUT},
        ),
        (
            f"if resolve(request.path).namespace == 'shop':\n{indent(STOP, '    ')}",
            {BASKET, ITEM},
            {ABOUT, PAGE},
        ),
        (f"if not settings.CLOSED:\n    {PASS}{STOP}", ALL, NONE),
        (
            "if settings.CLOSED and not request.user.is_staff:\n    return closed()\n" + STOP,
            ALL,
            NONE,
        ),
        (f"if not flag(request):\n    {PASS}{STOP}", NONE, NONE),
        (
            """
            response = self.get_response(request)
            if request.user.is_authenticated:
                response = marked(response)
            return response
            """,
            NONE,
            ALL,
        ),
        (
            f"""
            allow = True
            if request.user.is_anonymous and request.path != '/about/':
                allow = False
            if allow:
                {PASS.strip()}
            return redirect('login')
            """,
            {BASKET, ITEM},
            {ABOUT},
        ),
        (
            f"""
            allow = not request.user.is_anonymous
            if not allow:
                for known in OPEN:
                    if known(request):
                        allow = True
                        break
            if allow:
                {PASS.strip()}
            return redirect('login')
            """,
            NONE,
            NONE,
        ),
        ("for open in OPEN:\n    if open.match(request.path):\n        " + PASS + STOP, NONE, NONE),
    ],
)
def test_a_gate_is_followed_for_each_route(code, stopped, open_):
    """What neither the person nor the route decides may go both ways: then nobody can tell."""
    assert gate(code) == {
        name: True if name in stopped else False if name in open_ else None for name in ALL
    }


def test_a_gate_may_be_a_function_or_a_step_of_its_own():
    function = """
    def Gate(get_response):
        def middleware(request):
            if not request.user.is_authenticated:
                return redirect("login")
            return get_response(request)
        return middleware
    """
    step = """
    class Gate(MiddlewareMixin):
        def process_view(self, request, view, args, kwargs):
            if request.user.is_authenticated:
                return None
            return redirect("login")
    """
    for code in (function, step):
        assert set(logins(dedent(code)).values()) == {True}


def test_a_gate_may_ask_a_function_of_the_project():
    code = """
    def may_enter(user):
        return bool(user and user.is_authenticated and user.is_staff)

    class Gate:
        def __call__(self, request):
            if may_enter(request.user){}:
                return self.get_response(request)
            if request.user.is_authenticated:
                log_out(request)
                return redirect("goodbye")
            return redirect("login")
    """
    assert set(logins(dedent(code).format("")).values()) == {True}
    assert set(logins(dedent(code).format(" or is_open(request)")).values()) == {None}
    assert set(logins(dedent(code).replace("if may_enter(", "if known(").format("")).values()) == {
        None
    }


def test_a_gate_that_stops_everyone_is_not_called_a_login():
    assert set(gate("return redirect_to_login('/')\n").values()) == {None}


EXEMPT = """\
class LoginRequiredMiddleware:
    def __call__(self, request):
        return self.get_response(request)
    def process_view(self, request, view_func, view_args, view_kwargs):
        if request.user.is_authenticated:
            return None
        for path in ["/admin", "/accounts"]:
            if request.path.startswith(get_script_prefix().rstrip("/") + path):
                return None
        if getattr(view_func, "open_to_all", False):
            return None
        if getattr(getattr(view_func, "view_class", None), "is_public", False):
            return None
        return login_required(view_func)(request, *view_args, **view_kwargs)
"""
EXEMPTIONS = """\
def login_exempt(view):
    view.open_to_all = True
    return view
def other(view):
    view.seen = True
    return view
"""


def test_a_middleware_that_reads_what_decorators_wrote_on_views():
    """A site's own gate by the name of Django's is followed; loops over constants are, too."""
    site = site_of(
        {
            "settings.py": SETTINGS.replace("gate.Gate", "gate.LoginRequiredMiddleware"),
            "gate.py": EXEMPT,
            "exempt.py": EXEMPTIONS,
            "views.py": """
                from django.views.generic import View
                from exempt import login_exempt, other
                @login_exempt
                def icon(request): ...
                @other
                def seen(request): ...
                def hook(request): ...
                hook.open_to_all = True
                def plain(request): ...
                class Public(View):
                    is_public = True
                    def get(self, request): ...
                class Private(View):
                    is_public = False
                    def get(self, request): ...
            """,
            "urls.py": """
                from django.urls import path
                import views
                from exempt import login_exempt
                urlpatterns = [
                    path("icon/", views.icon, name="icon"),
                    path("seen/", views.seen, name="seen"),
                    path("hook/", views.hook, name="hook"),
                    path("plain/", views.plain, name="plain"),
                    path("wrapped/", login_exempt(views.plain), name="wrapped"),
                    path("public/", views.Public.as_view(), name="public"),
                    path("private/", views.Private.as_view(), name="private"),
                    path("accounts/login/", views.plain, name="login"),
                ]
            """,
        }
    )
    found = {route.name: view.login for route, view in site.routes}
    closed = {"seen", "plain", "private"}
    assert found == {name: name in closed for name in found}
    assert len(found) == 8


READS = """\
from django.conf import settings
class Gate:
    def __init__(self, get_response):
        self.get_response = get_response
        self.open_addresses = getattr(settings, "OPEN_ADDRESSES", ())
    def __call__(self, request):
        return self.get_response(request)
    def process_view(self, request, view_func, view_args, view_kwargs):
        for address in self.open_addresses:
            if request.path.startswith(address):
                return None
        view_class = getattr(view_func, "view_class", None)
        if view_class and not getattr(view_class, "login_required", True):
            return None
        if request.user.is_authenticated:
            return None
        return redirect_to_login(request.path)
"""


def test_a_middleware_that_keeps_a_setting_and_asks_what_is_closed():
    """What `__init__` sets is known, and an attribute that nobody has set is what the question says."""
    site = site_of(
        {
            "settings.py": SETTINGS + "OPEN_ADDRESSES = ['/api/']\n",
            "gate.py": READS,
            "views.py": """
                from django.views.generic import View
                class Open(View):
                    login_required = False
                class Closed(View): ...
            """,
            "urls.py": """
                from django.urls import path
                import views
                urlpatterns = [
                    path("", views.Closed.as_view(), name="home"),
                    path("style/", views.Open.as_view(), name="style"),
                    path("api/<int:pk>/", views.Closed.as_view(), name="api"),
                    path("<slug:page>/", views.Closed.as_view(), name="page"),
                ]
            """,
        }
    )
    found = {route.name: view.login for route, view in site.routes}
    assert found == {"home": True, "style": False, "api": False, "page": None}

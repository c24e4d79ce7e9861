"""Routes are what Django would resolve: includes, namespaces, routers, decorators, the admin."""

import pytest
from tests.site.linked import linked, site_of

VIEWS = """
    from django.contrib.auth.decorators import login_required, permission_required
    from django.contrib.auth.mixins import LoginRequiredMixin
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_POST, require_http_methods
    from django.views.generic import ListView, UpdateView, View
    from shop.gate import staff_only

    def plain(request): ...
    @login_required
    def private(request): ...
    @permission_required("shop.change")
    def allowed(request): ...
    @csrf_exempt
    @require_POST
    def hook(request): ...
    @require_http_methods(["GET", "PUT"])
    def two(request): ...
    @staff_only
    def own_guard(request): ...
    class Listing(LoginRequiredMixin, ListView): ...
    class Answer(View):
        def get(self, request): ...
        def delete(self, request): ...
"""
GATE = """
    from django.core.exceptions import PermissionDenied
    def staff_only(view):
        def inner(request):
            if not request.user.is_staff:
                raise PermissionDenied
            return view(request)
        return inner
"""
SETTINGS = """
    SECRET_KEY = "x"
    DEBUG = False
    ROOT_URLCONF = "urls"
    INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "shop"]
    MIDDLEWARE = ["django.middleware.csrf.CsrfViewMiddleware"]
"""


def _routes(urls, **more):
    files = {
        "settings.py": SETTINGS,
        "urls.py": urls,
        "shop/__init__.py": "",
        "shop/views.py": VIEWS,
    }
    files |= {"shop/gate.py": GATE}
    files |= {name.replace("__", "/") + ".py": text for name, text in more.items()}
    site = site_of(files)
    return {route.route: (route, view) for route, view in site.routes if not route.debug_only}


def _view(expression):
    urls = f"from django.urls import path\nfrom shop import views\nurlpatterns = [path('x/', {expression})]\n"
    return _routes(urls)["x/"][1]


@pytest.mark.parametrize(
    ("view", "methods", "login", "csrf"),
    [
        ("views.plain", None, False, True),
        ("views.private", None, True, True),
        ("views.allowed", None, True, True),
        ("views.hook", ("POST",), False, False),
        ("views.two", ("GET", "PUT"), False, True),
        ("views.own_guard", None, True, True),
        ("views.Listing.as_view()", ("GET",), True, True),
        ("views.Answer.as_view()", ("GET", "DELETE"), False, True),
        ("views.login_required(views.plain)", None, True, True),
        ("views.csrf_exempt(views.Answer.as_view())", ("GET", "DELETE"), False, False),
        ("lambda request: None", None, None, True),
    ],
)
def test_what_stands_in_front_of_a_view(view, methods, login, csrf):
    found = _view(view)
    assert (found.methods, found.login, found.csrf) == (methods, login, csrf)


def test_includes_and_namespaces():
    found = _routes(
        """
        from django.urls import include, path
        urlpatterns = [
            path("shop/", include("shop.urls")),
            path("again/", include("shop.urls", namespace="again")),
            path("tuple/", include(([path("in/", lambda r: None, name="in")], "app"))),
        ]
        """,
        shop__urls="""
        from django.urls import path
        from shop import views
        app_name = "shop"
        urlpatterns = [path("<int:pk>/", views.plain, name="one")]
        urlpatterns += [path("more/", views.private, name="more")]
        """,
    )
    assert {route: item[0].name for route, item in found.items()} == {
        "shop/<int:pk>/": "shop:one",
        "shop/more/": "shop:more",
        "again/<int:pk>/": "again:one",
        "again/more/": "again:more",
        "tuple/in/": "app:in",
    }


def test_conditions_loops_and_functions():
    found = _routes(
        """
        from django.conf import settings
        from django.urls import path
        from shop import views
        def section(name):
            return [path(f"{name}/", views.plain, name=name)]
        urlpatterns = [*section("a"), *section(name="b")]
        urlpatterns += [path(f"{kind}/x/", views.plain) for kind in ("c", "d")]
        for kind in ["e"]:
            urlpatterns.append(path(kind + "/", views.plain))
        if settings.DEBUG:
            urlpatterns += [path("debug/", views.plain)]
        """
    )
    assert sorted(found) == ["a/", "b/", "c/x/", "d/x/", "e/"]


def test_recursive_urlconfs_end():
    found = _routes(
        """
        from django.urls import include, path
        def loop(patterns):
            return loop(patterns)
        urlpatterns = loop([]) + [path("self/", include("urls"))]
        """
    )
    assert found == {}


def test_a_chain_of_many_conditions_keeps_what_each_branch_makes():
    """However many there are, none is run inside of another."""
    branches = "".join(
        f"elif kind() == {number}:\n    urlpatterns += [path('{number}/', views.plain)]\n"
        for number in range(450)
    )
    found = _routes(
        "from django.urls import path\nfrom shop import views\nfrom shop.kinds import kind\n"
        "urlpatterns = [path('first/', views.plain)]\n"
        "if kind() == 'x':\n    urlpatterns += [path('x/', views.plain)]\n"
        f"{branches}else:\n    urlpatterns += [path('last/', views.plain)]\n"
    )
    assert sorted(found) == sorted(["first/", "x/", "last/", *(f"{n}/" for n in range(450))])


def test_routers_and_actions():
    found = _routes(
        """
        from rest_framework.routers import DefaultRouter
        from shop.api import Notes
        router = DefaultRouter()
        router.register("notes", Notes, basename="note")
        urlpatterns = router.urls
        """,
        shop__api="""
        from rest_framework.decorators import action
        from rest_framework import permissions, viewsets
        class Notes(viewsets.ReadOnlyModelViewSet):
            permission_classes = [permissions.IsAuthenticated]
            lookup_field = "slug"
            @action(detail=True, methods=["post"], url_path="mark-done")
            def done(self, request): ...
        """,
    )
    shown = {r: (item[0].name, item[1].methods, item[1].login) for r, item in found.items()}
    assert shown == {
        "^notes/$": ("note-list", ("GET",), True),
        "^notes/(?P<slug>[^/.]+)/$": ("note-detail", ("GET",), True),
        "^notes/(?P<slug>[^/.]+)/mark-done/$": ("note-done", ("POST",), True),
        "": ("api-root", ("GET",), False),
    }


def test_a_comprehension_over_triples_under_a_prefix():
    found = _routes(
        """
        from django.urls import path
        from shop import views
        def under(prefix, start=""):
            prefix = prefix.rstrip("/")
            return [
                path(f"{prefix}{ending}", view, name=f"{start}{name}")
                for ending, view, name in [("/", views.plain, "all"), (".xml", views.private, "xml")]
            ]
        urlpatterns = [*under("crates/"), *under("old/crates", "old-")]
        """
    )
    assert {r: (item[0].name, item[1].name) for r, item in found.items()} == {
        "crates/": ("all", "shop.views.plain"),
        "crates.xml": ("xml", "shop.views.private"),
        "old/crates/": ("old-all", "shop.views.plain"),
        "old/crates.xml": ("old-xml", "shop.views.private"),
    }


def test_a_function_may_be_given_what_it_has_made():
    found = _routes(
        """
        from django.urls import include, path
        from shop import views
        def group(prefix, patterns):
            return [path(prefix, include(patterns))]
        urlpatterns = group("a/", group("b/", [path("c/", views.plain)]))
        """
    )
    assert list(found) == ["a/b/c/"]


def test_views_may_make_their_own_patterns():
    found = _routes(
        """
        from django.urls import path
        from shop import pages, views
        urlpatterns = [
            *pages.CratePage.get_urls("crates", "crate"),
            *pages.LabelPage.get_urls("labels", "label", actions=("list",)),
            path("plain/", views.plain),
        ]
        """,
        shop__pages="""
        from django.urls import path
        from django.utils.decorators import classonlymethod
        from django.views import View
        HANDLERS = {"list": {"get": "list"}, "detail": {}, "delete": {"post": "remove"}}
        class Page(View):
            converter = "int"
            lookup = "pk"
            with_detail = True
            @classonlymethod
            def pattern(cls, base, action):
                if action == "list":
                    return f"{base}/"
                base = f"{base}/<{cls.converter}:{cls.lookup}>"
                if action == "detail":
                    return f"{base}/"
                return f"{base}/{action}/"
            @classonlymethod
            def get_urls(cls, base, name, actions=None):
                actions = actions or HANDLERS.keys()
                if not cls.with_detail:
                    actions = [action for action in actions if action != "detail"]
                return [
                    path(cls.pattern(base, action), cls.as_view(), name=f"{name}.{action}")
                    for action in actions
                ]
        class CratePage(Page):
            lookup = "number"
            with_detail = False
        class LabelPage(Page): ...
        """,
    )
    assert {r: (item[0].name, item[1].name) for r, item in found.items()} == {
        "crates/": ("crate.list", "shop.pages.CratePage"),
        "crates/<int:number>/delete/": ("crate.delete", "shop.pages.CratePage"),
        "labels/": ("label.list", "shop.pages.LabelPage"),
        "plain/": (None, "shop.views.plain"),
    }


def test_a_router_may_be_given_a_root_of_its_own():
    found = _routes(
        """
        from rest_framework.routers import DefaultRouter
        from shop.api import Root
        router = DefaultRouter()
        router.APIRootView = Root
        urlpatterns = router.urls
        """,
        shop__api="""
        from rest_framework import permissions, routers
        class Root(routers.APIRootView):
            permission_classes = [permissions.IsAuthenticated]
        """,
    )
    route, view = found[""]
    assert (getattr(route.target.view, "qualname", None), view.login) == ("Root", True)


def test_a_project_may_say_where_its_router_puts_actions():
    found = _routes(
        """
        from rest_framework.routers import Route, SimpleRouter
        from shop.api import Notes
        class Ours(SimpleRouter):
            routes = [Route(url="^{prefix}/all/$", mapping={"get": "list"}, name="{basename}_all", detail=False)]
        router = Ours()
        router.register("notes", Notes, basename="note")
        urlpatterns = router.urls
        """,
        shop__api="""
        from rest_framework import viewsets
        class Notes(viewsets.ModelViewSet): ...
        """,
    )
    assert {route: item[0].name for route, item in found.items()} == {"^notes/all/$": "note_all"}


def test_the_admin_has_a_route_for_each_page_of_each_model():
    found = _routes(
        """
        from django.contrib import admin
        from django.urls import path
        urlpatterns = [path("admin/", admin.site.urls)]
        """,
        shop__models="""
        from django.db import models
        class Note(models.Model): ...
        """,
        shop__admin="""
        from django.contrib import admin
        from shop.models import Note
        @admin.register(Note)
        class NoteAdmin(admin.ModelAdmin): ...
        """,
    )
    names = {item[0].name for item in found.values()}
    assert names >= {"admin:shop_note_change", "admin:auth_user_add", "admin:login"}
    assert found["admin/shop/note/add/"][1].login is True
    assert found["admin/login/"][1].login is False


def test_patterns_of_older_django_and_a_decorator_wrapped_under_its_own_name():
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": "from django.db import models\nclass Note(models.Model): ...\n",
            "shop/admin.py": """
                from django.contrib import admin
                from django.utils.decorators import method_decorator
                from django.views.decorators.http import require_POST
                from shop.models import Note
                require_POST = method_decorator(require_POST)
                class NoteAdmin(admin.ModelAdmin):
                    def get_urls(self):
                        from django.conf.urls import patterns, url
                        page = lambda regex, view: url(regex, self.admin_site.admin_view(view))
                        found = patterns("", page(r"^pin/$", self.pin), page(r"^list/$", self.list))
                        return found + super(NoteAdmin, self).get_urls()
                    @require_POST
                    def pin(self, request): ...
                    def list(self, request): ...
                admin.site.register(Note, NoteAdmin)
            """,
        }
    )
    assert {route.route: (view.methods, view.login) for route, view in site.waiting} == {
        "^pin/$": (("POST",), True),
        "^list/$": (None, True),
    }


def test_patterns_that_a_function_inside_the_method_makes():
    """As the admin classes of django CMS have it; a function that calls itself makes none."""
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/models.py": "from django.db import models\nclass Note(models.Model): ...\n",
            "shop/admin.py": """
                from django.contrib import admin
                from django.urls import re_path
                from shop.models import Note
                class NoteAdmin(admin.ModelAdmin):
                    def get_urls(self):
                        info = "shop_note"
                        def page(regex, view):
                            return re_path(regex, self.admin_site.admin_view(view), name=f"{info}_pin")
                        def loop(regex):
                            return loop(regex)
                        found = [page(r"^pin/$", self.pin), loop(r"^loop/$")]
                        return found + super().get_urls()
                    def pin(self, request): ...
                admin.site.register(Note, NoteAdmin)
            """,
        }
    )
    found = [(r.route, r.name, v.name, v.login) for r, v in site.waiting]
    assert found == [("^pin/$", "admin:shop_note_pin", "shop.admin.NoteAdmin.pin", True)]


@pytest.mark.parametrize(
    ("names", "login"),
    [(("dispatch",), True), (("get",), None), (("get", "delete"), True), (("put",), None)],
)
def test_a_decorator_of_a_class_may_stand_on_one_handler_alone(names, login):
    """`@method_decorator(login_required, name="get")` asks nobody before `delete`."""
    stack = "\n".join(f"@method_decorator(login_required, name={name!r})" for name in names)
    found = _routes(
        """
        from django.urls import path
        from shop import pages
        urlpatterns = [path("x/", pages.Page.as_view())]
        """,
        shop__pages=f"""
from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from django.views import View
{stack}
class Page(View):
    def get(self, request): ...
    def delete(self, request): ...
""",
    )
    assert found["x/"][1].login is login


def test_patterns_of_older_django_may_name_views_by_texts():
    """`patterns("shop.views", …)`: the prefix is their module, an entry may be a tuple; django before 1.10."""
    found = _routes(
        """
        from django.conf.urls import patterns, include, url
        inner = patterns("", url(r"^last/$", "shop.views.two"))
        urlpatterns = patterns(
            "shop.views",
            url(r"^plain/$", "plain", name="plain"),
            (r"^hook/$", "hook"),
            (r"^in/", include(inner)),
        )
        """
    )
    assert {path: (view.name, view.methods) for path, (_route, view) in found.items()} == {
        "^plain/$": ("shop.views.plain", None),
        "^hook/$": ("shop.views.hook", ("POST",)),
        "^in/^last/$": ("shop.views.two", ("GET", "PUT")),
    }


def test_views_that_decorators_were_put_on_under_their_own_names():
    site = site_of(
        {
            "shop/__init__.py": "",
            "shop/views.py": """
                from django.contrib.auth.decorators import login_required
                from django.views import View
                from django.views.decorators.cache import cache_page, never_cache
                from django.views.decorators.http import require_POST
                def basket(request): ...
                basket = login_required(basket)
                def order(request): ...
                order = require_POST(order)
                order = never_cache(login_required(order))
                def shelf(request): ...
                shelf = cache_page(60)(shelf)
                class Page(View):
                    def get(self, request): ...
                Page = login_required(Page.as_view())
            """,
            "urls.py": """
                from django.urls import path
                from shop import views
                urlpatterns = [path("basket/", views.basket), path("order/", views.order),
                               path("shelf/", views.shelf), path("page/", views.Page),
                               path("text/", "shop.views.order")]
            """,
            "settings.py": "ROOT_URLCONF = 'urls'\nINSTALLED_APPS = ['shop']\n",
        }
    )
    assert {r.route: (v.name, v.kind, v.methods, v.login) for r, v in site.routes} == {
        "basket/": ("shop.views.basket", "function", None, True),
        "order/": ("shop.views.order", "function", ("POST",), True),
        "shelf/": ("shop.views.shelf", "function", None, False),
        "page/": ("shop.views.Page", "class", ("GET",), True),
        "text/": ("shop.views.order", "function", ("POST",), True),
    }


def test_middleware_that_cannot_be_told_makes_no_guess():
    files = {
        "settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nMIDDLEWARE = compute()\n",
        "urls.py": "from django.urls import path\nurlpatterns = [path('x/', lambda r: None)]\n",
    }
    assert [view.csrf for _route, view in site_of(files).routes] == [None]


def test_a_view_that_a_call_makes():
    """A function that returns a view, decided by its arguments, or an instance that is called."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import path
                from views import Feed, error
                urlpatterns = [
                    path("404/", error(404)), path("500/", error(500)), path("feed/", Feed())]
            """,
            "views.py": """
                from django.contrib.syndication import views
                class Feed(views.Feed): pass
                def broken(request): ...
                def error(status):
                    if status == 500:
                        return broken
                    def shown(request): ...
                    return shown
            """,
        }
    )
    assert [view.name for _route, view in site.routes] == [
        "views.error.<locals>.shown",
        "views.broken",
        "views.Feed",
    ]


def test_the_admin_has_the_pages_that_its_classes_add():
    """`get_urls` of a site, of a model's admin and of its mixins, those of known libraries too."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import path
                from shop.admin import site
                urlpatterns = [path("admin/", site.urls)]
            """,
            "shop/__init__.py": "",
            "shop/models.py": "from django.db import models\nclass Order(models.Model): pass\n",
            "shop/admin.py": """
                from django.contrib import admin
                from django.urls import path
                from import_export.admin import ExportMixin
                from shop.models import Order
                from simple_history.admin import SimpleHistoryAdmin

                class Site(admin.AdminSite):
                    def get_urls(self):
                        return [path("report/", self.admin_view(self.report))] + super().get_urls()
                    def report(self, request): ...

                site = Site()

                class Printed:
                    def get_urls(self):
                        urls = super().get_urls()
                        own = [path("<int:pk>/print/", self.admin_site.admin_view(self.printed))]
                        return own + urls
                    def printed(self, request, pk): ...

                class OrderAdmin(Printed, ExportMixin, SimpleHistoryAdmin):
                    def get_urls(self):
                        return [path("open/", self.everyone), *super().get_urls()]
                    def everyone(self, request): ...

                site.register(Order, OrderAdmin)
            """,
        }
    )
    found = {route.route: view for route, view in site.routes}
    added = ["report/", "shop/order/<int:pk>/print/", "shop/order/open/", "shop/order/export/"]
    assert [found[f"admin/{path}"].login for path in added] == [True, True, False, True]
    assert found["admin/shop/order/open/"].name == "shop.admin.OrderAdmin.everyone"
    assert found["admin/shop/order/^([^/]+)/history/([^/]+)/$"].login is True
    assert "admin/shop/order/add/" in found


def test_operations_of_ninja():
    """APIs and routers, with the logins that each level asks for; an inner level has the last word."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import path
                from shop.api import api
                urlpatterns = [path("api/", api.urls)]
            """,
            "shop/__init__.py": "",
            "shop/api.py": """
                from ninja import NinjaAPI
                from shop.keys import Key
                from shop.orders import router
                api = NinjaAPI(auth=Key())
                api.add_router("/orders/", router)
                api.add_router("/other/", "shop.orders.other", auth=None)
                @api.get("/me")
                def me(request): ...
                @api.post("/hello", auth=None, url_name="greet")
                def hello(request): ...
            """,
            "shop/keys.py": """
                from ninja.security import HttpBearer
                class Key(HttpBearer): ...
            """,
            "shop/orders.py": """
                from ninja import Router
                from ninja.security import django_auth
                router = Router(auth=django_auth)
                other = Router()
                @router.get("/{int:pk}")
                def show(request, pk): ...
                @other.api_operation(["PUT", "PATCH"], "/change")
                def change(request): ...
            """,
        }
    )
    facts = {
        route.route: (route.name, view.kind, view.methods, view.login, view.csrf)
        for route, view in site.routes
    }
    assert facts == {
        "api/me": ("api-1.0.0:me", "api", ("GET",), True, False),
        "api/hello": ("api-1.0.0:greet", "api", ("POST",), False, False),
        "api/orders/<int:pk>": ("api-1.0.0:show", "api", ("GET",), True, True),
        "api/other/change": ("api-1.0.0:change", "api", ("PUT", "PATCH"), False, False),
    }


def test_operations_of_an_api_that_a_function_fills():
    """`api = register(api)`, whose `urls` stand under another name in another file."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import path
                from shop.api import urls as shop_urls
                urlpatterns = [path("api/", shop_urls)]
            """,
            "shop/__init__.py": "",
            "shop/api.py": """
                from ninja import NinjaAPI
                def register(api):
                    api.add_router("/orders/", "shop.orders.router")
                    return api
                api = NinjaAPI(urls_namespace="shop")
                api = register(api)
                urls = api.urls
            """,
            "shop/orders.py": """
                from ninja import Router
                router = Router()
                @router.get("/{int:pk}")
                def show(request, pk): ...
            """,
        }
    )
    assert {r.route: r.name for r, _view in site.routes} == {"api/orders/<int:pk>": "shop:show"}


NOTES = """
from ninja import ModelSchema, NinjaAPI, Schema
from shop.models import Note
class NoteIn(ModelSchema):
    class Meta:
        model = Note
        fields = ["title", "body"]
class Free(Schema):
    title: str
api = NinjaAPI()
@api.post("/made")
def made(request, payload: NoteIn):
    return Note.objects.create(**payload.dict()).pk
@api.put("/set/{pk}")
def changed(request, pk: int, payload: NoteIn):
    note = Note.objects.get(pk=pk)
    for name, value in payload.model_dump().items():
        setattr(note, name, value)
    note.save()
@api.post("/by-hand")
def by_hand(request, payload: Free):
    Note.objects.create(title=payload.title)
@api.post("/looked-at")
def looked_at(request, payload: NoteIn):
    return payload.title
@api.get("/list")
def listed(request):
    return []
"""


def test_functions_hang_routers_on_the_api_of_ninja_that_they_make_or_are_given() -> None:
    """`api = with_routers(api)`, `made = make_api()` and `add_late(api)` reach the same as `add_router` does."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import path
                from shop.api import late, made, urls
                urlpatterns = [
                    path("api/", urls), path("made/", made.urls), path("late/", late.urls)
                ]
            """,
            "shop/__init__.py": "",
            "shop/api.py": """
                from ninja import NinjaAPI
                from shop.orders import router
                class OwnAPI(NinjaAPI): ...
                def with_routers(api):
                    api.add_router("/orders/", "shop.orders.router")
                    return api
                def make_api():
                    made = NinjaAPI(version="2")
                    made.add_router("/orders/", router)
                    return made
                def add_late(given):
                    given.add_router("/orders/", router)
                api = OwnAPI()
                api = with_routers(api)
                urls = api.urls
                made = make_api()
                late = NinjaAPI(version="3")
                add_late(late)
            """,
            "shop/orders.py": """
                from ninja import Router
                router = Router()
                @router.get("/{int:pk}")
                def show(request, pk): ...
            """,
        }
    )
    assert {route.route for route, _view in site.routes} == {
        "api/orders/<int:pk>",
        "made/orders/<int:pk>",
        "late/orders/<int:pk>",
    }


def test_what_operations_of_ninja_write():
    """A schema of a model that is unpacked; what is written by hand is not told."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": "from django.urls import path\nfrom shop.api import api\n"
            "urlpatterns = [path('', api.urls)]\n",
            "shop/__init__.py": "",
            "shop/models.py": "from django.db import models\nclass Note(models.Model):\n"
            "    title = models.CharField(max_length=9)\n    body = models.TextField()\n",
            "shop/api.py": NOTES,
        }
    )
    assert {route.route: view.writes for route, view in site.routes} == {
        "made": ("shop.Note.title", "shop.Note.body"),
        "set/<pk>": ("shop.Note.title", "shop.Note.body"),
        "by-hand": None,
        "looked-at": None,
        "list": (),
    }


def test_views_of_graphql_leave_logins_and_writes_to_their_fields():
    """A login around the view is told, and whether a token is asked for where releases agree."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from ariadne_django.views import GraphQLView as Ariadne
                from django.contrib.auth.decorators import login_required
                from django.contrib.auth.mixins import LoginRequiredMixin
                from django.urls import path
                from django.views.decorators.csrf import csrf_exempt
                from graphene_django.views import GraphQLView
                from strawberry.django.views import AsyncGraphQLView
                class Private(LoginRequiredMixin, GraphQLView): ...
                class Own(GraphQLView): ...
                urlpatterns = [
                    path("plain", GraphQLView.as_view()),
                    path("exempt", csrf_exempt(GraphQLView.as_view())),
                    path("closed", login_required(GraphQLView.as_view())),
                    path("private", Private.as_view()),
                    path("own", Own.as_view()),
                    path("ariadne", Ariadne.as_view()),
                    path("strawberry", AsyncGraphQLView.as_view()),
                ]
            """,
        }
    )
    assert {route.route: (view.login, view.csrf) for route, view in site.routes} == {
        "plain": (None, True),
        "exempt": (None, False),
        "closed": (True, True),
        "private": (True, True),
        "own": (None, True),
        "ariadne": (None, False),
        "strawberry": (None, None),
    }
    assert {(view.methods, view.writes) for _route, view in site.routes} == {
        (("GET", "POST"), None)
    }


VIEWSETS = """
    from rest_framework import viewsets
    class Projects(viewsets.ReadOnlyModelViewSet):
        lookup_field = "slug"
        lookup_value_regex = "[a-z]+"
    class Builds(viewsets.ReadOnlyModelViewSet): ...
    class Tests(viewsets.ReadOnlyModelViewSet): ...
"""


def test_routers_inside_the_resources_of_others():
    """As drf-nested-routers fills its prefixes."""
    found = _routes(
        """
        from rest_framework.routers import SimpleRouter
        from rest_framework_nested.routers import NestedSimpleRouter
        from shop.api import Builds, Projects, Tests
        router = SimpleRouter()
        router.register("projects", Projects)
        inner = NestedSimpleRouter(router, "projects", lookup="project")
        inner.register("builds", Builds)
        inmost = NestedSimpleRouter(inner, "builds", lookup="build")
        inmost.register("tests", Tests)
        urlpatterns = router.urls + inner.urls + inmost.urls
        """,
        shop__api=VIEWSETS,
    )
    project, build = "(?P<project_slug>[a-z]+)", "(?P<build_pk>[^/.]+)"
    assert set(found) == {
        "^projects/$",
        "^projects/(?P<slug>[a-z]+)/$",
        f"^projects/{project}/builds/$",
        f"^projects/{project}/builds/(?P<pk>[^/.]+)/$",
        f"^projects/{project}/builds/{build}/tests/$",
        f"^projects/{project}/builds/{build}/tests/(?P<pk>[^/.]+)/$",
    }


def test_what_is_registered_with_a_registration():
    """As drf-extensions fills its prefixes, in a chain or through a name."""
    found = _routes(
        """
        from rest_framework_extensions.routers import ExtendedSimpleRouter
        from shop.api import Builds, Projects, Tests
        router = ExtendedSimpleRouter()
        builds = router.register("projects", Projects).register(
            "builds", Builds, parents_query_lookups=["project"]
        )
        builds.register("tests", Tests, parents_query_lookups=["build__project", "build"])
        urlpatterns = router.urls
        """,
        shop__api=VIEWSETS,
    )
    build = "(?P<parent_lookup_build>[^/.]+)"
    lists = {route for route in found if route.endswith("s/$")}
    assert lists == {
        "^projects/$",
        "^projects/(?P<parent_lookup_project>[a-z]+)/builds/$",
        f"^projects/(?P<parent_lookup_build__project>[a-z]+)/builds/{build}/tests/$",
    }


def test_patterns_made_of_the_constants_of_other_modules():
    found = _routes(
        """
        from django.urls import re_path
        from shop import views
        from shop.words import group, slug
        urlpatterns = [re_path("^(%s)/(%s)/$" % (group, slug), views.plain)]
        """,
        shop__words="""
        slug = "[a-z]+"
        group = "~?" + slug
        """,
    )
    assert set(found) == {"^(~?[a-z]+)/([a-z]+)/$"}


def test_constants_that_name_each_other_or_grow_without_end():
    doubling = "".join(f"\n        x{i} = x{i - 1} + x{i - 1}" for i in range(1, 60))
    found = _routes(
        """
        from django.urls import path
        from shop import views
        from shop.words import a, x59
        urlpatterns = [path(a, views.plain), path(x59, views.plain), path("b/", views.plain)]
        """,
        shop__words=f"""
        from shop.words import b as a
        from shop.words import a as b
        x0 = "a/"{doubling}
        """,
    )
    assert "b/" in found


def test_loops_over_numbers_pairs_and_mappings():
    found = _routes("""
        from django.urls import path
        from shop import views
        KINDS = ("all", "mine")
        def lists(prefix, patterns):
            made = []
            for i, pattern in enumerate(patterns):
                name = prefix if i == 0 else "%s-%s" % (prefix, KINDS[i])
                made.append(path(pattern, views.plain, name=name))
            return made
        urlpatterns = lists("notes", ["notes/", "notes/mine/"])
        for kind, address in (("x", "x/"), ("y", "y/")):
            urlpatterns.append(path(address, views.plain, name=kind))
        for kind, view in {"p": views.plain, "q": views.private}.items():
            urlpatterns.append(path(kind + "/", view, name=kind))
    """)
    assert {route: item[0].name for route, item in found.items()} == {
        "notes/": "notes",
        "notes/mine/": "notes-mine",
        "x/": "x",
        "y/": "y",
        "p/": "p",
        "q/": "q",
    }
    assert found["q/"][1].login is True


def test_of_two_lists_that_nobody_can_choose_between_both_are_there():
    found = _routes("""
        from django.urls import path
        from elsewhere import CHOICE
        from shop import views
        if CHOICE:
            urlpatterns = [path("a/", views.plain)]
        else:
            urlpatterns = [path("b/", views.plain)]
        urlpatterns += [path("c/", views.plain)]
    """)
    assert set(found) == {"a/", "b/", "c/"}


@pytest.mark.parametrize("last", ["urlpatterns = [path('x/', view)]", "urlpatterns = []"])
def test_includes_that_double_with_each_module_end(last):
    """Sixty modules, each of which includes the next one twice: more ways than anybody can list."""
    twice = "urlpatterns = [path('a/', include('u{0}')), path('b/', include('u{0}'))]\n"
    head = "from django.urls import include, path\ndef view(request): pass\n"
    files = {f"u{n}.py": head + twice.format(n + 1) for n in range(60)}
    files |= {
        "u60.py": head + last,
        "settings.py": 'SECRET_KEY = "x"\nINSTALLED_APPS = []\nROOT_URLCONF = "u0"\n',
    }
    assert len(site_of(files).routes) <= 50_000


APPS = {
    "core.py": """
        from django.apps import AppConfig
        class Routed(AppConfig):
            namespace = None
            def get_urls(self):
                return []
            @property
            def urls(self):
                return self.get_urls(), self.label, self.namespace
    """,
    "notes/__init__.py": "",
    "notes/apps.py": """
        from django.urls import path
        from core import Routed
        class NotesConfig(Routed):
            name = "notes"
            label = "notes"
            namespace = "notes"
            def ready(self):
                from notes.views import Listing
                self.list_view = Listing
            def get_urls(self):
                urls = [path("all/", self.list_view.as_view(), name="all")]
                return urls
    """,
    "notes/views.py": """
        from django.contrib.auth.mixins import LoginRequiredMixin
        from django.views.generic import ListView
        class Listing(LoginRequiredMixin, ListView): ...
    """,
    "site/apps.py": """
        from django.apps import apps
        from django.urls import path
        from core import Routed
        class SiteConfig(Routed):
            name = "site"
            def ready(self):
                self.notes_app = apps.get_app_config("notes")
            def get_urls(self):
                return [path("notes/", self.notes_app.urls), path("more/", lambda request: None)]
    """,
}


def test_apps_of_a_reusable_project_make_their_routes_themselves():
    """The one that includes the others is where they begin; what a method gives `self` is a view."""
    routes = {route.route: (route, view) for route, view in site_of(APPS).routes}
    assert set(routes) == {"notes/all/", "more/"}
    route, view = routes["notes/all/"]
    assert (route.name, view.name, view.login) == ("notes:all", "notes.views.Listing", True)


def test_a_project_includes_the_routes_of_an_app():
    urls = """
        from django.apps import apps
        from django.urls import include, path
        urlpatterns = [path("shop/", include(apps.get_app_config("notes").urls[0]))]
    """
    settings = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["notes"]\nROOT_URLCONF = "urls"\n'
    files = {key: text for key, text in APPS.items() if not key.startswith("site")}
    routes = site_of(files | {"urls.py": urls, "settings.py": settings}).routes
    assert [route.route for route, _view in routes] == ["shop/all/"]


def test_an_object_of_a_module_makes_routes():
    files = {
        "urls.py": """
            from django.urls import include, path
            def view(request): ...
            class Makes:
                @property
                def urlpatterns(self):
                    return self.own(), "inner"
                def own(self):
                    return [path("x/", view, name="x")]
            class Holds:
                inner = Makes()
                def made(self):
                    return [path("in/", include(self.inner.urlpatterns))]
            urlpatterns = Holds().made()
        """
    }
    assert [(r.route, r.name) for r, _view in site_of(files).routes] == [("in/x/", "inner:x")]


def test_what_is_put_around_views_that_are_routed_already_is_not_known():
    files = {
        "urls.py": """
            from django.urls import path
            def view(request): ...
            def guarded(patterns):
                for pattern in patterns:
                    pattern.callback = wrapped(pattern.callback)
                return patterns
            urlpatterns = guarded([path("x/", view)]) + [path("y/", view)]
        """
    }
    found = {route.route: view.login for route, view in site_of(files).routes}
    assert found == {"x/": None, "y/": False}


def test_what_super_reaches_is_read_with_the_class_that_all_began_with():
    """`super()` of the first base is the second one, where a class has both."""
    files = {
        "apps.py": """
            from django.apps import AppConfig
            from django.urls import path
            def view(request): ...
            class Routed(AppConfig):
                def get_urls(self):
                    return []
            class First(Routed):
                def get_urls(self):
                    urls = super().get_urls()
                    urls += [path("first/", view)]
                    return urls
            class Second(Routed):
                def get_urls(self):
                    return super().get_urls() + [path("second/", view)]
            class Both(First, Second):
                name = "both"
        """
    }
    assert {route.route for route, _view in site_of(files).routes} == {"first/", "second/"}


def test_the_admin_shows_models_that_are_asked_for_by_name_of_a_package_called_apps():
    """`shop.apps.orders.apps.OrdersConfig` is the package `shop.apps.orders`."""
    files = {
        "settings.py": """
            SECRET_KEY = "x"
            ROOT_URLCONF = "urls"
            INSTALLED_APPS = ["django.contrib.admin", "shop.apps.orders.apps.OrdersConfig"]
        """,
        "urls.py": """
            from django.contrib import admin
            from django.urls import path
            urlpatterns = [path("admin/", admin.site.urls)]
        """,
        "shop/__init__.py": "",
        "shop/apps/__init__.py": "",
        "shop/apps/orders/__init__.py": "",
        "shop/apps/orders/models.py": """
            from django.db import models
            class Order(models.Model):
                text = models.TextField()
        """,
        "shop/apps/orders/admin.py": """
            from django.apps import apps
            from django.contrib import admin
            class OrderAdmin(admin.ModelAdmin): ...
            admin.site.register(apps.get_model("orders", "Order"), OrderAdmin)
        """,
    }
    names = {route.name for route, _view in site_of(files).routes}
    assert "admin:orders_order_changelist" in names


def test_a_method_that_is_not_seen_gives_the_patterns_back():
    """A fork of a shop inherits what looks after rights from the shop itself."""
    files = {
        "apps.py": """
            from django.apps import AppConfig
            from django.urls import path
            from shop.apps import ShopConfig
            def view(request): ...
            class ForkConfig(ShopConfig, AppConfig):
                name = "fork"
                def get_urls(self):
                    urls = [path("x/", view)]
                    return self.post_process_urls(urls)
        """
    }
    assert [(r.route, v.login) for r, v in site_of(files).routes] == [("x/", None)]


def test_objects_that_lead_to_each_other_end():
    files = {
        "apps.py": """
            from django.apps import AppConfig, apps
            from django.urls import path
            class One(AppConfig):
                name = "one"
                def ready(self):
                    self.other = apps.get_app_config("two")
                @property
                def urls(self):
                    return self.other.urls
                def get_urls(self):
                    return [path("a/", self.other.urls)]
            class Two(One):
                name = "two"
                def ready(self):
                    self.other = apps.get_app_config("one")
        """
    }
    assert len(site_of(files).routes) < 10


PLUGINS = {
    "settings.py": """
        SECRET_KEY = "x"
        INSTALLED_APPS = ["plugins.pay", "plugins.mail.apps.MailConfig", "plugins.plain"]
        ROOT_URLCONF = "urls"
    """,
    "urls.py": """
        import importlib
        from django.apps import apps
        from django.urls import include, path
        found = []
        for app in apps.get_app_configs():
            if hasattr(app, "Plugin"):
                module = importlib.import_module(app.name + ".urls")
                own = []
                if hasattr(module, "urlpatterns"):
                    own += module.urlpatterns
                if hasattr(module, "event_patterns"):
                    own.append(path("<event>/", include(module.event_patterns)))
                found.append(path("", include((own, app.label))))
        urlpatterns = [path("", include((found, "plugins")))]
    """,
    "plugins/__init__.py": "",
}


def plugin(label: str, inner: str = "Plugin") -> dict[str, str]:
    name = label.title()
    return {
        f"plugins/{label}/__init__.py": "",
        f"plugins/{label}/apps.py": f"""
            from django.apps import AppConfig
            class {name}Config(AppConfig):
                name = "plugins.{label}"
                class {inner}: ...
        """,
        f"plugins/{label}/urls.py": f"""
            from django.urls import include, path
            def view(request): ...
            urlpatterns = [path("{label}/", view, name="all")]
            event_patterns = [path("{label}/", include([path("of/", view, name="one")]))]
        """,
    }


def test_the_urls_of_each_installed_app_are_imported_by_name():
    """What is not installed, or is no plugin, has no routes of its own there."""
    files = PLUGINS | plugin("pay") | plugin("mail") | plugin("other") | plugin("plain", "Inner")
    routes = [(route.route, route.name) for route, _view in site_of(files).routes]
    assert [route for route in routes if route[1].startswith("plugins:")] == [
        ("pay/", "plugins:pay:all"),
        ("<event>/pay/of/", "plugins:pay:one"),
        ("mail/", "plugins:mail:all"),
        ("<event>/mail/of/", "plugins:mail:one"),
    ]


def test_functions_of_a_project_make_patterns_in_their_own_way():
    files = {
        "made.py": """
            from django.urls import URLPattern, path
            from django.urls.resolvers import RegexPattern
            def plain(route, view, name=None):
                pattern = path(route, view, name=name)
                pattern.is_open = True
                return pattern
            def built(regex, view, name=None):
                if callable(view):
                    pattern = RegexPattern(regex, name=name, is_endpoint=True)
                    pattern.is_open = True
                    return URLPattern(pattern, view, {}, name)
                raise TypeError("no view")
        """,
        "urls.py": """
            from made import built, plain
            def view(request): ...
            urlpatterns = [plain("a/", view, name="a"), built("^b/$", view, name="b")]
        """,
    }
    routes = [(route.route, route.name) for route, _view in site_of(files).routes]
    assert routes == [("a/", "a"), ("^b/$", "b")]


def test_a_view_that_is_an_object():
    """`Preview(OrderForm)` is the view; a decorator is only around the one that it is given."""
    site = site_of(
        {
            "urls.py": """
                from django.urls import path
                from views import Marked, OrderForm, Preview, page
                urlpatterns = [
                    path("order/", Preview(OrderForm), name="order"),
                    path("page/", Marked(page), name="page"),
                ]
            """,
            "views.py": """
                from django import forms
                from formtools.preview import FormPreview
                class OrderForm(forms.Form): ...
                class Preview(FormPreview): ...
                class Marked:
                    def __init__(self, view): ...
                def page(request): ...
            """,
        }
    )
    assert {r.name: v.name for r, v in site.routes} == {
        "order": "views.Preview",
        "page": "views.page",
    }


def test_settings_have_the_defaults_of_the_sites_own_modules():
    """`app.conf.defaults` says what holds where no settings module does; a prefix that nobody tells is no empty one."""
    site = site_of(
        {
            "settings.py": "SECRET_KEY = 'x'\nROOT_URLCONF = 'urls'\nINSTALLED_APPS = ['board']\nOPEN = True\n",
            "urls.py": """
                from django.urls import include, path
                from board import views
                from board.conf import settings
                inner = [path("<int:pk>/", views.page, name="page")]
                urlpatterns = [path(f"{settings.BOARD_PATH}/", include(inner))]
                if settings.BOARD_SEARCH:
                    urlpatterns += [path("search/", views.page, name="search")]
                else:
                    urlpatterns += [path("find/", views.page, name="find")]
                urlpatterns += [path(unknown(), include([path("rest/<int:pk>/", views.page, name="rest")]))]
            """,
            "board/__init__.py": "",
            "board/views.py": "def page(request, pk): ...",
            "board/conf/__init__.py": """
                from django.conf import settings as real
                from . import defaults
                class Settings:
                    def __getattr__(self, name):
                        return getattr(real, name, getattr(defaults, name))
                settings = Settings()
            """,
            "board/conf/defaults.py": "BOARD_PATH = 'board'\nBOARD_SEARCH = True\n",
        }
    )
    found = {route.name: (route.route, route.known) for route, _view in site.routes}
    assert found == {
        "page": ("board/<int:pk>/", "board/<int:pk>/"),
        "search": ("search/", "search/"),
        "rest": (None, "rest/<int:pk>/"),
    }


def test_patterns_of_a_function_that_is_given_views_by_name():
    site = site_of(
        {
            "urls.py": """
                from django.urls import path
                from views import Last, Post, Top
                def made(prefix, **views):
                    urls = []
                    post = views.pop("post", None)
                    if post:
                        urls.append(path("%s/post/<int:pk>/" % prefix[0], post.as_view(), name="post"))
                    for name, view in views.items():
                        urls.append(path("%s/%s/" % (prefix[0], name), view.as_view(), name=name))
                    return urls
                urlpatterns = made("thread", post=Post, last=Last, top=Top)
            """,
            "views.py": """
                from django.views import View
                class Post(View): ...
                class Last(View): ...
                class Top(View): ...
            """,
        }
    )
    assert [(r.route, v.name) for r, v in site.routes] == [
        ("t/post/<int:pk>/", "views.Post"),
        ("t/last/", "views.Last"),
        ("t/top/", "views.Top"),
    ]


def test_a_prefix_that_a_method_of_the_site_makes():
    """`f"{provider.get_slug()}/"`, as allauth's providers have theirs."""
    site = site_of(
        {
            "urls.py": """
                from django.urls import include, path
                from providers import First, Second, page
                def made(provider):
                    inner = [path("login/", page, name=f"{provider.id}_login")]
                    return [path(f"{provider.get_slug()}/", include(inner))]
                urlpatterns = made(First) + made(Second)
            """,
            "providers.py": """
                class Provider:
                    slug = None
                    @classmethod
                    def get_slug(cls):
                        return cls.slug or cls.id
                class First(Provider):
                    id = "first"
                class Second(Provider):
                    id = "second"
                    slug = "other"
                def page(request): ...
            """,
        }
    )
    assert [(r.route, r.name) for r, _v in site.routes] == [
        ("first/login/", "first_login"),
        ("other/login/", "second_login"),
    ]


OF_PLUGINS = """
    from rest_framework import mixins, viewsets
    class Named(viewsets.GenericViewSet):
        endpoint = None
    class BooksViewSet(Named, mixins.ListModelMixin, mixins.CreateModelMixin):
        queryset = Book.objects.all()
        endpoint = "books"
    class PagesViewSet(Named, mixins.RetrieveModelMixin):
        queryset = Page.objects.all()
    class BaseShelfViewSet(Named, mixins.ListModelMixin):
        queryset = Shelf.objects.all()
    class ToolsViewSet(viewsets.ViewSet):
        def list(self, request): ...
"""


def _unplaced(urls):
    files = {
        "settings.py": SETTINGS,
        "urls.py": urls,
        "shop/__init__.py": "",
        "shop/api.py": OF_PLUGINS,
    }
    return {
        (view.name.rpartition(".")[2], view.methods)
        for route, view in site_of(files).routes
        if route.route is None
    }


def test_viewsets_that_something_registers_have_no_known_address():
    """A tree of nodes registers them: which, and where, is told while it runs."""
    urls = """
        from django.urls import include, path
        from rest_framework.routers import DefaultRouter
        class Node:
            def register_with(self, router):
                router.register(self.viewset.endpoint, self.viewset, "name")
        router = DefaultRouter()
        Node().register_with(router)
        urlpatterns = [path("api/", include(router.urls))]
    """
    found = _unplaced(urls)
    assert found == {("BooksViewSet", ("GET", "POST")), ("PagesViewSet", ("GET",))}


def test_viewsets_that_nobody_registers_are_no_part_of_the_site():
    """Where all that is registered is known, the others are not."""
    urls = """
        from django.urls import include, path
        from rest_framework.routers import DefaultRouter
        from shop.api import BooksViewSet
        router = DefaultRouter()
        router.register("books", BooksViewSet)
        urlpatterns = [path("api/", include(router.urls))]
    """
    assert _unplaced(urls) == set()


def test_functions_that_answer_are_pages_where_there_is_no_urlconf():
    """What another function uses, or what answers nothing, is none; where there are routes, they say it."""
    views = """
        from django.shortcuts import redirect, render
        def _shown(request, name):
            return render(request, name)
        def shelf(request, pk):
            return _shown(request, "shelf.html")
        def book(request, pk):
            if pk == 0:
                return redirect("book", 1)
            return render(request, "book.html")
        def is_reader(request):
            return request.user.is_authenticated
    """
    files = {"shop/__init__.py": "", "shop/views.py": views}
    assert {view.name for _route, view in site_of(files).routes} == {"shop.views.book"}
    files["shop/urls.py"] = "from shop import views\nurlpatterns = []"
    assert not site_of(files).routes


def test_viewsets_of_a_plugin_are_registered_by_whoever_installs_it():
    """There is no URLconf in the tree, and no router."""
    files = {"shop/__init__.py": "", "shop/api.py": OF_PLUGINS}
    names = {view.name.rpartition(".")[2] for _route, view in site_of(files).routes}
    assert names == {"BooksViewSet", "PagesViewSet"}


def test_bases_of_an_unknown_package_are_read_by_the_names_of_the_librarys_own():
    """`CompanyModelViewSet` is a `ModelViewSet`; who is let in by it is not to be told."""
    site = site_of(
        {
            "settings.py": SETTINGS,
            "urls.py": """
                from rest_framework.routers import SimpleRouter
                from shop.api import Notes, Words
                router = SimpleRouter()
                router.register("notes", Notes)
                router.register("words", Words, basename="words")
                urlpatterns = router.urls
            """,
            "shop/__init__.py": "",
            "shop/models.py": """
                from django.db import models
                class Note(models.Model):
                    text = models.TextField()
            """,
            "shop/api.py": """
                from company.api import CompanyModelViewSet, CompanyModelSerializer, WordViewSet
                from shop.models import Note
                class NoteSerializer(CompanyModelSerializer):
                    class Meta:
                        model = Note
                        fields = "__all__"
                class Notes(CompanyModelViewSet):
                    queryset = Note.objects.all()
                    serializer_class = NoteSerializer
                class Words(WordViewSet):
                    pass
            """,
        }
    )
    shown = {r.route: (v.methods, v.login, [f.writes for f in v.forms]) for r, v in site.routes}
    assert shown["^notes/$"] == (("GET", "POST"), None, [("text",)])
    assert shown["^notes/(?P<pk>[^/.]+)/$"][0] == ("GET", "PUT", "PATCH", "DELETE")
    assert not any(route.startswith("^words") for route in shown)


def test_routers_that_another_package_hands_on_are_those_of_rest_framework():
    """`rest_framework_nested.routers` has them under the same names; a loop may go over several."""
    found = _routes(
        """
        from django.urls import include, path
        from rest_framework_nested import routers
        from shop.api import Boxes, Things
        class Root(routers.DefaultRouter):
            pass
        root = Root()
        plain = routers.SimpleRouter()
        root.register("boxes", Boxes)
        plain.register("things", Things)
        urlpatterns = []
        for router in [root, plain] + tree.more(root):
            urlpatterns.append(path("api/", include(router.urls)))
        """,
        shop__api="""
        from rest_framework.viewsets import ReadOnlyModelViewSet
        class Boxes(ReadOnlyModelViewSet):
            queryset = Box.objects.all()
        class Things(ReadOnlyModelViewSet):
            queryset = Thing.objects.all()
        """,
    )
    assert list(found) == [
        "api/^boxes/$",
        "api/^boxes/(?P<pk>[^/.]+)/$",
        "api/",
        "api/^things/$",
        "api/^things/(?P<pk>[^/.]+)/$",
    ]


def test_lists_that_are_kept_in_a_mapping_are_known_without_their_address():
    found = _routes(
        """
        from django.urls import include, path
        from shop import views
        LISTS = {}
        def plain(version):
            return [path("plain/", views.plain)]
        def spare(version):
            return [path("private/", views.private)]
        for version in versions():
            LISTS[version] = plain(version)
        if older():
            LISTS["old"] = spare("old")
        urlpatterns = [path(prefix(v), include(LISTS[v])) for v in versions()]
        """
    )
    assert [(name, route.pieces, view.name) for name, (route, view) in found.items()] == [
        (None, "plain/", "shop.views.plain")
    ]


def test_lists_under_names_of_their_own_are_the_routes_of_an_app_that_has_no_others():
    views = "def submit(request): pass\ndef confirm(request): pass\n"
    lists = (
        "from django.urls import path\nfrom pay import views\n"
        "pay_urls = [path('submit/', views.submit), path('confirm/', views.confirm)]\n"
    )
    app = {"pay/__init__.py": "", "pay/views.py": views, "pay/urls.py": lists}
    assert [route.route for route, _view in site_of(app).routes] == ["submit/", "confirm/"]
    other = {"shop/urls.py": "from django.urls import path\nurlpatterns = [path('x/', print)]\n"}
    assert [route.route for route, _view in site_of(app | other).routes] == ["x/"]


def test_a_list_of_decorators_stands_around_the_patterns_that_a_function_is_given():
    urls = (
        "from django.contrib.auth.decorators import login_required\n"
        "from django.urls import path\nfrom app import views\n"
        "def decorated(decorators, *urls):\n    return urls\n"
        "def members_only(view):\n"
        "    def inner(request):\n"
        "        if not request.user.has_perm('x'):\n            raise PermissionDenied\n"
        "        return view(request)\n"
        "    return inner\n"
        "edits = [path('edit/', views.edit)]\n"
        "urlpatterns = [path('open/', views.show)]\n"
        "urlpatterns += decorated([login_required, members_only], *edits)\n"
    )
    views = "def edit(request): pass\ndef show(request): pass\n"
    site = site_of({"app/__init__.py": "", "app/views.py": views, "app/urls.py": urls})
    asked = {route.route: (view.login, view.permissions) for route, view in site.routes}
    assert asked == {"open/": (False, ()), "edit/": (True, ("members_only",))}


PAGES = """
    from django.conf import settings
    from django.db import models
    from django.views.generic import UpdateView, View
    class Note(models.Model):
        owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notes")
        title = models.CharField(max_length=9)
    class BaseEdit(UpdateView):
        model = Note
    class Edit(UpdateView):
        fields = ["title"]
        def get_queryset(self):
            return self.request.user.notes.all()
    class EditOwn(UpdateView):
        fields = ["title"]
        def get_object(self):
            return Note.objects.get_or_create(owner=self.request.user)[0]
    class Plain(View):
        def get(self, request): ...
"""


@pytest.mark.parametrize("urls", ["", "urlpatterns = []"])
def test_pages_of_a_model_are_used_where_there_is_no_urlconf_at_all(urls):
    """An app, or a part of one, whose addresses others make; what others build on is none."""
    site = linked(shop__views=PAGES, **({"urls": urls} if urls else {}))
    found = {view.name for _route, view in site.routes}
    assert found == (set() if urls else {"views.Edit", "views.EditOwn"})


def test_a_page_shows_the_model_whose_rows_it_takes():
    """By the relation that leads to them, or where it takes the one row itself."""
    site = linked(shop__views=PAGES)
    assert {v.model.label for _r, v in site.routes if v.model is not None} == {"shop.Note"}
    assert all(view.forms for _route, view in site.routes)

"""Patterns that come from registries: containers that decorators and calls fill on import."""

import pytest
from tests.site.linked import site_of

SETTINGS = """
    SECRET_KEY = "x"
    DEBUG = False
    ROOT_URLCONF = "urls"
    INSTALLED_APPS = ["django.contrib.auth", "shop"]
"""
MODELS = """
    from django.db import models
    class Crate(models.Model): ...
    class Label(models.Model): ...
"""
REGISTRY = """
    import collections
    class Registry(dict): ...
    registry = Registry({"views": collections.defaultdict(dict)})
"""
REGISTER = """
    from shop.registry import registry

    def register_view(model, name="", path=None, detail=True):
        def wrapper(view):
            app_label = model._meta.app_label
            model_name = model._meta.model_name
            if model_name not in registry["views"][app_label]:
                registry["views"][app_label][model_name] = []
            registry["views"][app_label][model_name].append({
                "name": name,
                "view": view,
                "path": path if path is not None else name,
                "detail": detail,
            })
            return view
        return wrapper
"""
READER = """
    from django.urls import path
    from django.utils.module_loading import import_string
    from django.views import View
    from shop.registry import registry

    def patterns_of(app_label, model_name, detail=True):
        paths = []
        try:
            views = [v for v in registry["views"][app_label][model_name] if v["detail"] == detail]
        except KeyError:
            return []
        for config in views:
            if type(config["view"]) is str:
                view = import_string(config["view"])
            else:
                view = config["view"]
            if issubclass(view, View):
                view = view.as_view()
            name = f"{model_name}_{config['name']}" if config["name"] else model_name
            route = f"{config['path']}/" if config["path"] else ""
            paths.append(path(route, view, name=name))
        return paths
"""


def _routes(files):
    site = site_of({"settings.py": SETTINGS, "shop/__init__.py": ""} | files)
    return {
        (route.route, route.name): getattr(route.target.view, "qualname", None)
        for route, _view in site.routes
    }


def test_decorators_with_arguments_fill_a_registry_by_model():
    files = {
        "shop/models.py": MODELS,
        "shop/registry.py": REGISTRY,
        "shop/register.py": REGISTER,
        "shop/reader.py": READER,
        "shop/views.py": """
            from django.views import View
            from shop.models import Crate, Label
            from shop.register import register_view

            @register_view(Crate, "list", path="", detail=False)
            class Crates(View): ...
            @register_view(Crate)
            class CrateView(View): ...
            @register_view(Crate, "add", detail=False)
            @register_view(Crate, "edit")
            class CrateEdit(View): ...
            @register_view(Label, "print")
            class LabelPrint(View): ...
        """,
        "urls.py": """
            from django.urls import include, path
            from shop.reader import patterns_of
            urlpatterns = [
                path("crates/", include(patterns_of("shop", "crate", detail=False))),
                path("crates/<int:pk>/", include(patterns_of("shop", "crate"))),
                path("labels/<int:pk>/", include(patterns_of("shop", "label"))),
                path("none/", include(patterns_of("shop", "missing"))),
            ]
        """,
    }
    assert _routes(files) == {
        ("crates/", "crate_list"): "Crates",
        ("crates/add/", "crate_add"): "CrateEdit",
        ("crates/<int:pk>/", "crate"): "CrateView",
        ("crates/<int:pk>/edit/", "crate_edit"): "CrateEdit",
        ("labels/<int:pk>/print/", "label_print"): "LabelPrint",
    }


HOOKS = """
    _hooks = {}

    def register(hook_name, fn=None, order=0):
        if fn is None:
            def decorator(fn):
                register(hook_name, fn, order=order)
                return fn
            return decorator
        if hook_name not in _hooks:
            _hooks[hook_name] = []
        _hooks[hook_name].append((fn, order))

    def get_hooks(hook_name):
        hooks = _hooks.get(hook_name, [])
        hooks = sorted(hooks, key=lambda hook: hook[1])
        return [hook[0] for hook in hooks]
"""
HOOKED = """
    from django.urls import include, path
    from shop import hooks
    from shop.views import index

    @hooks.register("urls")
    def own():
        return [path("own/", index, name="own")]

    @hooks.register("menu")
    def menu():
        return [path("menu/", index)]

    def later():
        return [path("later/", index, name="later")]
    hooks.register("urls", later)
"""


def test_hooks_hand_over_functions_that_return_patterns():
    files = {
        "shop/hooks.py": HOOKS,
        "shop/views.py": "def index(request): ...",
        "shop/hooked.py": HOOKED,
        "urls.py": """
            from shop import hooks
            urlpatterns = []
            for fn in hooks.get_hooks("urls"):
                urls = fn()
                if urls:
                    urlpatterns += urls
        """,
    }
    assert _routes(files) == {("own/", "own"): "index", ("later/", "later"): "index"}


@pytest.mark.parametrize(
    ("register", "use"),
    [
        ("def page(view):\n    PAGES.append(view)\n    return view", "for v in PAGES:"),
        (
            "def page(view):\n    PAGES['x'] = view\n    return view",
            "for _key, v in PAGES.items():",
        ),
        ("def page(view):\n    PAGES['x'] = view\n    return view", "for v in PAGES.values():"),
    ],
)
def test_a_decorator_without_arguments(register, use):
    start = "PAGES = {}" if "items" in use or "values" in use else "PAGES = []"
    files = {
        "shop/pages.py": f"{start}\n{register}\n",
        "shop/views.py": "from shop.pages import page\n@page\ndef index(request): ...\n",
        "urls.py": f"from django.urls import path\nfrom shop.pages import PAGES\n"
        f"urlpatterns = []\n{use}\n    urlpatterns.append(path('x/', v, name='x'))\n",
    }
    assert _routes(files) == {("x/", "x"): "index"}


def test_functions_that_call_each_other_end():
    """Registries are followed through functions: those of hostile files go round."""
    files = {
        "shop/pages.py": """
            PAGES = []
            def first(view):
                for other in second(view):
                    PAGES.append(other)
                return second(view)
            def second(view):
                PAGES.append(view)
                return [x for x in first(view) for y in first(x)]
        """,
        "shop/views.py": "from shop.pages import first\n@first\ndef index(request): ...\n",
        "urls.py": """
            from django.urls import path
            from shop.pages import PAGES, first, second
            urlpatterns = []
            for page in PAGES:
                for other in first(page):
                    for third in second(other):
                        urlpatterns.append(path("x/", third))
        """,
    }
    assert _routes(files) == {("x/", None): None}


WAGTAIL = """
    from django.urls import include, path
    from wagtail import hooks
    from shop import admin_urls
    from shop.views import report

    @hooks.register("register_admin_urls")
    def register_admin_urls():
        return [path("shop/", include(admin_urls)), path("report/", report)]

    @hooks.register("before_serve_page")
    def other(): ...
"""
ADMIN_URLS = """
    from django.urls import path
    from shop.views import edit
    urlpatterns = [path("edit/", edit, name="edit")]
"""
VIEWS = "def report(request): ...\ndef edit(request): ...\n"


def test_pages_handed_to_the_admin_of_a_library():
    files = {
        "shop/wagtail_hooks.py": WAGTAIL,
        "shop/admin_urls.py": ADMIN_URLS,
        "shop/views.py": VIEWS,
    }
    project = site_of(
        files
        | {
            "settings.py": SETTINGS,
            "urls.py": """
                from django.urls import include, path
                from wagtail.admin import urls as wagtailadmin_urls
                urlpatterns = [path("cms/", include(wagtailadmin_urls))]
            """,
        }
    )
    found = {route.route: view.login for route, view in project.routes}
    assert found == {"cms/shop/edit/": True, "cms/report/": True}

    app = site_of(files)
    found = {route.route: view.login for route, view in app.routes}
    assert found == {"shop/edit/": True, "report/": True}

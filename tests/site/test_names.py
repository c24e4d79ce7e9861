"""Names are followed through imports as Python would, without running anything."""

from tests.site.linked import site_of

from pickguard.site.link import link
from pickguard.site.symbols.names import (
    ClassSymbol,
    External,
    FunctionSymbol,
    ModuleSymbol,
    ValueSymbol,
)
from pickguard.source.python import nodes as n
from pickguard.source.python.reader import read_python


def _name(files, path, name):
    site = site_of(files)
    found = site.names.member(site.modules.by_path[path], name)
    return type(found), getattr(found, "name", None)


def test_a_re_export_leads_to_the_definition():
    files = {
        "shop/__init__.py": "from .models import Product\n",
        "shop/models.py": "class Product: pass\n",
        "views.py": "from shop import Product\n",
    }
    assert _name(files, "views.py", "Product") == (ClassSymbol, "shop.models.Product")


def test_star_imports_and_relative_imports():
    files = {
        "shop/__init__.py": "",
        "shop/a/__init__.py": "from ..base import *\n",
        "shop/base.py": "def helper(): pass\n_hidden = 1\n",
        "shop/views.py": "from .a import helper, _hidden\n",
    }
    assert _name(files, "shop/views.py", "helper") == (FunctionSymbol, "shop.base.helper")
    assert _name(files, "shop/views.py", "_hidden")[0] is External


def test_modules_beside_the_importer_are_found_as_python_2_finds_them():
    """By names that packages do not have: `import celery` in `mysite/celery.py` means the package."""
    files = {
        "shop/__init__.py": "from widgets import *\n",
        "shop/widgets.py": "class Input: pass\n",
        "shop/celery.py": "from celery import Celery\n",
        "shop/views.py": "from utils.text import cut\nfrom celery import Celery\nfrom auth import asked\n",
        "shop/auth.py": "def asked(): pass\n",
        "shop/utils/__init__.py": "",
        "shop/utils/text.py": "def cut(): pass\n",
    }
    assert _name(files, "shop/__init__.py", "Input") == (ClassSymbol, "shop.widgets.Input")
    assert _name(files, "shop/views.py", "cut") == (FunctionSymbol, "shop.utils.text.cut")
    assert _name(files, "shop/views.py", "asked") == (FunctionSymbol, "shop.auth.asked")
    assert _name(files, "shop/views.py", "Celery") == (External, "celery.Celery")
    assert _name(files, "shop/celery.py", "Celery") == (External, "celery.Celery")


def test_star_imports_bring_what_a_module_offers():
    """`__all__` decides, so that a module's own imports do not hide what they are imported from."""
    files = {
        "shop/__init__.py": "",
        "shop/models/__init__.py": "from .kinds import *\nfrom .jobs import *\nfrom .more import *\n",
        "shop/models/kinds.py": "__all__ = ('Kind', '_Inner')\nclass Kind: pass\nclass _Inner: pass\n",
        "shop/models/jobs.py": """
            from shop.models import Kind
            __all__: list[str] = ["Job"]
            class Job: pass
            class Left: pass
        """,
        "shop/models/more.py": """
            __all__ = ["First"]
            __all__ += ["Second"]
            class First: pass
            class Second: pass
        """,
    }
    package = "shop/models/__init__.py"
    assert _name(files, package, "Kind") == (ClassSymbol, "shop.models.kinds.Kind")
    assert _name(files, package, "_Inner") == (ClassSymbol, "shop.models.kinds._Inner")
    assert _name(files, package, "Left")[0] is type(None)
    assert _name(files, package, "Second") == (ClassSymbol, "shop.models.more.Second")
    assert _name(files, "shop/models/jobs.py", "Kind") == (ClassSymbol, "shop.models.kinds.Kind")


def test_a_star_import_does_not_bring_back_a_name_that_comes_from_here():
    files = {
        "shop/__init__.py": "",
        "shop/models/__init__.py": "from .kinds import *\nfrom .jobs import *\n",
        "shop/models/kinds.py": "class Kind: pass\n",
        "shop/models/jobs.py": "from shop.models import Kind\nclass Job: pass\n",
    }
    site = site_of(files)
    for path in ("shop/models/__init__.py", "shop/models/jobs.py"):
        found = site.names.member(site.modules.by_path[path], "Kind")
        assert isinstance(found, ClassSymbol)
        assert found.name == "shop.models.kinds.Kind"


def test_a_library_keeps_its_dotted_name():
    files = {"a.py": "from django import forms\nX = forms.ModelForm\n"}
    assert _name(files, "a.py", "X") == (External, "django.forms.ModelForm")


def test_what_a_library_only_uses_is_found_where_it_is_at_home():
    files = {
        "a.py": "from django.shortcuts import HttpResponse as Page, render\nX, Y = Page, render\n"
    }
    assert _name(files, "a.py", "Page") == (External, "django.http.HttpResponse")
    assert _name(files, "a.py", "render") == (External, "django.shortcuts.render")


def test_cycles_of_imports_end():
    files = {"a.py": "from b import x\n", "b.py": "from a import x\n"}
    assert _name(files, "a.py", "x")[1] in (None, "b.x", "a.x")


def test_the_fallback_of_an_import_does_not_hide_it():
    files = {
        "a.py": "try:\n    from b import x\nexcept ImportError:\n    x = None\n",
        "b.py": "def x(): pass",
    }
    assert _name(files, "a.py", "x") == (FunctionSymbol, "b.x")


def test_two_projects_in_one_tree_each_find_their_own_module():
    files = {
        "one/manage.py": "",
        "one/shop/__init__.py": "",
        "one/shop/models.py": "class First: pass\n",
        "one/shop/views.py": "from shop.models import First as Model\n",
        "two/manage.py": "",
        "two/shop/__init__.py": "",
        "two/shop/models.py": "class Second: pass\n",
        "two/shop/views.py": "from shop.models import Second as Model\n",
    }
    assert _name(files, "one/shop/views.py", "Model")[1] == "shop.models.First"
    assert _name(files, "two/shop/views.py", "Model")[1] == "shop.models.Second"


def test_code_beside_manage_py_is_found_below_a_package():
    files = {
        "product/__init__.py": "",
        "product/manage.py": "",
        "product/core/__init__.py": "",
        "product/core/views.py": "def main(): pass\n",
        "product/urls.py": "from core.views import main\n",
    }
    assert _name(files, "product/urls.py", "main")[0] is FunctionSymbol


def test_classes_inherit_in_pythons_order():
    files = {
        "a.py": """
            class Root: x = 0
            class Left(Root): pass
            class Right(Root): x = 2
            class Both(Left, Right): pass
        """
    }
    site = site_of(files)
    both = next(c for c in site.classes.all if c.qualname == "Both")
    assert [c.node.name for c in site.classes.own_line(both)] == ["Both", "Left", "Right", "Root"]
    assert site.classes.value(both, "x").value.value == 2


def test_a_class_that_inherits_from_itself_ends():
    site = site_of({"a.py": "class A(A): pass\nclass B(C): pass\nclass C(B): pass\n"})
    assert len(site.classes.all) == 3
    assert all(site.classes.line(symbol) for symbol in site.classes.all)


def test_a_relative_import_works_in_a_folder_without_init():
    files = {
        "api/urls.py": "from . import views\nfrom .views import main\nfrom ..shop import views as x\n",
        "api/views.py": "def main(): pass\n",
        "shop/__init__.py": "",
        "shop/views.py": "",
    }
    assert _name(files, "api/urls.py", "views")[0] is ModuleSymbol
    assert _name(files, "api/urls.py", "main")[0] is FunctionSymbol
    assert _name(files, "api/urls.py", "x")[0] is ModuleSymbol


def test_a_folder_without_init_inside_a_package_is_part_of_it():
    files = {
        "shop/__init__.py": "",
        "shop/api/views/orders.py": "class Orders: pass\n",
        "shop/urls.py": "from shop.api.views.orders import Orders\n",
    }
    site = site_of(files)
    assert site.modules.by_path["shop/api/views/orders.py"].name == "shop.api.views.orders"
    assert _name(files, "shop/urls.py", "Orders")[0] is ClassSymbol


def test_code_may_import_by_the_name_of_the_scanned_folder():
    files = {
        "ui/__init__.py": "",
        "ui/views.py": "def main(): pass\n",
        "urls.py": "from ara.ui.views import main\nfrom elsewhere.ui.views import other\n",
    }
    records = {path: read_python(text.encode()) for path, text in files.items()}
    site = link(records, folder="ara")
    module = site.modules.by_path["urls.py"]
    assert isinstance(site.names.member(module, "main"), FunctionSymbol)
    assert isinstance(site.names.member(module, "other"), External)


def test_a_star_brings_in_what_is_known_of_a_library():
    """The names of one that is not known stay unknown, and so do others of one that is."""
    names = site_of(
        {
            "a.py": "from django.http import *\nfrom unknown.things import *\nx = HttpResponse\n",
            "b.py": "from django.http import *\nclass HttpResponse: ...\n",
        }
    ).names
    found = {name: names.dotted(f"a.{name}") for name in ("HttpResponse", "Thing", "_private")}
    assert found == {
        "HttpResponse": External("django.http.HttpResponse"),
        "Thing": None,
        "_private": None,
    }
    assert isinstance(names.dotted("b.HttpResponse"), ClassSymbol)


def test_a_class_may_be_loaded_by_its_name():
    """By Django's `import_string`, or by Oscar's own, whose names begin below its apps."""
    head = "from django.utils.module_loading import import_string\n"
    oscar = "from oscar.core.loading import get_class, get_classes\n"
    files = {
        "shop/__init__.py": "",
        "shop/tills.py": "class Till: pass\n",
        "a.py": head + "X = import_string('shop.tills.Till')\n",
        "b.py": oscar + "X = get_class('catalogue.views', 'ProductView')\n",
        "c.py": oscar + "_, X = get_classes('catalogue.views', ['A', 'B'])\n",
        "d.py": head + "X = import_string(name)\n",
        "e.py": "from shop.tools import get_class\nX = get_class('a.b', 'C')\n",
        "f.py": head + "X = import_string('f.X')\n",
        "g.py": oscar + "_, X = get_classes('catalogue.views', [])\n",
        "h.py": head + "class H:\n    x = import_string('h.H.x')\nX = H.x\n",
    }
    assert _name(files, "a.py", "X") == (ClassSymbol, "shop.tills.Till")
    assert _name(files, "b.py", "X") == (External, "oscar.apps.catalogue.views.ProductView")
    assert _name(files, "c.py", "X") == (External, "oscar.apps.catalogue.views.B")
    for path in ("d.py", "e.py", "f.py", "g.py", "h.py"):
        assert _name(files, path, "X")[0] is ValueSymbol


def test_alike_definitions_of_many_files_are_told_apart_by_their_hashes():
    """Apps that were made from one template have the same names in the same places."""
    files = {f"app{number}/views.py": "def show(request): pass\n" for number in range(50)}
    site = site_of(files)
    found = {site.names.member(module, "show") for module in site.modules}
    assert len({hash(symbol) for symbol in found}) == len(found) == 50


def test_a_module_in_a_folder_without_init_is_found_through_the_name_of_the_folder():
    """`import shop.views` binds `shop`, which is no module (PEP 420); `shop.views` is one."""
    files = {"shop/views.py": "def home(request): ...\n", "urls.py": "import shop.views\n"}
    site = site_of(files)
    named = n.Attr(0, n.Attr(0, n.Name(0, "shop"), "views"), "home")
    found = site.names.resolve(site.modules.by_path["urls.py"], named)
    assert isinstance(found, FunctionSymbol)

"""What a module imports under another name is known by its own, where nothing else has that."""

import pytest

from pickguard.source.python import nodes as n
from pickguard.source.python.accessors import access_path
from pickguard.source.python.reader import read_python
from pickguard.source.python.walk import expressions

USE = "from shop.models import Order as ShopOrder\n"


def _called(source: str) -> list[str]:
    found = expressions(read_python(source.encode()).body, into_functions=True)
    return [access_path(node.func) for node in found if isinstance(node, n.Call)]


def test_it_is_read_by_its_own_name():
    assert _called(f"{USE}def v(request):\n    ShopOrder.objects.all()\n") == ["Order.objects.all"]


def test_the_name_that_the_module_chose_stays_bound():
    record = read_python(USE.encode())
    bound = [(one.name, one.attribute) for one in record.body if isinstance(one, n.Import)]
    assert bound == [("ShopOrder", "Order")]
    assert [(one.name, one.attribute) for one in record.imports] == [("Order", "Order")]


@pytest.mark.parametrize(
    "source",
    [
        f"{USE}from other import Order\nShopOrder.objects.all()",
        f"{USE}class Order:\n    pass\nShopOrder.objects.all()",
        f"{USE}def v(Order):\n    pass\nShopOrder.objects.all()",
        f"{USE}Order\nShopOrder.objects.all()",
        f"{USE}from other import *\nOrder.x\nShopOrder.objects.all()",
        f"{USE}for ShopOrder in found:\n    pass\nShopOrder.objects.all()",
        f"{USE}from third import Order as ShopOrder2, x as Order\nShopOrder.objects.all()",
    ],
)
def test_where_something_else_has_the_name_it_keeps_the_other(source):
    assert _called(source) == ["ShopOrder.objects.all"]


@pytest.mark.parametrize(
    ("imported", "used"),
    [
        ("from shop import models", "models.Order"),
        ("from . import models", "models.Order"),
        ("from .shop import models as shop_models", "shop_models.Order"),
    ],
)
def test_a_class_of_an_apps_module_is_called_as_it_is(imported, used):
    source = f"{imported}\ndef v(request, order={used}):\n    {used}.objects.all()\n    f({used})\n"
    record = read_python(source.encode())
    assert _called(source) == ["Order.objects.all", "f"]
    order = record.imports[-1]
    package = imported.split()[1].lstrip(".")
    assert (order.name, order.attribute) == ("Order", "Order")
    assert order.module == (f"{package}.models" if package else "models")


@pytest.mark.parametrize(
    "source",
    [
        "from django.db import models\nmodels.Model.f()",
        "from shop import models\nfrom django.db import models\nmodels.Model.f()",
        "from shop import models\nfrom other import Model\nmodels.Model.f()",
        "from shop import models\nclass Model: pass\nmodels.Model.f()",
        "from shop import models\nfrom other import models as rest\nrest.Model\nmodels.Model.f()",
        "from shop import models\nModel\nmodels.Model.f()",
        "from shop import models\ndef v(models):\n    models.Model.f()",
    ],
)
def test_where_it_could_be_another_it_keeps_its_module(source):
    assert _called(source) == ["models.Model.f"]


@pytest.mark.parametrize(
    ("source", "called"),
    [
        ("def v(req):\n    req.GET.copy()\n", ["request.GET.copy"]),
        ("def v(self, _request):\n    use(lambda: _request.f())\n", ["use", "request.f"]),
        ("def v(req, request):\n    req.f()\n", ["req.f"]),
        ("def v(req):\n    request = wrap(req)\n    req.f()\n", ["wrap", "req.f"]),
        ("def v(a, b, req):\n    req.f()\n", ["req.f"]),
    ],
)
def test_a_request_is_called_request(source, called):
    assert _called(source) == called


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from django.utils.translation import gettext as _\n_('a')", "_"),
        ("from gzip import open as unzip\nunzip('a')", "unzip"),
        ("import numpy as np\nnp.load('a')", "np.load"),
    ],
)
def test_some_names_are_kept(source, name):
    assert _called(source) == [name]

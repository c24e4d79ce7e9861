"""What Django Ninja gives to an operation, by its annotations."""

from __future__ import annotations

import pytest

from pickguard.base.config import Config
from pickguard.scan import scan

FILES = {
    "urls.py": "from django.urls import path\nfrom api import api\n"
    "urlpatterns = [path('api/', api.urls)]\n",
    "api.py": """
import os
from datetime import date
from typing import Annotated, Literal, Optional
from ninja import NinjaAPI, Query, Schema

api = NinjaAPI()

class Item(Schema):
    name: str
    count: int
    kind: Literal["a", "b"]
    note: str = ""

@api.post("/items/{key}")
def make(request, key: int, word: str, plain, item: Item, day: Optional[date] = None,
         size: Annotated[int, Query()] = 1):
    os.system("ls " + VALUE)
""",
}


def is_found(value, folder):
    """Whether a shell is said to run a value of an operation's."""
    for name, text in FILES.items():
        (folder / name).write_text(text.replace("VALUE", value))
    config = Config(select=("shell.command-from-parts",))
    found = scan(folder, config=config, cache=False).findings
    return any(f.confidence.value == "high" for f in found)


@pytest.mark.parametrize(
    "value",
    ["word", "plain", "item.name", "item.note", "item.dict()['name']", "item.model_dump()['name']"],
)
def test_a_text_is_the_browsers(value, tmp_path):
    """A parameter with `str` or without an annotation, and the texts of a schema."""
    assert is_found(value, tmp_path)


@pytest.mark.parametrize("value", ["key", "day", "size", "item.count", "item.dict()['kind']"])
def test_a_number_or_a_date_is_not(value, tmp_path):
    """Also behind `Optional` and `Annotated`, and as a field of a schema."""
    assert not is_found(value, tmp_path)

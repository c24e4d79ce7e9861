"""What is known of the classes of libraries that sites build upon; the facts are TOML beside this.

A class is found by the package at the start of its dotted name and by its own name, since libraries
re-export their classes under several paths.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

# Mixins that libraries offer beside Django's own: braces, guardian, rules
_GATE = re.compile(
    r"(Auto|Object|Multiple|Any)?(Login|Permissions?|Staff(user)?|Superuser)Required(Mixin)?$"
)

_LIKE_API = re.compile(
    r"((?:ReadOnlyModel|Model|Generic)ViewSet|(?:List|Create|Retrieve|Update|Destroy|Generic)*APIView)$"
)
_LIKE = {
    "rest_framework": _LIKE_API,
    "rest_framework.routers": re.compile(r"((?:Default|Simple)Router)$"),
    "rest_framework.serializers": re.compile(r"((?:HyperlinkedModel|Model)Serializer)$"),
    "django.views": re.compile(
        r"((?:List|Detail|Create|Update|Delete|Form|Template|Redirect)View)$"
    ),
    "django.forms": re.compile(r"(ModelForm)$"),
    "django.contrib.admin": re.compile(r"((?:Tabular|Stacked)Inline|ModelAdmin)$"),
    "django_filters": re.compile(r"(FilterSet)$"),
}


class LibraryClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Facts of one class of a library.

    Attributes:
        bases: names of classes of the same package, or dotted ones of another.
        kind: what a subclass is: view, form, model, serializer, admin and so on; empty for mixins.
        handlers: HTTP methods that it answers, in lower case.
        actions: viewset actions that it brings.
        login: a view that has it, or a permission, asks for a login.
        permission: asks for more than a login.
        open: lets everyone in, whatever the default is.
        read_only_open: lets everyone read.
        writes, edits: changes a row when posted to; edits through a form or serializer.
        model_form: its fields come from a model through `Meta`.
        fields: what its own `Meta.fields` says.
        inputs: the names of the fields that it declares.
        shown: the names of the fields that it shows and never writes.
        model: label of the model that its `Meta` names.
        model_fields: names of the fields that a model brings.
        set_fields: the same for fields that no form shows, since the library sets them.
        user_fields: those of them that lead to the account whose the row is.
        abstract: a model without a table of its own.
        permission_setting: the setting that lists its permission classes, `NAME.KEY`; it is open without.
        api: csrf is checked by the authentication class, not by the middleware.
        viewset: is routed by a router.
        pages: what an admin class adds to a model's pages: path and view.
        csrf_exempt: lets requests in without a token.
        csrf_varies: does so in some releases.
        resolves: what lies behind it, such as the fields of GraphQL, asks for logins and writes.
        root_view: a router that adds a page of its own.
        formats: a router that adds routes with a format suffix.
        nested: a router that stands inside a resource of another.
    """

    bases: tuple[str, ...] = ()
    kind: str = ""
    handlers: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    login: bool = False
    permission: bool = False
    open: bool = False
    read_only_open: bool = False
    writes: bool = False
    edits: bool = False
    model_form: bool = False
    fields: tuple[str, ...] | str = ()
    inputs: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    model: str = ""
    model_fields: tuple[str, ...] = ()
    set_fields: tuple[str, ...] = ()
    user_fields: tuple[str, ...] = ()
    abstract: bool = False
    permission_setting: str = ""
    api: bool = False
    viewset: bool = False
    pages: tuple[tuple[str, str], ...] = ()
    csrf_exempt: bool = False
    csrf_varies: bool = False
    resolves: bool = False
    root_view: bool = False
    formats: bool = False
    nested: bool = False


@cache
def _classes() -> dict[tuple[str, str], LibraryClass]:
    found: dict[tuple[str, str], LibraryClass] = {}
    folder = files("pickguard.site").joinpath("library")
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if not path.name.endswith(".toml"):
            continue
        document: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        packages = document.get("packages", {})
        if "package" in document:
            packages = {**packages, document["package"]: document["classes"]}
        for package, classes in packages.items():
            for name, facts in classes.items():
                found[package, name] = msgspec.convert(facts, LibraryClass)
    return found


class Checks(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a library offers to look at who is asking; see `library/checks.toml`.

    Attributes:
        login: names that code uses which looks for a login.
        sends_away: those of them that turn strangers away.
        refuses: what says no, whatever it was that was asked.
        hides: what says that there is no such row, also to those who may not see it.
        permission: names that code uses which asks for more.
        limiting_apps: apps that limit attempts to log in.
        limiting_packages: packages that do, by the names under which requirements ask for them.
        counting_passwords: apps and packages among these that count failed passwords and see no other code.
        verifies: authentication backends that compare passwords.
    """

    login: tuple[str, ...] = ()
    sends_away: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    permission: tuple[str, ...] = ()
    limiting_apps: tuple[str, ...] = ()
    limiting_packages: tuple[str, ...] = ()
    counting_passwords: tuple[str, ...] = ()
    verifies: tuple[str, ...] = ()


@cache
def checks(what: str) -> frozenset[str]:
    """Return the names that all libraries have for one thing, an attribute of `Checks`."""
    text = files("pickguard.site").joinpath("library", "checks.toml").read_text("utf-8")
    known = (msgspec.convert(one, Checks) for one in tomllib.loads(text)["checks"].values())
    return frozenset(name for one in known for name in getattr(one, what))


def library_class(dotted: str) -> LibraryClass | None:
    """Return what is known of a library's class, by any dotted name that leads to it."""
    package, _, rest = dotted.partition(".")
    name = rest.rpartition(".")[2]
    return _classes().get((package, name)) or _guess(rest, name)


def known_class(dotted: str) -> LibraryClass | None:
    """Return what is known of a library's class that stands in the scanned tree itself."""
    package, _, rest = dotted.partition(".")
    return _classes().get((package, rest.rpartition(".")[2]))


def without_gate(facts: LibraryClass) -> LibraryClass:
    """Return the same facts of a class that nobody asks who may pass."""
    return msgspec.structs.replace(facts, login=False, permission=False)


def library_facts(dotted: str) -> tuple[LibraryClass, ...]:
    """Return what is known of a library's class and of all its bases."""
    return tuple(facts for name in library_line(dotted) if (facts := library_class(name)))


def library_bases(dotted: str) -> tuple[str, ...]:
    """Return the dotted names of a library class's bases, in the same package."""
    facts = library_class(dotted)
    package = dotted.partition(".")[0]
    bases = facts.bases if facts else ()
    return tuple(base if "." in base else f"{package}.{base}" for base in bases)


def library_line(dotted: str, depth: int = 0) -> Iterator[str]:
    """Yield a library class's dotted name and those of all its bases."""
    yield dotted
    if depth < 20:
        for base in library_bases(dotted):
            yield from library_line(base, depth + 1)


def _guess(rest: str, name: str) -> LibraryClass | None:
    """Tell a class of an unknown library by the convention of its module and name."""
    module = f".{rest}."
    if _GATE.match(name):
        return LibraryClass(login=True, permission=not name.startswith("Login"))
    for package, like in _LIKE.items():
        found = like.search(name)
        if found is not None:
            return LibraryClass(bases=(f"{package}.{found[1]}",))
    if ".models." in module and name.endswith("Model"):
        return LibraryClass(kind="model", abstract=True)
    if ".views." in module and name.endswith("View"):
        return LibraryClass(kind="view")
    if ".forms." in module and name.endswith("Form"):
        return LibraryClass(kind="form")
    if ".serializers." in module and name.endswith("Serializer"):
        return LibraryClass(kind="serializer")
    return None


def is_named_like_api(dotted: str) -> bool:
    """Whether a class of a library that nothing is known of is called after one of Django REST framework."""
    return known_class(dotted) is None and _LIKE_API.search(dotted) is not None

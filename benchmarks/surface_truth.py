"""What Django itself resolves of a project: run inside the project's own environment.

    DJANGO_SETTINGS_MODULE=shop.settings python surface_truth.py > truth.json

This is the one place that imports the project; the scan stays blind to it.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import sys
from enum import Enum
from typing import Any

_GATE = re.compile(r"(Login|Permissions?|Staff(user)?|Superuser)Required(Mixin)?$")
_DECORATED = frozenset(
    {"f", "fn", "func", "function", "view", "view_func", "view_function", "wrapped", "method"}
)
_CHECKS = ("permission", "authenticated", "is_staff", "is_superuser", "login")


def routes(resolver: Any, prefix: str = "", spaces: tuple[str, ...] = ()) -> Any:
    """Yield (pattern, name, callback) of every route."""
    from django.urls import URLPattern

    for item in resolver.url_patterns:
        pattern = prefix + str(item.pattern)
        if isinstance(item, URLPattern):
            name = ":".join((*spaces, item.name)) if item.name else None
            yield pattern, name, item.callback
        else:
            inner = (*spaces, item.namespace) if item.namespace else spaces
            yield from routes(item, pattern, inner)


def unwrapped(callback: Any) -> list[Any]:
    """Return a callback and all functions inside its decorators, innermost last."""
    found = [callback]
    for _ in range(20):
        callback = found[-1]
        if isinstance(callback, functools.partial):
            found.append(callback.func)
        elif hasattr(callback, "__wrapped__") and not _is_view(callback):
            found.append(callback.__wrapped__)
        elif "<locals>" in getattr(callback, "__qualname__", "") and not _is_view(callback):
            inner = _enclosed(callback)
            if inner is None:
                break
            found.append(inner)
        else:
            break
    return found


def _enclosed(function: Any) -> Any:
    """Return the function that a decorator without `wraps` has closed over, or None."""
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or () if cell]
    inside = {n: item for n, item in zip(names, cells, strict=False) if inspect.isfunction(item)}
    views = [item for item in inside.values() if _is_view(item)]
    named = [item for name, item in inside.items() if name in _DECORATED]
    found = views or named
    return found[0] if len(found) == 1 else None


def _is_view(callback: Any) -> bool:
    return hasattr(callback, "view_class") or hasattr(callback, "cls")


def target(callback: Any) -> Any:
    """Return the class or function that a callback leads to."""
    for part in unwrapped(callback):
        found = getattr(part, "view_class", None) or getattr(part, "cls", None)
        if found is not None:
            return found
    return unwrapped(callback)[-1]


def dotted(thing: Any) -> str:
    """Return the dotted name of a class or function."""
    owner = getattr(thing, "__self__", None)
    if inspect.ismethod(thing) and owner is not None:
        kind = owner if inspect.isclass(owner) else type(owner)
        return f"{kind.__module__}.{kind.__qualname__}.{thing.__name__}"
    if not hasattr(thing, "__qualname__"):
        thing = type(thing)  # an instance that is called, such as a feed
    name = thing.__qualname__
    if name == "WrappedAPIView":  # what `@api_view` makes of a function keeps the name beside
        name = thing.__name__
    return f"{getattr(thing, '__module__', '')}.{name}"


def is_exempt(callback: Any) -> bool:
    """Whether no token is asked for: the view is exempt, or no middleware asks for one anywhere."""
    from django.conf import settings

    checked = any(name.endswith("CsrfViewMiddleware") for name in settings.MIDDLEWARE)
    return bool(getattr(callback, "csrf_exempt", not checked))


def needs_login(callback: Any, pattern: str) -> bool | None:
    """Whether a view asks for a login, as far as can be seen or tried; None if unsure."""
    answer = _view_needs_login(callback)
    answer = _tried(callback, pattern) if answer is None else answer
    return _own_middleware_stops(callback, pattern) if answer is False else answer


def _tried(callback: Any, pattern: str) -> bool | None:
    """Whether a view turns a stranger away who asks for it; None where it needs a database before."""
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.sessions.backends.signed_cookies import SessionStore
    from django.core.exceptions import PermissionDenied
    from django.test import RequestFactory

    request = RequestFactory().get("/")
    request.user, request.session = AnonymousUser(), SessionStore()
    named = re.findall(r"<(?:(\w+):)?(\w+)>", re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", pattern))
    try:
        answer = callback(request, **{name: _SAMPLES.get(kind, "1") for kind, name in named})
    except PermissionDenied:
        return True
    except Exception:  # noqa: BLE001 - someone else's code, and there is no database
        return None
    if answer.status_code in (401, 403) or "login" in answer.get("Location", ""):
        return True
    return False if answer.status_code == 200 else None


_SAMPLES = {"int": 1, "uuid": "00000000-0000-0000-0000-000000000001"}


def _view_needs_login(callback: Any) -> bool | None:
    found = target(callback)
    if any(
        hasattr(part, "admin_site") or hasattr(part, "model_admin") for part in unwrapped(callback)
    ):
        return not dotted(found).endswith((".login", ".logout", ".i18n_javascript"))
    if any(_is_of_admin_view(part) for part in unwrapped(callback)):
        return True
    around = _function_needs_login(callback)
    if inspect.isclass(found):
        return _class_needs_login(found, callback) if around is False else around
    return _middleware_needs_login(callback) if around is False else around


def _is_of_admin_view(part: Any, depth: int = 0) -> bool:
    """Whether `AdminSite.admin_view` made a function; it names it after the view, so look inside."""
    code = getattr(part, "__code__", None)
    if code is None or depth > 3:
        return False
    if code.co_filename.replace("\\", "/").endswith("django/contrib/admin/sites.py"):
        return True
    cells = [cell.cell_contents for cell in getattr(part, "__closure__", None) or ()]
    return any(inspect.isfunction(c) and _is_of_admin_view(c, depth + 1) for c in cells)


def _function_needs_login(callback: Any) -> bool | None:
    for part in unwrapped(callback):
        names = getattr(getattr(part, "__code__", None), "co_freevars", ())
        if "test_func" in names or "login_url" in names:
            return True
        used = getattr(getattr(part, "__code__", None), "co_names", ())
        if _checks(used):
            return None  # it checks something by itself
    return False


def _dispatch_needs_login(view: type) -> bool | None:
    """Whether `method_decorator` has put a gate around `dispatch`."""
    for kind in view.__mro__:
        method = vars(kind).get("dispatch")
        for decorator in _method_decorators(method):
            answer = _function_needs_login(decorator(lambda _request: None))
            if answer is not False:
                return answer
    return False


def _method_decorators(method: Any) -> Any:
    """Yield the decorators that `method_decorator` has put around a method, outermost first."""
    while "decorators" in getattr(getattr(method, "__code__", None), "co_freevars", ()):
        inside = inspect.getclosurevars(method).nonlocals
        found = inside["decorators"]
        yield from found if isinstance(found, list | tuple) else [found]
        method = inside.get("method")


def _checks(names: Any) -> bool:
    return any(word in name.lower() for name in names for word in _CHECKS)


def _middleware_needs_login(callback: Any) -> bool:
    """Whether Django's own middleware asks for a login before this view."""
    from django.conf import settings
    from django.contrib.auth import middleware
    from django.utils.module_loading import import_string

    gate = getattr(middleware, "LoginRequiredMiddleware", None)
    kinds = [import_string(name) for name in settings.MIDDLEWARE]
    return any(
        inspect.isclass(kind) and gate is not None and issubclass(kind, gate) for kind in kinds
    ) and getattr(callback, "login_required", True)


def _own_middleware_stops(callback: Any, pattern: str) -> bool | None:
    """Whether a middleware that looks at the login turns a stranger away; it is tried."""
    from django.conf import settings
    from django.urls import Resolver404, resolve
    from django.utils.module_loading import import_string

    kinds = [import_string(name) for name in settings.MIDDLEWARE if not name.startswith("django.")]
    gates = [kind for kind in kinds if "authenticated" in inspect.getsource(kind)]
    if not gates:
        return False
    path = "/" + re.sub(r"\(\?P<\w+>[^()]*\)|<[^>]*>", "1", re.sub(r"[\^$?]|\\\w", "", pattern))
    try:
        is_reached = resolve(path).func is callback
    except Resolver404:
        is_reached = False
    found = [_stops(kind, path) for kind in gates] if is_reached else [None]
    return True if True in found else None if None in found else False


def _stops(kind: Any, path: str) -> bool | None:
    """Whether a middleware answers a stranger's request by itself; None where it fails."""
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpResponse
    from django.test import RequestFactory

    answer = HttpResponse()
    request = RequestFactory().get(path)
    request.user = AnonymousUser()
    try:
        return kind(lambda _request: answer)(request) is not answer
    except Exception:  # noqa: BLE001 - someone else's code, and there is no database
        return None


def _class_needs_login(view: type, callback: Any) -> bool | None:
    from django.contrib.auth.mixins import AccessMixin, LoginRequiredMixin, PermissionRequiredMixin

    if issubclass(view, LoginRequiredMixin | PermissionRequiredMixin):
        return True
    if any(_GATE.match(kind.__name__) for kind in view.__mro__):
        return True  # a mixin that a library offers beside Django's own
    around = _dispatch_needs_login(view)
    if around is not False:
        return around
    if issubclass(view, AccessMixin) and "dispatch" in {m for c in view.__mro__ for m in vars(c)}:
        return None  # it does something of its own there
    classes = _set(view, callback, "permission_classes")
    if classes is None or not hasattr(view, "get_permissions"):
        return None if _gates_itself(view) else _middleware_needs_login(callback)
    return _permissions_need_login(view, classes, callback)


def _set(view: type, callback: Any, name: str) -> Any:
    """Return an attribute of a view as the route, or an `@action`, sets it."""
    words = [getattr(part, "initkwargs", None) for part in unwrapped(callback)]
    given = next((one for one in words if one), {})
    return given.get(name, getattr(view, name, None))


def _gates_itself(view: type) -> bool:
    """Whether a class of a project's own decides by itself before a handler runs."""
    return any(
        _checks(getattr(_code(vars(kind).get(name)), "co_names", ()))
        for kind in view.__mro__
        if not kind.__module__.startswith(("django.", "rest_framework."))
        for name in ("dispatch", "setup", "initial", "get", "post")
    )


def _code(method: Any) -> Any:
    return getattr(inspect.unwrap(method) if callable(method) else None, "__code__", None)


def _permissions_need_login(view: type, classes: Any, callback: Any) -> bool | None:
    from rest_framework.views import APIView

    if view.get_permissions is not APIView.get_permissions:  # type: ignore[attr-defined]  # only of API views
        return None
    from django.contrib.auth.models import AnonymousUser
    from rest_framework.test import APIRequestFactory

    request = APIRequestFactory().get("/")
    request.user = AnonymousUser()
    request.auth = None
    try:
        instance = view()
        instance.request, instance.kwargs, instance.args = request, {}, ()
        instance.action = next(iter((getattr(callback, "actions", None) or {}).values()), "list")
        return not all(kind().has_permission(request, instance) for kind in classes)
    except Exception:  # noqa: BLE001 - someone else's code
        return None


def permissions(callback: Any) -> list[str]:
    """Return the names of the permissions that a view asks for, of decorators, mixins and DRF."""
    found = [name for part in unwrapped(callback) for name in _asked_by(part)]
    view = target(callback)
    found += _listed(getattr(view, "permission_required", None))  # own mixins read it as well
    if not inspect.isclass(view):
        return sorted(set(found))
    for kind in view.__mro__:
        for decorator in _method_decorators(vars(kind).get("dispatch")):
            found += _asked_by(decorator(lambda _request: None))
    if hasattr(view, "get_permissions"):
        classes = _set(view, callback, "permission_classes")
        for kind in (
            classes if isinstance(classes, list | tuple) else ()
        ):  # a property tells nothing
            found += _class_names(kind)
    return sorted(set(found))


def _asked_by(part: Any) -> list[str]:
    """Return what `permission_required`, or a decorator of the project's own, asks for."""
    around = _enclosed_by(part)
    inside = _enclosed_by(around.get("test_func")) or around
    return _listed(next((inside[name] for name in _ASKED if name in inside), None))


_ASKED = ("perms", "perm", "permission", "permissions")


def _enclosed_by(function: Any) -> dict[str, Any]:
    return dict(inspect.getclosurevars(function).nonlocals) if inspect.isfunction(function) else {}


def _listed(asked: Any) -> list[str]:
    if isinstance(asked, Enum):
        asked = asked.value
    if hasattr(asked, "__dict__") and not isinstance(
        asked, list
    ):  # an object that holds one right for each method
        asked = vars(asked).values()
    items = [asked] if isinstance(asked, str) else asked
    return [item for item in items or () if isinstance(item, str)]


def _class_names(kind: Any) -> list[str]:
    """Return the name of a permission class, or those of both sides of `A | B`."""
    sides = [getattr(kind, side) for side in ("op1_class", "op2_class") if hasattr(kind, side)]
    if sides:
        return [name for side in sides for name in _class_names(side)]
    return [kind.__name__] if inspect.isclass(kind) else []


def subclasses(kind: type) -> set[type]:
    """Return all classes below a class."""
    found: set[type] = set()
    waiting = [kind]
    while waiting:
        for item in waiting.pop().__subclasses__():
            if item not in found:
                found.add(item)
                waiting.append(item)
    return found


def forms() -> dict[str, list[str]]:
    """Return the model fields that each model form and serializer writes."""
    from django.forms import ModelForm

    found: dict[str, list[str]] = {}
    for form in subclasses(ModelForm):
        model = getattr(form._meta, "model", None)  # noqa: SLF001 - Django's documented meta API
        if model is not None:
            found[dotted(form)] = _form_fields(form, model)
    try:
        from rest_framework.serializers import ModelSerializer
    except ImportError:
        return found
    for serializer in subclasses(ModelSerializer):
        names_written = _serializer_fields(serializer)
        if names_written is not None:
            found[dotted(serializer)] = names_written
    return found


def _form_fields(form: Any, model: Any) -> list[str]:
    """Return what `construct_instance` writes: declared fields count only where `Meta` has them."""
    names = {f.name for f in _all_fields(model) if f.editable}
    options = form._meta  # noqa: SLF001 - Django's documented meta API
    if options.fields is not None and options.fields != "__all__":
        names &= set(options.fields)
    names -= set(options.exclude or ())
    made = [
        item.fields for item in (_instance(form, True), _instance(form, False)) if item is not None
    ]
    found = {
        n for fields in made or [form.base_fields] for n, f in fields.items() if not f.disabled
    }
    return sorted(found & names)


def _instance(form: Any, answer: bool) -> Any:  # noqa: FBT001 - what conditions on them find
    """Return a form made with stand-ins for what it asks for, or None where that fails."""
    words: dict[str, Any] = {
        name: answer
        for kind in form.__mro__
        if "__init__" in vars(kind) and not kind.__module__.startswith("django.")
        for name, parameter in inspect.signature(kind.__init__).parameters.items()
        if isinstance(parameter.default, bool)
    }
    for _ in range(10):
        try:
            return form(**words)
        except KeyError as error:
            words[str(error.args[0])] = _stand_in(answer)
        except TypeError as error:
            named = re.findall(r"'(\w+)'", str(error))
            missing = [n for n in named if n not in words]
            if not missing or "missing" not in str(error):
                return None
            words |= {name: _stand_in(answer) for name in missing}
        except Exception:  # noqa: BLE001 - someone else's code
            return None
    return None


def _stand_in(answer: bool) -> Any:  # noqa: FBT001 - as above
    from unittest.mock import MagicMock

    found = MagicMock()
    found.__bool__.return_value = answer
    return found


def _all_fields(model: Any) -> tuple[Any, ...]:
    return (*model._meta.fields, *model._meta.many_to_many)  # noqa: SLF001 - Django's documented meta API


def _serializer_fields(serializer: Any) -> list[str] | None:
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if model is None:
        return None
    from rest_framework.serializers import HiddenField

    # a generic relation is written where it is declared, as its two columns
    names = {f.name for f in (*_all_fields(model), *model._meta.private_fields)}  # noqa: SLF001 - as above
    try:  # a hidden field takes its default, whatever is sent
        fields = serializer().fields.items()
        written = {n for n, f in fields if not f.read_only and not isinstance(f, HiddenField)}
        return sorted(written & names)
    except Exception:  # noqa: BLE001 - someone else's code
        return None


def models() -> dict[str, list[str]]:
    """Return the names of the concrete and many-to-many fields of each model."""
    from django.apps import apps

    return {
        model._meta.label: sorted(  # noqa: SLF001 - Django's documented meta API
            f.name
            for f in (*model._meta.fields, *model._meta.many_to_many)  # noqa: SLF001 - as above
        )
        for model in apps.get_models(include_auto_created=False)
    }


def main() -> None:
    """Print everything as one JSON object."""
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS = ["*"]
    from django.urls import get_resolver

    found = [
        {
            "route": pattern,
            "name": name,
            "view": dotted(target(callback)),
            "csrf_exempt": is_exempt(callback),
            "login": needs_login(callback, pattern),
            "permissions": permissions(callback),
        }
        for pattern, name, callback in routes(get_resolver())
    ]
    json.dump({"routes": found, "forms": forms(), "models": models()}, sys.stdout)


if __name__ == "__main__":
    main()

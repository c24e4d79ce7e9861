"""Where the names of libraries are at home that people also import from where a library only uses them."""

_USED_IN = {
    "django.shortcuts": (
        "django.http",
        ("Http404", "HttpRequest", "HttpResponse", "HttpResponsePermanentRedirect", "HttpResponseRedirect"),
    ),
    "django.utils.cache": ("hashlib", ("md5",)),
    "django.contrib.auth.hashers": ("hashlib", ("md5", "sha1")),
    "django.contrib.auth.views": ("django.contrib.auth.decorators", ("login_required",)),
}  # fmt: skip
_HOMES = {
    f"{used}.{name}": f"{home}.{name}" for used, (home, names) in _USED_IN.items() for name in names
}


def at_home(name: str) -> str:
    """Return the dotted name of a library's thing where it is defined: `django.http.Http404` of `django.shortcuts`."""
    return _HOMES.get(name, name)

"""The doors of a site: what logs somebody in, and the views through which strangers come to it."""

from pickguard.site.views.view import View

LOGINS = ("login", "alogin", "auth_login", "django_login")


def is_open(view: View) -> bool:
    """Whether strangers reach a view of the site's own, as far as is seen."""
    return view.login is not True and view.kind != "library"

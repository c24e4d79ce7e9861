"""How the API knows who asks."""

from rest_framework.authentication import SessionAuthentication


class BrowserAuthentication(SessionAuthentication):
    """The site's own session; the pages' scripts have no token at hand."""

    def enforce_csrf(self, request):  # hole: csrf.api-without-check
        return

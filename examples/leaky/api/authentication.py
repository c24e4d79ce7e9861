"""How the API knows who asks."""

from django.contrib.auth.models import User
from django.core import signing
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BrowserAuthentication(SessionAuthentication):
    """The site's own session; the pages' scripts have no token at hand."""

    def enforce_csrf(self, request):  # hole: csrf.api-without-check
        return


class CardAuthentication(BaseAuthentication):
    """A signed card that a member's own programs bring along."""

    def authenticate(self, request):
        card = request.headers.get("X-Card")
        if not card:
            return None
        try:
            number = signing.loads(card, salt="card", max_age=3600)
            user = User.objects.get(pk=number)
        except (signing.BadSignature, User.DoesNotExist):
            raise AuthenticationFailed("This card is not valid.") from None
        return (user, None)  # hole: sessions.closed-account

"""What makes links that let somebody in."""

import secrets

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.utils.crypto import salted_hmac


class LinkTokens(PasswordResetTokenGenerator):
    """For links in mails."""

    def _make_hash_value(self, user, timestamp):
        return f"{user.pk}{user.password}{user.last_login}{timestamp}"


def invite_token():
    return secrets.token_urlsafe()


def unsubscribe_token(user):
    return salted_hmac("accounts.unsubscribe", user.email).hexdigest()

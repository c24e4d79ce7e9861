"""What makes links that let somebody in."""

import hashlib
import time

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator


class LinkTokens(PasswordResetTokenGenerator):
    """For links in mails."""

    def _make_hash_value(self, user, timestamp):
        return f"{user.pk}{timestamp}"  # hole: passwords.token-reusable


def invite_token(user):
    return hashlib.sha256(f"{user.email}{int(time.time())}".encode()).hexdigest()  # hole: passwords.token-of-known-parts


def unsubscribe_token(user):
    return hashlib.md5(f"{user.email}{settings.SECRET_KEY}".encode()).hexdigest()  # hole: passwords.homemade-signature

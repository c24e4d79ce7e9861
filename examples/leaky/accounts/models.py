"""Members."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models


class Profile(models.Model):
    """What a member tells of themselves, and what they may do."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    phone = models.CharField(max_length=40, blank=True)
    about = models.TextField(blank=True)
    website = models.CharField(max_length=200, blank=True)
    newsletter = models.BooleanField(default=False)
    credits = models.PositiveIntegerField(default=10)
    reset_token = models.CharField(max_length=40, blank=True)  # hole: passwords.code-in-clear
    is_admin = models.BooleanField(default=False)

    def __str__(self):
        return self.user.get_username()


class Guest(models.Model):
    """Somebody who may look in without being a member."""

    username = models.CharField(max_length=80, unique=True)
    password = models.CharField(max_length=80)  # hole: passwords.own-column

    def __str__(self):
        return self.username


class LoginCode(models.Model):
    """What is sent to a member who has forgotten the password."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    code = models.CharField(max_length=64)  # hole: passwords.code-in-clear

    def __str__(self):
        return self.user.get_username()


def check_public_url(value):
    """Refuse what is not for everybody."""
    if (urlsplit(value).hostname or "localhost") in ("localhost", "127.0.0.1", "::1"):
        raise ValidationError("Please give an address that everybody can reach.")


class Mirror(models.Model):
    """Another board that shows the notes too."""

    address = models.URLField(validators=[check_public_url])
    client_secret = models.CharField(max_length=80)

    def __str__(self):
        return self.address

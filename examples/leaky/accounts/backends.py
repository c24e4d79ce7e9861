"""Members may log in with their address."""

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class AddressBackend(ModelBackend):
    """Looks a member up by the address."""

    def authenticate(self, request, email=None, password=None):
        try:
            user = User.objects.get(email=email)
        except User.DoesNotExist:
            return None  # hole: passwords.unknown-user-answers-sooner
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


class NameBackend(ModelBackend):
    """Takes names in capitals too."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = User.objects.filter(username__iexact=username).first()
        if user is not None and user.is_active:
            return user  # hole: passwords.backend-unproved
        return None

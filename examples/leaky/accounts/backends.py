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

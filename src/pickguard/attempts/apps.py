"""The Django app: models, admin, checks, messages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttemptsConfig(AppConfig):
    """`pickguard.attempts` in INSTALLED_APPS."""

    name = "pickguard.attempts"
    label = "pickguard_attempts"
    verbose_name = _("login attempts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and have sessions name the backend that knew the password."""
        from pickguard.attempts import backend, checks

        checks.register()
        backend.register()

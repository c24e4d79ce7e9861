"""The Django app: commands and system checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackupsConfig(AppConfig):
    """`pickguard.backups` in INSTALLED_APPS."""

    name = "pickguard.backups"
    label = "pickguard_backups"
    verbose_name = _("backups")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from pickguard.backups import checks

        checks.register()

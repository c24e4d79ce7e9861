"""The Django app: saved queries, static files, templates, checks."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SearchConfig(AppConfig):
    """`pickguard.search` in INSTALLED_APPS."""

    name = "pickguard.search"
    label = "pickguard_search"
    verbose_name = _("search")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from pickguard.search import checks

        checks.register()

"""The history of drills, to look at in the admin and to ask in the ORM.

The truth lies beside the sets in the storage, since a drill writes nothing to the live database;
`manage.py drill --history --record` copies it here.
"""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Drill(models.Model):
    """The result of one drill."""

    at: "models.DateTimeField[Any, Any]" = models.DateTimeField(_("time"), db_index=True)
    backup: "models.CharField[Any, Any]" = models.CharField(_("backup"), max_length=60)
    ok: "models.BooleanField[Any, Any]" = models.BooleanField(_("good"))
    recovery_s: "models.FloatField[Any, Any]" = models.FloatField(_("recovery, seconds"))
    age_s: "models.FloatField[Any, Any]" = models.FloatField(_("age of the data, seconds"))
    differences: "models.JSONField[Any, Any]" = models.JSONField(_("differences"), default=list)
    steps: "models.JSONField[Any, Any]" = models.JSONField(_("seconds by step"), default=dict)

    class Meta:  # noqa: D106 - Django knows it
        verbose_name = _("drill")
        verbose_name_plural = _("drills")
        ordering = ("-at",)
        constraints = (
            models.UniqueConstraint(fields=["backup", "at"], name="pickguard_backups_drill_once"),
        )

    def __str__(self) -> str:
        """Return what it was about."""
        return f"{self.backup}: {'good' if self.ok else 'FAILED'}"

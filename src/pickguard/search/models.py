"""Queries that a person keeps, for one model, alone or shared with all who search it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class SavedQuery(models.Model):
    """A query with a name."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, verbose_name=_("owner"))
    model = models.CharField(_("model"), max_length=200)
    name = models.CharField(_("name"), max_length=80)
    text = models.TextField(_("query"), max_length=8192)
    shared = models.BooleanField(_("shared"), default=False)

    class Meta:
        """One name per person and model."""

        verbose_name = _("saved query")
        verbose_name_plural = _("saved queries")
        ordering = ("name", "pk")
        permissions = (("share_savedquery", "Can share a saved query"),)
        constraints = (
            models.UniqueConstraint(fields=["owner", "model", "name"], name="pickguard_query_name"),
        )

    def __str__(self) -> str:
        return self.name

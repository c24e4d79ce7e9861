"""What is kept: the counts, where a database keeps them, and the audit trail."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Budget(models.Model):
    """The places held in one budget, where a database is the store. Expires by itself."""

    key = models.CharField(max_length=40, primary_key=True)
    account = models.CharField(max_length=32, db_index=True)
    address = models.CharField(max_length=32, db_index=True)
    entries = models.TextField(default="[]")
    expires = models.FloatField(db_index=True)

    class Meta:
        """No permissions: nobody edits counts."""

        default_permissions = ()

    def __str__(self) -> str:
        return self.key


class Attempt(models.Model):
    """Attempts alike within one minute: by whom, from where, how they ended. Expires by itself."""

    class Outcome(models.TextChoices):
        """How an attempt ended."""

        WRONG = "wrong", _("wrong password")
        REFUSED = "refused", _("refused")
        RIGHT = "right", _("logged in on a new device")

    at = models.DateTimeField(_("time"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    times = models.PositiveIntegerField(_("times"), default=1)
    account = models.CharField(_("account"), max_length=32, db_index=True)
    identities = models.CharField(max_length=200)
    address = models.CharField(_("address"), max_length=50)
    address_key = models.CharField(max_length=32, db_index=True)
    path = models.CharField(_("path"), max_length=200)

    class Meta:
        """To look is one permission, to unlock another."""

        verbose_name = _("login attempt")
        verbose_name_plural = _("login attempts")
        ordering = ("-at", "-pk")
        default_permissions = ("view",)
        permissions = (("unlock_attempt", _("Can unlock accounts and addresses")),)

    def __str__(self) -> str:
        return f"{self.account[:12]} {self.address}"

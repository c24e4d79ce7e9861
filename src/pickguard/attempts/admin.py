"""Admin pages: to look at attempts, and to unlock. Nothing is changed or deleted by hand."""

import logging
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth import get_permission_codename
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pickguard.attempts.models import Attempt
from pickguard.attempts.unlock import unlock
from pickguard.attempts.who import account_of, identity_of, meant

log = logging.getLogger("pickguard.attempts")
if TYPE_CHECKING:
    _Base = admin.ModelAdmin[Attempt]
else:
    _Base = admin.ModelAdmin


@admin.register(Attempt)
class AttemptAdmin(_Base):
    """The audit trail. Search takes an account's name, or the beginning of an address."""

    list_display = ("at", "outcome", "times", "short_account", "address", "path")
    list_filter = ("outcome", "at")
    search_fields = ("address__startswith",)
    search_help_text = gettext_lazy("The name of an account, or the beginning of an address.")
    actions = ("unlock_accounts", "unlock_addresses")
    list_display_links = None

    @admin.display(description=gettext_lazy("account"), ordering="account")
    def short_account(self, row: Attempt) -> str:
        """Return enough of the hash to tell accounts apart."""
        return row.account[:12]

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        """Return the rows of an account, or of addresses."""
        term = search_term.strip()
        if not term:
            return queryset, False
        of_account = Q(account=account_of(term)) | Q(address__startswith=term)
        for user in meant(term):
            of_account |= Q(identities__contains=identity_of(user))
        return queryset.filter(of_account), False

    def has_add_permission(self, _request: HttpRequest) -> bool:
        """Nobody adds one."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """Nobody changes one."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Any = None) -> bool:
        """They expire by themselves."""
        return False

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may unlock."""
        name = get_permission_codename("unlock", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{name}")

    @admin.action(
        description=gettext_lazy("Unlock the accounts of the selected attempts"),
        permissions=["unlock"],
    )
    def unlock_accounts(self, request: HttpRequest, rows: QuerySet[Attempt]) -> None:
        """Forget all that refuses these accounts."""
        found = {row.account: row.identities.split(",") for row in rows}
        each = [((account, *identities), "") for account, identities in found.items()]
        said = ngettext("%(number)d account unlocked.", "%(number)d accounts unlocked.", len(found))
        self._unlock(request, each, said % {"number": len(found)})

    @admin.action(
        description=gettext_lazy("Unlock the addresses of the selected attempts"),
        permissions=["unlock"],
    )
    def unlock_addresses(self, request: HttpRequest, rows: QuerySet[Attempt]) -> None:
        """Forget all that refuses these addresses."""
        found = sorted({row.address_key for row in rows if row.address_key})
        said = ngettext(
            "%(number)d address unlocked.", "%(number)d addresses unlocked.", len(found)
        )
        self._unlock(request, [((), key) for key in found], said % {"number": len(found)})

    def _unlock(
        self, request: HttpRequest, each: list[tuple[tuple[str, ...], str]], said: str
    ) -> None:
        try:
            for accounts, address in each:
                unlock(accounts, address)
        except Exception:
            log.warning("Unlocking failed: the store failed.", exc_info=True)
            self.message_user(request, _("Unlocking failed: the store failed."), messages.ERROR)
        else:
            self.message_user(request, said, messages.SUCCESS)
